import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');

describe('the topic that the bucket tells of new objects', () => {
  const stack = source(oneAccount());
  const topic = 'arn:aws:sns:eu-central-1:111111111111:tocsin-acme-trail-news';
  const bucket = 'arn:aws:s3:::tocsin-acme-trail-111111111111';

  test('is encrypted with a customer key of its own', () => {
    expect(stack.at('log-topic/topic').values).toEqual({
      name: 'tocsin-acme-trail-news',
      kms_master_key_id: stack.at('log-topic/key/key').ref('arn'),
    });
    expect(stack.at('log-topic/key/key').values).toMatchObject({ enable_key_rotation: true });
  });

  test('has a key that S3 may use for this bucket of this account, and no service otherwise', () => {
    expect(stack.statements('log-topic/key/key')).toEqual([
      {
        sid: 'AccountDecidesByIam',
        effect: 'Allow',
        actions: ['kms:*'],
        resources: ['*'],
        principals: ['AWS:arn:aws:iam::111111111111:root'],
      },
      {
        sid: 'BucketEncryptsNotifications',
        effect: 'Allow',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        principals: ['Service:s3.amazonaws.com'],
        conditions: {
          'ArnEquals aws:SourceArn': [bucket],
          'StringEquals aws:SourceAccount': ['111111111111'],
        },
      },
    ]);
  });

  test('takes messages from S3 for this bucket of this account, over TLS, and from nobody else', () => {
    expect(stack.statements('log-topic/policy')).toEqual([
      {
        sid: 'DenyWithoutTls',
        effect: 'Deny',
        actions: ['sns:Publish'],
        resources: [topic],
        principals: ['*:*'],
        conditions: { 'Bool aws:SecureTransport': ['false'] },
      },
      {
        sid: 'BucketNotifies',
        effect: 'Allow',
        actions: ['sns:Publish'],
        resources: [topic],
        principals: ['Service:s3.amazonaws.com'],
        conditions: {
          'ArnEquals aws:SourceArn': [bucket],
          'StringEquals aws:SourceAccount': ['111111111111'],
        },
      },
    ]);
  });
});

describe("a detector in another account than the topic's", () => {
  const stack = source(organization());

  test('may subscribe its own queue of this source and nothing else', () => {
    expect(stack.statement('log-topic/policy', 'DetectorSubscribesItsQueue')).toEqual({
      sid: 'DetectorSubscribesItsQueue',
      effect: 'Allow',
      actions: ['sns:Subscribe'],
      resources: ['arn:aws:sns:eu-central-1:222222222222:tocsin-acme-trail-news'],
      principals: ['AWS:arn:aws:iam::333333333333:root'],
      conditions: {
        'StringEquals sns:Protocol': ['sqs'],
        'StringEquals sns:Endpoint': ['arn:aws:sqs:eu-central-1:333333333333:tocsin-acme-trail'],
      },
    });
  });

  test('subscribes after the topic allows it', () => {
    const [subscription] = stack.ofType('aws_sns_topic_subscription');
    const { name } = stack.at('log-topic/policy');

    expect(subscription?.values.depends_on).toContain(`aws_sns_topic_policy.${name}`);
  });
});

test('the topic beside an existing bucket takes its messages alone', () => {
  const stack = source(existingBucket({ from: 'bucket' }));

  expect(stack.statement('log-topic/policy', 'BucketNotifies')).toMatchObject({
    resources: ['arn:aws:sns:eu-west-1:222222222222:tocsin-acme-trail-news'],
    conditions: {
      'ArnEquals aws:SourceArn': ['arn:aws:s3:::company-logs'],
      'StringEquals aws:SourceAccount': ['222222222222'],
    },
  });
  expect(stack.statement('log-topic/key/key', 'BucketEncryptsNotifications').conditions).toEqual({
    'ArnEquals aws:SourceArn': ['arn:aws:s3:::company-logs'],
    'StringEquals aws:SourceAccount': ['222222222222'],
  });
});
