import type { LogType } from './log-type.js';
import { reader, textReader } from './shape.js';

const category = textReader('category');
const resourceId = textReader('resourceId');
const operationName = reader('operationName');
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
      (CATEGORIES.has(category(record)) || /^\/subscriptions\//i.test(resourceId(record)))) ||
    sdkOperation(record) !== undefined,
  eventId: 'eventDataId ?? event_data_id',
  eventTime: 'time ?? eventTimestamp ?? event_timestamp',
  fields: {
    actor:
      'identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] ?? identity.claims.name ?? ' +
      'identity.claims.appid ?? caller',
    sourceIp: 'callerIpAddress.address()',
    account: 'resourceId.segment(subscriptions)',
    region: 'location',
  },
  conditions: {
    // One operation is logged several times (Start, Accept, ...); only the last of them tells that it succeeded.
    succeeded: { resultType: ['Success', 'Succeeded'] },
    failed: { resultType: ['Failure', 'Failed'] },
  },
  context: {
    resourceId: 'resourceId',
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
