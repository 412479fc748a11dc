import {
  defineRule,
  type Json,
  type JsonObject,
  type RuleEvent,
  type RuleTest,
} from '../../../detector/rule.js';

const SET_FEDERATION = 'set federation settings on domain';
const SET_AUTHENTICATION = 'set domain authentication';
const LIVE_TYPE = 'LiveType';
const FEDERATED = 'Federated';
const CHANGES = 'properties.targetResources.modifiedProperties';

const federationWasSet = (event: RuleEvent): boolean =>
  event.text('operationName')?.toLowerCase().includes(SET_FEDERATION) ?? false;

/**
 * Whether LiveType is what became Federated. Names and new values are two lists, each without nulls and repeats; where
 * they are equally long they belong together by position, else it is enough that both occur.
 */
function liveTypeBecameFederated(event: RuleEvent): boolean {
  const names = different(event, `${CHANGES}.displayName`);
  const values = different(event, `${CHANGES}.newValue`);
  const liveType = values[names.indexOf(LIVE_TYPE)];
  return names.length !== values.length || (typeof liveType === 'string' && liveType.includes(FEDERATED));
}

const different = (event: RuleEvent, path: string): readonly Json[] => [
  ...new Set(event.all(path).filter((value) => value !== null)),
];

export default defineRule({
  id: 'azure.audit.domain-federation-changed',
  logTypes: ['azure.audit'],
  name: 'Federation of a domain changed',
  description:
    'A domain of the tenant was federated, or its federation settings were changed. Whoever holds the key of the ' +
    'identity provider named there can sign in as any user of the domain, MFA included.',
  severity: 'medium',
  attack: ['TA0003:T1556', 'TA0003:T1556.006'],
  falsePositives: [
    'A planned migration to or from AD FS or another identity provider, or its yearly change of certificate.',
  ],
  runbook:
    'Read the federation settings of the domain (`Get-MgDomainFederationConfiguration -DomainId <domain>`) and ' +
    'compare issuer, sign-in address and signing certificates with those of your identity provider. If they are ' +
    "foreign, make the domain managed again, revoke the sessions of the domain's users, disable the actor, and " +
    'look for sign-ins with token issuer type ADFederationServices since the change.',
  references: ['https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/whatis-fed'],
  match: {
    any: [
      { operationName: { contains: SET_FEDERATION, ignoreCase: true } },
      {
        operationName: { contains: SET_AUTHENTICATION, ignoreCase: true },
        [`${CHANGES}.displayName`]: LIVE_TYPE,
        [`${CHANGES}.newValue`]: { contains: FEDERATED },
      },
    ],
  },
  when: (event) => federationWasSet(event) || liveTypeBecameFederated(event),
  title: '{actor} changed the federation of domain {properties.targetResources.displayName}',
  context: {
    activity: 'properties.activityDisplayName',
    logCategory: 'category',
    actorName: 'properties.initiatedBy.user.displayName',
  },
});

const record = (operationName: string, changes: readonly JsonObject[] = []) => ({
  time: '2026-03-02T09:14:07.0000000Z',
  operationName,
  category: 'AuditLogs',
  tenantId: '2d1a6f0e-93a4-4a53-9f0b-7a7e0a5b1c11',
  properties: {
    category: 'DirectoryManagement',
    result: 'success',
    activityDisplayName: operationName,
    initiatedBy: {
      user: { displayName: 'Marta', userPrincipalName: 'marta@example.com', ipAddress: '198.51.100.23' },
    },
    targetResources: [{ displayName: 'example.com', type: 'Other', modifiedProperties: changes }],
  },
});
const change = (displayName: string | null, newValue: Json): JsonObject => ({
  displayName,
  newValue,
});
const federationSet = record('Set federation settings on domain');
const authenticationSet = (...changes: readonly JsonObject[]) => record('Set domain authentication', changes);

export const tests: readonly RuleTest[] = [
  {
    name: 'federation settings are set',
    event: federationSet,
    matches: true,
    severity: 'medium',
    title: 'marta@example.com changed the federation of domain example.com',
    dedup: 'marta@example.com changed the federation of domain example.com',
    context: {
      activity: 'Set federation settings on domain',
      category: 'DirectoryManagement',
      logCategory: 'AuditLogs',
      actorName: 'Marta',
    },
  },
  {
    name: 'inside a longer operation, in other letter case',
    event: record('Core: SET FEDERATION SETTINGS ON DOMAIN.'),
    matches: true,
  },
  {
    name: 'an application sets them, the domain is not named, the outcome is not looked at',
    event: {
      operationName: 'Set federation settings on domain',
      properties: { result: 'failure', initiatedBy: { app: { displayName: 'Directory sync' } } },
    },
    matches: true,
    title: 'Directory sync changed the federation of domain unknown',
  },
  {
    name: 'federation settings are set, whatever changed',
    event: record('Set federation settings on domain', [change('LiveType', '["Managed"]')]),
    matches: true,
  },
  {
    name: 'the domain becomes federated',
    event: authenticationSet(change('LiveType', '["Federated"]')),
    matches: true,
    severity: 'medium',
  },
  {
    name: 'in upper case, next to other changes',
    event: record('SET DOMAIN AUTHENTICATION', [
      change('Name', '"example.com"'),
      change('LiveType', '"Federated"'),
    ]),
    matches: true,
  },
  {
    name: 'equally many names and values: those at the same place belong together',
    event: authenticationSet(
      change('Included Updated Properties', '"Federated"'),
      change('LiveType', '"Managed"'),
    ),
    matches: false,
  },
  {
    name: 'a null makes fewer values than names: both occur, which is enough',
    event: authenticationSet(change('LiveType', null), change('Included Updated Properties', '"Federated"')),
    matches: true,
  },
  {
    name: 'a value that is no text has its place among the values',
    event: authenticationSet(change('LiveType', 5), change('Included Updated Properties', '"Federated"')),
    matches: false,
  },
  {
    name: 'a repeated value makes fewer values than names',
    event: authenticationSet(
      change('Name', '"Federated"'),
      change('Kind', '"Federated"'),
      change('LiveType', '"Managed"'),
    ),
    matches: true,
  },
  {
    name: 'repeats on both sides leave lists that pair up',
    event: authenticationSet(
      change('Name', '"Federated"'),
      change('Name', '"Federated"'),
      change('LiveType', '"Managed"'),
    ),
    matches: false,
  },
  {
    name: 'the names pair up across targets',
    event: {
      ...federationSet,
      operationName: 'Set domain authentication',
      properties: {
        targetResources: [
          { displayName: 'example.com', modifiedProperties: [change('Name', '"example.com"')] },
          { displayName: 'example.org', modifiedProperties: [change('LiveType', '["Federated"]')] },
        ],
      },
    },
    matches: true,
    title: 'unknown changed the federation of domain example.com, example.org',
  },
  {
    name: 'the domain becomes managed',
    event: authenticationSet(change('LiveType', '["Managed"]')),
    matches: false,
  },
  {
    name: 'the value in other letter case',
    event: authenticationSet(change('LiveType', '["federated"]')),
    matches: false,
  },
  {
    name: 'the name in other letter case',
    event: authenticationSet(change('liveType', '["Federated"]')),
    matches: false,
  },
  {
    name: 'the name is longer, with values missing',
    event: authenticationSet(change('LiveTypeOld', null), change('Name', '"Federated"')),
    matches: false,
  },
  { name: 'nothing changed', event: authenticationSet(), matches: false },
  {
    name: 'another operation on the same property',
    event: record('Verify domain', [change('LiveType', '["Federated"]')]),
    matches: false,
  },
  { name: 'the operation is no text', event: { ...federationSet, operationName: null }, matches: false },
];
