import type { JsonObject } from '../../detector/rule.js';
import type { Attack } from './attack.js';
import {
  cloudTrailEvent,
  consoleLogin,
  iamUser,
  root,
  s3Resources,
  type AwsCall,
  type AwsCaller,
} from './aws-records.js';
import { aws } from './company.js';
import { later, seconds } from './event.js';
import { named, type Random } from './random.js';

const BUCKET = 'larkfield-invoices';
/** Not the trail that delivers these logs, or nothing would be seen from there on. */
const TRAIL = 'production-audit';
const GLOBAL = 'us-east-1';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const trailArn = `arn:aws:cloudtrail:${aws.region}:${aws.production}:trail/${TRAIL}`;

/** Calls one after the other, each `gap` seconds after the one before, give or take. */
function sequence(
  rng: Random,
  at: Date,
  caller: AwsCaller,
  gap: number,
  calls: readonly AwsCall[],
): readonly JsonObject[] {
  let passed = 0;
  return calls.map((call) => {
    const record = cloudTrailEvent(rng, later(at, passed), caller, call);
    passed += gap + rng.int(0, Math.floor(gap / 2));
    return record;
  });
}

const thief = iamUser(
  aws.production,
  'backup-operator',
  {
    ip: '45.148.17.203',
    userAgent: 'Boto3/1.39.3 md/Botocore#1.39.3 ua/2.1 os/linux#6.12 lang/python#3.13.5',
  },
  true,
);

const passwordPolicy: AwsCall = {
  service: 'iam',
  name: 'GetAccountPasswordPolicy',
  region: GLOBAL,
  readOnly: true,
};

const userData = (number: number): AwsCall => ({
  service: 'ec2',
  name: 'DescribeInstanceAttribute',
  readOnly: true,
  request: { instanceId: `i-0${named(`instance/${number}`).hex(16)}`, attribute: 'userData' },
});

const accessKey = (rng: Random, at: Date): AwsCall => ({
  service: 'iam',
  name: 'CreateAccessKey',
  region: GLOBAL,
  request: { userName: 'release-bot' },
  response: {
    accessKey: {
      userName: 'release-bot',
      accessKeyId: `AKIA${rng.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
      status: 'Active',
      createDate: seconds(at),
    },
  },
});

const sharedSnapshot: AwsCall = {
  service: 'ec2',
  name: 'ModifySnapshotAttribute',
  request: {
    snapshotId: `snap-0${named('snapshot').hex(16)}`,
    createVolumePermission: { add: { items: [{ group: 'all' }] } },
    attributeType: 'CREATE_VOLUME_PERMISSION',
  },
  response: { _return: true },
};

const openNetworkAcl: AwsCall = {
  service: 'ec2',
  name: 'CreateNetworkAclEntry',
  request: {
    networkAclId: `acl-0${named('acl').hex(16)}`,
    ruleNumber: 1,
    egress: false,
    ruleAction: 'allow',
    icmpTypeCode: {},
    portRange: {},
    aclProtocol: '-1',
    cidrBlock: '0.0.0.0/0',
  },
  response: { _return: true },
};

const bucketCall = (name: string, request: JsonObject): AwsCall => ({
  service: 's3',
  name,
  request: { bucketName: BUCKET, Host: `${BUCKET}.s3.${aws.region}.amazonaws.com`, ...request },
  resources: [{ accountId: aws.production, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${BUCKET}` }],
});

const publicPolicy = bucketCall('PutBucketPolicy', {
  policy: '',
  bucketPolicy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/*` },
    ],
  },
});

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const suspendedVersioning = bucketCall('PutBucketVersioning', {
  versioning: '',
  VersioningConfiguration: { xmlns: S3_NAMESPACE, Status: 'Suspended' },
});
const noLogging = bucketCall('PutBucketLogging', {
  logging: '',
  BucketLoggingStatus: { xmlns: S3_NAMESPACE },
});

const blindTrail: AwsCall = {
  service: 'cloudtrail',
  name: 'PutEventSelectors',
  request: {
    trailName: TRAIL,
    eventSelectors: [{ readWriteType: 'All', includeManagementEvents: false, dataResources: [] }],
  },
  response: { trailARN: trailArn },
};

const stoppedTrail: AwsCall = { service: 'cloudtrail', name: 'StopLogging', request: { name: trailArn } };

const NOTE = 'HOW_TO_RESTORE_FILES.txt';
const ransomNote: AwsCall = {
  ...bucketCall('PutObject', { key: NOTE, 'x-amz-storage-class': 'STANDARD' }),
  data: true,
  resources: s3Resources(aws.production, BUCKET, NOTE),
};

/** Attacks on the AWS accounts. */
export const awsAttacks: readonly Attack[] = [
  {
    name: 'aws-stolen-access-key',
    cloud: 'aws',
    story:
      "With a backup user's stolen key an intruder looks around, settles in, blinds the logs and takes the data.",
    expects: [
      'aws.cloudtrail.password-policy-discovery',
      'aws.cloudtrail.ec2-user-data-bulk-download',
      'aws.cloudtrail.access-key-created-for-other-user',
      'aws.cloudtrail.iam-credentials-updated',
      'aws.cloudtrail.iam-changed',
      'aws.cloudtrail.ebs-snapshot-shared',
      'aws.cloudtrail.network-acl-open-ingress',
      'aws.cloudtrail.network-acl-modified',
      'aws.cloudtrail.resource-made-public',
      'aws.cloudtrail.s3-bucket-policy-modified',
      'aws.cloudtrail.s3-multiple-controls-disabled',
      'aws.cloudtrail.trail-management-events-excluded',
      'aws.cloudtrail.trail-stopped-or-deleted',
      'aws.cloudtrail.security-config-weakened',
      'aws.cloudtrail.s3-ransom-note-uploaded',
    ],
    signals: [
      'aws.cloudtrail.access-key-used',
      'aws.cloudtrail.s3-versioning-suspended',
      'aws.cloudtrail.s3-bucket-logging-disabled',
    ],
    events: (rng, at) =>
      sequence(rng, at, thief, 50, [
        passwordPolicy,
        passwordPolicy,
        ...Array.from({ length: 12 }, (_, number) => userData(number)),
        accessKey(rng, at),
        sharedSnapshot,
        openNetworkAcl,
        publicPolicy,
        suspendedVersioning,
        noLogging,
        blindTrail,
        stoppedTrail,
        ransomNote,
      ]),
  },
  {
    name: 'aws-root-at-work',
    cloud: 'aws',
    story: 'Somebody signs in as root with a password alone, and turns off the encryption of new disks.',
    expects: [
      'aws.cloudtrail.root-console-login',
      'aws.cloudtrail.console-login-without-mfa',
      'aws.cloudtrail.root-activity',
      'aws.cloudtrail.ebs-default-encryption-disabled',
      'aws.cloudtrail.security-config-weakened',
    ],
    signals: ['aws.cloudtrail.console-login'],
    events: (rng, at) =>
      sequence(rng, at, root(aws.production, { ip: '193.37.214.66', userAgent: BROWSER }), 180, [
        { ...consoleLogin('Success', false), region: GLOBAL },
        {
          service: 'ec2',
          name: 'DisableEbsEncryptionByDefault',
          request: { DisableEbsEncryptionByDefaultRequest: {} },
          response: { DisableEbsEncryptionByDefaultResponse: { ebsEncryptionByDefault: false } },
        },
      ]),
  },
];
