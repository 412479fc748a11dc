import { defineRule, type RuleTest } from '../../../detector/rule.js';
import { RANSOM_NOTE } from '../../lib/ransom-note.js';

export default defineRule({
  id: 'aws.cloudtrail.s3-ransom-note-uploaded',
  logTypes: ['aws.cloudtrail'],
  name: 'File named like a ransom note uploaded to S3',
  description:
    'An object with a name such as HOW_TO_DECRYPT_FILES.txt was written to a bucket. Extortionists leave ' +
    'such a note after they have deleted, copied out or re-encrypted the data beside it, so the damage is ' +
    'probably done.',
  severity: 'medium',
  attack: [],
  falsePositives: [
    'Security training or a recovery exercise that plants such a file.',
    'Backups of machines that once had such a note, and product documents named like one.',
  ],
  runbook:
    'Read the object and look at what lies beside it: missing, renamed or freshly rewritten objects, ' +
    'delete markers, a changed encryption key. If it is a note, revoke the sessions and keys of the actor, ' +
    'deny writes and deletes in the bucket policy, and keep all object versions. Then follow the actor ' +
    'back in CloudTrail for GetObject, DeleteObjects, PutBucketVersioning and PutBucketLifecycle, in other ' +
    'buckets too, before restoring.',
  references: [
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html',
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html',
  ],
  needs: [{ what: 'S3 data events (writes) in the trail, which are off by default', level: 'required' }],
  fields: {
    objectKey: 'requestParameters.key ?? resources[type=AWS::S3::Object].arn.after(/)[0]',
    fileName: 'objectKey.split(/)[-1]',
  },
  match: {
    all: ['succeeded', { eventName: 'PutObject', fileName: { regex: RANSOM_NOTE, ignoreCase: true } }],
  },
  title: '{actor} uploaded {fileName} to bucket {requestParameters.bucketName}',
  context: {
    bucketName: 'requestParameters.bucketName',
    key: 'requestParameters.key',
    fileName: 'fileName',
  },
});

const upload = {
  eventVersion: '1.10',
  eventID: '0b6f0d52-6a1e-4bb3-9b0a-6f4f2a1c7e11',
  eventTime: '2026-03-04T02:41:55Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutObject',
  awsRegion: 'eu-central-1',
  recipientAccountId: '210987654321',
  userIdentity: {
    type: 'IAMUser',
    userName: 'backup-sync',
    arn: 'arn:aws:iam::210987654321:user/backup-sync',
  },
  requestParameters: { bucketName: 'example-ledgers', key: 'ledgers/2025/HOW_TO_DECRYPT_FILES.txt' },
};
const keyed = (key: RuleTest['event'][string]) => ({
  ...upload,
  requestParameters: { bucketName: 'example-ledgers', key },
});
const object = (arn: string) => ({ type: 'AWS::S3::Object', ARN: arn });
const unkeyed = (resources: RuleTest['event'][string]) => ({
  ...upload,
  requestParameters: { bucketName: 'example-ledgers' },
  resources,
});

export const tests: readonly RuleTest[] = [
  {
    name: 'a note is uploaded into a folder',
    event: upload,
    matches: true,
    severity: 'medium',
    title: 'backup-sync uploaded HOW_TO_DECRYPT_FILES.txt to bucket example-ledgers',
    dedup: 'backup-sync uploaded HOW_TO_DECRYPT_FILES.txt to bucket example-ledgers',
    context: {
      bucketName: 'example-ledgers',
      key: 'ledgers/2025/HOW_TO_DECRYPT_FILES.txt',
      fileName: 'HOW_TO_DECRYPT_FILES.txt',
    },
  },
  { name: 'a note at the top of the bucket, in lower case', event: keyed('ransom-note.html'), matches: true },
  {
    name: 'another service name',
    event: { ...upload, eventSource: 's3express.amazonaws.com' },
    matches: true,
  },
  { name: 'no error is empty text', event: { ...upload, errorCode: '', errorMessage: null }, matches: true },
  { name: 'the upload was denied', event: { ...upload, errorCode: 'AccessDenied' }, matches: false },
  {
    name: 'the upload failed, told by message',
    event: { ...upload, errorMessage: 'Denied' },
    matches: false,
  },
  { name: 'a note is read', event: { ...upload, eventName: 'GetObject' }, matches: false },
  { name: 'a note is copied', event: { ...upload, eventName: 'CopyObject' }, matches: false },
  { name: 'an ordinary file', event: keyed('ledgers/2025/report.txt'), matches: false },
  { name: 'a word before the phrase', event: keyed('README_HOW_TO_DECRYPT_FILES.txt'), matches: false },
  { name: 'spaces between the words', event: keyed('HOW TO DECRYPT FILES.txt'), matches: false },
  { name: 'the phrase names a folder', event: keyed('RANSOM_NOTE.txt/data.bin'), matches: false },
  { name: 'the key ends in a slash', event: keyed('RANSOM_NOTE.txt/'), matches: false },
  {
    name: 'a key is there, so the resources do not count',
    event: { ...keyed('data/'), resources: [object('arn:aws:s3:::example-ledgers/RANSOM_NOTE.txt')] },
    matches: false,
  },
  { name: 'the key is a number', event: keyed(7), matches: false },
  { name: 'the key is an object', event: keyed({ name: 'RANSOM_NOTE.txt' }), matches: false },
  {
    name: 'no parameters and null resources',
    event: { ...upload, requestParameters: null, resources: null },
    matches: false,
  },
  {
    name: 'without a key, the name comes from the ARN of the object',
    event: unkeyed([
      { type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::example-ledgers/no-object.bin' },
      object('arn:aws:s3:::example-ledgers'),
      object('arn:aws:s3:::example-ledgers/ledgers/PAYMENT-INFO.htm'),
      object('arn:aws:s3:::example-ledgers/data.bin'),
    ]),
    matches: true,
    title: 'backup-sync uploaded PAYMENT-INFO.htm to bucket example-ledgers',
    context: { fileName: 'PAYMENT-INFO.htm' },
  },
  {
    name: 'an empty key, and the ARN named in small letters',
    event: {
      ...keyed(''),
      resources: [{ type: 'AWS::S3::Object', arn: 'arn:aws:s3:::example-ledgers/RANSOM_NOTE.txt' }],
    },
    matches: true,
  },
  {
    name: 'only the first object with a slash counts',
    event: unkeyed([
      object('arn:aws:s3:::example-ledgers/data.bin'),
      object('arn:aws:s3:::example-ledgers/RANSOM_NOTE.txt'),
    ]),
    matches: false,
  },
  {
    name: 'the ARN of something else than an object',
    event: unkeyed([{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::example-ledgers/RANSOM_NOTE.txt' }]),
    matches: false,
  },
  {
    name: 'the ARN is no text',
    event: unkeyed([{ type: 'AWS::S3::Object', ARN: 5 }, null, 'x']),
    matches: false,
  },
  { name: 'no resources', event: unkeyed([]), matches: false },
];
