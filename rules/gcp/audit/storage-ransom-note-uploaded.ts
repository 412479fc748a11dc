import { defineRule, type RuleTest } from '../../../detector/rule.js';
import { RANSOM_NOTE } from '../../lib/ransom-note.js';

export default defineRule({
  id: 'gcp.audit.storage-ransom-note-uploaded',
  logTypes: ['gcp.audit'],
  name: 'Ransom note uploaded to a bucket',
  description:
    'An object named like the demand of ransomware, such as HOW_TO_DECRYPT_FILES.txt, was written to a bucket. By ' +
    'then objects have often been encrypted, overwritten or deleted. Only notes at the top of a bucket are found, not ' +
    'those in folders, and denied attempts are reported too.',
  severity: 'high',
  attack: ['TA0040:T1486'],
  falsePositives: [
    'A document whose name happens to start like that, such as a recovery guide or payment information.',
  ],
  runbook:
    'Read the note, then what the actor did in the bucket before it: rewrites under another key, deletions, changes ' +
    'of versioning, retention or the key. If it is real, revoke the sessions and keys of the actor, take their write ' +
    'access, stop lifecycle rules that would delete old versions, and restore from noncurrent versions, soft delete ' +
    'or backups. Look for the same actor in the other buckets.',
  references: [
    'https://cloud.google.com/storage/docs/audit-logging',
    'https://cloud.google.com/storage/docs/soft-delete',
  ],
  needs: [{ what: 'Data Access audit logs of Cloud Storage (DATA_WRITE)', level: 'required' }],
  fields: {
    object: 'protoPayload.resourceName.afterLast(/objects/)',
    bucket: 'resource.labels.bucket_name',
  },
  match: {
    'protoPayload.serviceName': 'storage.googleapis.com',
    'protoPayload.methodName': 'storage.objects.create',
    object: { regex: RANSOM_NOTE, ignoreCase: true },
  },
  title: '{actor} uploaded {object}, named like a ransom note, to bucket {bucket}',
  context: {
    object: 'object',
    bucket: 'bucket',
    userAgent: 'protoPayload.requestMetadata.callerSuppliedUserAgent',
  },
});

const payload = {
  serviceName: 'storage.googleapis.com',
  methodName: 'storage.objects.create',
  authenticationInfo: { principalEmail: 'marta@example.com' },
  resourceName: 'projects/_/buckets/invoices/objects/HOW_TO_DECRYPT_FILES.txt' as string | null,
  requestMetadata: { callerSuppliedUserAgent: 'python-requests/2.32' },
};
const upload = (changes: Partial<typeof payload> & { readonly status?: { readonly code: number } }) => ({
  insertId: '1kq3v7ze2m09',
  logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Fdata_access',
  timestamp: '2026-03-02T09:14:07Z',
  resource: { type: 'gcs_bucket', labels: { project_id: 'web-shop', bucket_name: 'invoices' } },
  protoPayload: { ...payload, ...changes },
});
const named = (object: string) => upload({ resourceName: `projects/_/buckets/invoices/objects/${object}` });

const NOTES = [
  'ransom_note.txt',
  'PaymentInstructions-2026.html',
  'payment-info.htm',
  'how-to-recover-your-files!.TXT',
  'HowToRestoreFiles.txt',
  'decrypt_instruction.txt',
  'decrypt-your-files now.html',
  'restore_guide_v2.txt',
  'recovery_key.txt',
  'all_files_have_been_encrypted.txt',
  'file-locked.txt',
  'YourFilesAreEncrypted.html',
  'your-file_have-been_locked.txt',
  'data_has_been_encrypted.txt',
  'datalocked.txt',
  'unlock-your-files.txt',
  'help_decrypt_your_files.txt',
];
const OTHERS = [
  'quarterly_report.pdf',
  'docs/HOW_TO_DECRYPT_FILES.txt',
  'README_HOW_TO_DECRYPT_FILES.txt',
  'HOW TO DECRYPT FILES.txt',
  'how__to_decrypt_files.txt',
  'HOW_TO_DECRYPT_FILES.txt.bak',
  'HOW_TO_DECRYPT_FILES',
  'recovery_info.txt',
  'your_files_encrypted.txt',
  'unlock_info.txt',
];

export const tests: readonly RuleTest[] = [
  {
    name: 'a note is uploaded',
    event: upload({}),
    matches: true,
    severity: 'high',
    title:
      'marta@example.com uploaded HOW_TO_DECRYPT_FILES.txt, named like a ransom note, to bucket invoices',
    dedup:
      'marta@example.com uploaded HOW_TO_DECRYPT_FILES.txt, named like a ransom note, to bucket invoices',
    context: {
      object: 'HOW_TO_DECRYPT_FILES.txt',
      bucket: 'invoices',
      userAgent: 'python-requests/2.32',
    },
  },
  { name: 'a denied attempt', event: upload({ status: { code: 7 } }), matches: true },
  { name: 'the name is behind the last /objects/', event: named('a/objects/ransom_note.txt'), matches: true },
  ...NOTES.map((name) => ({ name, event: named(name), matches: true })),
  ...OTHERS.map((name) => ({ name: `not ${name}`, event: named(name), matches: false })),
  {
    name: 'a resource name without objects',
    event: upload({ resourceName: 'ransom_note.txt' }),
    matches: false,
  },
  { name: 'no resource name', event: upload({ resourceName: null }), matches: false },
  { name: 'a note is read', event: upload({ methodName: 'storage.objects.get' }), matches: false },
  { name: 'another service', event: upload({ serviceName: 'drive.googleapis.com' }), matches: false },
];
