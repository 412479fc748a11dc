import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized, type Stack } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');
const json = (stack: Stack, path: string, attribute: string): unknown =>
  JSON.parse(String(stack.at(path).values[attribute]));
const detector = (config: object) => ({
  accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
  detector: { account: 'main', ...config },
});

describe('the queue of a source', () => {
  const stack = source(oneAccount());
  const queue = 'arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-trail';
  const deadLetters = `${queue}-dead-letters`;
  const topic = stack.at('log-topic/topic').ref('arn');

  test('and its dead letters are encrypted with a key of their own and keep everything for 14 days', () => {
    for (const path of ['feed/queue/queue', 'feed/queue/dead-letters'])
      expect(stack.at(path).values).toMatchObject({
        kms_master_key_id: stack.at('feed/queue/key/key').ref('arn'),
        message_retention_seconds: 14 * 24 * 3600,
      });
    expect(stack.at('feed/queue/key/key').values).toMatchObject({ enable_key_rotation: true });
  });

  test('has a key that SNS uses for this topic, the detector through SQS, and no service otherwise', () => {
    expect(stack.statements('feed/queue/key/key').filter(({ sid }) => sid !== 'AccountDecidesByIam')).toEqual(
      [
        {
          sid: 'SenderEncrypts',
          effect: 'Allow',
          actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          resources: ['*'],
          principals: ['Service:sns.amazonaws.com'],
          conditions: { 'ArnEquals aws:SourceArn': [topic] },
        },
        {
          sid: 'DetectorDecryptsThroughSqs',
          effect: 'Allow',
          actions: ['kms:Decrypt'],
          resources: ['*'],
          principals: ['AWS:arn:aws:iam::111111111111:role/tocsin-acme-detector'],
          conditions: { 'StringEquals kms:ViaService': ['sqs.eu-central-1.amazonaws.com'] },
        },
      ],
    );
  });

  test.each([
    ['queue', queue],
    ['dead-letters', deadLetters],
  ])('takes messages from SNS for this topic, over TLS, and from nobody else: %s', (path, arn) => {
    expect(stack.statements(`feed/queue/${path}`)).toEqual([
      {
        sid: 'DenyWithoutTls',
        effect: 'Deny',
        actions: ['sqs:*'],
        resources: [arn],
        principals: ['*:*'],
        conditions: { 'Bool aws:SecureTransport': ['false'] },
      },
      {
        sid: 'SenderSends',
        effect: 'Allow',
        actions: ['sqs:SendMessage'],
        resources: [arn],
        principals: ['Service:sns.amazonaws.com'],
        conditions: { 'ArnEquals aws:SourceArn': [topic] },
      },
    ]);
  });

  test('moves a message to its dead letters after five tries, and they take those of no other queue', () => {
    expect(json(stack, 'feed/queue/queue', 'redrive_policy')).toEqual({
      deadLetterTargetArn: stack.at('feed/queue/dead-letters').ref('arn'),
      maxReceiveCount: 5,
    });
    expect(stack.at('feed/queue/dead-letters').values.redrive_allow_policy).toBe(
      `\${jsonencode({"redrivePermission" = "byQueue", "sourceQueueArns" = ["${queue}"]})}`,
    );
  });

  test.each([60, 300, 899, 900])(
    'hides a message for six times a timeout of %i s and the batching window',
    (timeoutSeconds) => {
      const made = source(oneAccount({ aws: detector({ timeoutSeconds }) }));
      const window = Number(made.at('feed/mapping').values.maximum_batching_window_in_seconds);
      const hidden = Number(made.at('feed/queue/queue').values.visibility_timeout_seconds);

      expect(hidden).toBe(6 * timeoutSeconds + window);
      // What SQS allows.
      expect(hidden).toBeLessThanOrEqual(12 * 3600);
    },
  );
});

describe('the subscription', () => {
  const stack = source(oneAccount());

  test('delivers what the topic is told as it is, and to the dead letters what the queue does not take', () => {
    expect(stack.at('feed/subscription').values).toMatchObject({
      topic_arn: stack.at('log-topic/topic').ref('arn'),
      protocol: 'sqs',
      endpoint: stack.at('feed/queue/queue').ref('arn'),
      raw_message_delivery: true,
    });
    expect(json(stack, 'feed/subscription', 'redrive_policy')).toEqual({
      deadLetterTargetArn: stack.at('feed/queue/dead-letters').ref('arn'),
    });
  });

  test("is made by the queue's owner, when the topic lets it", () => {
    const other = source(organization());

    expect(other.at('feed/subscription').provider).toBe('aws.security-eu-central-1');
    expect(other.at('feed/subscription').values.depends_on).toEqual([
      `aws_sns_topic_policy.${other.at('log-topic/policy').name}`,
    ]);
  });

  test('is made in the region of the topic, where a queue of another region is no dead-letter queue', () => {
    const topicArn = 'arn:aws:sns:eu-west-1:222222222222:uploads';
    const far = source(existingBucket({ from: 'topic', topicArn }));

    expect(far.at('feed/subscription').provider).toBe('aws.security-eu-west-1');
    expect(far.at('feed/subscription').values).toMatchObject({ topic_arn: topicArn });
    expect(far.at('feed/subscription').values).not.toHaveProperty('redrive_policy');
    expect(far.statement('feed/queue/queue', 'SenderSends').conditions).toEqual({
      'ArnEquals aws:SourceArn': [topicArn],
    });
  });

  test.each([
    ['eu-south-1', 'eu-central-1', 'sns.eu-south-1.amazonaws.com'],
    ['eu-west-1', 'eu-central-1', 'sns.amazonaws.com'],
    ['eu-central-1', 'eu-south-1', 'sns.amazonaws.com'],
    ['eu-south-1', 'eu-south-1', 'sns.amazonaws.com'],
  ])('from a topic in %s to a queue in %s comes from %s', (topicRegion, region, service) => {
    const stack = source(
      existingBucket(
        { from: 'topic', topicArn: `arn:aws:sns:${topicRegion}:222222222222:uploads` },
        {
          aws: {
            accounts: {
              logs: { id: '222222222222', region: topicRegion },
              security: { id: '333333333333', region },
            },
          },
        },
      ),
    );

    expect(stack.statement('feed/queue/queue', 'SenderSends').principals).toEqual([`Service:${service}`]);
    expect(stack.statement('feed/queue/key/key', 'SenderEncrypts').principals).toEqual([
      `Service:${service}`,
    ]);
  });
});

describe('the queue of a source that EventBridge tells of', () => {
  const stack = source(existingBucket({ from: 'eventbridge' }));
  const conditions = {
    'ArnEquals aws:SourceArn': [expect.stringMatching(/^arn:aws:events:eu-central-1:333333333333:rule\//)],
    'StringEquals aws:SourceAccount': ['333333333333'],
  };

  test('takes messages from its one rule, and the key knows it', () => {
    for (const path of ['feed/queue/queue', 'feed/queue/dead-letters'])
      expect(stack.statement(path, 'SenderSends')).toMatchObject({
        principals: ['Service:events.amazonaws.com'],
        conditions,
      });
    expect(stack.statement('feed/queue/key/key', 'SenderEncrypts')).toMatchObject({
      principals: ['Service:events.amazonaws.com'],
      conditions,
    });
  });

  test('has no subscription', () => {
    expect(stack.ofType('aws_sns_topic_subscription')).toEqual([]);
  });
});

describe('what reads the queue', () => {
  test('is the function, with every message of a batch on its own', () => {
    const stack = source(oneAccount());

    expect(stack.at('feed/mapping').values).toMatchObject({
      event_source_arn: stack.at('feed/queue/queue').ref('arn'),
      function_name: 'arn:aws:lambda:eu-central-1:111111111111:function:tocsin-acme-detector',
      function_response_types: ['ReportBatchItemFailures'],
      batch_size: 10,
      scaling_config: { maximum_concurrency: 10 },
      enabled: true,
    });
  });

  test('is as large as the configuration says, and stands still where that says so', () => {
    const aws = detector({ batchSize: 3, maximumConcurrency: 50, enabled: false });

    expect(source(oneAccount({ aws })).at('feed/mapping').values).toMatchObject({
      batch_size: 3,
      scaling_config: { maximum_concurrency: 50 },
      enabled: false,
    });
  });

  test('is nothing of Lambda where `tocsin serve` does', () => {
    const stack = source(oneAccount({ aws: detector({ runtime: 'serve' }) }));

    expect(stack.ofType('aws_lambda_event_source_mapping')).toEqual([]);
    expect(stack.has('feed/queue/queue')).toBe(true);
  });
});

test.each([
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
])(
  'in %s the queue trusts the same services about resources of that partition',
  (partition, region, domain) => {
    const accounts = { main: { id: '111111111111', region } };
    const stack = source(oneAccount({ aws: { partition, accounts, detector: { account: 'main' } } }));

    expect(stack.statement('feed/queue/queue', 'SenderSends')).toMatchObject({
      principals: ['Service:sns.amazonaws.com'],
      resources: [`arn:${partition}:sqs:${region}:111111111111:tocsin-acme-trail`],
    });
    expect(stack.statement('feed/queue/key/key', 'DetectorDecryptsThroughSqs')).toMatchObject({
      principals: [`AWS:arn:${partition}:iam::111111111111:role/tocsin-acme-detector`],
      conditions: { 'StringEquals kms:ViaService': [`sqs.${region}.${domain}`] },
    });
  },
);
