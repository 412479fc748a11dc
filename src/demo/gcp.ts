import type { JsonObject } from '../../detector/rule.js';
import { gcp, people } from './company.js';
import { later, type Kind } from './event.js';
import {
  auditLogEntry,
  objectCall,
  queryCall,
  serviceAccount,
  type GcpCall,
  type GcpCaller,
} from './gcp-records.js';
import type { Random } from './random.js';

const APPS = ['orders', 'catalog', 'ledger', 'mailer', 'thumbnails'];
const BUCKETS = ['larkfield-exports', 'larkfield-media', 'larkfield-ml-features'];
const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36,gzip(gfe)';
const MEBIBYTE = 1_048_576;

const app = (rng: Random): GcpCaller => ({
  email: serviceAccount(`${rng.pick(APPS)}-app`),
  ip: `10.132.0.${rng.int(2, 40)}`,
  userAgent: 'google-api-nodejs-client/7.16.0 gl-node/22.17.0,gzip(gfe)',
});
const ci = (rng: Random): GcpCaller => ({
  email: serviceAccount('ci-deploy'),
  ip: `198.51.100.${rng.int(160, 170)}`,
  userAgent: 'Terraform/1.12.2 terraform-provider-google/6.42.0,gzip(gfe)',
});
const controller = (rng: Random): GcpCaller => ({
  email: rng.pick([
    'system:kube-controller-manager',
    'system:kube-scheduler',
    'system:apiserver',
    'system:gke-common-webhooks',
  ]),
  ip: '10.132.0.2',
  userAgent: 'kube-controller-manager/v1.32.4 (linux/amd64) kubernetes/3cd2f18',
});
const colleague = (rng: Random): GcpCaller => {
  const { email, ip } = rng.pick(people);
  return { email, ip, userAgent: BROWSER };
};
const managedInstances = (): GcpCaller => ({
  email: `${gcp.projectNumber}@cloudservices.gserviceaccount.com`,
  ip: 'private',
  userAgent: 'GCE Managed Instance Group for larkfield',
});

const kind = (
  weight: number,
  who: (rng: Random) => GcpCaller,
  call: (rng: Random, at: Date) => GcpCall,
  office = false,
): Kind => ({
  weight,
  office,
  events: (rng, at) => [auditLogEntry(rng, at, who(rng), call(rng, at))],
});

const CLUSTER = {
  type: 'k8s_cluster',
  labels: { project_id: gcp.project, cluster_name: 'shop', location: gcp.region },
};

/** A call to the Kubernetes API of the cluster. */
const k8s = (rng: Random, api: string, kinds: string, verb: string): GcpCall => ({
  service: 'k8s',
  method: `io.k8s.${api}.${kinds}.${verb}`,
  resourceName: `${api.replace(/\.(v\d+)$/, '/$1')}/namespaces/shop/${kinds}/${rng.pick(APPS)}-${rng.hex(5)}`,
  resource: CLUSTER,
  permissions: [`io.k8s.${api}.${kinds}.${verb}`],
  log: ['get', 'list', 'watch'].includes(verb) ? 'data_access' : 'activity',
  entry: {
    labels: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    operation: { id: rng.uuid(), producer: 'k8s.io', first: true, last: true },
  },
});

/** A call whose resource is the project, or lies in it. */
const call = (
  service: string,
  method: string,
  permission: string,
  path = '',
  log: GcpCall['log'] = 'data_access',
  more: Partial<GcpCall> = {},
): GcpCall => ({
  service,
  method,
  resourceName: `projects/${gcp.project}${path}`,
  resource: {
    type: 'audited_resource',
    labels: { project_id: gcp.project, service: `${service}.googleapis.com`, method },
  },
  permissions: [permission],
  log,
  ...more,
});

const DENIED: JsonObject = {
  code: 7,
  message: 'Permission denied on resource.',
  details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'IAM_PERMISSION_DENIED' }],
};

const keyPath = `/locations/${gcp.region}/keyRings/shop/cryptoKeys/orders`;
const instance = (rng: Random): string => `/zones/${gcp.region}-b/instances/shop-${rng.hex(4)}`;

/** An operation of Compute Engine: logged when it starts and when it is done. */
const instanceCreated: Kind = {
  weight: 0.4,
  events: (rng, at) => {
    const path = instance(rng);
    const id = `operation-${rng.digits(13)}-${rng.hex(12)}`;
    const step = (first: boolean): GcpCall =>
      call('compute', 'v1.compute.instances.insert', 'compute.instances.create', path, 'activity', {
        resource: {
          type: 'gce_instance',
          labels: { project_id: gcp.project, zone: `${gcp.region}-b`, instance_id: rng.digits(19) },
        },
        entry: { operation: { id, producer: 'compute.googleapis.com', [first ? 'first' : 'last']: true } },
      });
    return [
      auditLogEntry(rng, at, managedInstances(), step(true)),
      auditLogEntry(rng, later(at, rng.int(8, 40)), managedInstances(), step(false)),
    ];
  },
};

const login = (): GcpCall =>
  call('login', 'google.login.LoginService.loginSuccess', '', '', 'data_access', {
    owner: `organizations/${gcp.organization}`,
    resourceName: `organizations/${gcp.organization}`,
    permissions: [],
    payload: { metadata: { event: [{ eventName: 'login_success', eventType: 'login' }] } },
  });

/** What goes on in the Google Cloud project of the company on an ordinary day. */
export const gcpTraffic: readonly Kind[] = [
  kind(10, controller, (rng) => k8s(rng, 'coordination.v1', 'leases', 'update')),
  kind(8, controller, (rng) => k8s(rng, 'core.v1', 'pods', 'list')),
  kind(5, controller, (rng) => k8s(rng, 'core.v1', 'configmaps', 'get')),
  kind(3, controller, (rng) => k8s(rng, 'core.v1', 'pods', 'create')),
  kind(3, controller, (rng) => k8s(rng, 'core.v1', 'pods', 'delete')),
  kind(1, ci, (rng) => k8s(rng, 'apps.v1', 'deployments', 'patch')),
  kind(16, app, (rng) => objectCall(rng.pick(BUCKETS), `day=${rng.int(1, 28)}/${rng.hex(12)}.avro`, 'get')),
  kind(8, app, (rng) => objectCall(rng.pick(BUCKETS), `day=${rng.int(1, 28)}/${rng.hex(12)}.avro`, 'create')),
  kind(5, app, (rng) => objectCall(rng.pick(BUCKETS), '', 'list')),
  kind(6, app, () => call('cloudkms', 'Decrypt', 'cloudkms.cryptoKeyVersions.useToDecrypt', keyPath)),
  kind(5, app, (rng) =>
    call(
      'secretmanager',
      'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion',
      'secretmanager.versions.access',
      `/secrets/${rng.pick(APPS)}/versions/latest`,
    ),
  ),
  kind(3, app, () =>
    call('cloudsql', 'cloudsql.instances.connect', 'cloudsql.instances.connect', '/instances/shop'),
  ),
  kind(
    4,
    colleague,
    (rng, at) => {
      const table = `projects/${gcp.project}/datasets/sales/tables/orders`;
      return queryCall(
        rng,
        at,
        'SELECT day, SUM(total) FROM sales.orders',
        table,
        rng.int(10, 700) * MEBIBYTE,
      );
    },
    true,
  ),
  kind(
    4,
    colleague,
    () => call('logging', 'google.logging.v2.LoggingServiceV2.ListLogEntries', 'logging.logEntries.list'),
    true,
  ),
  kind(3, colleague, () => call('compute', 'v1.compute.instances.list', 'compute.instances.list'), true),
  kind(2, colleague, () => call('cloudresourcemanager', 'GetProject', 'resourcemanager.projects.get'), true),
  kind(1, colleague, login, true),
  kind(
    0.5,
    colleague,
    () =>
      call('compute', 'v1.compute.disks.list', 'compute.disks.list', '', 'data_access', { status: DENIED }),
    true,
  ),
  kind(2, ci, () => call('iam', 'google.iam.admin.v1.ListServiceAccounts', 'iam.serviceAccounts.list')),
  kind(1, ci, (rng) =>
    call(
      'run',
      'google.cloud.run.v1.Services.ReplaceService',
      'run.services.update',
      `/locations/${gcp.region}/services/${rng.pick(APPS)}`,
      'activity',
    ),
  ),
  instanceCreated,
  // The one ordinary change that an alert speaks of: a bucket's settings, about once a day.
  kind(0.01, ci, (rng) => ({
    ...objectCall(rng.pick(BUCKETS), '', 'list'),
    method: 'storage.buckets.update',
    permissions: ['storage.buckets.update'],
    log: 'activity',
  })),
];
