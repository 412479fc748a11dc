import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'gcp.audit.gke-exec-into-pod',
  logTypes: ['gcp.audit'],
  name: 'Command run in a GKE pod',
  description:
    'Somebody opened a shell or ran a command inside a running pod (`kubectl exec`). That reaches the secrets, the ' +
    'service account and the network of the workload, past image review and deployment. Denied attempts are reported ' +
    'too. Off until the accounts that do this by design are listed in `execAllowList`.',
  severity: 'medium',
  attack: [],
  falsePositives: [
    'Engineers who debug a workload.',
    'Controllers and jobs that work through exec; list their service accounts in `execAllowList`.',
  ],
  runbook:
    'Ask the actor what they ran and why: the audit log does not hold the command output. Look at the user agent and ' +
    'the address for a client that is not theirs. If nobody vouches for it, isolate the pod with a network policy, ' +
    'keep its logs and file system, replace the pod, and rotate the secrets and the service account that it mounts.',
  references: [
    'https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging',
    'https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/',
  ],
  enabled: false,
  settings: {
    execAllowList: {
      description:
        'Who may run commands in which pods, each entry a match such as ' +
        '{ principal: system:serviceaccount:ci:runner, namespace: [build], account: [web-shop] }. Name a principal ' +
        'in every entry; without a namespace or an account it holds for all of them. A principal with an @, so a ' +
        'person or a Google service account, is reported all the same.',
      default: [],
    },
  },
  fields: {
    principal: 'protoPayload.authenticationInfo.principalEmail',
    // core/v1/namespaces/NAMESPACE/pods/POD/exec
    parts: 'protoPayload.resourceName.split(/)',
    namespace: 'parts[3]',
    pod: 'parts[5]',
  },
  match: {
    all: [
      {
        'protoPayload.methodName': 'io.k8s.core.v1.pods.exec.create',
        'resource.type': 'k8s_cluster',
        'protoPayload.resourceName': { type: 'text' },
        'parts.length()': 7,
      },
      {
        not: {
          all: [
            { principal: { empty: false, not: { contains: '@' } } },
            { any: { setting: 'execAllowList' } },
          ],
        },
      },
    ],
  },
  title: '{actor} ran a command in pod {namespace}/{pod} in project {account}',
  context: {
    namespace: 'namespace',
    pod: 'pod',
    userAgent: 'protoPayload.requestMetadata.callerSuppliedUserAgent',
  },
});

const RUNNER = 'system:serviceaccount:ci:runner';

const payload = {
  serviceName: 'k8s.io',
  methodName: 'io.k8s.core.v1.pods.exec.create',
  authenticationInfo: { principalEmail: RUNNER } as { principalEmail?: string },
  authorizationInfo: [{ permission: 'io.k8s.core.v1.pods.exec.create', granted: true }],
  resourceName: 'core/v1/namespaces/shop/pods/web-0/exec' as string | readonly string[] | null,
  requestMetadata: { callerIp: '198.51.100.7', callerSuppliedUserAgent: 'kubectl/v1.31.0' },
};
const exec = (changes: Partial<typeof payload>, type = 'k8s_cluster') => ({
  insertId: '1kq3v7ze2m04',
  logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-03-02T09:14:07Z',
  resource: { type, labels: { project_id: 'web-shop', cluster_name: 'shop' } },
  protoPayload: { ...payload, ...changes },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a person runs a command',
    event: exec({ authenticationInfo: { principalEmail: 'marta@example.com' } }),
    matches: true,
    severity: 'medium',
    title: 'marta@example.com ran a command in pod shop/web-0 in project web-shop',
    dedup: 'marta@example.com ran a command in pod shop/web-0 in project web-shop',
    context: { namespace: 'shop', pod: 'web-0', userAgent: 'kubectl/v1.31.0' },
  },
  { name: 'a service account that is not listed', event: exec({}), matches: true },
  {
    name: 'the names of the parts are not looked at',
    event: exec({ resourceName: 'a/b/c/shop/d/web-0/e' }),
    matches: true,
  },
  {
    name: 'a listed service account',
    event: exec({}),
    settings: { execAllowList: [{ principal: RUNNER }] },
    matches: false,
  },
  {
    name: 'a listed service account, namespace and project',
    event: exec({}),
    settings: { execAllowList: [{ principal: [RUNNER], namespace: ['shop'], account: ['web-shop'] }] },
    matches: false,
  },
  {
    name: 'the second entry of the list',
    event: exec({}),
    settings: { execAllowList: [{ principal: 'system:serviceaccount:ci:other' }, { principal: RUNNER }] },
    matches: false,
  },
  {
    name: 'listed for another namespace',
    event: exec({}),
    settings: { execAllowList: [{ principal: RUNNER, namespace: 'build' }] },
    matches: true,
  },
  {
    name: 'listed for another project',
    event: exec({}),
    settings: { execAllowList: [{ principal: RUNNER, account: 'web-shop-test' }] },
    matches: true,
  },
  {
    name: 'principal of one entry, namespace of another',
    event: exec({}),
    settings: {
      execAllowList: [
        { principal: RUNNER, namespace: 'build' },
        { principal: 'system:serviceaccount:ci:other', namespace: 'shop' },
      ],
    },
    matches: true,
  },
  {
    name: 'an entry with no principals',
    event: exec({}),
    settings: { execAllowList: [{ principal: [], namespace: 'shop' }] },
    matches: true,
  },
  {
    name: 'a listed person is reported all the same',
    event: exec({ authenticationInfo: { principalEmail: 'marta@example.com' } }),
    settings: { execAllowList: [{ principal: 'marta@example.com' }] },
    matches: true,
  },
  {
    name: 'an unknown caller is never covered by the list',
    event: exec({ authenticationInfo: {} }),
    settings: { execAllowList: [{ namespace: 'shop' }] },
    matches: true,
    title: 'unknown ran a command in pod shop/web-0 in project web-shop',
  },
  {
    name: 'another subresource',
    event: exec({ methodName: 'io.k8s.core.v1.pods.attach.create' }),
    matches: false,
  },
  { name: 'another type of resource', event: exec({}, 'gke_cluster'), matches: false },
  {
    name: 'six parts',
    event: exec({ resourceName: 'core/v1/namespaces/shop/pods/web-0' }),
    matches: false,
  },
  {
    name: 'eight parts',
    event: exec({ resourceName: 'core/v1/namespaces/shop/pods/web-0/exec/' }),
    matches: false,
  },
  ...[['core/v1/namespaces/shop/pods/web-0/exec'], ['a', 'b', 'c', 'shop', 'd', 'web-0', 'e']].map(
    (resourceName) => ({
      name: `the resource name is a list of ${String(resourceName.length)}`,
      event: exec({ resourceName }),
      matches: false,
    }),
  ),
  { name: 'no resource name', event: exec({ resourceName: null }), matches: false },
];
