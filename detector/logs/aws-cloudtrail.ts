import type { LogType } from './log-type.js';
import { hasObject, textReader } from './shape.js';

const eventName = textReader('eventName');
const eventSource = textReader('eventSource');
const eventVersion = textReader('eventVersion');
const eventCategory = textReader('eventCategory');
const digestBucket = textReader('digestS3Bucket');
const hasIdentity = hasObject('userIdentity');

const USERS = ['IAMUser', 'Directory', 'Unknown', 'SAMLUser', 'WebIdentityUser'];
const ROLES = ['AssumedRole', 'Role', 'FederatedUser'];

/** Records of AWS CloudTrail: management, data and network activity events. */
export const awsCloudtrail: LogType = {
  id: 'aws.cloudtrail',
  recognises: (record) =>
    eventName(record) !== '' &&
    eventSource(record) !== '' &&
    (eventVersion(record) !== '' || hasIdentity(record)),
  skips: (record) => digestBucket(record) !== '' || ['Insight', 'Aggregated'].includes(eventCategory(record)),
  eventId: 'eventID',
  eventTime: 'eventTime',
  fields: {
    actor: [
      { match: { 'userIdentity.type': 'Root' }, value: '{userIdentity.userName ?? userIdentity.accountId}' },
      { match: { 'userIdentity.type': USERS }, value: '{userIdentity.userName}' },
      {
        // Roles of IAM Identity Center have generated names; who signed in stands in the session name.
        match: {
          'userIdentity.type': ROLES,
          'userIdentity.sessionContext.sessionIssuer.userName': { prefix: 'AWSReservedSSO_' },
        },
        value: '{userIdentity.principalId.after(:)}',
      },
      {
        match: { 'userIdentity.type': ROLES },
        value: '{userIdentity.sessionContext.sessionIssuer.userName}',
      },
      { match: { 'userIdentity.type': 'IdentityCenterUser' }, value: '{additionalEventData.UserName}' },
      { match: { 'userIdentity.type': ['AWSService', 'AWSAccount'] }, value: '{sourceIdentity}' },
      { match: { eventType: 'AwsServiceEvent' }, value: '{userIdentity.invokedBy}' },
    ],
    sourceIp: 'sourceIPAddress',
    account: 'recipientAccountId ?? userIdentity.accountId',
    region: 'awsRegion',
  },
  conditions: {
    succeeded: { errorCode: { empty: true }, errorMessage: { empty: true } },
    failed: { not: { errorCode: { empty: true }, errorMessage: { empty: true } } },
  },
  context: {
    eventName: 'eventName',
    eventSource: 'eventSource',
    awsRegion: 'awsRegion',
    recipientAccountId: 'recipientAccountId',
    actor: 'actor',
    sourceIPAddress: 'sourceIPAddress',
    userAgent: 'userAgent',
    userIdentity: 'userIdentity',
    errorCode: 'errorCode',
  },
};
