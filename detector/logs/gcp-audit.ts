import type { LogType } from './log-type.js';
import { hasObject, textReader } from './shape.js';

const AUDIT_LOG = 'type.googleapis.com/google.cloud.audit.AuditLog';
const logName = textReader('logName');
const payloadType = textReader('protoPayload.@type');
const methodName = textReader('protoPayload.methodName');
const hasPayload = hasObject('protoPayload');
const insertId = textReader('insertId');

const isAudit = (name: string): boolean => name.includes('cloudaudit.googleapis.com');

/** Cloud Audit Logs of Google Cloud: admin activity, data access, system events and policy denials. */
export const gcpAudit: LogType = {
  id: 'gcp.audit',
  recognises: (record) =>
    isAudit(logName(record)) ||
    (hasPayload(record) && (payloadType(record) === AUDIT_LOG || methodName(record) !== '')),
  // A bucket can receive other logs of the same sink; a LogEntry names its log.
  skips: (record) =>
    logName(record) !== '' && insertId(record) !== '' && !isAudit(logName(record)) && !hasPayload(record),
  eventId: 'insertId',
  eventTime: 'timestamp ?? receiveTimestamp',
  fields: {
    actor:
      'protoPayload.authenticationInfo.principalEmail ?? protoPayload.authenticationInfo.principalSubject',
    sourceIp: 'protoPayload.requestMetadata.callerIp',
    account: 'resource.labels.project_id ?? logName.split(/)[1]',
    region: 'resource.labels.location ?? resource.labels.zone',
  },
  conditions: {
    succeeded: { 'protoPayload.status.code': { any: [0, { absent: true }] } },
    failed: { 'protoPayload.status.code': { gt: 0 } },
  },
  context: {
    project: 'account',
    actor: 'actor',
    callerIp: 'protoPayload.requestMetadata.callerIp',
    methodName: 'protoPayload.methodName',
    resourceName: 'protoPayload.resourceName',
    serviceName: 'protoPayload.serviceName',
    severity: 'severity',
  },
};
