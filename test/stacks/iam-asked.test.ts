import { describe, expect, test } from '@jest/globals';
import type { AwsCall } from '../support/aws-calls.js';
import { askedFor } from '../support/iam-asked.js';

const ACCOUNT = '111111111111';
const REGION = 'eu-central-1';

const call = (name: string, parameters: AwsCall['parameters'] = {}): AwsCall => {
  const [service = '', operation = ''] = name.split(':');
  return { account: ACCOUNT, region: REGION, service, operation, parameters, context: {} };
};

const asked = (name: string, parameters?: AwsCall['parameters']): readonly string[] =>
  askedFor(call(name, parameters)).map(({ action, resource }) =>
    resource === undefined ? action : `${action} ${resource}`,
  );

const Bucket = 'logs';
const Tags = [{ Key: 'team', Value: 'security' }];
const at = (service: string, resource: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const key = at('kms', 'key/1234-abcd');

describe('what IAM is asked', () => {
  test.each<[string, AwsCall['parameters'], readonly string[]]>([
    ['s3:HeadBucket', { Bucket }, ['s3:ListBucket arn:aws:s3:::logs']],
    ['s3:PutBucketEncryption', { Bucket }, ['s3:PutEncryptionConfiguration arn:aws:s3:::logs']],
    ['s3:PutObject', { Bucket, Key: 'a/b' }, ['s3:PutObject arn:aws:s3:::logs/a/b']],
    [
      'sqs:DeleteQueue',
      { QueueUrl: `http://127.0.0.1/${ACCOUNT}/news` },
      [`sqs:DeleteQueue ${at('sqs', 'news')}`],
    ],
    ['iam:DeleteRole', { RoleName: 'reader' }, [`iam:DeleteRole arn:aws:iam::${ACCOUNT}:role/reader`]],
    [
      'events:PutRule',
      { Name: 'rule', EventBusName: 'bus' },
      [`events:PutRule ${at('events', 'rule/bus/rule')}`],
    ],
    [
      'kms:CreateAlias',
      { AliasName: 'alias/one', TargetKeyId: '1234-abcd' },
      [`kms:CreateAlias ${key}`, `kms:CreateAlias ${at('kms', 'alias/one')}`],
    ],
    ['kms:ListAliases', {}, ['kms:ListAliases']],
    ['sns:Unsubscribe', { SubscriptionArn: `${at('sns', 'news')}:1234` }, ['sns:Unsubscribe']],
    ['sts:GetCallerIdentity', {}, []],
  ])('by %s %j', (name, parameters, expected) => {
    expect(asked(name, parameters)).toEqual(expected);
  });

  test.each<[string, AwsCall['parameters'], readonly string[]]>([
    [
      'sqs:CreateQueue',
      { QueueName: 'news', tags: { team: 'security' } },
      [`sqs:TagQueue ${at('sqs', 'news')}`],
    ],
    [
      'kms:CreateKey',
      { Tags },
      [`kms:TagResource ${at('kms', 'key/new')}`, `kms:PutKeyPolicy ${at('kms', 'key/new')}`],
    ],
    [
      'lambda:CreateFunction',
      { FunctionName: 'detector', Role: 'arn:aws:iam::111111111111:role/one' },
      ['iam:PassRole arn:aws:iam::111111111111:role/one'],
    ],
    [
      'secretsmanager:CreateSecret',
      { Name: 'token', KmsKeyId: key },
      [`kms:Decrypt ${key}`, `kms:GenerateDataKey ${key}`],
    ],
    [
      's3:CreateBucket',
      { Bucket, ObjectLockEnabledForBucket: true },
      ['s3:PutBucketObjectLockConfiguration arn:aws:s3:::logs', 's3:PutBucketVersioning arn:aws:s3:::logs'],
    ],
  ])('besides, by %s %j', (name, parameters, expected) => {
    expect(asked(name, parameters).slice(1)).toEqual(expected);
  });

  test('with what conditions look at', () => {
    const [making, tagging] = askedFor(
      call('kms:CreateKey', { Tags: [{ TagKey: 'team', TagValue: 'security' }] }),
    );

    expect(making?.context).toEqual({ 'aws:RequestedRegion': [REGION], 'aws:RequestTag/team': ['security'] });
    expect(tagging?.context).toEqual(making?.context);
  });

  test('a service that nothing is known about is an error that names it', () => {
    expect(() => askedFor(call('athena:CreateWorkGroup'))).toThrow('athena');
  });
});
