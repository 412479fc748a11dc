import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.root-activity',
  logTypes: ['aws.cloudtrail'],
  name: 'Root user of an account active',
  description:
    'The root user changed something or signed in. Nothing inside the account limits it, and daily work ' +
    'never needs it: this is either one of the few tasks that only root can do, or somebody else who has ' +
    'its password or an access key.',
  severity: 'high',
  attack: ['TA0004:T1078'],
  falsePositives: [
    'Tasks that only root can do: closing the account, changing its name or e-mail address, support plan ' +
      'and billing settings, unlocking a bucket or queue whose policy denies everyone.',
  ],
  runbook:
    'Ask who holds the root credentials whether they did this, with what ticket. If nobody did, sign in as ' +
    'root, change the password, delete all root access keys, renew the MFA device and end other sessions; ' +
    'then read everything the source address and root did in all regions, IAM users, keys and roles made ' +
    'by it first. Without access to the root mailbox, call AWS Support.',
  references: [
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html',
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html',
  ],
  match: {
    all: [
      'succeeded',
      {
        'userIdentity.type': 'Root',
        'userIdentity.invokedBy': { absent: true },
        eventType: { not: 'AwsServiceEvent' },
        eventName: { not: 'CreateServiceLinkedRole' },
        readOnly: { any: [{ absent: true }, false] },
      },
    ],
  },
  title: 'Root user called {eventName} in account {recipientAccountId}',
  dedup: '{sourceIPAddress}',
  context: {
    accountId: 'userIdentity.accountId',
    arn: 'userIdentity.arn',
    eventTime: 'eventTime',
    mfaUsed: 'additionalEventData.MFAUsed',
  },
});

const identity = { type: 'Root', accountId: '210987654321', arn: 'arn:aws:iam::210987654321:root' };
const change = {
  eventVersion: '1.08',
  eventID: '9f2c7a60-1d4b-4a55-8a3c-2d6b7e8f9001',
  eventTime: '2026-03-07T06:12:44Z',
  eventType: 'AwsApiCall',
  eventSource: 'iam.amazonaws.com',
  eventName: 'CreateAccessKey',
  awsRegion: 'us-east-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '198.51.100.20',
  readOnly: false,
  userIdentity: identity,
};
const { readOnly: _, ...unmarked } = change;

export const tests: readonly RuleTest[] = [
  {
    name: 'root makes an access key',
    event: change,
    matches: true,
    severity: 'high',
    title: 'Root user called CreateAccessKey in account 210987654321',
    dedup: '198.51.100.20',
    context: {
      accountId: '210987654321',
      arn: 'arn:aws:iam::210987654321:root',
      eventTime: '2026-03-07T06:12:44Z',
    },
  },
  {
    name: 'root signs in to the console',
    event: {
      ...unmarked,
      eventType: 'AwsConsoleSignIn',
      eventName: 'ConsoleLogin',
      additionalEventData: { MFAUsed: 'No' },
    },
    matches: true,
    title: 'Root user called ConsoleLogin in account 210987654321',
    context: { mfaUsed: 'No' },
  },
  { name: 'no source address', event: { ...change, sourceIPAddress: null }, matches: true, dedup: '' },
  { name: 'the ARN is empty', event: { ...change, userIdentity: { ...identity, arn: '' } }, matches: true },
  { name: 'not marked as reading or writing', event: unmarked, matches: true },
  { name: 'marked with null', event: { ...change, readOnly: null }, matches: true },
  { name: 'marked with the text "false"', event: { ...change, readOnly: 'false' }, matches: false },
  { name: 'marked with 0', event: { ...change, readOnly: 0 }, matches: false },
  { name: 'root only reads', event: { ...change, readOnly: true }, matches: false },
  {
    name: 'errors are null and empty',
    event: { ...change, errorCode: '', errorMessage: null },
    matches: true,
  },
  { name: 'the call was denied', event: { ...change, errorCode: 'AccessDenied' }, matches: false },
  {
    name: 'the sign-in failed',
    event: { ...unmarked, errorMessage: 'Failed authentication' },
    matches: false,
  },
  {
    name: 'invokedBy is null',
    event: { ...change, userIdentity: { ...identity, invokedBy: null } },
    matches: true,
  },
  {
    name: 'a service acts for root',
    event: { ...change, userIdentity: { ...identity, invokedBy: 'support.amazonaws.com' } },
    matches: false,
  },
  {
    name: 'invokedBy is empty text',
    event: { ...change, userIdentity: { ...identity, invokedBy: '' } },
    matches: false,
  },
  { name: 'an event of a service', event: { ...change, eventType: 'AwsServiceEvent' }, matches: false },
  { name: 'no event type', event: { ...change, eventType: null }, matches: true },
  {
    name: 'a service-linked role',
    event: { ...change, eventName: 'CreateServiceLinkedRole' },
    matches: false,
  },
  { name: 'a user', event: { ...change, userIdentity: { ...identity, type: 'IAMUser' } }, matches: false },
  {
    name: 'another letter case',
    event: { ...change, userIdentity: { ...identity, type: 'root' } },
    matches: false,
  },
  { name: 'no identity', event: { ...change, userIdentity: null }, matches: false },
];
