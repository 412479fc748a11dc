import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized, type Stack } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');
/** Types of what a construct of the stack has made, without what others watch over. */
const made = (stack: Stack, ...constructs: readonly string[]) =>
  stack.resources
    .filter(({ path }) => constructs.some((construct) => path.startsWith(`${construct}/`)))
    .map(({ type }) => type)
    .toSorted();
const LOG_SOURCE = ['log-key', 'log-bucket', 'log-topic', 'announcements', 'trail', 'reader', 'event-bridge'];
const READER = ['aws_iam_role', 'aws_iam_role_policy'];
const TOPIC = ['aws_kms_alias', 'aws_kms_key', 'aws_sns_topic', 'aws_sns_topic_policy'];

describe('everything in one account', () => {
  const stack = source(oneAccount());

  test('is one provider', () => {
    expect(stack.file.provider.aws).toHaveLength(1);
    expect(new Set(stack.resources.map(({ provider }) => provider))).toEqual(new Set(['aws']));
  });

  test('has outputs for whatever needs to find it again', () => {
    expect(stack.outputs).toMatchObject({
      bucket: 'tocsin-acme-trail-111111111111',
      reader_role_arn: stack.at('reader/role').ref('arn'),
      topic_arn: stack.at('log-topic/topic').ref('arn'),
      queue_url: 'https://sqs.eu-central-1.amazonaws.com/111111111111/tocsin-acme-trail',
      dead_letters_url: 'https://sqs.eu-central-1.amazonaws.com/111111111111/tocsin-acme-trail-dead-letters',
    });
    expect(stack.outputs.external_id).toMatch(/^tocsin-acme-[0-9a-f]{32}$/);
    expect(stack.outputs.queue_arn).toMatch(/^\$\{aws_sqs_queue\.\w.*\.arn\}$/);
  });
});

describe("an organisation's trail, a log account and a security account", () => {
  const stack = source(organization());

  test('are three providers, each of which refuses any other account', () => {
    expect(
      stack.file.provider.aws.map(({ alias, allowed_account_ids, region }) => [
        alias,
        allowed_account_ids,
        region,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [undefined, ['222222222222'], 'eu-central-1'],
        ['management-eu-central-1', ['111111111111'], 'eu-central-1'],
        ['security-eu-central-1', ['333333333333'], 'eu-central-1'],
      ]),
    );
  });

  test('have logs and reader in the log account, the trail in the management account', () => {
    const providers = (...constructs: readonly string[]) =>
      new Set(
        stack.resources
          .filter(({ path }) => constructs.some((construct) => path.startsWith(`${construct}/`)))
          .map(({ provider }) => provider),
      );

    expect(providers('log-key', 'log-bucket', 'log-topic', 'announcements', 'reader')).toEqual(
      new Set(['aws']),
    );
    expect(providers('trail')).toEqual(new Set(['aws.management-eu-central-1']));
    expect(providers('feed')).toEqual(new Set(['aws.security-eu-central-1']));
  });

  test('have a name for every bucket that no other account takes', () => {
    expect(stack.outputs.bucket).toBe('tocsin-acme-trail-222222222222');
  });
});

describe('what `destroy` leaves', () => {
  const kept = (config: object) => {
    const stack = source(config);
    const all = stack.outputs.kept_on_destroy as readonly string[];
    return all.map(
      (address) => stack.resources.find(({ type, name }) => address === `${type}.${name}`)?.path,
    );
  };
  const bucket = (path: string) =>
    ['bucket', 'public-access', 'ownership', 'encryption', 'versioning', 'lifecycle', 'policy'].map(
      (part) => `${path}/${part}`,
    );

  test('is the key with its alias, and the buckets with all that protects them', () => {
    const lock = { bucket: { objectLock: { mode: 'governance', days: 30 } } };

    expect(kept(oneAccount({ source: lock })).toSorted()).toEqual(
      [
        'log-key/alias',
        'log-key/key',
        ...bucket('log-bucket'),
        ...bucket('log-bucket/access-log'),
        'log-bucket/logging',
        'log-bucket/object-lock',
      ].toSorted(),
    );
  });

  test('is every resource of a bucket: a kind that is added later is kept, too', () => {
    const stack = source(oneAccount());
    const all = stack.outputs.kept_on_destroy as readonly string[];

    expect(
      stack.resources
        .filter(({ type, path }) => type.startsWith('aws_s3_bucket') && path.startsWith('log-bucket/'))
        .filter(({ type, name }) => !all.includes(`${type}.${name}`)),
    ).toEqual([]);
  });

  test('is nothing where the bucket was there before', () => {
    expect(kept(existingBucket({ from: 'bucket' }))).toEqual([]);
  });
});

describe('a bucket that is there already', () => {
  const ofTopic = { topicArn: 'arn:aws:sns:eu-west-1:222222222222:uploads' };
  const cases = [
    { notifications: { from: 'bucket' }, types: [...READER, ...TOPIC] },
    { notifications: { from: 'topic', ...ofTopic }, types: READER },
    { notifications: { from: 'trail-topic', ...ofTopic }, types: READER },
    {
      notifications: { from: 'eventbridge' },
      types: [
        ...READER,
        ...READER,
        'aws_cloudwatch_event_bus',
        'aws_cloudwatch_event_bus_policy',
        'aws_cloudwatch_event_rule',
        'aws_cloudwatch_event_rule',
        'aws_cloudwatch_event_target',
        'aws_cloudwatch_event_target',
      ],
    },
  ];

  test.each(cases)(
    'is not touched where $notifications.from tells of objects',
    ({ notifications, types }) => {
      const stack = source(existingBucket(notifications));

      expect(made(stack, ...LOG_SOURCE)).toEqual(types.toSorted());
      expect(stack.resources.filter(({ type }) => /^aws_(s3|cloudtrail)/.test(type))).toEqual([]);
      expect(stack.outputs.bucket).toBe('company-logs');
    },
  );

  test.each(['topic', 'trail-topic'])('has its own topic in the outputs: %s', (from) => {
    expect(source(existingBucket({ from, ...ofTopic })).outputs.topic_arn).toBe(ofTopic.topicArn);
  });
});

describe('several sources', () => {
  const config = oneAccount({
    more: [{ name: 'second', aws: { account: 'main', region: 'us-east-1' } }],
  });

  test('are a stack each, applied after the detector whose role they trust', () => {
    const stacks = synthesized(config);

    expect(stacks.names).toEqual([
      'tocsin-acme-detector',
      'tocsin-acme-source-trail',
      'tocsin-acme-source-second',
    ]);
  });

  test('share no name of a resource in one account and region', () => {
    const named = synthesized(config).all.flatMap((stack) =>
      stack.resources.flatMap(({ type, provider, values }) => {
        const name = values.name ?? values.bucket ?? values.alarm_name;
        // A policy inside of a role has its name there.
        if (type === 'aws_iam_role_policy' || typeof name !== 'string' || name.includes('${')) return [];
        return [`${type} ${name} in ${regionOf(stack, provider)}`];
      }),
    );

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name, i) => named.indexOf(name) !== i)).toEqual([]);
  });
});

function regionOf({ file }: Stack, provider: string): string {
  const [, alias] = provider.split('.');
  return String(file.provider.aws.find((one) => one.alias === alias)?.region);
}
