import { defineRule, type RuleTest } from '../../../detector/rule.js';

// Put is in no published IAM API; it costs nothing to watch for it.
const CALLS = ['GetAccountPasswordPolicy', 'UpdateAccountPasswordPolicy', 'PutAccountPasswordPolicy'];

export default defineRule({
  id: 'aws.cloudtrail.password-policy-discovery',
  logTypes: ['aws.cloudtrail'],
  name: 'Password policy of the account looked up',
  description:
    'Someone read or changed the password policy of the account at least twice within half an hour. The policy tells ' +
    'which passwords are worth guessing, and a weaker one lets guesses succeed. Denied calls count too.',
  severity: 'info',
  attack: ['TA0007:T1201'],
  falsePositives: [
    'Compliance scanners and the IAM console read the policy on every visit.',
    'Infrastructure as code that manages the policy reads it before and after each change.',
  ],
  runbook:
    'Check whether the identity usually does audits. If not, list its other calls of the same hour: further reads of ' +
    'users, roles and keys mean reconnaissance. For an UpdateAccountPasswordPolicy, compare requestParameters with ' +
    'your standard and restore it.',
  references: ['https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html'],
  match: { eventName: CALLS, eventType: { not: 'AwsServiceEvent' } },
  title: '{userIdentity.arn} read or changed the password policy',
  threshold: 2,
  windowMinutes: 30,
});

const read = {
  eventVersion: '1.08',
  eventID: '0d9b1f0e-93a3-4a0d-8f0e-5a0d8a3c1b01',
  eventTime: '2026-03-02T10:01:12Z',
  eventType: 'AwsApiCall',
  eventSource: 'iam.amazonaws.com',
  eventName: 'GetAccountPasswordPolicy',
  awsRegion: 'us-east-1',
  recipientAccountId: '210987654321',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'the policy is read',
    event: read,
    matches: true,
    severity: 'info',
    title: 'arn:aws:iam::210987654321:user/marta read or changed the password policy',
    dedup: 'arn:aws:iam::210987654321:user/marta read or changed the password policy',
  },
  {
    name: 'the policy is changed',
    event: { ...read, eventName: 'UpdateAccountPasswordPolicy' },
    matches: true,
  },
  { name: 'the policy is put', event: { ...read, eventName: 'PutAccountPasswordPolicy' }, matches: true },
  { name: 'the call was denied', event: { ...read, errorCode: 'AccessDenied' }, matches: true },
  {
    name: 'the call went to another service',
    event: { ...read, eventSource: 'test.example.com' },
    matches: true,
  },
  { name: 'the type of event is null', event: { ...read, eventType: null }, matches: true },
  {
    name: 'names of fields in other letter case, no type of event',
    event: {
      eventname: 'GetAccountPasswordPolicy',
      useridentity: { arn: 'arn:aws:iam::210987654321:user/jo' },
    },
    matches: true,
    title: 'arn:aws:iam::210987654321:user/jo read or changed the password policy',
  },
  {
    name: 'nobody is named',
    event: { ...read, userIdentity: null },
    matches: true,
    title: 'unknown read or changed the password policy',
  },
  {
    name: 'a service acts for itself',
    event: { ...read, eventType: 'AwsServiceEvent' },
    matches: false,
  },
  {
    name: 'the policy is deleted',
    event: { ...read, eventName: 'DeleteAccountPasswordPolicy' },
    matches: false,
  },
  {
    name: 'the name of the call in lower case',
    event: { ...read, eventName: 'getaccountpasswordpolicy' },
    matches: false,
  },
];
