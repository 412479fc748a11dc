import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CALLS = [
  'iam.serviceAccounts.getAccessToken',
  'orgpolicy.policy.set',
  'storage.hmacKeys.create',
  'serviceusage.apiKeys.create',
  'serviceusage.apiKeys.list',
];
/** Of every service: `compute.instances.setIamPolicy`, `storage.setIamPermissions`. */
const POLICY_CALLS = ['setIamPolicy', 'setIamPermissions'];

export default defineRule({
  id: 'gcp.audit.privileged-operation',
  logTypes: ['gcp.audit'],
  name: 'Privileged operation called',
  description:
    'A call that changes who may do what, or that hands out a credential. Each is daily work for administrators, so ' +
    'this is a signal without an alert: evidence to read beside a tag binding, by which a condition on tags can give ' +
    'a caller such rights just before. Denied calls count too.',
  severity: 'info',
  attack: ['TA0004:T1548'],
  falsePositives: ['Administrators and infrastructure as code make these calls all day.'],
  runbook:
    'Read it together with the other signals of the same actor. If a tag was bound to the resource shortly before, ' +
    'check which conditional role the tag opened (`gcloud resource-manager tags bindings list --parent=RESOURCE`), ' +
    'remove the binding, and take back the policy change or revoke the credential that this call gave out.',
  references: ['https://cloud.google.com/iam/docs/tags-access-control'],
  alert: false,
  match: {
    any: [{ 'protoPayload.methodName': { suffix: POLICY_CALLS } }, { 'protoPayload.methodName': CALLS }],
  },
  title: '{actor} called {protoPayload.methodName}',
});

const call = (methodName: string | number | null, more = {}) => ({
  insertId: '1kq3v7ze2m06',
  logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-03-02T09:14:07Z',
  resource: { type: 'gce_instance', labels: { project_id: 'web-shop' } },
  protoPayload: { methodName, authenticationInfo: { principalEmail: 'marta@example.com' }, ...more },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'the policy of an instance is set',
    event: call('v1.compute.instances.setIamPolicy'),
    matches: true,
    severity: 'info',
    title: 'marta@example.com called v1.compute.instances.setIamPolicy',
    dedup: 'marta@example.com called v1.compute.instances.setIamPolicy',
  },
  {
    name: 'a denied attempt',
    event: call('compute.disks.setIamPolicy', { status: { code: 7 } }),
    matches: true,
  },
  { name: 'the ending is the whole method', event: call('setIamPolicy'), matches: true },
  {
    name: 'the permissions of a bucket are set',
    event: call('storage.setIamPermissions'),
    matches: true,
  },
  ...CALLS.map((method) => ({ name: method, event: call(method), matches: true })),
  ...[
    'SetIamPolicy',
    'google.cloud.run.v1.Services.SetIamPolicy',
    'compute.instances.setIamPolicyV2',
    'compute.instances.testIamPermissions',
    'v1.storage.hmacKeys.create',
    'storage.hmacKeys.list',
    'Orgpolicy.policy.set',
    null,
    17,
  ].map((method) => ({ name: `not ${String(method)}`, event: call(method), matches: false })),
];
