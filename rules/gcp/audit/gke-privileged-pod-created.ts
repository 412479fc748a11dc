import { defineRule, type RuleTest } from '../../../detector/rule.js';
import { granted } from '../../lib/gcp-authorization.js';
import { byGkeSystemPrincipal, inSystemNamespace, refusedByApiServer } from '../../lib/gke.js';

const CREATE_POD = 'io.k8s.core.v1.pods.create';

export default defineRule({
  id: 'gcp.audit.gke-privileged-pod-created',
  logTypes: ['gcp.audit'],
  name: 'GKE pod created privileged or allowed to run as root',
  description:
    'A container of the new pod is privileged, or says that it may run as root. From a privileged container it is ' +
    'one step to the node, and from there to every secret of the pods beside it. Pods of GKE itself and of its ' +
    'add-ons are left out, and with them what the default compute account creates.',
  severity: 'high',
  attack: ['TA0004:T1548'],
  falsePositives: [
    'Agents for storage, networking or monitoring that need the node.',
    'Charts that set `runAsNonRoot: false` for an image that starts as root.',
  ],
  runbook:
    'Look at the image and the security context of the pod (`kubectl get pod POD -n NAMESPACE -o yaml`), and at what ' +
    'created it: a person, or the service account of a controller. If nobody vouches for it, cordon the node, keep ' +
    'the logs of the pod, delete the pod with its owner, rotate the credentials that the node and its pods could ' +
    'read, and forbid such pods by Pod Security admission (`baseline` or stricter).',
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
    'https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging',
  ],
  enabled: false,
  windowMinutes: 360,
  fields: { securityContexts: 'protoPayload.response.spec.containers.securityContext' },
  match: {
    all: [
      { 'protoPayload.methodName': CREATE_POD },
      granted(CREATE_POD),
      { securityContexts: { some: { any: [{ privileged: true }, { runAsNonRoot: false }] } } },
      { not: refusedByApiServer },
      { not: byGkeSystemPrincipal },
      { not: inSystemNamespace },
    ],
  },
  title:
    '{actor} created pod {protoPayload.resourceName} in project {account}, privileged or allowed to run as root',
  dedup: '{actor}',
  context: { securityContexts: 'securityContexts' },
});

const GRANT = { permission: CREATE_POD, granted: true };
const PRIVILEGED = { name: 'shell', securityContext: { privileged: true } };

const payload = {
  serviceName: 'k8s.io',
  methodName: CREATE_POD,
  authenticationInfo: { principalEmail: 'marta@example.com' },
  authorizationInfo: [GRANT] as unknown,
  resourceName: 'core/v1/namespaces/shop/pods/debug',
  response: { kind: 'Pod', spec: { containers: [PRIVILEGED] }, status: { phase: 'Pending' } } as unknown,
};
const pod = (changes: Partial<typeof payload>): RuleTest['event'] =>
  ({
    insertId: '1kq3v7ze2m03',
    logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Factivity',
    timestamp: '2026-03-02T09:14:07Z',
    resource: { type: 'k8s_cluster', labels: { project_id: 'web-shop', cluster_name: 'shop' } },
    protoPayload: { ...payload, ...changes },
  }) as RuleTest['event'];
const containers = (...list: readonly unknown[]) => pod({ response: { spec: { containers: list } } });
const by = (principalEmail: string) => pod({ authenticationInfo: { principalEmail } });

const SYSTEM_PRINCIPALS = [
  'system:kube-controller-manager',
  'system:kube-scheduler',
  'system:addon-manager',
  'system:serviceaccount:kube-system:daemon-set-controller',
  'system:serviceaccount:kube-public:agent',
  'system:serviceaccount:kube-node-lease:agent',
  'system:serviceaccount:gke-system:agent',
  'system:serviceaccount:gke-managed-system:agent',
  'system:serviceaccount:gmp-system:operator',
  'system:serviceaccount:gmp-public:operator',
  'system:serviceaccount:config-management-system:reconciler',
  'system:serviceaccount:istio-system:istiod',
  'system:serviceaccount:asm-system:canonical-service',
  '998877665544-compute@developer.gserviceaccount.com',
  'container-engine-robot@web-shop.iam.gserviceaccount.com',
  'container-engine-robot@.iam.gserviceaccount.com',
  'gke-1234@web-shop.iam.gserviceaccount.com',
  'service-998877665544@container-engine-robot.iam.gserviceaccount.com',
  'service-998877665544@containerregistry.iam.gserviceaccount.com',
  '998877665544@cloudservices.gserviceaccount.com',
  'web-shop.svc.id.goog[kube-system/agent]',
  'web-shop.svc.id.goog[gke-system/agent]',
  'web-shop.svc.id.goog[gke-managed-system/]',
];
const OTHER_PRINCIPALS = [
  '',
  'system:serviceaccount:shop:deployer',
  'system:serviceaccount:kube-systems:deployer',
  'System:kube-scheduler',
  'x-compute@developer.gserviceaccount.com',
  'a998877665544-compute@developer.gserviceaccount.com',
  '998877665544-compute@developer.gserviceaccount.com.example.com',
  'my-container-engine-robot@web-shop.iam.gserviceaccount.com',
  'gke-nodes@web-shop.iam.gserviceaccount.com',
  'gke-@web-shop.iam.gserviceaccount.com',
  'gke-1234@iam.gserviceaccount.com',
  'service-@containerregistry.iam.gserviceaccount.com',
  'robot@cloudservices.gserviceaccount.com',
  'web-shop.svc.id.goog[shop/agent]',
  'web-shop.svc.id.goog[gmp-system/agent]',
  'web-shop.svc.id.goog[kube-system/agent',
];
const SYSTEM_NAMESPACES = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'gke-system',
  'gke-managed-system',
  'gmp-system',
  'gmp-public',
  'config-management-system',
  'istio-system',
  'asm-system',
];

export const tests: readonly RuleTest[] = [
  {
    name: 'a privileged container',
    event: pod({}),
    matches: true,
    severity: 'high',
    title:
      'marta@example.com created pod core/v1/namespaces/shop/pods/debug in project web-shop, ' +
      'privileged or allowed to run as root',
    dedup: 'marta@example.com',
    context: { securityContexts: [{ privileged: true }] },
  },
  {
    name: 'the second container may run as root',
    event: containers({ name: 'web' }, { name: 'job', securityContext: { runAsNonRoot: false } }),
    matches: true,
    context: { securityContexts: [{ runAsNonRoot: false }] },
  },
  {
    name: 'a permission is denied beside the granted one',
    event: pod({ authorizationInfo: [{ permission: CREATE_POD, granted: false }, GRANT] }),
    matches: true,
  },
  {
    name: 'a response with another text for its status',
    event: pod({ response: { status: 'Success', spec: { containers: [PRIVILEGED] } } }),
    matches: true,
  },
  {
    name: 'a resource name without a namespace',
    event: pod({ resourceName: 'core/v1/pods/kube-system' }),
    matches: true,
  },
  {
    name: 'a pod that is called like a system namespace',
    event: pod({ resourceName: 'core/v1/namespaces/shop/pods/kube-system' }),
    matches: true,
  },
  { name: 'no caller', event: pod({ authenticationInfo: {} as never }), matches: true, dedup: '' },
  ...OTHER_PRINCIPALS.map((email) => ({ name: `by "${email}"`, event: by(email), matches: true })),
  ...SYSTEM_PRINCIPALS.map((email) => ({ name: `by ${email}`, event: by(email), matches: false })),
  ...SYSTEM_NAMESPACES.map((namespace) => ({
    name: `in namespace ${namespace}`,
    event: pod({ resourceName: `core/v1/namespaces/${namespace}/pods/debug` }),
    matches: false,
  })),
  {
    name: 'privileged as a text, runAsNonRoot as a number',
    event: containers({ securityContext: { privileged: 'true', runAsNonRoot: 0 } }),
    matches: false,
  },
  {
    name: 'the opposite of both',
    event: containers({ securityContext: { privileged: false, runAsNonRoot: true } }),
    matches: false,
  },
  { name: 'no security context', event: containers({ name: 'web', securityContext: null }), matches: false },
  { name: 'no containers', event: containers(), matches: false },
  {
    name: 'privileged in the request only',
    event: pod({
      response: { spec: { containers: [{ name: 'web' }] } },
      request: { spec: { containers: [PRIVILEGED] } },
    } as never),
    matches: false,
  },
  {
    name: 'only an init container and the pod are privileged',
    event: pod({
      response: {
        spec: { containers: [], initContainers: [PRIVILEGED], securityContext: { runAsNonRoot: false } },
      },
    }),
    matches: false,
  },
  {
    name: 'the API server refused',
    event: pod({ response: { status: 'Failure', spec: { containers: [PRIVILEGED] } } }),
    matches: false,
  },
  { name: 'no response', event: pod({ response: null }), matches: false },
  { name: 'a pod is updated', event: pod({ methodName: 'io.k8s.core.v1.pods.update' }), matches: false },
  ...[
    { name: 'not granted', authorizationInfo: [{ ...GRANT, granted: false }] },
    { name: 'granted as a text', authorizationInfo: [{ ...GRANT, granted: 'true' }] },
    { name: 'granted as a number', authorizationInfo: [{ ...GRANT, granted: 1 }] },
    {
      name: 'permission and grant in different entries',
      authorizationInfo: [
        { permission: CREATE_POD },
        { permission: 'io.k8s.core.v1.pods.get', granted: true },
      ],
    },
    { name: 'no authorization', authorizationInfo: null },
    { name: 'an empty authorization', authorizationInfo: [] },
    { name: 'an authorization that is no list', authorizationInfo: GRANT },
  ].map(({ name, authorizationInfo }) => ({ name, event: pod({ authorizationInfo }), matches: false })),
];
