import { CloudTrailClient, CreateTrailCommand, DeleteTrailCommand } from '@aws-sdk/client-cloudtrail';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attach } from '../../../../../src/commands/attach.js';
import { describeWith } from '../../../../support/capabilities.js';
import { jsonLines } from '../../../../support/cli.js';
import { AwsProxy, jsonError, xmlError, type AwsCall, type Verdict } from '../../../../support/fauxqs.js';
import { Moto, moto, MOTO_ACCOUNT, MOTO_KEYS } from '../../../../support/moto.js';
import { depsIn, firstSource, folderOf, inAwsEnv, rejection, topologyFrom } from '../support.js';

const REGION = 'eu-west-1';
const BUCKET = 'company-logs';
const DETECTOR = '333333333333';
const KEY = `arn:aws:kms:${REGION}:444444444444:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const TOPIC = `arn:aws:sns:${REGION}:${MOTO_ACCOUNT}:shared`;

const configOf = (existing: object) => ({
  installation: 'acme',
  aws: {
    accounts: {
      security: { id: DETECTOR, region: 'eu-central-1' },
      logs: { id: MOTO_ACCOUNT, region: REGION },
    },
    detector: { account: 'security' },
  },
  sources: [
    { name: 'trail', aws: { account: 'logs', existing: { bucket: BUCKET, ...existing } } },
    { name: 'new', aws: { account: 'logs' } },
  ],
});
const FROM_BUCKET = { notifications: { from: 'bucket' } };
const OURS = {
  Id: 'tocsin-acme-trail',
  TopicArn: `arn:aws:sns:${REGION}:${MOTO_ACCOUNT}:tocsin-acme-trail-news`,
  Events: ['s3:ObjectCreated:*'],
  Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'AWSLogs/' }] } },
};
const EVENTBRIDGE_ON = '<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>';
/** Of others, beside logs. */
const THEIRS: NotificationConfiguration = {
  QueueConfigurations: [
    {
      ...{ Id: 'reports', QueueArn: `arn:aws:sqs:${REGION}:${MOTO_ACCOUNT}:reports` },
      Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
      Filter: {
        Key: {
          FilterRules: [
            { Name: 'prefix', Value: 'reports/' },
            { Name: 'suffix', Value: '.csv' },
          ],
        },
      },
    },
  ],
  LambdaFunctionConfigurations: [
    {
      ...{ Id: 'clean', LambdaFunctionArn: `arn:aws:lambda:${REGION}:${MOTO_ACCOUNT}:function:clean` },
      Events: ['s3:ObjectRemoved:Delete'],
    },
  ],
};

test('the topic that entries tell is the one that the stack makes', () => {
  const source = firstSource(topologyFrom(configOf(FROM_BUCKET)));

  expect(source.announcer).toMatchObject({ kind: 'new-topic', topic: { arn: OURS.TopicArn } });
  expect(source.base).toBe(OURS.Id);
});

describeWith(moto, 'attach, against an emulator of S3', () => {
  let server: Moto;
  let proxy: AwsProxy;
  let s3: S3Client;
  let trails: CloudTrailClient;

  beforeAll(async () => {
    server = await Moto.start();
    proxy = await AwsProxy.before(server.url);
    const config = {
      ...{ endpoint: server.url, region: REGION },
      credentials: { accessKeyId: MOTO_KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: 'none' },
    };
    s3 = new S3Client({ ...config, forcePathStyle: true });
    trails = new CloudTrailClient(config);
    const sns = new SNSClient(config);
    for (const Name of ['shared', 'tocsin-acme-trail-news']) await sns.send(new CreateTopicCommand({ Name }));
    sns.destroy();
  });
  beforeEach(() =>
    s3.send(
      new CreateBucketCommand({
        ...{ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } },
      }),
    ),
  );
  afterEach(async () => {
    proxy.decide = () => 'pass';
    proxy.calls.length = 0;
    await s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
  });
  afterAll(async () => {
    s3.destroy();
    trails.destroy();
    await proxy.close();
    await server.stop();
  });
  inAwsEnv(() => ({ ...MOTO_KEYS, AWS_ENDPOINT_URL: proxy.url }));

  const put = (configuration: NotificationConfiguration) =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        ...{ Bucket: BUCKET, NotificationConfiguration: configuration },
      }),
    );
  const get = async (): Promise<NotificationConfiguration> => {
    const { $metadata: _, ...found } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: BUCKET }),
    );
    return found;
  };
  const isWrite = ({ action, path }: AwsCall) => action === 'PutObject' && path.includes('?notification');
  const isRead = ({ action, path }: AwsCall) => action === 'GetObject' && path.includes('?notification');
  const writes = () => proxy.calls.filter(isWrite).length;

  const run = async (
    existing: object,
    options: { apply?: boolean; undo?: boolean; json?: boolean } = {},
    source = 'trail',
  ) => {
    const { deps, out, err } = depsIn(folderOf(configOf(existing)));
    const code = await attach({ ...options, source }, deps);
    return { code, out: out(), err: err() };
  };

  describe('an entry in the notifications', () => {
    test('is shown first, and nothing is changed', async () => {
      await put(THEIRS);

      const { code, out, err } = await run(FROM_BUCKET);

      expect(code).toBe(0);
      expect(out).toContain('tocsin.yaml     from: bucket, works');
      expect(out).toContain('"Id": "tocsin-acme-trail"');
      expect(err).toBe('Nothing was changed. Next: the same with --apply\n');
      expect(writes()).toBe(0);
      expect(await get()).toEqual(THEIRS);
    });

    test('is added beside those of others, and taken out again', async () => {
      await put(THEIRS);

      const added = await run(FROM_BUCKET, { apply: true });

      expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/\nattached\n$/) });
      expect(await get()).toEqual({ ...THEIRS, TopicConfigurations: [OURS] });

      const removed = await run(FROM_BUCKET, { apply: true, undo: true });

      expect(removed).toMatchObject({ code: 0, out: expect.stringMatching(/\ndetached\n$/) });
      expect(await get()).toEqual(THEIRS);
    });

    test('is taken out only with --apply', async () => {
      await run(FROM_BUCKET, { apply: true });

      const { code, out, err } = await run(FROM_BUCKET, { undo: true });

      expect(code).toBe(0);
      expect(out).toContain('Entries to take out\n  - tocsin-acme-trail\n');
      expect(err).toBe('Nothing was changed. Next: the same with --apply\n');
      expect(writes()).toBe(1);
    });

    test('leaves EventBridge on', async () => {
      proxy.decide = (call): Verdict =>
        isRead(call) && writes() === 0 ? { change: () => EVENTBRIDGE_ON } : 'pass';

      // The emulator keeps it, and does not tell so.
      const { out } = await run(FROM_BUCKET, { apply: true });

      expect(out).toContain('  gone: EventBridge\n');
      expect(proxy.calls.find(isWrite)?.body.toString()).toContain('<EventBridgeConfiguration');
    });

    test('is added once', async () => {
      await run(FROM_BUCKET, { apply: true });
      const { code, out } = await run(FROM_BUCKET, { apply: true, json: true });
      const { err } = await run(FROM_BUCKET);

      expect(code).toBe(0);
      expect(jsonLines(out)).toMatchObject([{ entries: 'there', applied: true, outcome: 'unchanged' }]);
      expect(err).toBe('Nothing is left to do.\n');
      expect(writes()).toBe(1);
    });

    test('is the only one: the bucket is left without any', async () => {
      await run(FROM_BUCKET, { apply: true });
      await run(FROM_BUCKET, { apply: true, undo: true });

      expect(await get()).toEqual({});
    });

    test('follows the prefixes of the source', async () => {
      await run(FROM_BUCKET, { apply: true });
      const { out } = await run(
        { ...FROM_BUCKET, keyPrefixes: ['b/AWSLogs/', 'a/AWSLogs/'] },
        { apply: true, json: true },
      );

      expect(jsonLines(out)).toMatchObject([{ entries: 'outdated', outcome: 'attached' }]);
      expect((await get()).TopicConfigurations).toMatchObject([
        { Id: 'tocsin-acme-trail', Filter: { Key: { FilterRules: [{ Value: 'a/AWSLogs/' }] } } },
        { Id: 'tocsin-acme-trail-2', Filter: { Key: { FilterRules: [{ Value: 'b/AWSLogs/' }] } } },
      ]);
    });

    test('would overlap with one of others: it is refused, and theirs is named', async () => {
      const QueueArn = `arn:aws:sqs:${REGION}:${MOTO_ACCOUNT}:siem`;
      await put({ QueueConfigurations: [{ Id: 'siem', QueueArn, Events: ['s3:ObjectCreated:*'] }] });

      const { code, out } = await run(FROM_BUCKET, { apply: true });

      expect(code).toBe(1);
      expect(out).toContain('from: bucket, does not work');
      expect(out.replace(/\s+/g, ' ')).toMatch(
        /"siem" tells arn:aws:sqs:\S+ of s3:ObjectCreated:\* below "": S3 takes no two/,
      );
      expect(out).toMatch(/\nrefused\n$/);
      expect(writes()).toBe(0);
    });
  });

  describe('somebody else writes at the same time', () => {
    const entry = (id: string, topic: string): string =>
      `<TopicConfiguration><Id>${id}</Id><Topic>${topic}</Topic><Event>s3:ObjectRemoved:*</Event></TopicConfiguration>`;
    /** What the second reading gives, after our writing. */
    const after = (change: (xml: string) => string) => {
      proxy.decide = (call): Verdict =>
        isRead(call) && writes() > 0 ? { change: (xml) => change(xml.toString()) } : 'pass';
    };

    test('and adds an entry: both are there, and it is told', async () => {
      after((xml) => xml.replace('<TopicConfiguration>', `${entry('new', TOPIC)}<TopicConfiguration>`));

      const { code, out } = await run(FROM_BUCKET, { apply: true });

      expect(code).toBe(1);
      expect(out).toContain('attached\nSomebody else changed the notifications meanwhile.');
      expect(out).toMatch(/ {2}come: .*shared/);
    });

    test('and ours is lost: it is told after it was looked for again', async () => {
      after(() => `<NotificationConfiguration>${entry('new', TOPIC)}</NotificationConfiguration>`);

      const { code, out } = await run(FROM_BUCKET, { apply: true, json: true });

      expect(code).toBe(1);
      expect(jsonLines(out)).toMatchObject([
        { outcome: 'overwritten', changedByOthers: { gone: [], come: [expect.stringContaining('shared')] } },
      ]);
      expect(proxy.calls.filter(isRead).length).toBeGreaterThan(3);
    }, 30_000);
  });

  test('a part that nobody knows yet would be lost: nothing is written', async () => {
    proxy.decide = (call): Verdict =>
      isRead(call)
        ? { change: () => '<NotificationConfiguration><Pigeon>coo</Pigeon></NotificationConfiguration>' }
        : 'pass';

    expect(await run(FROM_BUCKET)).toMatchObject({ code: 0 });
    expect(await rejection(run(FROM_BUCKET, { apply: true }))).toMatchObject({
      code: 'UNKNOWN_NOTIFICATIONS',
      message: expect.stringContaining('have a part "Pigeon"'),
    });
    expect(writes()).toBe(0);
  });

  test('a topic that is not there yet: the stack that makes it', async () => {
    proxy.decide = (call) =>
      isWrite(call)
        ? xmlError(400, 'InvalidArgument', 'Unable to validate the following destination configurations')
        : 'pass';

    expect(await rejection(run(FROM_BUCKET, { apply: true }))).toMatchObject({
      problem: 'failed',
      fix: expect.stringContaining('Apply the stack tocsin-acme-source-trail first'),
    });
  });

  test.each([
    [
      'may not be read',
      xmlError(403, 'AccessDenied', 'no'),
      'denied',
      /Allow s3:GetBucketNotification on arn:aws:s3:::company-logs/,
    ],
    ['is not there', xmlError(404, 'NoSuchBucket', 'none'), 'missing', /correct its name/],
    [
      'is in another region',
      xmlError(301, 'PermanentRedirect', 'elsewhere'),
      'wrong-region',
      /Correct the region/,
    ],
    ['is asked too often', xmlError(503, 'SlowDown', 'slow'), 'throttled', /in a minute/],
  ])('a bucket that %s', async (_, verdict, problem, fix) => {
    proxy.decide = (call) => (isRead(call) ? verdict : 'pass');

    expect(await rejection(run(FROM_BUCKET))).toMatchObject({ problem, fix: expect.stringMatching(fix) });
  });

  describe('ways that change less', () => {
    const withTrail = async (work: () => Promise<void>): Promise<void> => {
      const Name = 'company';
      await trails.send(
        new CreateTrailCommand({ Name, S3BucketName: BUCKET, SnsTopicName: 'shared', KmsKeyId: KEY }),
      );
      try {
        await work();
      } finally {
        await trails.send(new DeleteTrailCommand({ Name }));
      }
    };

    test("the trail's own topic, with what its owner has to allow", () =>
      withTrail(async () => {
        const { code, out } = await run(FROM_BUCKET);

        expect(code).toBe(0);
        expect(out).toContain(`- trail-topic ${TOPIC}: the trail tells this topic already`);
        expect(out).toContain(`          from: trail-topic\n          topicArn: ${TOPIC}\n`);
        const policy = out.slice(out.indexOf(`For the policy of the topic ${TOPIC}`));
        expect(JSON.parse(policy.slice(policy.indexOf('{')))).toEqual({
          ...{ Sid: 'TocsinSubscribes', Effect: 'Allow', Action: 'sns:Subscribe', Resource: TOPIC },
          Principal: { AWS: `arn:aws:iam::${DETECTOR}:root` },
          Condition: {
            StringEquals: {
              'sns:Protocol': 'sqs',
              'sns:Endpoint': `arn:aws:sqs:eu-central-1:${DETECTOR}:tocsin-acme-trail`,
            },
          },
        });
      }));

    test('tocsin.yaml says it already: nothing is to be done, with --apply either', () =>
      withTrail(async () => {
        const existing = { notifications: { from: 'trail-topic', topicArn: TOPIC } };

        expect(await run(existing)).toMatchObject({
          ...{ code: 0, out: expect.stringContaining('from: trail-topic, works') },
          err: 'Nothing is to be changed in the bucket: its stack makes what this way needs.\n',
        });
        expect(await run(existing, { apply: true })).toMatchObject({ code: 0 });
        expect(writes()).toBe(0);
      }));

    test('EventBridge, where it is on', async () => {
      proxy.decide = (call): Verdict => (isRead(call) ? { change: () => EVENTBRIDGE_ON } : 'pass');

      expect(await run({ notifications: { from: 'eventbridge' } })).toMatchObject({ code: 0 });
    });

    test('EventBridge, where it is off: that is not well', async () => {
      expect(await run({ notifications: { from: 'eventbridge' } })).toMatchObject({
        ...{ code: 1, out: expect.stringContaining('from: eventbridge, does not work') },
      });
    });

    test('trails that nobody may look at: it is told, and counts as unknown', async () => {
      proxy.decide = ({ action }) =>
        action === 'DescribeTrails' ? jsonError(400, 'AccessDeniedException', 'not authorized') : 'pass';

      const { code, out } = await run({ notifications: { from: 'trail-topic', topicArn: TOPIC } });

      expect(code).toBe(1);
      expect(out).toContain('from: trail-topic, could not be checked');
      expect(out.replace(/\s+/g, ' ')).toContain('Allow cloudtrail:DescribeTrails on *');
    });

    test('a trail in an account without a way in is told, and the bucket is looked at all the same', async () => {
      const trailArn = `arn:aws:cloudtrail:eu-central-1:${DETECTOR}:trail/company`;

      const { code, out } = await run({ ...FROM_BUCKET, trailArn }, { json: true });

      expect(code).toBe(0);
      expect(jsonLines(out)).toMatchObject([
        {
          ...{ works: 'yes', possible: [{ from: 'bucket' }] },
          notes: [
            expect.stringMatching(
              /^The trails could not all be looked at: aws\.accounts\.security\.id is 333333333333/,
            ),
          ],
        },
      ]);
    });

    test('an entry of ours that is no longer the way is named', async () => {
      await run(FROM_BUCKET, { apply: true });

      const { out } = await run({ notifications: { from: 'eventbridge' } });

      expect(out).toContain('An entry of Tocsin is still among the notifications');
    });
  });

  describe('the key of the logs', () => {
    test('of another account: what its owner has to allow the reader', async () => {
      const { out } = await run({ ...FROM_BUCKET, kmsKeyArn: KEY }, { json: true });

      expect(jsonLines(out)).toMatchObject([
        {
          statements: [
            {
              for: `policy of the key ${KEY}`,
              statement: {
                ...{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
                Principal: { AWS: `arn:aws:iam::${MOTO_ACCOUNT}:role/tocsin-acme-trail-reader` },
                Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
              },
            },
          ],
        },
      ]);
    });

    test('which a trail uses and tocsin.yaml does not name', async () => {
      await trails.send(new CreateTrailCommand({ Name: 'company', S3BucketName: BUCKET, KmsKeyId: KEY }));

      const { out } = await run(FROM_BUCKET, { json: true });

      await trails.send(new DeleteTrailCommand({ Name: 'company' }));
      expect(jsonLines(out)).toMatchObject([
        { notes: [`A trail encrypts the logs with ${KEY}; tocsin.yaml says no existing.kmsKeyArn.`] },
      ]);
    });
  });

  test('a source that makes its own bucket has nothing to attach', async () => {
    expect(await rejection(run(FROM_BUCKET, {}, 'new'))).toMatchObject({ code: 'NOTHING_TO_ATTACH' });
  });
});
