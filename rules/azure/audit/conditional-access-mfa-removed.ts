import { defineRule, type RuleTest } from '../../../detector/rule.js';

const OPERATION = 'Update conditional access policy';
const CHANGE = 'properties.targetResources[0].modifiedProperties[0]';

export default defineRule({
  id: 'azure.audit.conditional-access-mfa-removed',
  logTypes: ['azure.audit'],
  name: 'MFA removed from a Conditional Access policy',
  description:
    'A Conditional Access policy asked for MFA and no longer does. Everyone it covers can now sign in with a ' +
    'password alone, which an intruder arranges to keep using stolen ones.',
  severity: 'high',
  attack: ['TA0005:T1556', 'TA0001:T1078'],
  falsePositives: [
    'The plain MFA control was replaced by an authentication strength, which is stricter.',
    'MFA moved to another policy that covers the same users and applications.',
  ],
  runbook:
    'Open the record and compare the old policy with the new one: which users and applications does it cover, and ' +
    'does an authentication strength or another policy still ask for MFA? If not, and the actor cannot explain it, ' +
    "put the control back, revoke the actor's sessions, and look for sign-ins with a single factor since then.",
  references: ['https://learn.microsoft.com/en-us/entra/identity/conditional-access/overview'],
  match: {
    operationName: OPERATION,
    [`${CHANGE}.oldValue.json()`]: { type: 'object' },
    [`${CHANGE}.oldValue.json().grantControls.builtInControls`]: {
      type: 'list',
      is: 'mfa',
      ignoreCase: true,
    },
    // A new value that is missing or no document does not tell that anything was removed.
    [`${CHANGE}.newValue.json()`]: { type: 'object' },
    [`${CHANGE}.newValue.json().grantControls.builtInControls`]: { not: { is: 'mfa', ignoreCase: true } },
  },
  title: '{actor} removed MFA from Conditional Access policy {properties.targetResources.displayName}',
});

const policy = (controls?: readonly string[] | null) =>
  JSON.stringify({
    displayName: 'Staff',
    state: 'enabled',
    ...(controls === undefined ? {} : { grantControls: { operator: 'OR', builtInControls: controls } }),
  });
const user = { userPrincipalName: 'marta@example.com', ipAddress: '198.51.100.23' };
const update = (oldValue: string | null, newValue: string | null, more: Record<string, string> = {}) => ({
  time: '2026-03-02T09:14:07.0000000Z',
  operationName: OPERATION,
  category: 'AuditLogs',
  tenantId: '2d1a6f0e-93a4-4a53-9f0b-7a7e0a5b1c11',
  properties: {
    result: 'success',
    initiatedBy: { user },
    targetResources: [
      {
        displayName: 'MFA for staff',
        type: 'Policy',
        modifiedProperties: [{ displayName: 'ConditionalAccessPolicy', oldValue, newValue }],
      },
    ],
  },
  ...more,
});
const removed = update(policy(['mfa', 'compliantDevice']), policy(['compliantDevice']));
const [target] = removed.properties.targetResources;

export const tests: readonly RuleTest[] = [
  {
    name: 'MFA is taken out of the controls',
    event: removed,
    matches: true,
    severity: 'high',
    title: 'marta@example.com removed MFA from Conditional Access policy MFA for staff',
    dedup: 'marta@example.com removed MFA from Conditional Access policy MFA for staff',
  },
  { name: 'the control is written MFA', event: update(policy(['MFA']), policy([])), matches: true },
  { name: 'no grant controls are left', event: update(policy(['mfa']), policy()), matches: true },
  { name: 'the controls become null', event: update(policy(['mfa']), policy(null)), matches: true },
  {
    name: 'the grant controls become null',
    event: update(policy(['mfa']), '{"grantControls":null}'),
    matches: true,
  },
  { name: 'the new policy is an empty document', event: update(policy(['mfa']), '{}'), matches: true },
  {
    name: 'the outcome is not looked at',
    event: { ...removed, properties: { ...removed.properties, result: 'failure' } },
    matches: true,
  },
  {
    name: 'an application changes the policy',
    event: {
      ...removed,
      properties: { ...removed.properties, initiatedBy: { app: { displayName: 'Policy as code' } } },
    },
    matches: true,
    title: 'Policy as code removed MFA from Conditional Access policy MFA for staff',
  },
  {
    name: 'MFA stays, in other letter case',
    event: update(policy(['mfa']), policy(['MFA'])),
    matches: false,
  },
  { name: 'MFA is added', event: update(policy([]), policy(['mfa'])), matches: false },
  { name: 'MFA was never there', event: update(policy(['block']), policy([])), matches: false },
  {
    name: 'only a part of the name of a control',
    event: update(policy(['mfaLater']), policy([])),
    matches: false,
  },
  { name: 'the old policy is missing', event: update(null, policy([])), matches: false },
  { name: 'the new policy is missing', event: update(policy(['mfa']), null), matches: false },
  { name: 'the new policy is no JSON', event: update(policy(['mfa']), '{"grantControls":'), matches: false },
  { name: 'the old policy is no JSON', event: update('mfa', policy([])), matches: false },
  ...['null', '""', '"x"', '5', '[]'].map((newValue) => ({
    name: `the new policy is no document but ${newValue}`,
    event: update(policy(['mfa']), newValue),
    matches: false,
  })),
  {
    name: 'the old policy is a list of documents',
    event: update(`[${policy(['mfa'])}]`, policy([])),
    matches: false,
  },
  {
    name: 'the old controls are no list',
    event: update('{"grantControls":{"builtInControls":"mfa"}}', policy([])),
    matches: false,
  },
  {
    name: 'names in the document keep their letter case',
    event: update('{"GrantControls":{"BuiltInControls":["mfa"]}}', policy([])),
    matches: false,
  },
  {
    name: 'the change stands behind another one',
    event: {
      ...removed,
      properties: {
        ...removed.properties,
        targetResources: [
          {
            ...target,
            modifiedProperties: [
              { displayName: 'Included Updated Properties', oldValue: null, newValue: '"x"' },
              ...(target?.modifiedProperties ?? []),
            ],
          },
        ],
      },
    },
    matches: false,
  },
  { name: 'there is no target', event: { ...removed, properties: { targetResources: [] } }, matches: false },
  {
    name: 'the directory record of the same change',
    event: update(policy(['mfa']), policy([]), { operationName: 'Update policy' }),
    matches: false,
  },
  {
    name: 'the operation in other letter case',
    event: update(policy(['mfa']), policy([]), { operationName: 'update conditional access policy' }),
    matches: false,
  },
];
