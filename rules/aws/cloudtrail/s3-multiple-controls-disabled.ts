import { defineRule, type RuleTest } from '../../../detector/rule.js';

const VERSIONING_OFF = ['Suspended', 'Disabled'];

export default defineRule({
  id: 'aws.cloudtrail.s3-multiple-controls-disabled',
  logTypes: ['aws.cloudtrail'],
  name: 'Several protections of an S3 bucket turned off together',
  description:
    'One identity turned off at least two protections of a bucket (access logging, versioning, MFA delete) ' +
    'within 90 minutes. Together they make deletion of the data final and leave no trace of it, which ' +
    'prepares destruction or extortion.',
  severity: 'high',
  attack: ['TA0005:T1562', 'TA0040:T1485'],
  falsePositives: [
    'A bucket is prepared for removal, or rebuilt by infrastructure code property by property.',
  ],
  runbook:
    'Ask the actor, unless a change request names the bucket. Look in CloudTrail for DeleteObjects, ' +
    'DeleteBucket, PutBucketLifecycle and PutObject on the bucket since the first change. If nobody ' +
    "vouches for it, revoke the actor's sessions, turn versioning and logging on again, and deny " +
    's3:DeleteObject* in the bucket policy until it is clear.',
  references: [
    'https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html',
    'https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html',
  ],
  fields: {
    versioning: 'requestParameters.VersioningConfiguration.Status',
    mfaDelete: 'requestParameters.VersioningConfiguration.MfaDelete',
    control: [
      { value: 'logging_disabled', match: { eventName: 'PutBucketLogging' } },
      {
        value: 'versioning_and_mfa_disabled',
        match: { versioning: VERSIONING_OFF, mfaDelete: 'Disabled' },
      },
      { value: 'versioning_suspended', match: { versioning: VERSIONING_OFF } },
      { value: 'mfa_delete_disabled' },
    ],
  },
  match: {
    all: [
      'succeeded',
      { eventSource: 's3.amazonaws.com' },
      {
        any: [
          // Not a list: some records of calls that turn logging on hold a list with one empty text.
          { eventName: 'PutBucketLogging', 'requestParameters.logging': { is: '', empty: true } },
          { eventName: 'PutBucketVersioning', versioning: VERSIONING_OFF },
          { eventName: 'PutBucketVersioning', mfaDelete: 'Disabled' },
        ],
      },
    ],
  },
  title: '{actor} turned off several protections of bucket {requestParameters.bucketName}',
  dedup: '{requestParameters.bucketName} {userIdentity.arn}',
  context: { bucketName: 'requestParameters.bucketName' },
  threshold: 2,
  windowMinutes: 90,
  distinct: 'control',
});

const logging = {
  eventVersion: '1.10',
  eventID: '5a0d3c4e-2b7f-4a3c-8a56-0d3c8b1f2e01',
  eventTime: '2026-03-05T21:02:10Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketLogging',
  awsRegion: 'us-east-2',
  recipientAccountId: '210987654321',
  userIdentity: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::210987654321:assumed-role/storage-admin/ines',
    sessionContext: { sessionIssuer: { type: 'Role', userName: 'storage-admin' } },
  },
  requestParameters: { bucketName: 'example-archive', logging: '' },
};
const switched = (value: RuleTest['event'][string]) => ({
  ...logging,
  requestParameters: { bucketName: 'example-archive', logging: value },
});
const versioning = (configuration: RuleTest['event'][string]) => ({
  ...logging,
  eventName: 'PutBucketVersioning',
  requestParameters: { bucketName: 'example-archive', VersioningConfiguration: configuration },
});

export const tests: readonly RuleTest[] = [
  {
    name: 'access logging is turned off',
    event: logging,
    matches: true,
    severity: 'high',
    title: 'storage-admin turned off several protections of bucket example-archive',
    dedup: 'example-archive arn:aws:sts::210987654321:assumed-role/storage-admin/ines',
    distinct: ['logging_disabled'],
    context: { bucketName: 'example-archive' },
  },
  {
    name: 'versioning is suspended',
    event: versioning({ Status: 'Suspended' }),
    matches: true,
    distinct: ['versioning_suspended'],
  },
  {
    name: 'versioning is disabled, MFA delete stays on',
    event: versioning({ Status: 'Disabled', MfaDelete: 'Enabled' }),
    matches: true,
    distinct: ['versioning_suspended'],
  },
  {
    name: 'MFA delete is turned off, versioning stays on',
    event: versioning({ Status: 'Enabled', MfaDelete: 'Disabled' }),
    matches: true,
    distinct: ['mfa_delete_disabled'],
  },
  {
    name: 'MFA delete is turned off alone',
    event: versioning({ MfaDelete: 'Disabled' }),
    matches: true,
    distinct: ['mfa_delete_disabled'],
  },
  {
    name: 'one call turns off both, which counts once',
    event: versioning({ Status: 'Suspended', MfaDelete: 'Disabled' }),
    matches: true,
    distinct: ['versioning_and_mfa_disabled'],
  },
  {
    name: 'versioning parameters in a logging call do not change what it counts as',
    event: {
      ...logging,
      requestParameters: {
        logging: '',
        VersioningConfiguration: { Status: 'Suspended', MfaDelete: 'Disabled' },
      },
    },
    matches: true,
    distinct: ['logging_disabled'],
  },
  {
    name: 'errors are null and empty',
    event: { ...logging, errorCode: null, errorMessage: '' },
    matches: true,
  },
  { name: 'the call was denied', event: { ...logging, errorCode: 'AccessDenied' }, matches: false },
  { name: 'the call failed, told by message', event: { ...logging, errorMessage: 'x' }, matches: false },
  { name: 'another service', event: { ...logging, eventSource: 'ec2.amazonaws.com' }, matches: false },
  { name: 'another call', event: { ...logging, eventName: 'PutBucketAcl' }, matches: false },
  { name: 'logging is null', event: switched(null), matches: false },
  { name: 'logging is a list with an empty text', event: switched(['']), matches: false },
  { name: 'logging is an empty list', event: switched([]), matches: false },
  { name: 'logging is an empty object', event: switched({}), matches: false },
  { name: 'logging is blank', event: switched(' '), matches: false },
  { name: 'logging is switched on', event: switched([{ targetBucket: 'example-logs' }]), matches: false },
  { name: 'no logging parameter', event: { ...logging, requestParameters: {} }, matches: false },
  { name: 'no parameters', event: { ...logging, requestParameters: null }, matches: false },
  {
    name: 'an empty logging parameter in a versioning call',
    event: { ...logging, eventName: 'PutBucketVersioning' },
    matches: false,
  },
  {
    name: 'versioning parameters alone in a logging call',
    event: { ...versioning({ Status: 'Suspended' }), eventName: 'PutBucketLogging' },
    matches: false,
  },
  { name: 'versioning is turned on', event: versioning({ Status: 'Enabled' }), matches: false },
  {
    name: 'MFA delete is suspended, which is no state of it',
    event: versioning({ MfaDelete: 'Suspended' }),
    matches: false,
  },
  {
    name: 'another letter case',
    event: versioning({ Status: 'suspended', MfaDelete: 'disabled' }),
    matches: false,
  },
  { name: 'the status is false', event: versioning({ Status: false, MfaDelete: false }), matches: false },
  { name: 'the configuration is text', event: versioning('Suspended'), matches: false },
];
