import { defineRule, type RuleTest } from '../../../detector/rule.js';

const OPERATION = 'Sign-in activity';
/** What Entra ID records for clients that hand over a password: basic authentication of Exchange, and its variant. */
const LEGACY_USER_AGENTS = ['BAV2ROPC', 'CBAInPROD'];

export default defineRule({
  id: 'azure.signin.legacy-auth',
  logTypes: ['azure.signin'],
  name: 'Sign-in with legacy authentication',
  description:
    'A principal signed in through a protocol such as IMAP, POP or authenticated SMTP that sends only a password. ' +
    'MFA cannot be asked for there, so a guessed or leaked password is enough.',
  severity: 'medium',
  attack: [],
  falsePositives: [
    'A printer, scanner or old mail client that cannot do better; name its account in `allowedPrincipals`.',
  ],
  runbook:
    'Ask the owner of the account which client this is and compare the address with their usual ones. If nobody ' +
    'knows it, reset the password, revoke the sessions and read the mailbox rules. Either way, block legacy ' +
    'authentication with a Conditional Access policy, and let only named accounts past it.',
  references: [
    'https://learn.microsoft.com/en-us/entra/identity/conditional-access/policy-block-legacy-authentication',
  ],
  settings: {
    allowedPrincipals: {
      description:
        'User principal names, or names of service principals, that may use legacy authentication, written exactly ' +
        'as the log has them.',
      default: [],
    },
  },
  match: {
    all: [
      'succeeded',
      {
        operationName: OPERATION,
        'properties.userAgent': LEGACY_USER_AGENTS,
        actor: { not: { is: { setting: 'allowedPrincipals' } } },
      },
    ],
  },
  title: '{actor} signed in with legacy authentication',
  dedup: '{actor}',
  context: { userAgent: 'properties.userAgent' },
  windowMinutes: 10,
});

const properties = {
  userPrincipalName: 'scanner@example.com',
  ipAddress: '198.51.100.23',
  userAgent: 'BAV2ROPC',
  clientAppUsed: 'Authenticated SMTP',
  resourceDisplayName: 'Office 365 Exchange Online',
  status: { errorCode: 0 },
};
const signedIn = {
  time: '2026-03-02T09:14:07.0000000Z',
  operationName: OPERATION,
  category: 'SignInLogs',
  tenantId: '2d1a6f0e-93a4-4a53-9f0b-7a7e0a5b1c11',
  resultType: '0',
  properties,
};
const having = (changes: Record<string, string | null | { errorCode: number | string | null }>) => ({
  ...signedIn,
  properties: { ...properties, ...changes },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a user signs in with basic authentication',
    event: signedIn,
    matches: true,
    severity: 'medium',
    title: 'scanner@example.com signed in with legacy authentication',
    dedup: 'scanner@example.com',
    context: { userAgent: 'BAV2ROPC' },
  },
  {
    name: 'the other user agent, names in lower case',
    event: {
      operationname: OPERATION,
      category: 'NonInteractiveUserSignInLogs',
      properties: { ...properties, userAgent: 'CBAInPROD' },
    },
    matches: true,
    context: { userAgent: 'CBAInPROD' },
  },
  {
    name: 'a service principal goes by its own name',
    event: {
      ...signedIn,
      category: 'ServicePrincipalSignInLogs',
      properties: { ...properties, servicePrincipalName: 'mail-relay' },
    },
    matches: true,
    dedup: 'mail-relay',
  },
  {
    name: 'a category without a principal shares one group',
    event: { ...signedIn, category: 'ManagedIdentitySignInLogs' },
    matches: true,
    title: 'unknown signed in with legacy authentication',
    dedup: '',
  },
  {
    name: 'no principal, so no exception applies',
    event: { ...signedIn, category: 'ManagedIdentitySignInLogs' },
    settings: { allowedPrincipals: ['scanner@example.com'] },
    matches: true,
  },
  {
    name: 'the account is allowed to',
    event: signedIn,
    settings: { allowedPrincipals: ['printer@example.com', 'scanner@example.com'] },
    matches: false,
  },
  {
    name: 'an exception in other letter case is another account',
    event: signedIn,
    settings: { allowedPrincipals: ['Scanner@example.com'] },
    matches: true,
  },
  { name: 'no error code counts as success', event: having({ status: null }), matches: true },
  {
    name: 'an error code of null counts as success',
    event: having({ status: { errorCode: null } }),
    matches: true,
  },
  { name: 'the password was wrong', event: having({ status: { errorCode: 50126 } }), matches: false },
  { name: 'the code is a text', event: having({ status: { errorCode: '0' } }), matches: false },
  { name: 'the user agent has other letter case', event: having({ userAgent: 'bav2ropc' }), matches: false },
  { name: 'the user agent is longer', event: having({ userAgent: 'BAV2ROPC/1.0' }), matches: false },
  { name: 'there is no user agent', event: having({ userAgent: null }), matches: false },
  {
    name: 'the operation is written in other letter case',
    event: { ...signedIn, operationName: 'sign-in activity' },
    matches: false,
  },
];
