import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.access-key-created-for-other-user',
  logTypes: ['aws.cloudtrail'],
  name: 'Access key created for another user',
  description:
    'An identity created an access key that is not its own. A key of somebody else gives lasting access under that ' +
    "person's name and permissions, often wider than the creator's.",
  severity: 'medium',
  attack: ['TA0003:T1098', 'TA0005:T1108', 'TA0005:T1550', 'TA0008:T1550'],
  falsePositives: [
    'Administrators and provisioning roles that hand out keys; a role never owns the key it creates.',
    'An IAM user with a path (user/team/bob) or the root user who creates a key of their own.',
  ],
  runbook:
    'Ask the creator and the owner of the key. If either knows nothing of it, deactivate the key ' +
    "(`aws iam update-access-key --status Inactive`), search the trail for its accessKeyId, revoke the creator's " +
    'sessions and look for other users and keys they made.',
  references: ['https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html'],
  fields: {
    // One text, because it joins this rule with others in correlations.
    ipAndKey: [
      {
        match: {
          sourceIPAddress: { empty: false },
          'responseElements.accessKey.accessKeyId': { empty: false },
        },
        value: '{sourceIPAddress}:{responseElements.accessKey.accessKeyId}',
      },
    ],
  },
  match: {
    all: [
      'succeeded',
      {
        eventSource: 'iam.amazonaws.com',
        eventName: 'CreateAccessKey',
        // `user/` keeps jack apart from blackjack.
        'userIdentity.arn': {
          not: { suffix: { field: 'responseElements.accessKey.userName', prefix: 'user/' } },
        },
      },
    ],
  },
  title: '{userIdentity.arn} created an access key for user {responseElements.accessKey.userName}',
  dedup: '{userIdentity.arn}',
  context: { ip_accessKeyId: 'ipAndKey', request_username: 'requestParameters.userName' },
});

const created = {
  eventVersion: '1.08',
  eventID: '2b0cfe7a-61a5-4a7b-8e0a-5c6a7f1d2e02',
  eventTime: '2026-03-02T11:20:31Z',
  eventSource: 'iam.amazonaws.com',
  eventName: 'CreateAccessKey',
  awsRegion: 'us-east-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '203.0.113.20',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: { userName: 'jack' },
  responseElements: { accessKey: { accessKeyId: 'AKIAEXAMPLE0000JACK', status: 'Active', userName: 'jack' } },
};
const createdBy = (arn: string | null) => ({ ...created, userIdentity: { ...created.userIdentity, arn } });

export const tests: readonly RuleTest[] = [
  {
    name: 'a key for another user',
    event: created,
    matches: true,
    severity: 'medium',
    title: 'arn:aws:iam::210987654321:user/marta created an access key for user jack',
    dedup: 'arn:aws:iam::210987654321:user/marta',
    context: { ip_accessKeyId: '203.0.113.20:AKIAEXAMPLE0000JACK', request_username: 'jack' },
  },
  { name: 'a key of their own', event: createdBy('arn:aws:iam::210987654321:user/jack'), matches: false },
  {
    name: 'the names end alike',
    event: createdBy('arn:aws:iam::210987654321:user/blackjack'),
    matches: true,
  },
  {
    name: 'the names begin alike',
    event: createdBy('arn:aws:iam::210987654321:user/jackson'),
    matches: true,
  },
  {
    name: 'the names differ in letter case',
    event: createdBy('arn:aws:iam::210987654321:user/Jack'),
    matches: true,
  },
  {
    name: 'a user with a path, even for a key of their own',
    event: createdBy('arn:aws:iam::210987654321:user/team/jack'),
    matches: true,
  },
  {
    name: 'a role',
    event: createdBy('arn:aws:sts::210987654321:assumed-role/provisioning/jack'),
    matches: true,
  },
  {
    name: 'root creates its own key, which has no user name',
    event: {
      ...created,
      userIdentity: {
        type: 'Root',
        accountId: '210987654321',
        arn: 'arn:aws:iam::210987654321:root',
      },
      requestParameters: null,
      responseElements: { accessKey: { accessKeyId: 'AKIAEXAMPLE0000ROOT' } },
    },
    matches: true,
    title: 'arn:aws:iam::210987654321:root created an access key for user unknown',
    context: { ip_accessKeyId: '203.0.113.20:AKIAEXAMPLE0000ROOT', request_username: null },
  },
  {
    name: 'the answer and the address are missing, so no key is named',
    event: { ...created, responseElements: null, sourceIPAddress: null },
    matches: true,
    context: { ip_accessKeyId: null },
  },
  {
    name: 'the owner of the key is an empty text',
    event: { ...created, responseElements: { accessKey: { userName: '' } } },
    matches: true,
  },
  { name: 'the creator has no ARN', event: createdBy(null), matches: true, dedup: '' },
  { name: 'nobody is named', event: { ...created, userIdentity: null }, matches: true },
  { name: 'empty error texts are a success', event: { ...created, errorCode: '' }, matches: true },
  {
    name: 'the quota was reached',
    event: { ...created, errorCode: 'LimitExceededException' },
    matches: false,
  },
  {
    name: 'an error message alone',
    event: { ...created, errorMessage: 'Cannot exceed quota' },
    matches: false,
  },
  {
    name: 'a call of the same name elsewhere',
    event: { ...created, eventSource: 'test.example.com' },
    matches: false,
  },
  { name: 'a key is deleted', event: { ...created, eventName: 'DeleteAccessKey' }, matches: false },
];
