import { defineRule, type RuleTest } from '../../../detector/rule.js';

const OPERATION = 'Sign-in activity';

export default defineRule({
  id: 'azure.signin.many-failed-sign-ins',
  logTypes: ['azure.signin'],
  name: 'Many failed sign-ins of one principal',
  description:
    'One user or service principal failed to sign in ten times within ten minutes. Somebody may be guessing its ' +
    'password, replaying a stolen one against MFA, or trying an old client secret.',
  severity: 'medium',
  attack: ['TA0006:T1110', 'TA0001:T1078'],
  falsePositives: [
    'A password or client secret was changed and a device or job still uses the old one.',
    'Interrupted sign-ins that a user then completes, such as the question to stay signed in (50140) or for MFA ' +
      '(50074, 50076), have an error code too.',
  ],
  runbook:
    'Group the failures by error code, address and application. Wrong passwords (50126) or lockouts (50053) from ' +
    'addresses that the principal never uses mean guessing: block those addresses in Conditional Access. Then look ' +
    'for a success from the same addresses; if there is one, revoke all sessions and replace the credential.',
  references: ['https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes'],
  match: { operationName: OPERATION, 'properties.status.errorCode': { type: 'number', gt: 0 } },
  title: 'Many failed sign-ins of {actor}',
  dedup: '{actor}',
  threshold: 10,
  windowMinutes: 10,
});

const properties = {
  id: '4f3f0f1c-6f9a-4f6e-8d52-2b1f3d9a7e01',
  userPrincipalName: 'marta@example.com',
  servicePrincipalName: '',
  ipAddress: '198.51.100.23',
  resourceDisplayName: 'Office 365 Exchange Online',
  status: { errorCode: 50126, failureReason: 'Invalid username or password.' },
};
const failed = {
  time: '2026-03-02T09:14:07.0000000Z',
  operationName: OPERATION,
  category: 'SignInLogs',
  tenantId: '2d1a6f0e-93a4-4a53-9f0b-7a7e0a5b1c11',
  resultType: '50126',
  properties,
};
const withCode = (errorCode: number | string | null) => ({
  ...failed,
  properties: { ...properties, status: { errorCode } },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a user types a wrong password',
    event: failed,
    matches: true,
    severity: 'medium',
    title: 'Many failed sign-ins of marta@example.com',
    dedup: 'marta@example.com',
  },
  {
    name: 'a sign-in in the background fails',
    event: { ...failed, category: 'NonInteractiveUserSignInLogs' },
    matches: true,
    dedup: 'marta@example.com',
  },
  {
    name: 'a service principal fails, names in lower case',
    event: {
      operationname: OPERATION,
      category: 'ServicePrincipalSignInLogs',
      resulttype: 7000215,
      properties: { servicePrincipalName: 'nightly-export', status: { errorCode: 7000215 } },
    },
    matches: true,
    title: 'Many failed sign-ins of nightly-export',
    dedup: 'nightly-export',
  },
  {
    name: 'a managed identity has no name, so all of them share one group',
    event: { ...failed, category: 'ManagedIdentitySignInLogs' },
    matches: true,
    title: 'Many failed sign-ins of unknown',
    dedup: '',
  },
  { name: 'the question to stay signed in counts too', event: withCode(50140), matches: true },
  { name: 'the sign-in succeeded', event: withCode(0), matches: false },
  { name: 'the code is below zero', event: withCode(-1), matches: false },
  { name: 'the code is null', event: withCode(null), matches: false },
  { name: 'the code is a text', event: withCode('50126'), matches: false },
  {
    name: 'there is no code',
    event: { ...failed, properties: { ...properties, status: {} } },
    matches: false,
  },
  {
    name: 'only the result type tells of a failure',
    event: { ...failed, properties: { userPrincipalName: 'marta@example.com' } },
    matches: false,
  },
  {
    name: 'the operation is written in other letter case',
    event: { ...failed, operationName: 'Sign-In Activity' },
    matches: false,
  },
  { name: 'there is no operation', event: { ...failed, operationName: null }, matches: false },
];
