import type { Attack } from './attack.js';
import { gcp, person } from './company.js';
import { later } from './event.js';
import { auditLogEntry, objectCall, queryCall, type GcpCall, type GcpCaller } from './gcp-records.js';

const TEBIBYTE = 2 ** 40;
/** @param command what of the command line tool is used, which every call carries */
const intruder = (command: string): GcpCaller => ({
  email: person('Yara').email,
  ip: '62.197.48.131',
  userAgent: `google-cloud-sdk gcloud/530.0.0 command/${command} environment/None,gzip(gfe)`,
});
const BUCKET = 'larkfield-exports';
const organization = `organizations/${gcp.organization}`;
const pool = `projects/${gcp.project}/locations/global/workloadIdentityPools/ci`;

/** A change of identity settings, which the IAM service logs. */
const identityChange = (
  method: string,
  permission: string,
  resourceName: string,
  more: Partial<GcpCall>,
): GcpCall => ({
  service: 'iam',
  method,
  resourceName,
  resource: { type: 'audited_resource', labels: { service: 'iam.googleapis.com', method } },
  permissions: [permission],
  log: 'activity',
  ...more,
});

/** Attacks on the Google Cloud project and its organization. */
export const gcpAttacks: readonly Attack[] = [
  {
    name: 'gcp-workforce-pool-created',
    cloud: 'gcp',
    story: 'A new workforce pool lets people of a foreign identity provider in to the organization.',
    expects: ['gcp.audit.workforce-pool-changed'],
    events: (rng, at) => {
      const method = 'google.iam.admin.v1.WorkforcePools.CreateWorkforcePool';
      const name = 'locations/global/workforcePools/contractors';
      return [
        auditLogEntry(
          rng,
          at,
          intruder('gcloud.iam.workforce-pools.create'),
          identityChange(method, 'iam.workforcePools.create', name, {
            owner: organization,
            payload: {
              request: { parent: organization, workforcePoolId: 'contractors', workforcePool: { name } },
            },
          }),
        ),
      ];
    },
  },
  {
    name: 'gcp-workload-identity-loosened',
    cloud: 'gcp',
    story: 'The provider that lets the build system in now accepts the tokens of any repository.',
    expects: ['gcp.audit.workload-identity-provider-changed'],
    events: (rng, at) => {
      const method = 'google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPoolProvider';
      const name = `${pool}/providers/builds`;
      return [
        auditLogEntry(
          rng,
          at,
          intruder('gcloud.iam.workload-identity-pools.providers.update-oidc'),
          identityChange(method, 'iam.workloadIdentityPoolProviders.update', name, {
            payload: {
              request: {
                updateMask: 'attributeCondition',
                workloadIdentityPoolProvider: { name, attributeCondition: 'true', disabled: false },
              },
            },
          }),
        ),
      ];
    },
  },
  {
    name: 'gcp-outsider-becomes-editor',
    cloud: 'gcp',
    story: 'An address that is not of the company becomes editor of the project.',
    expects: ['gcp.audit.iam-external-member-added'],
    events: (rng, at) => {
      const delta = { action: 'ADD', role: 'roles/editor', member: 'user:k.arden@elsewhere.example' };
      const serviceData = {
        '@type': 'type.googleapis.com/google.iam.v1.logging.AuditData',
        policyDelta: { bindingDeltas: [delta] },
      };
      return [
        auditLogEntry(rng, at, intruder('gcloud.projects.add-iam-policy-binding'), {
          service: 'cloudresourcemanager',
          method: 'SetIamPolicy',
          resourceName: `projects/${gcp.project}`,
          resource: { type: 'project', labels: { project_id: gcp.project } },
          permissions: ['resourcemanager.projects.setIamPolicy'],
          log: 'activity',
          payload: { serviceData, request: { resource: gcp.project } },
        }),
      ];
    },
  },
  {
    name: 'gcp-whole-warehouse-read',
    cloud: 'gcp',
    story: 'One query reads five tebibytes: every order there ever was.',
    expects: ['gcp.audit.bigquery-large-scan'],
    events: (rng, at) => {
      const table = `projects/${gcp.project}/datasets/sales/tables/order_history`;
      const call = queryCall(rng, at, 'SELECT * FROM sales.order_history', table, 5 * TEBIBYTE);
      return [auditLogEntry(rng, at, intruder('bq.query'), call)];
    },
  },
  {
    name: 'gcp-objects-copied-away',
    cloud: 'gcp',
    story: 'Fifty-five objects are copied to a bucket of a project that is not of the company.',
    expects: ['gcp.audit.storage-object-copied-cross-project'],
    events: (rng, at) =>
      Array.from({ length: 55 }, (_, index) => {
        const name = `customers/part-${String(index).padStart(4, '0')}.avro`;
        const destination = `projects/elsewhere-vault-4417/buckets/elsewhere-mirror/objects/${name}`;
        const call = objectCall(BUCKET, name, 'get', {
          metadata: { destination, requested_bytes: '7340032' },
        });
        return auditLogEntry(rng, later(at, index * 20), intruder('gcloud.storage.cp'), call);
      }),
  },
  {
    name: 'gcp-ransom-note',
    cloud: 'gcp',
    story: 'A page with demands appears in a bucket.',
    expects: ['gcp.audit.storage-ransom-note-uploaded'],
    events: (rng, at) => [
      auditLogEntry(
        rng,
        at,
        intruder('gcloud.storage.cp'),
        objectCall(BUCKET, 'RECOVERY_INSTRUCTIONS.html', 'create'),
      ),
    ],
  },
];
