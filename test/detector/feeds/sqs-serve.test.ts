import { gzipSync } from 'node:zlib';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Destination, MessageKind } from '../../../detector/destinations/destination.js';
import { waitByTimer } from '../../../detector/feeds/pause.js';
import { s3Clients } from '../../../detector/feeds/s3/clients.js';
import { sqsFeed } from '../../../detector/feeds/sqs.js';
import type { UnitReport } from '../../../detector/processor.js';
import { serve } from '../../../detector/runtimes/serve/serve.js';
import type { JsonObject } from '../../../detector/rule.js';
import { StoreError } from '../../../detector/state/store.js';
import { call, callRule, coreOf } from '../../support/core.js';
import { FauxAws, REGION, s3Event, TEST_KEYS, until, xmlError } from '../../support/fauxqs.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import { fakeClock, pass } from './sqs-driver.js';

let aws: FauxAws;
let queues = 0;
beforeAll(async () => {
  aws = await FauxAws.start();
  aws.emulator.createBucket('trail');
});
afterAll(() => aws.stop());
beforeEach(fakeClock);
afterEach(() => {
  jest.useRealTimers();
  aws.proxy.decide = () => 'pass';
  aws.proxy.calls.length = 0;
});

const RULE = callRule('aws.cloudtrail.user-created', 'CreateUser');

interface Sent {
  readonly kind: MessageKind;
  readonly dedup: string;
  readonly events: number;
}

/** What `tocsin serve` runs, on a queue and a store. */
class Detector {
  readonly sent: Sent[] = [];
  readonly units: UnitReport[] = [];
  readonly logged: string[] = [];
  private readonly stop = new AbortController();
  private readonly running: Promise<boolean>;

  constructor(queueUrl: string, store: MemoryStore) {
    const destination: Destination = {
      ...{ name: 'test', kinds: new Set<MessageKind>(['raised', 'system']) },
      deliver: async ({ message, kind }) => {
        this.sent.push({ kind, dedup: message.dedup, events: message.events });
        return undefined;
      },
    };
    const core = coreOf({
      ...{ store, now: Date.now, rules: [RULE], destinations: [destination], system: [] },
      units: (report) => this.units.push(report),
    });
    const s3 = { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS, maxAttempts: 1 };
    const buckets = [{ bucket: 'trail', region: REGION, prefixes: ['AWSLogs/'] }];
    const feed = sqsFeed({
      source: { name: 'trail', queueUrl, buckets },
      ...{ client: aws.sqs, clients: s3Clients({ s3 }), pollSeconds: 1 },
    });
    const limits = { mostBytesAtOnce: 64 * 1024 * 1024, graceMs: 5000 };
    this.running = serve(
      {
        ...{ feeds: [feed], ...core, store, now: Date.now, wait: waitByTimer, ...limits },
        log: (level, message) => this.logged.push(`${level} ${message}`),
      },
      this.stop.signal,
    );
  }

  end(): Promise<boolean> {
    this.stop.abort();
    return this.running;
  }
}

/** A queue behind a topic, and what CloudTrail and S3 do with a file. */
class Trail {
  readonly queue = `q${queues++}`;
  readonly url = aws.queue(this.queue, 10);
  private readonly topic = aws.topic(`topic-${this.queue}`, this.queue, false);

  async deliver(name: string, records: readonly JsonObject[], times = 1): Promise<string> {
    const key = `AWSLogs/210987654321/CloudTrail/${REGION}/${this.queue}/${name}.json.gz`;
    const content = gzipSync(JSON.stringify({ Records: records }));
    const eTag = await aws.put('trail', key, content);
    for (let n = 0; n < times; n++) await this.announce(key, { eTag, size: content.length });
    return key;
  }

  async announce(key: string, more: { eTag?: string; size?: number } = {}): Promise<void> {
    await aws.sns.send(new PublishCommand({ TopicArn: this.topic, Message: s3Event('trail', key, more) }));
  }

  /** A message is to come back in half a minute. */
  get isBackingOff(): boolean {
    const { inflight = [] } = aws.emulator.inspectQueue(this.queue)?.messages ?? {};
    return inflight.some(({ visibilityDeadline }) => visibilityDeadline <= Date.now() + 30_000);
  }

  get isEmpty(): boolean {
    const { ready, held } = aws.messages(this.queue);
    return ready.length + held.length === 0;
  }
}

const created = (id: string, user: string): JsonObject => call(id, 'CreateUser', user);

describe('tocsin serve on a queue', () => {
  test('raises what is in a file once, however often it is announced', async () => {
    const trail = new Trail();
    const detector = new Detector(trail.url, memoryStore());
    await trail.deliver('one', [created('e1', 'eve'), created('e2', 'mallory')], 3);
    await until(() => trail.isEmpty && detector.sent.length === 2);
    await trail.deliver('one', [created('e1', 'eve'), created('e2', 'mallory')], 3);
    await until(() => trail.isEmpty);

    expect(await detector.end()).toBe(true);

    expect(detector.sent.map(({ dedup, events }) => `${dedup} ${events}`).sort()).toEqual([
      'eve 1',
      'mallory 1',
    ]);
    expect(detector.units).toHaveLength(1);
    expect(aws.proxy.of('GetObject')).toHaveLength(1);
    expect(detector.logged).toEqual([]);
  });

  test('goes on past an object that is gone, which is a dead letter, and one that is denied, until it is not', async () => {
    const trail = new Trail();
    const store = memoryStore();
    const denied = await trail.deliver('denied', [created('e1', 'eve')]);
    aws.proxy.decide = ({ action, path }) =>
      action === 'GetObject' && path.includes('denied') ? xmlError(403, 'AccessDenied') : 'pass';
    await trail.announce('AWSLogs/gone.json.gz');
    const detector = new Detector(trail.url, store);
    await trail.deliver('good', [created('e2', 'mallory')]);
    await until(() => detector.sent.length === 1 && trail.isBackingOff);

    expect(detector.logged[0]).toMatch(
      /^warn s3:\/\/trail\/.*denied.json.gz will be tried again: .*AccessDenied.* → Allow s3:GetObject/,
    );
    expect(detector.sent).toMatchObject([{ dedup: 'mallory' }]);
    const letters = [...store.documents].filter(([key]) => key.startsWith('dead-letter/'));
    expect(letters.map(([, { body }]) => body)).toEqual([
      expect.stringContaining('s3://trail/AWSLogs/gone.json.gz'),
    ]);
    aws.proxy.decide = () => 'pass';
    pass(31);
    await until(() => detector.sent.length === 2 && trail.isEmpty);

    expect(await detector.end()).toBe(true);
    expect(detector.sent[1]).toMatchObject({ dedup: 'eve' });
    expect(denied).toContain('denied');
  });

  test('regression 8: does not acknowledge what the store did not take', async () => {
    const trail = new Trail();
    const store = memoryStore();
    let isDown = true;
    store.before = (method) => {
      if (isDown && method === 'put') throw new StoreError('The disk is full.', 'retry', 'Make room.');
    };
    const detector = new Detector(trail.url, store);
    await trail.deliver('one', [created('e1', 'eve')]);
    await until(() => trail.isBackingOff);

    isDown = false;
    pass(31);
    await until(() => detector.sent.length === 1 && trail.isEmpty);

    await detector.end();
  });

  test('counts nothing twice where the acknowledgement is lost', async () => {
    const trail = new Trail();
    const detector = new Detector(trail.url, memoryStore());
    aws.proxy.decide = ({ action }, index) =>
      action === 'DeleteMessageBatch' && index === 0 ? 'cut' : 'pass';
    await trail.deliver('one', [created('e1', 'eve')]);
    await until(() => detector.logged.length > 0);

    pass(121);
    await until(() => trail.isEmpty);

    await detector.end();
    expect(detector.logged).toEqual([
      expect.stringMatching(/^error Acknowledging s3:.* sqs:DeleteMessage failed/),
    ]);
    expect(detector.sent).toEqual([{ kind: 'raised', dedup: 'eve', events: 1 }]);
    expect(detector.units).toHaveLength(1);
  });

  test('shares a queue and a store with another', async () => {
    const trail = new Trail();
    const store = memoryStore();
    const files = Array.from({ length: 30 }, (_, n) => `file-${n}`);
    await Promise.all(files.map((name) => trail.deliver(name, [created(name, name)], 2)));

    const detectors = [new Detector(trail.url, store), new Detector(trail.url, store)];
    const sent = () => detectors.flatMap((detector) => detector.sent);
    await until(() => trail.isEmpty && sent().length >= files.length);
    await Promise.all(detectors.map((detector) => detector.end()));

    expect(
      sent()
        .map(({ dedup }) => dedup)
        .sort(),
    ).toEqual([...files].sort());
    expect(sent().every(({ events }) => events === 1)).toBe(true);
  });
});
