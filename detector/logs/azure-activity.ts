import type { LogType } from './log-type.js';
import { reader, textReader } from './shape.js';

const category = textReader('category');
/** The REST API writes names as objects: `{ value, localizedValue }`. */
const restCategory = textReader('category.value');
const resourceId = textReader('resourceId');
const operationName = reader('operationName');
/** A change in the directory: its category, such as `Policy`, can be the name of one of these. */
const audited = textReader('properties.activityDisplayName');
/** The spelling of the command line and the SDKs, whose exports people keep. */
const sdkOperation = reader('operation_name');

/** https://learn.microsoft.com/azure/azure-monitor/essentials/activity-log-schema, and older exports. */
const CATEGORIES = new Set([
  ...[
    'Administrative',
    'Security',
    'ServiceHealth',
    'Alert',
    'Recommendation',
    'Policy',
    'Autoscale',
    'ResourceHealth',
  ],
  ...['Write', 'Delete', 'Action', 'StorageRead', 'StorageWrite', 'StorageDelete'],
]);

/** The Azure activity log (management plane), and resource logs of storage accounts. */
export const azureActivity: LogType = {
  id: 'azure.activity',
  recognises: (record) =>
    (operationName(record) !== undefined &&
      audited(record) === '' &&
      (CATEGORIES.has(category(record)) ||
        CATEGORIES.has(restCategory(record)) ||
        /^\/subscriptions\//i.test(resourceId(record)))) ||
    sdkOperation(record) !== undefined,
  eventId: 'eventDataId ?? event_data_id',
  eventTime: 'time ?? eventTimestamp ?? event_timestamp',
  fields: {
    actor:
      'identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] ?? identity.claims.name ?? ' +
      'identity.claims.appid ?? caller',
    sourceIp: 'callerIpAddress.address() ?? httpRequest.clientIpAddress.address()',
    account: 'resourceId.segment(subscriptions)',
    region: 'location',
  },
  conditions: {
    // One operation is logged several times (Start, Accept, ...); only the last of them tells that it succeeded.
    succeeded: { resultType: ['Success', 'Succeeded'] },
    failed: { resultType: ['Failure', 'Failed'] },
  },
  // Never `properties` as a whole: bodies of requests in there hold secrets.
  context: {
    resourceId: 'resourceId',
    resourceName: 'resourceId.afterLast(/)',
    actor: 'actor',
    callerIpAddress: 'callerIpAddress',
    operationName: 'operationName',
    resultType: 'resultType',
    correlationId: 'correlationId',
    location: 'location',
    tenantId: 'tenantId',
    resourceGroup: 'resourceId.segment(resourceGroups)',
    storageAccount: 'resourceId.segment(storageAccounts)',
  },
};
