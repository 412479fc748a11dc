import { beforeAll, expect, test } from '@jest/globals';
import type { AlertHook } from '../support/alert-hook.js';
import type { AwsDetector } from '../support/aws-detector.js';
import type { Batch } from '../support/aws-source.js';
import { jsonLines } from '../support/cli.js';
import { ringingFiles, trailFiles, type TrailFile } from '../support/cloudtrail-samples.js';
import { startDynamoProxy } from '../support/dynamo-proxy.js';
import { eventually } from '../support/serving.js';

/** Who is killed between leasing a message and saying that it was sent leaves it leased for so long. */
const LEASE_MS = 60_000;
/** Writes into the state table after which one is killed. */
const KILLED_AFTER_WRITES = [2, 9, 25];
const TIMES = 3;

export interface Detection {
  readonly detector: AwsDetector;
  readonly hook: AlertHook;
  /** Of the organisation's trail. */
  readonly organizationId: string | undefined;
  /** Whether a file is to be read. */
  readonly isRead: (file: TrailFile) => boolean;
}

/** What reaches the bucket of an applied source becomes alerts, each once, whatever happens on the way. */
export function detectionTests(detection: () => Detection): void {
  beforeAll(async () => {
    const { detector, hook } = detection();
    await detector.setSecret('webhook-signing', hook.secret);
  });

  test('the deployed function raises what `tocsin detect` finds in the same files', async () => {
    const { detector, hook, organizationId, isRead } = detection();
    const { source } = detector;
    const delivered = trailFiles(new Date('2026-03-02T12:00:00Z'), organizationId);
    const expected = await detector.alertsOf(delivered.filter(isRead));
    const first = hook.heard.length;
    const instance = await detector.start();
    const putAt = new Map<string, number>();
    const fed: Batch[] = [];
    let coldMs: number | undefined;
    for (const file of delivered) {
      putAt.set(file.key, Date.now());
      await source.put([file]);
      const called = Date.now();
      fed.push(...(await source.feed(instance)));
      coldMs ??= Date.now() - called;
    }
    await instance.kill();

    expect(expected.length).toBeGreaterThan(5);
    expect(hook.raised(first)).toEqual(expected);
    expect(hook.forged).toBe(0);
    expect(await detector.state()).toEqual(await detector.undisturbed(fed));
    expect(await source.left()).toEqual({ waiting: 0, held: 0, deadLetters: 0 });
    const latencies = hook.heard.slice(first).map(({ body, at }) => {
      const keys = body.pointers.map(({ unit }) => unit.replace(/^s3:\/\/[^/]+\//, ''));
      return at - Math.max(...keys.map((key) => putAt.get(key) ?? 0));
    });
    const sorted = latencies.toSorted((a, b) => a - b);
    console.info(
      `function: ready after ${instance.startMs.toFixed(0)} ms, first call ${coldMs ?? 0} ms; from the bucket to ` +
        `the endpoint ${sorted[sorted.length >> 1] ?? 0} ms for half of ${expected.length} alerts, ` +
        `${sorted.at(-1) ?? 0} ms for all`,
    );
  });

  test('regression 12: instances killed before they answer, and every message three times, change nothing', async () => {
    const { detector, hook, organizationId } = detection();
    const { source } = detector;
    const delivered = ringingFiles(new Date('2026-03-04T12:00:00Z'), organizationId);
    const expected = await detector.alertsOf(delivered);
    const first = hook.heard.length;
    await source.put(delivered);
    let batches = await source.receiveAll();

    // In the midst of folding, then when it is all folded and the first alert is sent.
    for (const most of KILLED_AFTER_WRITES) {
      await killedAfterWrites(detector, most, async (env) => {
        const instance = await detector.start({ env });
        const work = Promise.allSettled(batches.map((batch) => source.deliver(instance, batch)));
        return { kill: () => instance.kill(), work };
      });
    }
    const sender = await detector.start();
    hook.onMessage = () => void sender.kill();
    await Promise.allSettled(batches.map((batch) => source.deliver(sender, batch)));
    hook.onMessage = () => undefined;

    for (let time = 0; time < TIMES; time++) {
      const instances = await Promise.all([detector.start(), detector.start()]);
      for (const batch of batches) await source.release(batch);
      batches = await source.receiveAll();
      const failed = await Promise.all(
        batches.map((batch, i) => source.deliver(instances[(i + time) % 2] ?? sender, batch)),
      );
      expect(failed.flat()).toEqual([]);
      for (const instance of instances) await instance.kill();
    }
    for (const batch of batches) await source.remove(batch);
    await sweepLater(detector);

    expect(await detector.state()).toEqual(await detector.undisturbed(batches));
    expect(await source.left()).toEqual({ waiting: 0, held: 0, deadLetters: 0 });
    expectEach(hook.raised(first), expected);
  });

  test('what the queue gave up is put back by `tocsin replay`, and read', async () => {
    const { detector, hook, organizationId } = detection();
    const { source } = detector;
    const delivered = ringingFiles(new Date('2026-03-08T12:00:00Z'), organizationId);
    const expected = await detector.alertsOf(delivered);
    const first = hook.heard.length;
    await source.put(delivered);
    await source.giveUp();
    expect((await detector.operate('status')).out).toContain(
      `${delivered.length} messages of source ${source.name} failed again and again`,
    );

    const { code, out } = await detector.operate('replay', '--kind', 'message', '--apply', '--json');
    expect(code).toBe(0);
    expect(jsonLines(out)).toMatchObject([{ messages: delivered.length, outcome: 'waiting' }]);
    const instance = await detector.start();
    const fed = await source.feed(instance);
    await instance.kill();

    expect(await detector.state()).toEqual(await detector.undisturbed(fed));
    expect(await source.left()).toEqual({ waiting: 0, held: 0, deadLetters: 0 });
    expect(hook.raised(first)).toEqual(expected);
  });

  // Last: a request for messages that ended with the process can still be given one.
  test('`tocsin serve` raises the same, killed and with every message three times', async () => {
    const { detector, hook, organizationId } = detection();
    const { source } = detector;
    const delivered = ringingFiles(new Date('2026-03-06T12:00:00Z'), organizationId);
    const expected = await detector.alertsOf(delivered);
    const first = hook.heard.length;
    await source.put(delivered);
    const batches = await source.receiveAll();
    const messages = batches.flat();
    const undisturbed = await detector.undisturbed(batches);
    await source.remove(messages);

    for (const most of KILLED_AFTER_WRITES) {
      // What the one before had when it was killed comes back when its time is over.
      await source.repeat(messages);
      await killedAfterWrites(detector, most, async (env) => {
        const serving = detector.serve(env);
        return { kill: () => serving.end('SIGKILL'), work: serving.end() };
      });
    }
    for (let time = 0; time < TIMES; time++) await source.repeat(messages);
    const serving = detector.serve();
    await eventually(async () => (await source.left()).waiting === 0, 'an empty queue');
    await eventually(() => new Set(hook.raised(first)).size >= expected.length, 'all alerts');
    expect(await serving.end('SIGTERM')).toBe(0);
    await sweepLater(detector);

    expect(await detector.state()).toEqual(undisturbed);
    expect((await source.left()).deadLetters).toBe(0);
    expectEach(hook.raised(first), expected);
  });
}

interface Doomed {
  readonly kill: () => Promise<unknown>;
  /** Ends when there is nothing to do for it, or it was killed. */
  readonly work: Promise<unknown>;
}

/** Lets somebody work on the state until it has written so often; it never hears that the last write was done. */
async function killedAfterWrites(
  { endpoint }: AwsDetector,
  most: number,
  begin: (env: NodeJS.ProcessEnv) => Promise<Doomed>,
): Promise<void> {
  const reached = Promise.withResolvers<undefined>();
  let writes = 0;
  const proxy = await startDynamoProxy(endpoint, ({ operation }) => {
    if (operation === 'GetItem' || operation === 'Query') return writes < most ? 'pass' : 'hang';
    if (++writes === most) reached.resolve(undefined);
    return writes < most ? 'pass' : writes === most ? 'lose' : 'hang';
  });
  const { kill, work } = await begin({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
  await Promise.race([reached.promise, work]);
  await kill();
  await proxy.close();
  expect(writes).toBeGreaterThanOrEqual(most);
}

/** Sends what those who were killed had leased, in the name of a time when their leases are over. */
async function sweepLater(detector: AwsDetector): Promise<void> {
  const instance = await detector.start({ clockAheadMs: LEASE_MS + 1000 });
  await instance.invoke({ tocsin: 'sweep' });
  await instance.kill();
}

/** Each of them, and one more of those that were being sent when their sender was killed. */
function expectEach(raised: readonly string[], expected: readonly string[]): void {
  expect([...new Set(raised)]).toEqual(expected);
}
