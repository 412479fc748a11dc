import { defineRule, type Match, type RuleTest } from '../../../detector/rule.js';

/** Applications of Microsoft that reach Graph from changing addresses: Office, Teams, OneDrive, Edge, portal, CLI, ... */
const ROAMING_APPS = [
  '00000003-0000-0ff1-ce00-000000000000',
  '00000006-0000-0ff1-ce00-000000000000',
  '00b41c95-dab0-4487-9791-b9d2c32c80f2',
  'd3590ed6-52b3-4102-aeff-aad2292ab01c',
  '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
  '5e3ce6c0-2b1f-4285-8d4b-75ee78787346',
  'cc15fd57-2c6c-4117-a88c-83b1d56b4bbe',
  'ab9b8c07-8f02-4f72-87fa-80105867a763',
  'ea5a67f6-b6f3-4338-b240-c655ddc3cc8e',
  'ecd6b820-32c2-49b6-98a6-444530e5a77a',
  'f44b1140-bc5e-48c6-8dc0-5cf5a53c0e34',
  '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  '8edd93e1-2103-40b4-bd70-6e34e586362d',
  'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  '4962773b-9cdb-44cf-a8bf-237846a00ab7',
  'fc780465-2017-40d4-a0c5-307022471b92',
  '8ee8fdad-f234-4243-8f3b-15c294843740',
  '2793995e-0a7d-40d7-bd35-6968ba142197',
  '3f6aecb4-6dbf-4e45-9141-440abdced562',
  '7b7531ad-5926-4f2d-8a1d-38495ad33e17',
  'df77edef-903d-416b-bcc0-cc8b91af54ea',
  '8b3391f4-af01-4ee8-b4ea-9871b2499735',
  'f8f7a2aa-e116-4ba6-8aea-ca162cfa310d',
  '01fc33a7-78ba-4d2f-a4b7-768e336e890e',
  'bd11ca0f-4fd6-4bb7-a259-4a36693b6e13',
  'abc63b55-0325-4305-9e1e-3463b182a6dc',
  'eace8149-b661-472f-b40d-939f89085bd4',
  'b46c3ac5-9da6-418f-a849-0a07a10b3c6c',
  '0469d4cd-df37-4d93-8a61-f8c75b809164',
  '18fbca16-2224-45f6-85b0-f7bf2b39b3f3',
  '98db8bd6-0cc0-4e67-9de5-f187f1cd1b41',
  '7eadcef8-456d-4611-9480-4fff72b8b9e2',
];

/** Exports write SUCCESS, or always None; then the codes tell. */
const SIGNED_IN: Match = {
  any: [
    { resultSignature: 'SUCCESS' },
    {
      all: [
        { resultSignature: { any: ['None', { empty: true }] } },
        { any: [{ resultType: [0, '0'] }, { 'properties.status.errorCode': 0 }] },
      ],
    },
  ],
};

export default defineRule({
  id: 'azure.signin.graph-session-multiple-ips',
  logTypes: ['azure.signin'],
  name: 'Microsoft Graph session used from several addresses',
  description:
    'One session of a user signed in to Microsoft Graph from two addresses within an hour. A session that is in ' +
    'two places at once often means a stolen token or cookie, replayed by somebody else past MFA.',
  severity: 'medium',
  attack: ['TA0001:T1078', 'TA0001:T1078.004', 'TA0005:T1550', 'TA0005:T1550.001'],
  falsePositives: [
    'The user changed networks: VPN on or off, Wi-Fi to mobile, a provider that rotates addresses.',
    'An application of your own that roams; add its id to `ignoredApps`.',
  ],
  runbook:
    'Compare the addresses by country, network and user agent, and ask the user about the one that does not fit. ' +
    'If they do not know it, revoke their sessions, reset the password, and read what Graph was asked for in that ' +
    'session: mail rules, consents to applications, downloads.',
  references: ['https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/signinlogs'],
  settings: {
    ignoredApps: {
      description:
        'Ids of applications whose sessions change address in normal use. Your list replaces this one.',
      default: ROAMING_APPS,
    },
  },
  match: {
    all: [
      SIGNED_IN,
      {
        category: { not: { is: 'NonInteractiveUserSignInLogs' } },
        'properties.resourceDisplayName': { contains: 'Microsoft Graph' },
        'properties.appId': { not: { is: { setting: 'ignoredApps' } } },
        'properties.isInteractive': { any: [true, { absent: true }] },
        'properties.sessionId': { empty: false },
        'properties.userPrincipalName': { empty: false },
        'properties.ipAddress': { empty: false },
      },
    ],
  },
  title:
    'Microsoft Graph session {properties.sessionId} of {properties.userPrincipalName} has several addresses',
  dedup: '{properties.sessionId}-{properties.userPrincipalName}',
  context: {
    sessionId: 'properties.sessionId',
    appId: 'properties.appId',
    authenticationProtocol: 'properties.authenticationProtocol',
    conditionalAccessStatus: 'properties.conditionalAccessStatus',
    isInteractive: 'properties.isInteractive',
    userAgent: 'properties.userAgent',
  },
  threshold: 2,
  distinct: 'properties.ipAddress',
});

const properties = {
  userPrincipalName: 'marta@example.com',
  ipAddress: '198.51.100.23',
  sessionId: '00aa1b2c-7777-4d3e-8f90-a1b2c3d4e5f6',
  resourceDisplayName: 'Microsoft Graph',
  appDisplayName: 'Reports',
  appId: '7b0c6a52-9a6e-4bd0-9a35-0d7f2e6c1a10',
  userAgent: 'python-requests/2.32.0',
  isInteractive: true,
  authenticationProtocol: 'oAuth2',
  conditionalAccessStatus: 'success',
};
const signedIn = {
  time: '2026-03-02T09:14:07.0000000Z',
  operationName: 'Sign-in activity',
  category: 'SignInLogs',
  tenantId: '2d1a6f0e-93a4-4a53-9f0b-7a7e0a5b1c11',
  resultSignature: 'SUCCESS',
  properties,
};
const having = (changes: Record<string, string | boolean | null>) => ({
  ...signedIn,
  properties: { ...properties, ...changes },
});
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const unsigned = { ...signedIn, resultSignature: 'None' };

export const tests: readonly RuleTest[] = [
  {
    name: 'a user signs in to Graph',
    event: signedIn,
    matches: true,
    severity: 'medium',
    title:
      'Microsoft Graph session 00aa1b2c-7777-4d3e-8f90-a1b2c3d4e5f6 of marta@example.com has several addresses',
    dedup: '00aa1b2c-7777-4d3e-8f90-a1b2c3d4e5f6-marta@example.com',
    distinct: ['198.51.100.23'],
    context: {
      sessionId: '00aa1b2c-7777-4d3e-8f90-a1b2c3d4e5f6',
      appDisplayName: 'Reports',
      appId: '7b0c6a52-9a6e-4bd0-9a35-0d7f2e6c1a10',
      resourceDisplayName: 'Microsoft Graph',
      authenticationProtocol: 'oAuth2',
      conditionalAccessStatus: 'success',
      isInteractive: true,
      userAgent: 'python-requests/2.32.0',
    },
  },
  {
    name: 'Graph stands inside a longer name',
    event: having({ resourceDisplayName: 'Microsoft Graph PowerShell' }),
    matches: true,
  },
  { name: 'whether it is interactive is not said', event: having({ isInteractive: null }), matches: true },
  { name: 'the application is not named', event: having({ appId: null }), matches: true },
  {
    name: 'neither operation nor category is looked for',
    event: { resultSignature: 'SUCCESS', properties },
    matches: true,
  },
  { name: 'signature None, result type "0"', event: { ...unsigned, resultType: '0' }, matches: true },
  { name: 'signature None, result type 0', event: { ...unsigned, resultType: 0 }, matches: true },
  {
    name: 'no signature, error code 0',
    event: { category: 'SignInLogs', properties: { ...properties, status: { errorCode: 0 } } },
    matches: true,
  },
  {
    name: 'signature None, result type of a failure',
    event: { ...unsigned, resultType: '50126' },
    matches: false,
  },
  { name: 'signature None and nothing else', event: unsigned, matches: false },
  { name: 'the sign-in failed', event: { ...signedIn, resultSignature: 'FAILURE' }, matches: false },
  {
    name: 'a signature in other letter case is no success, whatever the code',
    event: { ...signedIn, resultSignature: 'Success', resultType: '0' },
    matches: false,
  },
  { name: 'another resource', event: having({ resourceDisplayName: 'Azure Storage' }), matches: false },
  {
    name: 'the resource in other letter case',
    event: having({ resourceDisplayName: 'microsoft graph' }),
    matches: false,
  },
  { name: 'an application that roams', event: having({ appId: azureCli }), matches: false },
  { name: 'its id in upper case', event: having({ appId: azureCli.toUpperCase() }), matches: true },
  {
    name: 'an application that the user ignores',
    event: signedIn,
    settings: { ignoredApps: [properties.appId] },
    matches: false,
  },
  {
    name: 'a list of the user replaces ours',
    event: having({ appId: azureCli }),
    settings: { ignoredApps: [] },
    matches: true,
  },
  { name: 'not interactive', event: having({ isInteractive: false }), matches: false },
  {
    name: 'a category of sign-ins in the background',
    event: { ...signedIn, category: 'NonInteractiveUserSignInLogs' },
    matches: false,
  },
  { name: 'no session', event: having({ sessionId: '' }), matches: false },
  { name: 'no user', event: having({ userPrincipalName: null }), matches: false },
  { name: 'no address', event: having({ ipAddress: '' }), matches: false },
];
