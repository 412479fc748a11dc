import { defineRule, type RuleTest } from 'tocsin';

export default defineRule({
  id: 'custom.aws.secrets-read-in-bulk',
  logTypes: ['aws.cloudtrail'],
  name: 'Many secrets read by one identity',
  description:
    'One identity read at least ten different secrets within ten minutes. Applications read the few they need; ' +
    'an intruder with stolen credentials reads all that it can reach.',
  severity: 'medium',
  severityBy: [{ value: 'high', match: { sourceIp: { ip: 'public' } } }],
  attack: ['TA0006:T1555.006'],
  falsePositives: ['Backup or rotation jobs: name their roles in the setting readers.'],
  runbook:
    'Ask the owner of the identity whether this was them. If not, revoke its sessions and rotate every secret that ' +
    'the alert counts, the most powerful ones first.',
  references: ['https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html'],
  settings: {
    readers: { description: 'Names of users and roles that may read many secrets.', default: [] },
  },
  fields: {
    // A request names the secret, or gives its ARN.
    secret: 'requestParameters.secretId.after(:secret:) ?? requestParameters.secretId',
  },
  match: {
    all: [
      'succeeded',
      {
        eventSource: 'secretsmanager.amazonaws.com',
        eventName: 'GetSecretValue',
        actor: { not: { is: { setting: 'readers' } } },
      },
    ],
  },
  title: '{actor} read many secrets of account {account}',
  dedup: '{account}:{userIdentity.arn}',
  context: { secret: 'secret' },
  threshold: 10,
  windowMinutes: 10,
  distinct: 'secret',
});

const read = {
  eventVersion: '1.08',
  eventID: '5d0f3a52-6d0b-4b0e-9d53-4a2f6c1e7a10',
  eventTime: '2026-03-02T09:14:07Z',
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '10.0.4.17',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: { secretId: 'shop/database' },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a secret is read by its name',
    event: read,
    matches: true,
    severity: 'medium',
    title: 'marta read many secrets of account 210987654321',
    dedup: '210987654321:arn:aws:iam::210987654321:user/marta',
    distinct: ['shop/database'],
  },
  {
    name: 'a secret is read by its ARN',
    event: {
      ...read,
      requestParameters: {
        secretId: 'arn:aws:secretsmanager:eu-west-1:210987654321:secret:shop/database-x7Kq2a',
      },
    },
    matches: true,
    distinct: ['shop/database-x7Kq2a'],
    context: { secret: 'shop/database-x7Kq2a' },
  },
  {
    name: 'from the internet',
    event: { ...read, sourceIPAddress: '8.8.4.4' },
    matches: true,
    severity: 'high',
  },
  { name: 'a reader that is expected', event: read, settings: { readers: ['marta'] }, matches: false },
  { name: 'the call was denied', event: { ...read, errorCode: 'AccessDenied' }, matches: false },
  { name: 'another call', event: { ...read, eventName: 'DescribeSecret' }, matches: false },
];
