import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../../../detector/state/sqlite.js';
import { askQueues } from '../../../../src/cloud/aws/queue-backlog.js';
import { replay } from '../../../../src/commands/replay.js';
import { loadConfig } from '../../../../src/config/load.js';
import { jsonLines } from '../../../support/cli.js';
import { FauxAws, jsonError, s3Event, TEST_KEYS } from '../../../support/fauxqs.js';
import { depsIn, firstSource, folderOf, inAwsEnv, topologyFrom } from './support.js';

const BUCKET = 'company-logs';
/** Each test has an installation of its own, and so its queues. */
const configOf = (installation: string) => ({
  installation,
  aws: { accounts: { main: { id: '000000000000', region: 'us-east-1' } }, detector: { account: 'main' } },
  state: { store: 'file', path: 'state.sqlite' },
  sources: [
    {
      name: 'trail',
      aws: { account: 'main', existing: { bucket: BUCKET, notifications: { from: 'bucket' } } },
    },
  ],
});
const bodies = Array.from({ length: 23 }, (_, i) => s3Event(BUCKET, `AWSLogs/${String(i)}.json.gz`));

describe('messages that a queue gave up', () => {
  let aws: FauxAws;
  let count = 0;
  let folder = '';
  let queue = '';
  let deadLetters = '';
  beforeAll(async () => {
    aws = await FauxAws.start();
  });
  beforeEach(async () => {
    const config = configOf(`test-${++count}`);
    folder = folderOf(config);
    const source = firstSource(topologyFrom(config));
    ({ name: queue } = source.queue);
    ({ name: deadLetters } = source.deadLetters);
    for (const name of [queue, deadLetters]) aws.emulator.createQueue(name);
    await (await openSqliteStore({ path: join(folder, 'state.sqlite') })).close();
  });
  afterEach(() => {
    aws.proxy.decide = () => 'pass';
    aws.proxy.calls.length = 0;
  });
  afterAll(() => aws.stop());
  inAwsEnv(() => ({
    ...{ AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey },
    AWS_ENDPOINT_URL: aws.proxy.url,
  }));

  const giveUp = (some: readonly string[]): void => {
    for (const body of some) aws.emulator.sendMessage(deadLetters, body);
  };
  const run = async (options: Parameters<typeof replay>[0] = {}) => {
    const { deps, out, err } = depsIn(folder);
    const code = await replay(options, deps);
    return { code, out: out(), err: err() };
  };
  const inQueues = () => [queue, deadLetters].map((name) => aws.messages(name).ready.toSorted());

  test('are counted by `status`', async () => {
    giveUp(bodies);

    expect(await askQueues(await loadConfig(folder), folder)).toEqual(
      new Map([['trail', { units: 0, unreadable: 0, gaveUp: 23 }]]),
    );
  });

  test('are listed first, and stay where they are', async () => {
    giveUp(bodies);

    const { code, out, err } = await run();

    expect(code).toBe(0);
    expect(out).toMatch(
      /^planned +put 23 messages back into the queue\n.* trail: the queue gave up after several tries\n$/,
    );
    expect(err).toBe('1 dead letter: 1 planned. Nothing was changed. Next: the same with --apply\n');
    expect(inQueues()).toEqual([[], bodies.toSorted()]);
  });

  test('are put back, each once', async () => {
    giveUp(bodies);

    const { code, out } = await run({ apply: true, json: true });

    expect(code).toBe(0);
    expect(jsonLines(out)).toEqual([
      {
        ...{ kind: 'message', at: expect.any(String), source: 'trail', messages: 23 },
        ...{ outcome: 'waiting', detail: '23 messages put back' },
      },
    ]);
    expect(inQueues()).toEqual([bodies.toSorted(), []]);
    expect((await run({ json: true })).out).toBe('');
  });

  test.each([
    ['into a queue that refuses them', 'SendMessageBatch', 'kept', 'sqs:SendMessage on '],
    ['from a queue that keeps them', 'DeleteMessage', 'kept', 'sqs:DeleteMessage on '],
    ['from a queue that cannot be read', 'ReceiveMessage', 'kept', 'sqs:ReceiveMessage on '],
  ])('are not lost %s', async (_, action, outcome, detail) => {
    giveUp(bodies.slice(0, 2));
    aws.proxy.decide = (call) =>
      call.action === action ? jsonError(403, 'AccessDenied', 'not authorized') : 'pass';

    const { code, out } = await run({ apply: true, json: true });

    expect(code).toBe(1);
    expect(jsonLines(out)).toMatchObject([{ outcome, detail: expect.stringContaining(detail) }]);
    const { ready, held } = aws.messages(deadLetters);
    expect([...ready, ...held].toSorted()).toEqual(bodies.slice(0, 2).toSorted());
  });

  test('are told of when it fails in the midst, and put back the next time', async () => {
    giveUp(bodies.slice(0, 12));
    aws.proxy.decide = (call, index) =>
      call.action === 'ReceiveMessage' && index === 1
        ? jsonError(403, 'AccessDenied', 'not authorized')
        : 'pass';

    const { code, out } = await run({ apply: true, json: true });

    expect(code).toBe(1);
    expect(jsonLines(out)).toMatchObject([
      {
        outcome: 'partly',
        detail: expect.stringMatching(/^10 messages put back; sqs:ReceiveMessage on .*Allow/),
      },
    ]);
    expect((await run({ apply: true })).code).toBe(0);
    expect(inQueues()).toEqual([bodies.slice(0, 12).toSorted(), []]);
  });

  test.each([
    [{ kind: 'message' }, 1],
    [{ kind: 'unit' }, 0],
    [{ rule: 'aws.*' }, 0],
    [{ destination: 'hook' }, 0],
    [{ since: '24h' }, 0],
  ])('with %j are %d of the list', async (options, items) => {
    giveUp(bodies.slice(0, 1));

    const { out } = await run({ ...options, json: true });

    expect(jsonLines(out)).toHaveLength(items);
    expect(aws.proxy.of('GetQueueAttributes').length > 0).toBe(items > 0);
  });
});
