import type { NamedArn } from '../../src/config/aws/topology.js';

/** Calls that change something of ours, as CloudTrail records them. */
export interface Watched {
  /** Ends the name of the rule and is part of its address: final. */
  readonly id: string;
  /** What has happened when one was called. */
  readonly says: string;
  /** Services, as EventBridge names them: `aws.s3`. */
  readonly sources: readonly string[];
  /** Names of calls. Some have a date and a version behind them, and some services change theirs: beginnings. */
  readonly calls: readonly string[];
  /** What a call has to be about: one of these parts of `detail`. */
  readonly about: readonly [About, ...About[]];
}

type About = Readonly<Record<string, unknown>>;
type Text = string | { readonly prefix: string } | { readonly suffix: string };

const starts = (prefix: string): Text => ({ prefix });
const ends = (suffix: string): Text => ({ suffix });

/** A parameter of the call is one of these. */
const called = (parameter: string, ...texts: readonly Text[]): About => ({
  requestParameters: { [parameter]: texts },
});

export const trail = ({ name, arn }: NamedArn): Watched => ({
  id: 'trail',
  says: `the trail ${name} was stopped, changed or deleted`,
  sources: ['aws.cloudtrail'],
  calls: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'PutInsightSelectors'],
  about: [called('name', name, arn), called('trailName', name, arn)],
});

/**
 * CloudTrail needs this access to record the other accounts.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-an-organizational-trail-prepare.html
 */
export const organization = ({ name }: NamedArn): Watched => ({
  id: 'organization',
  says: `the access of CloudTrail to the organisation, which the trail ${name} needs, was taken away`,
  sources: ['aws.organizations'],
  calls: ['DisableAWSServiceAccess'],
  about: [called('servicePrincipal', 'cloudtrail.amazonaws.com')],
});

export const bucket = ({ name }: NamedArn): Watched => ({
  id: 'bucket',
  says: `the bucket ${name}, or who may do what with it, was changed`,
  sources: ['aws.s3'],
  calls: ['PutBucket', 'DeleteBucket', 'PutObjectLockConfiguration'],
  about: [called('bucketName', name)],
});

export const topic = ({ name, arn }: NamedArn): Watched => ({
  id: 'topic',
  says: `the topic ${name}, who may use it or who listens to it, was changed`,
  sources: ['aws.sns'],
  calls: [
    'DeleteTopic',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'Subscribe',
    'PutDataProtectionPolicy',
  ],
  about: [called('topicArn', arn), called('resourceArn', arn)],
});

export const subscription = ({ name, arn }: NamedArn): Watched => ({
  id: 'subscription',
  says: `the subscription of the queue to the topic ${name} was changed or deleted`,
  sources: ['aws.sns'],
  calls: ['Unsubscribe', 'SetSubscriptionAttributes'],
  about: [called('subscriptionArn', starts(`${arn}:`))],
});

export const queues = (accountId: string, names: readonly string[]): Watched => ({
  id: 'queues',
  says: `the queue ${names.join(' or ')} was emptied, changed or deleted, or who may use it was`,
  sources: ['aws.sqs'],
  calls: ['DeleteQueue', 'PurgeQueue', 'SetQueueAttributes', 'AddPermission', 'RemovePermission'],
  about: [called('queueUrl', ...names.map((name) => ends(`/${accountId}/${name}`)))],
});

export const keys = (arns: readonly string[]): Watched => ({
  id: 'keys',
  says: 'a key was disabled, is to be deleted, or who may use it was changed',
  sources: ['aws.kms'],
  calls: ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy', 'RevokeGrant'],
  about: [{ resources: { ARN: arns } }],
});

const ISSUER_CALLS = [
  'DeleteOpenIDConnectProvider',
  'UpdateOpenIDConnectProviderThumbprint',
  'AddClientIDToOpenIDConnectProvider',
  'RemoveClientIDFromOpenIDConnectProvider',
];

/**
 * @param names those that end in a hyphen are the beginnings of several
 * @param issuerArn whose tokens open them, for a detector outside of AWS
 */
export const roles = (names: readonly string[], issuerArn?: string): Watched => ({
  id: 'roles',
  says: `what the role ${names.map((name) => (name.endsWith('-') ? `${name}*` : name)).join(' or ')} may do, or who may take it, was changed`,
  sources: ['aws.iam'],
  calls: [
    'UpdateAssumeRolePolicy',
    'PutRole',
    'DeleteRole',
    'AttachRolePolicy',
    'DetachRolePolicy',
    'UpdateRole',
    ...(issuerArn === undefined ? [] : ISSUER_CALLS),
  ],
  about: [
    called('roleName', ...names.map((name) => (name.endsWith('-') ? starts(name) : name))),
    ...(issuerArn === undefined ? [] : [called('openIDConnectProviderArn', issuerArn)]),
  ],
});

export const detectorFunction = ({ name, arn }: NamedArn): Watched => ({
  id: 'function',
  says: `the function ${name}, who may call it or what it reads, was changed`,
  sources: ['aws.lambda'],
  calls: [
    ...['UpdateFunction', 'DeleteFunction', 'PutFunction', 'AddPermission', 'RemovePermission'],
    ...['CreateFunctionUrlConfig', 'PutRuntimeManagementConfig'],
    ...['CreateEventSourceMapping', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping'],
  ],
  // Calls about a mapping name only the mapping; its function is in the answer.
  about: [
    called('functionName', name, starts(`${name}:`), ends(`:function:${name}`), starts(`${arn}:`)),
    { responseElements: { functionArn: [arn, starts(`${arn}:`)] } },
  ],
});

export const table = ({ name, arn }: NamedArn): Watched => ({
  id: 'state',
  says: `the table ${name} was changed or deleted`,
  sources: ['aws.dynamodb'],
  calls: [
    'DeleteTable',
    'UpdateTable',
    'UpdateTimeToLive',
    'UpdateContinuousBackups',
    'PutResourcePolicy',
    'DeleteResourcePolicy',
  ],
  about: [called('tableName', name, arn), called('resourceArn', arn)],
});

/** @param base what the names begin with */
export const secrets = (arnPrefix: string, base: string): Watched => ({
  id: 'secrets',
  says: 'a secret of a destination was set, changed or deleted',
  sources: ['aws.secretsmanager'],
  calls: [
    'PutSecretValue',
    'UpdateSecret',
    'DeleteSecret',
    'RestoreSecret',
    'PutResourcePolicy',
    'DeleteResourcePolicy',
  ],
  about: [called('secretId', starts(`${base}/`), starts(`${arnPrefix}${base}/`))],
});

/** Whoever watches, watched: without these nobody is told of anything. */
export const watch = (base: string, topicArn: string): Watched => ({
  id: 'watch',
  says: 'an alarm, a rule, a bus, a schedule or the topic that tells of trouble was changed or deleted',
  sources: ['aws.monitoring', 'aws.events', 'aws.scheduler', 'aws.logs', 'aws.sns'],
  calls: [
    ...['DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState', 'PutMetricAlarm'],
    ...['DisableRule', 'DeleteRule', 'RemoveTargets', 'PutRule', 'PutTargets'],
    ...['DeleteEventBus', 'UpdateEventBus', 'PutPermission'],
    ...['DeleteSchedule', 'UpdateSchedule', 'DeleteLogGroup', 'PutRetentionPolicy'],
    ...['DeleteTopic', 'SetTopicAttributes', 'RemovePermission', 'Unsubscribe'],
  ],
  about: [
    called('alarmNames', starts(`${base}-`)),
    called('alarmName', starts(`${base}-`)),
    called('name', starts(`${base}-`)),
    called('rule', starts(`${base}-`)),
    called('eventBusName', starts(`${base}-`)),
    called('groupName', starts(`${base}-`)),
    called('logGroupName', starts(`/aws/lambda/${base}-`)),
    called('topicArn', topicArn),
    called('subscriptionArn', starts(`${topicArn}:`)),
  ],
});
