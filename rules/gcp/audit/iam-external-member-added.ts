import { defineRule, type RuleTest } from '../../../detector/rule.js';

/** Service accounts and workloads; who may impersonate those is watched elsewhere. */
const MACHINES = [
  'serviceAccount:*@*.gserviceaccount.com',
  'serviceAccount:*.svc.id.goog[*',
  'principalSet://iam.googleapis.com/projects/*/workloadIdentityPools/*',
];

export default defineRule({
  id: 'gcp.audit.iam-external-member-added',
  logTypes: ['gcp.audit'],
  name: 'IAM role granted to a member of another domain',
  description:
    'A role binding was added for somebody who is not of the domain of the caller: a private mail account, another ' +
    'company, a whole domain or everybody (`allUsers`). Intruders do this to keep access through an account of their ' +
    'own. A change made by a service account reports every person, because the service account is of no domain of ' +
    'people. Denied attempts are reported too.',
  severity: 'low',
  attack: ['TA0003:T1136'],
  falsePositives: [
    'Partners and contractors are given access on purpose.',
    'A company with several domains, or infrastructure as code that runs as a service account.',
  ],
  runbook:
    'Read the added bindings: which member is not yours, and what does the role allow (owner, editor and IAM roles ' +
    'first)? Ask the actor for the reason. If nobody vouches for it, take the binding back (`gcloud projects ' +
    'remove-iam-policy-binding`), look for what the member did in the meantime, and go through the other changes of ' +
    'the actor. The organization policy constraint for allowed domains prevents it from now on.',
  references: [
    'https://cloud.google.com/resource-manager/docs/organization-policy/restricting-domains',
    'https://cloud.google.com/iam/docs/granting-changing-revoking-access',
  ],
  windowMinutes: 720,
  fields: {
    callerDomain: 'protoPayload.authenticationInfo.principalEmail.afterLast(@)',
    outside: {
      each: 'protoPayload.serviceData.policyDelta.bindingDeltas',
      where: {
        action: 'ADD',
        member: { not: { any: [{ glob: MACHINES }, { suffix: { field: 'callerDomain', prefix: '@' } }] } },
      },
    },
  },
  match: { 'protoPayload.methodName': 'SetIamPolicy', outside: { empty: false } },
  title: '{actor} granted roles to {outside.member}, outside of their own domain, in project {account}',
  context: { bindings: 'outside' },
});

const MARTA = { principalEmail: 'marta@example.com' } as { principalEmail?: string };
const OUTSIDER = { action: 'ADD', role: 'roles/editor', member: 'user:intruder@example.net' };

const grant = (bindingDeltas: unknown, authenticationInfo = MARTA, more = {}): RuleTest['event'] =>
  ({
    insertId: '1kq3v7ze2m05',
    logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Factivity',
    timestamp: '2026-03-02T09:14:07Z',
    resource: { type: 'project', labels: { project_id: 'web-shop' } },
    protoPayload: {
      serviceName: 'cloudresourcemanager.googleapis.com',
      methodName: 'SetIamPolicy',
      authenticationInfo,
      serviceData: { policyDelta: { bindingDeltas } },
      ...more,
    },
  }) as RuleTest['event'];
const member = (name: unknown) => grant([{ action: 'ADD', role: 'roles/viewer', member: name }]);

const OUTSIDE = [
  'user:marta@mail.example.com',
  'user:marta@notexample.com',
  'user:marta@EXAMPLE.com',
  'group:partners@example.net',
  'domain:example.com',
  'allUsers',
  'allAuthenticatedUsers',
  'deleted:user:otto@example.com?uid=123456789012345678901',
  'deleted:serviceAccount:robot@web-shop.iam.gserviceaccount.com?uid=1234',
  'serviceaccount:robot@web-shop.iam.gserviceaccount.com',
  'serviceAccount:robot@web-shop.iam.gserviceaccount.com.example.net',
  'serviceAccount:web-shop.svc.id.goog(shop/web)',
  'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s',
  'principalSet://iam.googleapis.com/locations/global/workforcePools/p/*',
];
const INSIDE = [
  'user:otto@example.com',
  'group:admins@example.com',
  'serviceAccount:robot@web-shop.iam.gserviceaccount.com',
  'serviceAccount:998877665544@cloudservices.gserviceaccount.com',
  'serviceAccount:web-shop.svc.id.goog[shop/web]',
  'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*',
];

export const tests: readonly RuleTest[] = [
  {
    name: 'an outsider becomes editor',
    event: grant([OUTSIDER]),
    matches: true,
    severity: 'low',
    title:
      'marta@example.com granted roles to user:intruder@example.net, outside of their own domain, ' +
      'in project web-shop',
    dedup:
      'marta@example.com granted roles to user:intruder@example.net, outside of their own domain, ' +
      'in project web-shop',
    context: { bindings: [OUTSIDER] },
  },
  {
    name: 'an outsider among others',
    event: grant([
      { action: 'REMOVE', role: 'roles/viewer', member: 'user:otto@example.net' },
      { action: 'ADD', role: 'roles/viewer', member: 'user:otto@example.com' },
      OUTSIDER,
    ]),
    matches: true,
    title:
      'marta@example.com granted roles to user:intruder@example.net, outside of their own domain, ' +
      'in project web-shop',
  },
  { name: 'a denied attempt', event: grant([OUTSIDER], MARTA, { status: { code: 7 } }), matches: true },
  ...OUTSIDE.map((name) => ({ name: `${name} is added`, event: member(name), matches: true })),
  ...INSIDE.map((name) => ({ name: `${name} is added`, event: member(name), matches: false })),
  {
    name: 'a service account adds a person',
    event: grant([{ ...OUTSIDER, member: 'user:otto@example.com' }], {
      principalEmail: 'automation@web-shop.iam.gserviceaccount.com',
    }),
    matches: true,
  },
  {
    name: 'the domain of the caller is behind the last @',
    event: grant([{ ...OUTSIDER, member: 'user:otto@example.com' }], {
      principalEmail: '"m@example.net"@example.com',
    }),
    matches: false,
  },
  {
    name: 'an unknown caller adds a person',
    event: grant([{ ...OUTSIDER, member: 'user:otto@example.com' }], {}),
    matches: true,
  },
  {
    name: 'an unknown caller adds a service account',
    event: grant([{ ...OUTSIDER, member: 'serviceAccount:robot@web-shop.iam.gserviceaccount.com' }], {}),
    matches: false,
  },
  {
    name: 'a caller without a domain',
    event: grant([{ ...OUTSIDER, member: 'user:marta' }], { principalEmail: 'marta' }),
    matches: true,
  },
  {
    name: 'an empty domain is of nobody',
    event: grant([{ ...OUTSIDER, member: 'user:otto@' }], { principalEmail: 'marta@' }),
    matches: true,
  },
  { name: 'no member', event: grant([{ action: 'ADD', role: 'roles/viewer' }]), matches: true },
  { name: 'a member that is null', event: member(null), matches: true },
  { name: 'an outsider is removed', event: grant([{ ...OUTSIDER, action: 'REMOVE' }]), matches: false },
  { name: 'the action in small letters', event: grant([{ ...OUTSIDER, action: 'add' }]), matches: false },
  { name: 'no deltas', event: grant(null), matches: false },
  { name: 'empty deltas', event: grant([]), matches: false },
  { name: 'no service data', event: grant([OUTSIDER], MARTA, { serviceData: null }), matches: false },
  {
    name: 'a method of another service',
    event: grant([OUTSIDER], MARTA, { methodName: 'google.iam.admin.v1.SetIAMPolicy' }),
    matches: false,
  },
];
