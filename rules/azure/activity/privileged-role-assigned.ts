import { defineRule, type Match, type RuleTest } from '../../../detector/rule.js';

const ELEVATE = 'Microsoft.Authorization/elevateAccess/action';
const ASSIGN = 'Microsoft.Authorization/roleAssignments/write';

/** Roles that change who may do what, or destroy data at large. */
const PRIVILEGED = {
  Owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  Contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  'User Access Administrator': '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
  'Security Admin': 'fb1c8493-542b-48eb-b624-b4c8fea62acd',
  'Azure File Sync Administrator': '92b92042-07d9-4307-87f7-36a593fc5850',
  'Reservations Administrator': 'a8889054-8d42-49c9-bc1c-52486c10e7cd',
  'Role Based Access Control Administrator': 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
  'Data Purger': '150f5e0c-0603-4f03-8c7f-cf70034c4e90',
};
/** Roles that open data and secrets. */
const ELEVATED = {
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Azure Arc Kubernetes Admin': 'dffb1e0c-446f-4dde-a09f-99eb5cc68b96',
  'Cognitive Services OpenAI Contributor': 'a001fd3d-188f-4b5d-821b-7da978bf7442',
  'Key Vault Administrator': '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  'Key Vault Data Access Administrator': '8b54135c-b56d-4d72-a534-26097cfdc8d8',
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
};

/** A list in the body, or instead of it, is no request of the API: what is read through one is a list, no text. */
const grants = (ids: readonly string[]): Match => ({
  roleDefinitionId: { type: 'text', contains: ids, ignoreCase: true },
});
const PRIVILEGED_GRANT = grants(Object.values(PRIVILEGED));
const ELEVATION: Match = {
  any: [
    // The shape of the REST API, which tells of success elsewhere too.
    { 'operationName.value': { is: ELEVATE, ignoreCase: true }, 'status.value': 'Succeeded' },
    { all: ['succeeded', { operationName: { is: ELEVATE, ignoreCase: true } }] },
  ],
};

export default defineRule({
  id: 'azure.activity.privileged-role-assigned',
  logTypes: ['azure.activity'],
  name: 'Privileged Azure role assigned',
  description:
    'Somebody was given a role that controls access, data or secrets, or a global administrator of the directory ' +
    'took access to every subscription. Intruders grant such roles to accounts that they hold, so as to stay.',
  severity: 'medium',
  severityBy: [{ value: 'high', match: { any: [ELEVATION, PRIVILEGED_GRANT] } }],
  attack: ['TA0004:T1098', 'TA0003:T1098.003', 'TA0005:T1078.004'],
  falsePositives: [
    'Assignments by a deployment pipeline or an administrator, and activations through Privileged Identity Management.',
    'A global administrator who elevates their access to repair a subscription nobody else can reach.',
  ],
  runbook:
    'Resolve the principal id to a name (`az ad sp show` or `az ad user show`) and ask whoever made the assignment. ' +
    'If it has no reason, remove it (`az role assignment delete`), revoke the sessions of both accounts, and read ' +
    'what the principal did with the role. For elevated access, remove the assignment of User Access Administrator ' +
    'at the scope `/` and look at what else the account assigned.',
  references: [
    'https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles',
    'https://learn.microsoft.com/en-us/azure/role-based-access-control/elevate-access-global-admin',
  ],
  fields: {
    // Its names start in upper or in lower case.
    grant: 'properties.requestbody.json().Properties ?? properties.requestbody.json().properties',
    roleDefinitionId: 'grant.RoleDefinitionId ?? grant.roleDefinitionId',
    roleName: Object.entries({ ...PRIVILEGED, ...ELEVATED }).map(([name, id]) => ({
      value: name,
      match: grants([id]),
    })),
  },
  match: {
    any: [
      ELEVATION,
      {
        all: [
          'succeeded',
          { operationName: { is: ASSIGN, ignoreCase: true } },
          grants([...Object.values(PRIVILEGED), ...Object.values(ELEVATED)]),
        ],
      },
    ],
  },
  title: [
    { match: ELEVATION, value: 'Access to all subscriptions was taken by {identity.claims.name ?? actor}' },
    { match: PRIVILEGED_GRANT, value: 'Privileged role {roleName} was assigned on {resourceId}' },
    { value: 'Elevated role {roleName} was assigned on {resourceId}' },
  ],
  context: {
    roleName: 'roleName',
    roleDefinitionId: 'roleDefinitionId',
    principalId: 'grant.PrincipalId ?? grant.principalId',
    principalType: 'grant.PrincipalType ?? grant.principalType',
  },
});

const SCOPE = '/subscriptions/3f1c9b52-7a10-4a3e-9c55-1c7d0a9e2b01/resourceGroups/edge';
const roleId = (id: string) => `/providers/Microsoft.Authorization/roleDefinitions/${id}`;
const OWNER = roleId(PRIVILEGED.Owner);
const assigned = {
  time: '2026-03-02T09:14:07.0000000Z',
  resourceId: `${SCOPE}/providers/Microsoft.Authorization/roleAssignments/5f0c`,
  operationName: ASSIGN,
  category: 'Administrative',
  resultType: 'Success',
  callerIpAddress: '198.51.100.23',
  // The caller's own rights, which say nothing about the grant.
  identity: { authorization: { evidence: { role: 'Owner', roleDefinitionId: PRIVILEGED.Owner } } },
};
const assigning = (requestbody: unknown) => ({
  ...assigned,
  properties: { requestbody: typeof requestbody === 'string' ? requestbody : JSON.stringify(requestbody) },
});
const assigningRole = (id: string) => assigning({ Properties: { RoleDefinitionId: roleId(id) } });
const elevated = {
  time: '2026-03-02T09:14:07.0000000Z',
  resourceId: '/providers/Microsoft.Authorization',
  category: { value: 'Administrative', localizedValue: 'Administrative' },
  operationName: { value: ELEVATE, localizedValue: 'Assigns the caller to User Access Administrator role' },
  status: { value: 'Succeeded' },
  identity: { claims: { name: 'Marta Example', appid: '7b0c6a52' } },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a privileged role is assigned',
    event: assigning({
      Properties: {
        RoleDefinitionId: OWNER.toUpperCase(),
        PrincipalId: '8d1e77c0-0000-4f6e-8d52-2b1f3d9a7e01',
        PrincipalType: 'User',
      },
    }),
    matches: true,
    severity: 'high',
    title: `Privileged role Owner was assigned on ${assigned.resourceId}`,
    dedup: `Privileged role Owner was assigned on ${assigned.resourceId}`,
    context: {
      roleName: 'Owner',
      roleDefinitionId: OWNER.toUpperCase(),
      principalId: '8d1e77c0-0000-4f6e-8d52-2b1f3d9a7e01',
      principalType: 'User',
    },
  },
  {
    name: 'an elevated role is assigned, names of the body in lower case',
    event: assigning({
      properties: {
        roleDefinitionId: roleId(ELEVATED['Key Vault Administrator']),
        principalId: '8d1e77c0-0000-4f6e-8d52-2b1f3d9a7e01',
      },
    }),
    matches: true,
    severity: 'medium',
    title: `Elevated role Key Vault Administrator was assigned on ${assigned.resourceId}`,
    context: {
      roleName: 'Key Vault Administrator',
      principalId: '8d1e77c0-0000-4f6e-8d52-2b1f3d9a7e01',
      principalType: null,
    },
  },
  ...Object.entries(PRIVILEGED).map(([name, id]) => ({
    name: `${name} is privileged`,
    event: assigningRole(id),
    matches: true,
    severity: 'high' as const,
    context: { roleName: name },
  })),
  ...Object.entries(ELEVATED).map(([name, id]) => ({
    name: `${name} is elevated`,
    event: assigningRole(id),
    matches: true,
    severity: 'medium' as const,
    context: { roleName: name },
  })),
  {
    name: 'an empty value counts as missing',
    event: assigning({ Properties: { RoleDefinitionId: '', roleDefinitionId: OWNER } }),
    matches: true,
    severity: 'high',
  },
  {
    name: 'empty properties count as missing',
    event: assigning({ Properties: {}, properties: { RoleDefinitionId: OWNER } }),
    matches: true,
  },
  {
    name: 'the upper-case spelling goes first',
    event: assigning({
      Properties: {
        RoleDefinitionId: roleId('acdd72a7-3385-48ef-bd42-f606fba81ae7'),
        roleDefinitionId: OWNER,
      },
    }),
    matches: false,
  },
  {
    name: 'the body is parsed already and its name is in other letter case, as is the operation',
    event: {
      ...assigned,
      operationName: ASSIGN.toUpperCase(),
      resultType: 'Succeeded',
      properties: { requestBody: { Properties: { RoleDefinitionId: OWNER } } },
    },
    matches: true,
  },
  {
    name: 'the role is none of these',
    event: assigningRole('acdd72a7-3385-48ef-bd42-f606fba81ae7'),
    matches: false,
  },
  {
    name: 'names inside the body are exact',
    event: assigning({ PROPERTIES: { ROLEDEFINITIONID: OWNER }, properties: { roledefinitionid: OWNER } }),
    matches: false,
  },
  {
    name: 'the role stands elsewhere in the body',
    event: assigning({ RoleDefinitionId: OWNER }),
    matches: false,
  },
  { name: 'the role is no text', event: assigning({ Properties: { RoleDefinitionId: 7 } }), matches: false },
  { name: 'the body is no JSON', event: assigning(`{"Properties": ${OWNER}`), matches: false },
  { name: 'the body is no object', event: assigning(JSON.stringify(OWNER)), matches: false },
  ...[
    [{ Properties: { RoleDefinitionId: OWNER } }],
    { Properties: [{ RoleDefinitionId: OWNER }] },
    { Properties: { RoleDefinitionId: [OWNER] } },
  ].map((body) => ({
    name: `a list in the place of an object or a text: ${JSON.stringify(body)}`,
    event: assigning(body),
    matches: false,
  })),
  { name: 'there is no body, only the rights of the caller', event: assigned, matches: false },
  {
    name: 'it has only started',
    event: { ...assigningRole(PRIVILEGED.Owner), resultType: 'Start' },
    matches: false,
  },
  { name: 'it failed', event: { ...assigningRole(PRIVILEGED.Owner), resultType: 'Failure' }, matches: false },
  {
    name: 'the result in other letter case',
    event: { ...assigningRole(PRIVILEGED.Owner), resultType: 'SUCCESS' },
    matches: false,
  },
  {
    name: 'an assignment is deleted',
    event: {
      ...assigningRole(PRIVILEGED.Owner),
      operationName: 'Microsoft.Authorization/roleAssignments/delete',
    },
    matches: false,
  },
  {
    name: 'an assignment whose operation is an object',
    event: {
      ...assigningRole(PRIVILEGED.Owner),
      operationName: { value: ASSIGN },
      status: { value: 'Succeeded' },
    },
    matches: false,
  },
  {
    name: 'access to all subscriptions is taken',
    event: elevated,
    matches: true,
    severity: 'high',
    title: 'Access to all subscriptions was taken by Marta Example',
    context: { roleName: null, roleDefinitionId: null },
  },
  {
    name: 'the same in upper case, whatever the result type',
    event: { ...elevated, operationName: { value: ELEVATE.toUpperCase() }, resultType: 'Failure' },
    matches: true,
  },
  {
    name: 'the same as an export writes it',
    event: { ...elevated, operationName: ELEVATE.toUpperCase(), resultType: 'Success', status: null },
    matches: true,
    severity: 'high',
    title: 'Access to all subscriptions was taken by Marta Example',
  },
  {
    name: 'nobody is named',
    event: { ...elevated, identity: 'Marta' },
    matches: true,
    title: 'Access to all subscriptions was taken by unknown',
  },
  {
    name: 'taking access failed',
    event: { ...elevated, status: { value: 'Failed' }, resultType: 'Success' },
    matches: false,
  },
  {
    name: 'the status in other letter case',
    event: { ...elevated, status: { value: 'succeeded' } },
    matches: false,
  },
  {
    name: 'taking access failed, as an export writes it',
    event: { ...elevated, operationName: ELEVATE, resultType: 'Failure' },
    matches: false,
  },
];
