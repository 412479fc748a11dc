import type { AwsCall } from './aws-calls.js';

type Parameters = AwsCall['parameters'];

/** Makes the ARN of something beside the call: its account and region. */
export type ArnOf = (resource: string) => string;

export const arnBeside =
  ({ service, account, region }: AwsCall): ArnOf =>
  (resource) =>
    `arn:aws:${service}:${service === 'iam' ? '' : region}:${account}:${resource}`;

/** The resources that a call names, as ARNs; none where AWS knows no resource for it. */
export function resourcesOf(call: AwsCall): readonly string[] {
  const named = RESOURCES[call.service];
  if (named === undefined)
    throw new Error(`Nothing says which resources calls of ${call.service} are about.`);
  return named(call.parameters, arnBeside(call)).filter((arn) => arn !== undefined);
}

const RESOURCES: Readonly<Record<string, (p: Parameters, arn: ArnOf) => readonly (string | undefined)[]>> = {
  cloudtrail: (p, arn) => [
    ...texts(p.ResourceIdList),
    byArnOr(first(p, 'Name', 'TrailName', 'ResourceId'), (name) => arn(`trail/${name}`)),
  ],
  cloudwatch: (p, arn) => [
    ...texts(p.AlarmNames).map((name) => arn(`alarm:${name}`)),
    byArnOr(first(p, 'AlarmName', 'ResourceARN'), (name) => arn(`alarm:${name}`)),
  ],
  dynamodb: (p, arn) => [byArnOr(first(p, 'TableName', 'ResourceArn'), (name) => arn(`table/${name}`))],
  events: (p, arn) => {
    const bus = first(p, 'EventBusName') ?? 'default';
    return [
      byArnOr(first(p, 'ResourceARN', 'Name', 'Rule'), (name) =>
        arn(`rule/${bus === 'default' ? '' : `${bus}/`}${name}`),
      ),
    ];
  },
  iam: (p, arn) => [byArnOr(first(p, 'RoleName'), (name) => arn(`role/${name}`))],
  kms: (p, arn) => {
    const key = first(p, 'KeyId', 'TargetKeyId');
    const alias = first(p, 'AliasName');
    // An alias is asked about with its key. Which that is where one is deleted, the request does not say.
    const ofAlias = alias === undefined ? undefined : 'of-alias';
    return [byArnOr(key ?? ofAlias, (id) => arn(`key/${id}`)), byArnOr(alias, arn)];
  },
  lambda: (p, arn) => {
    // What is about to be made has no id.
    if ('EventSourceArn' in p) return [];
    const mapping = first(p, 'UUID');
    return mapping === undefined
      ? [byArnOr(first(p, 'FunctionName', 'Resource'), (name) => arn(`function:${name}`))]
      : [arn(`event-source-mapping:${mapping}`)];
  },
  logs: (p, arn) => [byArnOr(first(p, 'resourceArn', 'logGroupName'), (name) => arn(`log-group:${name}:*`))],
  s3: (p) => {
    const [bucket, key] = [first(p, 'Bucket'), first(p, 'Key')];
    return [bucket && `arn:aws:s3:::${bucket}${key === undefined ? '' : `/${key}`}`];
  },
  scheduler: (p, arn) => {
    const [group, name = ''] = [first(p, 'GroupName'), first(p, 'Name')];
    const schedule = group === undefined ? `schedule-group/${name}` : `schedule/${group}/${name}`;
    return [first(p, 'ResourceArn') ?? arn(schedule)];
  },
  secretsmanager: (p, arn) => [byArnOr(first(p, 'Name', 'SecretId'), (name) => arn(`secret:${name}`))],
  sns: (p, arn) => [byArnOr(first(p, 'TopicArn', 'ResourceArn', 'Name'), arn)],
  sqs: (p, arn) => [byArnOr(first(p, 'QueueName', 'QueueUrl')?.replace(/^.*\//, ''), arn)],
  sts: (p) => [first(p, 'RoleArn')],
};

const first = (p: Parameters, ...names: readonly string[]): string | undefined =>
  names.map((name) => p[name]).find((value) => typeof value === 'string');

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

const byArnOr = (name: string | undefined, arn: ArnOf): string | undefined =>
  name === undefined || name.startsWith('arn:') ? name : arn(name);
