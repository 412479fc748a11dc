import type { AwsCall } from './aws-calls.js';
import type { Asked } from './iam-policy.js';
import { arnBeside, resourcesOf } from './iam-resources.js';

/** Actions that are not called as the operation is. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const ACTIONS: Readonly<Record<string, string>> = {
  's3:GetBucketAccelerateConfiguration': 's3:GetAccelerateConfiguration',
  's3:GetBucketCors': 's3:GetBucketCORS',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:GetBucketNotificationConfiguration': 's3:GetBucketNotification',
  's3:GetBucketReplication': 's3:GetReplicationConfiguration',
  's3:GetObjectLockConfiguration': 's3:GetBucketObjectLockConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:PutBucketNotificationConfiguration': 's3:PutBucketNotification',
  's3:PutObjectLockConfiguration': 's3:PutBucketObjectLockConfiguration',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};

/** Anybody may. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const NOT_ASKED = new Set(['sts:GetCallerIdentity']);

/** What IAM is asked when a call is made: its own action, and others that AWS asks with it. */
export function askedFor(call: AwsCall): readonly Asked[] {
  const name = nameOf(call);
  if (NOT_ASKED.has(name)) return [];
  const action = ACTIONS[name] ?? name;
  const context = contextOf(call);
  const resources = resourcesOf(call);
  const own: readonly Asked[] =
    resources.length === 0
      ? [{ action, context }]
      : resources.map((resource) => ({ action, resource, context }));
  return [...own, ...taggingOf(call, own), ...(WITH[name]?.(call) ?? [])];
}

const nameOf = ({ service, operation }: AwsCall): string => `${service}:${operation}`;

/** Parameters that conditions of policies look at. */
const REQUESTED: Readonly<Record<string, string>> = {
  Endpoint: 'sns:Endpoint',
  PendingWindowInDays: 'kms:ScheduleKeyDeletionPendingWindowInDays',
  PermissionsBoundary: 'iam:PermissionsBoundary',
  Protocol: 'sns:Protocol',
  RecoveryWindowInDays: 'secretsmanager:RecoveryWindowInDays',
};

const contextOf = ({ service, region, context, parameters }: AwsCall): Asked['context'] => ({
  'aws:RequestedRegion': [region],
  ...context,
  ...Object.fromEntries(tagsIn(parameters).map(([key, value]) => [`aws:RequestTag/${key}`, [value]])),
  ...Object.fromEntries(
    Object.entries(REQUESTED).flatMap(([name, key]) =>
      name in parameters ? [[key, [String(parameters[name])]]] : [],
    ),
  ),
  ...(service === 'lambda' && 'EventSourceArn' in parameters
    ? { 'lambda:FunctionArn': [String(parameters.FunctionName)] }
    : {}),
});

/** As services write them: `[{ Key, Value }]`, `[{ TagKey, TagValue }]` or `{ key: value }`. */
function tagsIn({ Tags, TagsList, tags }: AwsCall['parameters']): readonly (readonly [string, string])[] {
  const found = Tags ?? TagsList ?? tags ?? {};
  if (!Array.isArray(found)) return Object.entries(found as Record<string, string>);
  return (found as Readonly<Record<string, string>>[]).map(({ Key, TagKey, Value, TagValue }) => [
    Key ?? TagKey ?? '',
    Value ?? TagValue ?? '',
  ]);
}

/** What tagging a thing while it is made asks; `<service>:TagResource` where nothing is said. */
const TAGGING: Readonly<Record<string, string>> = {
  'cloudtrail:CreateTrail': 'cloudtrail:AddTags',
  'iam:CreateRole': 'iam:TagRole',
  'sqs:CreateQueue': 'sqs:TagQueue',
};

/** What is not there yet, where its id is made up. */
const NEW: Readonly<Record<string, string>> = {
  'kms:CreateKey': 'key/new',
  'lambda:CreateEventSourceMapping': 'event-source-mapping:new',
};

function taggingOf(call: AwsCall, own: readonly Asked[]): readonly Asked[] {
  const name = nameOf(call);
  const isTagging = /:(?:Tag|AddTags|RemoveTags)/.test(name);
  if (isTagging || tagsIn(call.parameters).length === 0) return [];
  const made = NEW[name];
  return own.map((asked) => ({
    ...asked,
    ...(made === undefined ? {} : { resource: arnBeside(call)(made) }),
    action: TAGGING[name] ?? `${call.service}:TagResource`,
  }));
}

/**
 * Dependent actions of the service authorization reference, and what the pages that are named beside the statements in
 * src/config/aws/deployer say.
 */
const WITH: Readonly<Record<string, (call: AwsCall) => readonly Asked[]>> = {
  'cloudtrail:CreateTrail': organizationAsked,
  'cloudtrail:UpdateTrail': organizationAsked,
  'dynamodb:CreateTable': (call) => [
    ...keyAsked(call, 'kms:DescribeKey', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'),
    ...keyAsked(call, 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'),
    ...keyAsked(call, 'kms:CreateGrant'),
  ],
  'events:PutTargets': ({ parameters }) =>
    (parameters.Targets as readonly { readonly RoleArn?: string }[]).flatMap(({ RoleArn }) =>
      RoleArn === undefined ? [] : [passing(RoleArn, 'events.amazonaws.com')],
    ),
  'kms:CreateKey': (call) => [
    { action: 'kms:PutKeyPolicy', resource: arnBeside(call)('key/new'), context: contextOf(call) },
  ],
  'lambda:CreateFunction': (call) => [
    passing(String(call.parameters.Role), 'lambda.amazonaws.com'),
    ...keyAsked(call, 'kms:CreateGrant', 'kms:Encrypt'),
  ],
  's3:CreateBucket': ({ parameters, region }) =>
    parameters.ObjectLockEnabledForBucket === true
      ? ['s3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning'].map((action) => ({
          action,
          resource: `arn:aws:s3:::${String(parameters.Bucket)}`,
          context: { 'aws:RequestedRegion': [region] },
        }))
      : [],
  'scheduler:CreateSchedule': scheduleAsked,
  'scheduler:UpdateSchedule': scheduleAsked,
  'secretsmanager:CreateSecret': (call) => keyAsked(call, 'kms:Decrypt', 'kms:GenerateDataKey'),
};

function scheduleAsked({ parameters }: AwsCall): readonly Asked[] {
  const { RoleArn } = parameters.Target as { readonly RoleArn: string };
  return [passing(RoleArn, 'scheduler.amazonaws.com')];
}

const passing = (resource: string, service: string): Asked => ({
  ...{ action: 'iam:PassRole', resource },
  context: { 'iam:PassedToService': [service] },
});

/** A service uses the key of a request in the name of whoever asks; it is ours, and new. */
function keyAsked(call: AwsCall, ...actions: readonly string[]): readonly Asked[] {
  const through = `${call.service}.${call.region}.amazonaws.com`;
  const key = /arn:aws:kms:[\w-]+:\d+:key\/[\w-]+/.exec(JSON.stringify(call.parameters))?.[0];
  return key === undefined
    ? []
    : actions.map((action) => ({
        ...{ action, resource: key },
        context: {
          'kms:ViaService': [through],
          ...(action === 'kms:CreateGrant' ? { 'kms:GrantIsForAWSResource': ['true'] } : {}),
        },
      }));
}

function organizationAsked({ account, parameters }: AwsCall): readonly Asked[] {
  if (parameters.IsOrganizationTrail !== true) return [];
  const service = 'cloudtrail.amazonaws.com';
  const role = `arn:aws:iam::${account}:role/aws-service-role/${service}/AWSServiceRoleForCloudTrail`;
  return [
    { action: 'organizations:DescribeOrganization', context: {} },
    { action: 'organizations:ListAWSServiceAccessForOrganization', context: {} },
    { action: 'iam:GetRole', resource: role, context: {} },
    { action: 'iam:CreateServiceLinkedRole', resource: role, context: { 'iam:AWSServiceName': [service] } },
  ];
}
