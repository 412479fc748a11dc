import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readStatistics, type Statistics } from '../../../../detector/alerts/statistics.js';
import { createHandler, type LambdaContext } from '../../../../detector/runtimes/lambda/index.js';
import type { DetectorSettings } from '../../../../detector/settings.js';
import type { JsonObject } from '../../../../detector/rule.js';
import { openDynamoStore } from '../../../../detector/state/dynamodb.js';
import { turns } from '../../../support/core.js';
import {
  createDynamoTable,
  dynamoClientOf,
  startDynalite,
  type DynamoServer,
} from '../../../support/dynalite.js';
import { startDynamoProxy, type DynamoCall } from '../../../support/dynamo-proxy.js';
import {
  FauxAws,
  jsonError,
  REGION,
  s3Event,
  TEST_KEYS,
  xmlError,
  type Decide,
} from '../../../support/fauxqs.js';
import { startServer, type Reply, type TestServer } from '../../../support/http-server.js';
import { NOON, MINUTE, testRule } from '../../alerts/world.js';

const BUCKET = 'logs';
const PREFIX = 'AWSLogs/111111111111/CloudTrail/';
const QUEUE_ARN = `arn:aws:sqs:${REGION}:111111111111:trail`;
const stopped = testRule('aws.stopped', {
  ...{ match: { eventName: 'StopLogging' }, title: '{actor} stopped a trail', dedup: '{actor}' },
});

let aws: FauxAws;
let dynamo: DynamoServer;
let receiver: TestServer;
let reply: Reply = { status: 204 };
let queueUrl: string;
let deadLettersUrl: string;

beforeAll(async () => {
  aws = await FauxAws.start();
  dynamo = await startDynalite();
  receiver = await startServer(() => reply);
  aws.emulator.createBucket(BUCKET);
  queueUrl = aws.queue('trail');
  deadLettersUrl = aws.emulator.createQueue('trail-dead-letters').queueUrl;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey,
    AWS_ENDPOINT_URL: aws.proxy.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
  });
});
afterAll(async () => {
  await aws.stop();
  await dynamo.close();
  await receiver.close();
});

const messagesSent = (): readonly { title: string; kind: string }[] =>
  receiver.requests.slice(before).map(({ body }) => {
    const { kind, title } = JSON.parse(body) as { kind: string; title: string };
    return { kind, title };
  });

/** The emulator of STS assumes no roles; what it would answer. */
const SESSION = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>${TEST_KEYS.accessKeyId}</AccessKeyId><SecretAccessKey>none</SecretAccessKey><SessionToken>none</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const decide: Decide = ({ action }) => (action === 'AssumeRole' ? { status: 200, body: SESSION } : 'pass');

let before = 0;
let settings: DetectorSettings;
beforeEach(async () => {
  before = receiver.requests.length;
  reply = { status: 204 };
  aws.proxy.decide = decide;
  settings = {
    sources: [
      {
        ...{ name: 'trail', prefixes: {}, exclude: [] },
        aws: {
          ...{ bucket: BUCKET, region: REGION, account: '000000000000', keyPrefixes: [PREFIX] },
          ...{ readerRoleArn: 'arn:aws:iam::111111111111:role/reader', externalId: 'external-1' },
          ...{ queueUrl, queueArn: QUEUE_ARN, deadLettersUrl },
        },
      },
    ],
    alerts: {
      routing: { routes: [], fallback: ['hook'] },
      ...{ latenessMs: 86_400_000, retentionMs: 86_400_000, alertsPerHour: 100, sendLate: false, redact: [] },
    },
    destinations: {
      hook: {
        ...{ type: 'webhook', url: `${receiver.url}/`, headers: {}, format: 'tocsin', updates: false },
        ...{ allowInsecure: true, allowPrivate: true, timeoutSeconds: 5 },
      },
    },
    maxRecordBytes: 1024 * 1024,
    rules: {},
    aws: { region: REGION, table: await createDynamoTable(dynamo.url), secrets: {} },
  };
});

let now = NOON;
const log: string[] = [];
const handler = (more: Partial<DetectorSettings> = {}) =>
  createHandler({
    settings: { ...settings, ...more },
    rules: [{ rule: stopped, reviewed: true }],
    now: () => now,
    write: (line) => log.push(line),
  });

const plenty: LambdaContext = { getRemainingTimeInMillis: () => 300_000 };

/** The time of a call, which passes when the test says so; what waits for the network goes on. */
class CallTime implements LambdaContext {
  private left: number;

  constructor(seconds: number) {
    this.left = seconds * 1000;
    const doNotFake = [
      ...(['Date', 'hrtime', 'performance', 'nextTick', 'queueMicrotask'] as const),
      ...(['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
    ];
    jest.useFakeTimers({ doNotFake });
  }

  getRemainingTimeInMillis(): number {
    return this.left;
  }

  /** Second by second: an answer that is on its way comes before anybody is tired of waiting for it. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.left -= 1000;
      await jest.advanceTimersByTimeAsync(1000);
      await turns();
    }
  }
}
afterEach(() => {
  jest.useRealTimers();
});

/** Waits for what needs no time but that of the network. */
async function soon(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !isSo();) {
    if (Date.now() > deadline) throw new Error(`this did not come: ${String(isSo)}`);
    await turns(1);
  }
}

async function statistics(): Promise<Statistics> {
  const store = openDynamoStore({ client: dynamoClientOf(dynamo.url), table: settings.aws?.table ?? '' });
  const found = await readStatistics(store, NOON);
  await store.close();
  return found;
}

let events = 0;
const stopLogging = (actor: string): JsonObject => ({
  ...{ eventVersion: '1.08', eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' },
  ...{ eventID: `event-${String(++events)}`, eventTime: new Date(NOON - MINUTE).toISOString() },
  userIdentity: { type: 'IAMUser', userName: actor },
});

let files = 0;
/** Puts a file of CloudTrail there. @returns the body of a message that announces it */
async function logged(...records: readonly JsonObject[]): Promise<string> {
  const key = `${PREFIX}file-${String(++files)}.json.gz`;
  const content = gzipSync(JSON.stringify({ Records: records }));
  const eTag = await aws.put(BUCKET, key, content);
  return s3Event(BUCKET, key, { size: content.length, eTag });
}

const batch = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, i) => ({
    ...{ messageId: `message-${String(i)}`, receiptHandle: 'none', body },
    ...{ eventSource: 'aws:sqs', eventSourceARN: QUEUE_ARN, awsRegion: REGION },
    attributes: { SentTimestamp: String(NOON) },
  })),
});

const failed = (...numbers: readonly number[]) => ({
  batchItemFailures: numbers.map((i) => ({ itemIdentifier: `message-${String(i)}` })),
});

describe('messages', () => {
  test('that were counted are answered for, and their alerts are there', async () => {
    const bodies = [await logged(stopLogging('alice')), await logged(stopLogging('bob'))];

    expect(await handler()(batch(...bodies), plenty)).toEqual(failed());
    expect(
      messagesSent()
        .map(({ title }) => title)
        .sort(),
    ).toEqual(['alice stopped a trail', 'bob stopped a trail']);
  });

  test('raise alerts under the name of the ruleset that they were deployed with', async () => {
    await handler({ ruleset: 'as-deployed' })(batch(await logged(stopLogging('alice'))), plenty);

    expect(receiver.requests.slice(before).map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { ruleset: 'as-deployed' },
    ]);
  });

  test('that come again raise nothing again, in the same function or a new one', async () => {
    const body = await logged(stopLogging('alice'));
    const first = handler();
    await first(batch(body), plenty);

    expect(await first(batch(body, body), plenty)).toEqual(failed());
    expect(await handler()(batch(body), plenty)).toEqual(failed());
    expect(messagesSent()).toHaveLength(1);
  });

  test('fail alone: one that is no notification, one that cannot be read now (regressions 6 and 13)', async () => {
    const refused = await logged(stopLogging('carol'));
    const key = `${PREFIX}file-${String(files)}.json.gz`;
    aws.proxy.decide = (call, i) =>
      call.action === 'GetObject' && call.path.includes(key)
        ? xmlError(403, 'AccessDenied')
        : decide(call, i);
    const bodies = [
      await logged(stopLogging('alice')),
      'no notification',
      refused,
      await logged(stopLogging('bob')),
    ];

    expect(await handler()(batch(...bodies), plenty)).toEqual(failed(1, 2));
    expect(messagesSent()).toHaveLength(2);
  });

  test('of an object that is gone are answered for: it is a dead letter, and told', async () => {
    const body = await logged(stopLogging('alice'));
    await aws.s3.send(
      new DeleteObjectCommand({ Bucket: BUCKET, Key: `${PREFIX}file-${String(files)}.json.gz` }),
    );

    expect(await handler()(batch(body), plenty)).toEqual(failed());
    expect(messagesSent()).toEqual([{ kind: 'system', title: 'Log data of trail could not be processed' }]);
  });

  test('of a damaged notification fail after the part of it that is sound was counted (regression 5)', async () => {
    const sound = JSON.parse(await logged(stopLogging('alice'))) as { Records: unknown[] };
    const body = JSON.stringify({ Records: [{ s3: 7 }, ...sound.Records] });

    expect(await handler()(batch(body), plenty)).toEqual(failed(0));
    expect(messagesSent()).toHaveLength(1);
  });

  test('of a bucket or a prefix that the source does not name are not read, and counted', async () => {
    const bodies = [
      ...[s3Event('others', `${PREFIX}a.json.gz`), s3Event(BUCKET, 'secrets/a.json.gz')],
      s3Event(BUCKET, `${PREFIX}a/`),
    ];
    const reads = aws.proxy.of('GetObject').length;
    const logged = log.length;

    expect(await handler()(batch(...bodies, bodies[0] ?? ''), plenty)).toEqual(failed());
    expect(aws.proxy.of('GetObject')).toHaveLength(reads);
    expect((await statistics()).skipped).toEqual({
      trail: {
        'other-bucket': { count: 2, last: NOON },
        'other-prefix': { count: 1, last: NOON },
        folder: { count: 1, last: NOON },
      },
    });
    expect(log.slice(logged).map((line) => (JSON.parse(line) as { level: string }).level)).toEqual([
      ...['warn', 'warn', 'info', 'warn'],
    ]);
  });

  test('of a queue that no source has come again', async () => {
    const event = batch(await logged(stopLogging('alice')));
    const foreign = {
      Records: event.Records.map((record) => ({ ...record, eventSourceARN: `${QUEUE_ARN}-2` })),
    };

    expect(await handler()(foreign, plenty)).toEqual(failed(0));
  });

  test('for which there is no time come again', async () => {
    const body = await logged(stopLogging('alice'));

    expect(await handler()(batch(body), { getRemainingTimeInMillis: () => 10_000 })).toEqual(failed(0));
    expect(messagesSent()).toEqual([]);
  });

  test('fail alone when they hang, while there is time to send what the others brought and to answer', async () => {
    const hanging: string[] = [];
    const keys: string[] = [];
    for (const actor of ['carol', 'dave', 'eve']) {
      hanging.push(await logged(stopLogging(actor)));
      keys.push(`file-${String(files)}.json.gz`);
    }
    aws.proxy.decide = (call, i) =>
      call.action === 'GetObject' && keys.some((key) => call.path.includes(key)) ? 'hang' : decide(call, i);
    const good = await logged(stopLogging('alice'));
    const time = new CallTime(30);

    // Four are worked on at once: the last is begun when the good one is done.
    const answer = handler()(batch(...hanging, good, 'no notification'), time);
    await soon(() => log.some((line) => line.includes('message-4 comes again')));
    const logBefore = log.length;
    await time.pass(18);

    expect(await answer).toEqual(failed(0, 1, 2, 4));
    expect(messagesSent().map(({ title }) => title)).toEqual(['alice stopped a trail']);
    expect((await statistics()).sources.trail).toMatchObject({ units: 1 });
    expect(log.slice(logBefore)).toEqual(Array(3).fill(expect.stringContaining('the time is over')));
  });

  test('are answered for though statistics cannot be written in time', async () => {
    const isStatistics = ({ input }: DynamoCall): boolean => JSON.stringify(input).includes('"statistics#');
    const proxy = await startDynamoProxy(dynamo.url, (call) => (isStatistics(call) ? 'hang' : 'pass'));
    process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
    const body = await logged(stopLogging('alice'));
    const time = new CallTime(30);

    const answer = handler()(batch(body), time);
    await soon(() => proxy.calls.some(isStatistics));
    await time.pass(28);

    expect(await answer).toEqual(failed());
    expect(messagesSent()).toHaveLength(1);
    process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamo.url;
    await proxy.close();
  });

  test('hold no more than their share of a destination that hangs', async () => {
    const hanging = await startServer(() => 'hang');
    const body = await logged(...Array.from({ length: 12 }, (_, i) => stopLogging(`user-${String(i)}`)));
    const hook = { ...settings.destinations.hook, url: `${hanging.url}/`, timeoutSeconds: 30 };
    const first = log.length;

    const answer = handler({ destinations: { hook } as DetectorSettings['destinations'] })(
      batch(body),
      plenty,
    );
    await soon(() => log.slice(first).filter((line) => line.includes('is held up')).length === 4);
    expect(hanging.requests).toHaveLength(8);
    await hanging.close();

    expect(await answer).toEqual(failed());
  });

  test('come again while the state cannot be written (regression 8)', async () => {
    const body = await logged(stopLogging('alice'));
    const broken = handler({ aws: { region: REGION, table: 'gone', secrets: {} } });

    expect(await broken(batch(body), plenty)).toEqual(failed(0));
    expect(messagesSent()).toEqual([]);
  });
});

describe('the sweep', () => {
  const sweep = { tocsin: 'sweep' };

  test('sends what a destination did not take at first', async () => {
    const run = handler();
    reply = { status: 503 };
    await run(batch(await logged(stopLogging('alice'))), plenty);
    reply = { status: 204 };
    now = NOON + 10 * MINUTE;
    await run(sweep, plenty);
    now = NOON;

    expect(messagesSent().map(({ title }) => title)).toEqual([
      'alice stopped a trail',
      'alice stopped a trail',
    ]);
  });

  test('raises sources that fell silent, without a memory of its own', async () => {
    const [source] = settings.sources;
    const sources = source === undefined ? [] : [{ ...source, silentAfterMs: 60 * MINUTE }];
    await handler({ sources })(sweep, plenty);
    expect(messagesSent()).toEqual([]);
    now = NOON + 61 * MINUTE;
    await handler({ sources })(sweep, plenty);
    now = NOON;

    expect(messagesSent()).toEqual([
      { kind: 'system', title: 'Source trail has delivered nothing for 61 minutes' },
    ]);
  });

  test('tells of messages that the queue gave up', async () => {
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: deadLettersUrl, MessageBody: 'it went wrong' }));

    await handler()(sweep, plenty);

    expect(messagesSent()).toEqual([
      { kind: 'system', title: 'Messages of trail failed again and again and were set aside' },
    ]);
  });

  test('tells of messages that one queue gave up though another cannot be asked, and fails', async () => {
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: deadLettersUrl, MessageBody: 'it went wrong' }));
    const sources = settings.sources.flatMap(({ aws: queues, ...source }) =>
      queues === undefined
        ? []
        : [
            { ...source, name: 'gone', aws: { ...queues, deadLettersUrl: `${deadLettersUrl}-gone` } },
            { ...source, aws: queues },
          ],
    );
    const logged = log.length;

    await expect(handler({ sources })(sweep, plenty)).rejects.toThrow('1 parts of the sweep failed.');
    expect(messagesSent()).toMatchObject([{ title: expect.stringMatching(/^Messages of trail failed/) }]);
    expect(log.slice(logged)).toEqual([
      expect.stringMatching(
        /dead-letter queue of gone failed: sqs:GetQueueAttributes failed: .*QueueDoesNotExist/,
      ),
    ]);
  });

  test('sends what is due though a queue does not answer', async () => {
    const run = handler();
    reply = { status: 503 };
    await run(batch(await logged(stopLogging('alice'))), plenty);
    reply = { status: 204 };
    aws.proxy.decide = (call, i) => (call.action === 'GetQueueAttributes' ? 'hang' : decide(call, i));
    now = NOON + 10 * MINUTE;
    const time = new CallTime(60);

    const failure = run(sweep, time).catch(String);
    await soon(() => messagesSent().length === 2);
    await time.pass(50);
    now = NOON;

    expect(await failure).toContain('1 parts of the sweep failed.');
  });

  test('begins no delivery for which there may be no time, and writes the rest', async () => {
    const run = handler();
    reply = { status: 503 };
    await run(batch(await logged(stopLogging('alice'))), plenty);
    now = NOON + 10 * MINUTE;

    await run(sweep, { getRemainingTimeInMillis: () => 40_000 });
    now = NOON;

    expect(messagesSent()).toHaveLength(1);
    expect((await statistics()).sources.trail).toMatchObject({ watchedSince: NOON + 10 * MINUTE });
  });

  test('does the rest and fails when a part of it fails', async () => {
    aws.proxy.decide = (call, i) =>
      call.action === 'GetQueueAttributes' ? jsonError(500, 'InternalError') : decide(call, i);

    await expect(handler()(sweep, plenty)).rejects.toThrow('1 parts of the sweep failed.');
  });
});

test.each([[undefined], [{}], [{ Records: [{ s3: {} }] }], ['text']])(
  'another event, %j, is refused',
  async (event) => {
    await expect(handler()(event, plenty)).rejects.toMatchObject({ code: 'UNKNOWN_EVENT' });
  },
);
