import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.console-password-spraying',
  logTypes: ['aws.cloudtrail'],
  name: 'Console sign-in failed for many users',
  description:
    'Sign-in to the console failed for at least ten different users of one account within an hour. Few tries on many ' +
    'users stay below the limits that watch a single user.',
  severity: 'medium',
  severityBy: [{ match: { 'userIdentity.type': 'Root' }, value: 'high' }],
  attack: ['TA0001:T1078'],
  falsePositives: [
    'Many people mistype a password after it expired or after single sign-on was switched over.',
  ],
  runbook:
    'Look at the source addresses of the failures: one or a few for many users is an attack. Search for a successful ' +
    'ConsoleLogin from the same addresses; reset the password and revoke the sessions of whoever it was. Check that ' +
    'all users of the console need a second factor.',
  references: [
    'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html',
  ],
  enabled: false,
  match: { eventType: 'AwsConsoleSignIn', 'responseElements.ConsoleLogin': 'Failure' },
  title: 'Console sign-in failed for many users of account {recipientAccountId} in {awsRegion}',
  dedup: '{recipientAccountId}:{awsRegion}',
  threshold: 10,
  windowMinutes: 60,
  // AWS writes one fixed text in place of names that do not exist, so those count as one user.
  distinct: 'userIdentity.userName',
});

const failed = {
  eventVersion: '1.08',
  eventID: '3fa0de13-0a1c-4a6a-9f57-7f2f31d2aa03',
  eventTime: '2026-03-02T12:40:00Z',
  eventType: 'AwsConsoleSignIn',
  eventSource: 'signin.amazonaws.com',
  eventName: 'ConsoleLogin',
  awsRegion: 'us-east-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '198.51.100.4',
  errorMessage: 'Failed authentication',
  userIdentity: { type: 'IAMUser', userName: 'marta', accountId: '210987654321' },
  responseElements: { ConsoleLogin: 'Failure' },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a user fails to sign in',
    event: failed,
    matches: true,
    severity: 'medium',
    title: 'Console sign-in failed for many users of account 210987654321 in us-east-1',
    dedup: '210987654321:us-east-1',
    distinct: ['marta'],
  },
  {
    name: 'a user that does not exist',
    event: {
      ...failed,
      userIdentity: { type: 'IAMUser', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
    },
    matches: true,
    distinct: ['HIDDEN_DUE_TO_SECURITY_REASONS'],
  },
  {
    name: 'root fails to sign in',
    event: { ...failed, userIdentity: { type: 'Root', userName: 'root' } },
    matches: true,
    severity: 'high',
    distinct: ['root'],
  },
  {
    name: 'an empty user name counts nothing',
    event: { ...failed, userIdentity: { type: 'Root', userName: '' } },
    matches: true,
    severity: 'high',
    distinct: [],
  },
  {
    name: 'the type of user in other letter case',
    event: { ...failed, userIdentity: { type: 'root', userName: 'root' } },
    matches: true,
    severity: 'medium',
  },
  {
    name: 'account and region are missing',
    event: { ...failed, recipientAccountId: null, awsRegion: null },
    matches: true,
    dedup: ':',
  },
  {
    name: 'name and source of the event do not matter',
    event: { ...failed, eventName: 'CheckMfa', eventSource: 'test.example.com' },
    matches: true,
  },
  {
    name: 'a user signs in',
    event: { ...failed, responseElements: { ConsoleLogin: 'Success' } },
    matches: false,
  },
  {
    name: 'the outcome in lower case',
    event: { ...failed, responseElements: { ConsoleLogin: 'failure' } },
    matches: false,
  },
  { name: 'no outcome', event: { ...failed, responseElements: null }, matches: false },
  { name: 'not a sign-in', event: { ...failed, eventType: 'AwsApiCall' }, matches: false },
];
