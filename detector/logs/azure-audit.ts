import type { LogType } from './log-type.js';
import { textReader } from './shape.js';

const category = textReader('category');
const resourceId = textReader('resourceId');
const activity = textReader('properties.activityDisplayName');

/** Changes in the directory of Microsoft Entra ID. */
export const azureAudit: LogType = {
  id: 'azure.audit',
  recognises: (record) =>
    category(record) === 'AuditLogs' ||
    activity(record) !== '' ||
    /\/providers\/microsoft\.aadiam$/i.test(resourceId(record)),
  eventId: 'properties.id',
  eventTime: 'time ?? properties.activityDateTime',
  fields: {
    actor:
      'properties.initiatedBy.user.userPrincipalName ?? properties.initiatedBy.user.displayName ?? ' +
      'properties.initiatedBy.app.displayName ?? properties.initiatedBy.app.servicePrincipalName',
    sourceIp: 'properties.initiatedBy.user.ipAddress ?? callerIpAddress',
    account: 'tenantId',
  },
  conditions: {
    succeeded: { 'properties.result': 'success' },
    failed: { 'properties.result': 'failure' },
  },
  context: {
    tenantId: 'tenantId',
    operationName: 'operationName',
    category: 'properties.category',
    actor: 'actor',
    actorId: 'properties.initiatedBy.user.id ?? properties.initiatedBy.app.servicePrincipalId',
    ipAddress: 'sourceIp',
    targetIds: 'properties.targetResources.id.unique()',
    targetNames: 'properties.targetResources.displayName.unique()',
    result: 'properties.result',
  },
};
