import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CALLS = [
  'google.iam.admin.v1.WorkforcePools.CreateWorkforcePool',
  'google.iam.admin.v1.WorkforcePools.UpdateWorkforcePool',
];

export default defineRule({
  id: 'gcp.audit.workforce-pool-changed',
  logTypes: ['gcp.audit'],
  name: 'Workforce identity pool created or changed',
  description:
    'A workforce pool lets people of another identity provider sign in to the whole organization. Someone who adds ' +
    'one, enables one again or lengthens its sessions can come back without any account in the directory. Denied ' +
    'attempts are reported too; changes to the providers of a pool are not.',
  severity: 'high',
  attack: ['TA0003:T1136.003', 'TA0003:T1098.003', 'TA0004:T1098.003'],
  falsePositives: ['The identity team sets up or maintains federation with the company identity provider.'],
  runbook:
    'Check whether the call was denied (`protoPayload.status`). If it went through, ask the actor for the change ' +
    'request and compare the pool with it: `disabled`, `sessionDuration`, and its providers (`gcloud iam ' +
    'workforce-pools providers list --workforce-pool=POOL --location=global`). If nobody vouches for it, disable the ' +
    'pool (`gcloud iam workforce-pools update POOL --location=global --disabled`), look for role bindings that name ' +
    '`workforcePools/POOL`, and treat the actor as compromised.',
  references: [
    'https://cloud.google.com/iam/docs/workforce-identity-federation',
    'https://cloud.google.com/iam/docs/manage-workforce-identity-pools-providers',
  ],
  fields: {
    // A pool that is only being created may have its id beside it instead of a name.
    pool: 'protoPayload.request.workforcePool.name.split(/)[-1] ?? protoPayload.request.workforcePoolId',
    organization: 'logName.segment(organizations)',
  },
  match: { 'protoPayload.methodName': CALLS },
  title: '{actor} created or changed workforce pool {pool} of organization {organization}',
  context: {
    workforcePool: 'protoPayload.request.workforcePool',
    updateMask: 'protoPayload.request.updateMask',
  },
});

const updated = {
  insertId: '1kq3v7ze2m01',
  logName: 'organizations/330011224455/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-03-02T09:14:07Z',
  protoPayload: {
    serviceName: 'iam.googleapis.com',
    methodName: 'google.iam.admin.v1.WorkforcePools.UpdateWorkforcePool',
    authenticationInfo: { principalEmail: 'marta@example.com' },
    resourceName: 'locations/global/workforcePools/partners',
    request: {
      updateMask: 'disabled',
      workforcePool: { name: 'locations/global/workforcePools/partners', disabled: false },
    },
  },
};
const call = (methodName: string, more = {}) => ({
  ...updated,
  protoPayload: { ...updated.protoPayload, methodName, ...more },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a pool is updated',
    event: updated,
    matches: true,
    severity: 'high',
    title: 'marta@example.com created or changed workforce pool partners of organization 330011224455',
    dedup: 'marta@example.com created or changed workforce pool partners of organization 330011224455',
    context: {
      workforcePool: { name: 'locations/global/workforcePools/partners', disabled: false },
      updateMask: 'disabled',
    },
  },
  {
    name: 'a pool is created, its id beside it',
    event: call('google.iam.admin.v1.WorkforcePools.CreateWorkforcePool', {
      request: { workforcePoolId: 'contractors', workforcePool: { displayName: 'Contractors' } },
    }),
    matches: true,
    title: 'marta@example.com created or changed workforce pool contractors of organization 330011224455',
  },
  {
    name: 'a denied attempt',
    event: call('google.iam.admin.v1.WorkforcePools.CreateWorkforcePool', { status: { code: 7 } }),
    matches: true,
  },
  {
    name: 'a record without request and organization',
    event: {
      protoPayload: { methodName: 'google.iam.admin.v1.WorkforcePools.UpdateWorkforcePool', request: null },
    },
    matches: true,
    title: 'unknown created or changed workforce pool unknown of organization unknown',
  },
  {
    name: 'a pool is deleted',
    event: call('google.iam.admin.v1.WorkforcePools.DeleteWorkforcePool'),
    matches: false,
  },
  {
    name: 'a provider of a pool is created',
    event: call('google.iam.admin.v1.WorkforcePools.CreateWorkforcePoolProvider'),
    matches: false,
  },
  {
    name: 'another letter case',
    event: call('google.iam.admin.v1.workforcePools.updateWorkforcePool'),
    matches: false,
  },
  { name: 'no method', event: { protoPayload: { methodName: null } }, matches: false },
];
