import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CALLS = [
  'google.iam.v1.WorkloadIdentityPools.CreateWorkloadIdentityPoolProvider',
  'google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPoolProvider',
];

export default defineRule({
  id: 'gcp.audit.workload-identity-provider-changed',
  logTypes: ['gcp.audit'],
  name: 'Workload identity pool provider created or changed',
  description:
    'The provider of a workload identity pool decides whose tokens are accepted in place of a service account key: ' +
    'which AWS account, OIDC issuer or SAML provider, and under which condition. A provider that trusts an outside ' +
    'issuer, or a condition that was loosened, is a lasting way in without a key. Denied attempts are reported too; ' +
    'changes to the pool itself are not.',
  severity: 'high',
  attack: ['TA0003:T1136.003', 'TA0003:T1098.003', 'TA0004:T1098.003'],
  falsePositives: ['A deployment pipeline or another cloud is connected, or its provider is maintained.'],
  runbook:
    'Read the provider in the alert: is the issuer or AWS account yours, and does `attributeCondition` still limit ' +
    'it to your repositories or roles? `updateMask` names what was changed. If the change was not denied and nobody ' +
    'vouches for it, disable the provider (`gcloud iam workload-identity-pools providers update-oidc`, `update-aws` ' +
    'or `update-saml` with `--disabled`), list the service accounts whose policy names the pool, and look for ' +
    'tokens that were exchanged since then (`sts.googleapis.com`, `GenerateAccessToken`).',
  references: [
    'https://cloud.google.com/iam/docs/workload-identity-federation',
    'https://cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation',
  ],
  fields: { pool: 'protoPayload.resourceName.segment(workloadIdentityPools)' },
  match: { 'protoPayload.methodName': CALLS },
  title: '{actor} created or changed a provider of workload identity pool {pool} in project {account}',
  context: {
    workloadIdentityPoolProvider: 'protoPayload.request.workloadIdentityPoolProvider',
    updateMask: 'protoPayload.request.updateMask',
  },
});

const PROVIDER = { attributeCondition: 'true', oidc: { issuerUri: 'https://tokens.example.net' } };

const updated = {
  insertId: '1kq3v7ze2m02',
  logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-03-02T09:14:07Z',
  resource: { type: 'audited_resource', labels: { project_id: 'web-shop' } },
  protoPayload: {
    serviceName: 'iam.googleapis.com',
    methodName: 'google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPoolProvider',
    authenticationInfo: { principalEmail: 'marta@example.com' },
    resourceName: 'projects/web-shop/locations/global/workloadIdentityPools/pipelines/providers/builds',
    request: { updateMask: 'attributeCondition', workloadIdentityPoolProvider: PROVIDER },
  },
};
const call = (methodName: string, more = {}) => ({
  ...updated,
  protoPayload: { ...updated.protoPayload, methodName, ...more },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a provider is updated',
    event: updated,
    matches: true,
    severity: 'high',
    title:
      'marta@example.com created or changed a provider of workload identity pool pipelines in project web-shop',
    dedup:
      'marta@example.com created or changed a provider of workload identity pool pipelines in project web-shop',
    context: { workloadIdentityPoolProvider: PROVIDER, updateMask: 'attributeCondition' },
  },
  {
    name: 'a provider is created',
    event: call('google.iam.v1.WorkloadIdentityPools.CreateWorkloadIdentityPoolProvider'),
    matches: true,
  },
  {
    name: 'a denied attempt',
    event: call(updated.protoPayload.methodName, { status: { code: 7, message: 'PERMISSION_DENIED' } }),
    matches: true,
  },
  {
    name: 'a resource name without a pool',
    event: call(updated.protoPayload.methodName, { resourceName: 'projects/web-shop' }),
    matches: true,
    title:
      'marta@example.com created or changed a provider of workload identity pool unknown in project web-shop',
  },
  {
    name: 'the pool itself is created',
    event: call('google.iam.v1.WorkloadIdentityPools.CreateWorkloadIdentityPool'),
    matches: false,
  },
  {
    name: 'the pool itself is updated',
    event: call('google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPool'),
    matches: false,
  },
  {
    name: 'a provider is deleted',
    event: call('google.iam.v1.WorkloadIdentityPools.DeleteWorkloadIdentityPoolProvider'),
    matches: false,
  },
  {
    name: 'another letter case',
    event: call('google.iam.v1.workloadIdentityPools.updateWorkloadIdentityPoolProvider'),
    matches: false,
  },
  { name: 'no method', event: { protoPayload: {} }, matches: false },
];
