import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'gcp.audit.storage-object-copied-cross-project',
  logTypes: ['gcp.audit'],
  name: 'Many objects copied to a bucket of another project',
  description:
    'One caller copied at least 50 objects within an hour from a bucket into a bucket of another project. A copy ' +
    'inside Google Cloud never passes your network, so an intruder can empty a bucket into a project of their own. ' +
    'Copies whose destination names no project (`projects/_/...`) cannot be told apart and are left out.',
  severity: 'medium',
  attack: ['TA0010:T1537'],
  falsePositives: ['Backups, data sharing and migrations between your own projects.'],
  runbook:
    'Is the destination project yours (`gcloud projects describe PROJECT`)? If not, take read access from the actor ' +
    'and revoke their sessions or keys at once, then list what was copied (the alert names the first object, the ' +
    'audit log all of them) and judge what it held. If the project is yours, ask the actor for the reason. VPC ' +
    'Service Controls around the source project stop such copies.',
  references: [
    'https://cloud.google.com/storage/docs/audit-logging',
    'https://cloud.google.com/vpc-service-controls/docs/overview',
  ],
  needs: [{ what: 'Data Access audit logs of Cloud Storage (DATA_READ)', level: 'required' }],
  fields: {
    sourceProject: 'resource.labels.project_id',
    sourceBucket: 'resource.labels.bucket_name',
    destination: 'protoPayload.metadata.destination',
    destinationProject: 'destination.after(projects/).before(/buckets/)',
    destinationBucket: 'destination.after(buckets/).before(/objects/)',
  },
  match: {
    'protoPayload.methodName': 'storage.objects.get',
    'protoPayload.serviceName': 'storage.googleapis.com',
    severity: { not: 'ERROR' },
    sourceProject: { empty: false },
    sourceBucket: { empty: false },
    // "_" stands for a project that the log does not name.
    destinationProject: { empty: false, not: { any: ['_', { is: { field: 'sourceProject' } }] } },
    destinationBucket: { empty: false, not: { is: { field: 'sourceBucket' } } },
  },
  title:
    '{actor} copied objects from bucket {sourceBucket} of project {sourceProject} ' +
    'to bucket {destinationBucket} of project {destinationProject}',
  context: {
    destination: 'destination',
    destinationProject: 'destinationProject',
    destinationBucket: 'destinationBucket',
    userAgent: 'protoPayload.requestMetadata.callerSuppliedUserAgent',
    requestedBytes: 'protoPayload.metadata.requested_bytes',
  },
  threshold: 50,
});

const OUTSIDE = 'projects/other-shop/buckets/loot/objects/customers.csv';

const payload = {
  serviceName: 'storage.googleapis.com',
  methodName: 'storage.objects.get',
  authenticationInfo: { principalEmail: 'marta@example.com' },
  resourceName: 'projects/_/buckets/customers/objects/customers.csv',
  metadata: { destination: OUTSIDE as unknown, requested_bytes: 4096 } as unknown,
  requestMetadata: { callerSuppliedUserAgent: 'gcloud/548.0.0 command/gcloud.storage.cp' },
};
const copy = (changes: Partial<typeof payload>, more = {}): RuleTest['event'] =>
  ({
    insertId: '1kq3v7ze2m08',
    logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Fdata_access',
    timestamp: '2026-03-02T09:14:07Z',
    severity: 'INFO',
    resource: { type: 'gcs_bucket', labels: { project_id: 'web-shop', bucket_name: 'customers' } },
    protoPayload: { ...payload, ...changes },
    ...more,
  }) as RuleTest['event'];
const to = (destination: unknown) => copy({ metadata: { destination } });
const from = (labels: Readonly<Record<string, string | null>>) => copy({}, { resource: { labels } });

export const tests: readonly RuleTest[] = [
  {
    name: 'a copy to another project',
    event: copy({}),
    matches: true,
    severity: 'medium',
    title:
      'marta@example.com copied objects from bucket customers of project web-shop ' +
      'to bucket loot of project other-shop',
    dedup:
      'marta@example.com copied objects from bucket customers of project web-shop ' +
      'to bucket loot of project other-shop',
    context: {
      destination: OUTSIDE,
      destinationProject: 'other-shop',
      destinationBucket: 'loot',
      resourceName: 'projects/_/buckets/customers/objects/customers.csv',
      userAgent: 'gcloud/548.0.0 command/gcloud.storage.cp',
      requestedBytes: 4096,
    },
  },
  { name: 'no severity', event: copy({}, { severity: null }), matches: true },
  {
    name: 'a destination with more before the project',
    event: to('//storage.googleapis.com/projects/other-shop/buckets/loot/objects/a/objects/b'),
    matches: true,
    title:
      'marta@example.com copied objects from bucket customers of project web-shop ' +
      'to bucket loot of project other-shop',
  },
  { name: 'the same project', event: to('projects/web-shop/buckets/loot/objects/a'), matches: false },
  { name: 'the same bucket', event: to('projects/other-shop/buckets/customers/objects/a'), matches: false },
  {
    name: 'a destination that names no project',
    event: to('projects/_/buckets/loot/objects/a'),
    matches: false,
  },
  { name: 'no project in the destination', event: to('buckets/loot/objects/a'), matches: false },
  {
    name: 'an empty project in the destination',
    event: to('projects//buckets/loot/objects/a'),
    matches: false,
  },
  { name: 'no object in the destination', event: to('projects/other-shop/buckets/loot'), matches: false },
  { name: 'no bucket in the destination', event: to('projects/other-shop/objects/a'), matches: false },
  {
    name: 'an empty bucket in the destination',
    event: to('projects/other-shop/buckets//objects/a'),
    matches: false,
  },
  { name: 'an empty destination', event: to(''), matches: false },
  { name: 'a destination that is null', event: to(null), matches: false },
  { name: 'a destination that is no text', event: to({ bucket: 'loot' }), matches: false },
  { name: 'a plain read', event: copy({ metadata: null }), matches: false },
  { name: 'no source bucket', event: from({ project_id: 'web-shop' }), matches: false },
  {
    name: 'an empty source bucket',
    event: from({ project_id: 'web-shop', bucket_name: '' }),
    matches: false,
  },
  { name: 'no source project', event: from({ bucket_name: 'customers', project_id: null }), matches: false },
  { name: 'an error', event: copy({}, { severity: 'ERROR' }), matches: false },
  { name: 'a write', event: copy({ methodName: 'storage.objects.create' }), matches: false },
  { name: 'another service', event: copy({ serviceName: 'storage.example.com' }), matches: false },
];
