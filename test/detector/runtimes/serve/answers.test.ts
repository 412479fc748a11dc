import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AttemptReport } from '../../../../detector/alerts/outbox.js';
import { decodeGroup } from '../../../../detector/alerts/group-document.js';
import type { DeadLetterDocument } from '../../../../detector/alerts/dead-letters.js';
import {
  createDestination,
  createHttpClient,
  DESTINATION_OPTIONS,
} from '../../../../detector/destinations/index.js';
import type { Delivery, Destination } from '../../../../detector/destinations/destination.js';
import type { Feed } from '../../../../detector/feeds/feed.js';
import { inLane } from '../../../../detector/runtimes/lane.js';
import { serve } from '../../../../detector/runtimes/serve/serve.js';
import { keysOf } from '../../../support/canonical.js';
import { call, callRule, coreOf, START, turns, unitOf } from '../../../support/core.js';
import {
  startServer,
  type ReceivedRequest,
  type Reply,
  type TestServer,
} from '../../../support/http-server.js';
import { memoryStore, type MemoryStore } from '../../../support/memory-store.js';
import { eventually } from '../../../support/serving.js';

const SECRET = 'canary-8d1f0c7e55';
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The whole detector in this process, but for the command around it; its clock goes forward whenever it waits. */
class World {
  now = START;
  readonly store: MemoryStore = memoryStore();
  readonly attempts: AttemptReport[] = [];
  readonly logged: string[] = [];
  readonly settled: string[] = [];
  private readonly end = new AbortController();
  private done: Promise<boolean> | undefined;

  /** @param stepMs how far the clock goes in each pause between sweeps */
  run(
    destinations: readonly Destination[],
    to: readonly string[],
    system: readonly string[],
    stepMs = MINUTE_MS,
  ): void {
    const { store } = this;
    const now = (): number => this.now;
    let underWay = 0;
    const watched = destinations.map((destination) => ({
      ...destination,
      deliver: (delivery: Delivery) => {
        underWay++;
        return destination.deliver(delivery).finally(() => underWay--);
      },
    }));
    const { processor, outbox } = coreOf({
      ...{ store, now, destinations: watched, to, system, rules: [callRule('test.one', 'CreateUser')] },
      attempts: (report) => this.attempts.push(report),
    });
    const unit = unitOf('unit', [call('e1', 'CreateUser', 'marta')]);
    const feed: Feed = {
      name: 'source',
      units: async function* () {
        yield unit;
      },
      settle: async ({ id }, { kind }) => void this.settled.push(`${id} ${kind}`),
      backlog: () => ({ units: 0, bytes: 0, oldest: undefined }),
    };
    const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
      if (ms !== 5000) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      // Requests take real time, in which the clock stands still.
      do await turns();
      while (underWay > 0);
      await turns();
      this.now += stepMs;
    };
    // One unit, and then nothing until the end.
    const once: Feed = {
      ...feed,
      units: async function* (signal) {
        yield* feed.units(signal);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    this.done = serve(
      {
        ...{
          feeds: [once],
          processor,
          outbox,
          store,
          now,
          wait,
          mostBytesAtOnce: 1_000_000,
          graceMs: 5000 - 1,
        },
        log: (level, message) => void this.logged.push(`${level} ${message}`),
      },
      this.end.signal,
    );
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.done;
  }

  /** How the alert about marta stands with a destination. */
  async stateOf(destination: string): Promise<string | undefined> {
    for (const key of await keysOf(this.store, 'group')) {
      const { group, deliveries } = decodeGroup((await this.store.get(key))?.body ?? '');
      const state = Object.values(deliveries)[0]?.[destination];
      if (group.rule === 'test.one') return state?.state;
    }
    return undefined;
  }

  attemptsOf = (destination: string): readonly World['attempts'][number][] =>
    this.attempts.filter((one) => one.destination === destination && one.rule === 'test.one');

  async letters(): Promise<readonly Extract<DeadLetterDocument, { kind: 'delivery' }>[]> {
    const keys = await keysOf(this.store, 'dead-letter');
    return keys.map((key) => JSON.parse(this.store.documents.get(key)?.body ?? '') as never);
  }
}

let world: World;
let servers: TestServer[];
beforeEach(() => {
  world = new World();
  servers = [];
});
afterEach(async () => {
  await world.stop();
  for (const server of servers) await server.close();
});

/** A webhook with a secret in a header, and the server that it goes to. */
async function webhook(
  name: string,
  reply: (request: ReceivedRequest, index: number) => Reply,
): Promise<{ readonly destination: Destination; readonly server: TestServer }> {
  const server = await startServer(reply);
  servers.push(server);
  const options = DESTINATION_OPTIONS.parse({
    ...{ type: 'webhook', url: server.url, allowInsecure: true, allowPrivate: true, timeoutSeconds: 0.3 },
    headers: { authorization: 'env:TOKEN' },
  });
  const now = (): number => world.now;
  const deps = { http: createHttpClient({ now }), now, print: async () => undefined };
  const secrets = { 'headers.authorization': SECRET };
  return {
    destination: inLane(createDestination(name, options, { ...deps, secrets }), { atOnce: 8 }),
    server,
  };
}

const healthy = async (name = 'healthy') => webhook(name, () => ({ status: 200 }));

describe('an answer of', () => {
  test.each<[string, Reply]>([
    ['200', { status: 200 }],
    ['204', { status: 204 }],
    ['200 and 10 MB', { status: 200, body: Buffer.alloc(10 * 1024 * 1024, 0x61) }],
  ])('%s is an alert that arrived, once', async (_what, reply) => {
    const { destination, server } = await webhook('hook', () => reply);
    world.run([destination], ['hook'], []);
    await eventually(async () => (await world.stateOf('hook')) === 'delivered', 'the record');
    const { now } = world;
    await eventually(() => world.now > now + 60 * MINUTE_MS, 'an hour');

    expect(server.requests).toHaveLength(1);
    expect(world.attemptsOf('hook').map(({ outcome }) => outcome)).toEqual(['delivered']);
    expect(world.settled).toEqual(['unit done']);
  });

  test.each<[string, Reply, string]>([
    ['400', { status: 400, body: `no: ${SECRET} \u001b[2J ${'x'.repeat(2000)}` }, 'answered 400'],
    ['401', { status: 401, body: SECRET }, 'answered 401'],
    ['404', { status: 404, body: `<html>${SECRET}</html>` }, 'answered 404'],
    ['302', { status: 302, headers: { location: 'https://example.com/' }, body: SECRET }, 'redirect'],
    ['400 and 10 MB', { status: 400, body: SECRET.repeat(600_000) }, 'answered 400'],
  ])('%s gives the alert up with a dead letter and an alert elsewhere', async (_what, reply, reason) => {
    const { destination, server } = await webhook('hook', () => reply);
    const other = await healthy();
    world.run([destination, other.destination], ['hook', 'healthy'], ['healthy']);
    await eventually(async () => (await world.stateOf('hook')) === 'failed', 'the record');
    await eventually(() => other.server.requests.length >= 2, 'the alert of the detector');
    const bodies = other.server.requests.map(({ body }) => body);

    expect(server.requests).toHaveLength(1);
    const [letter, ...more] = await world.letters();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      kind: 'delivery',
      destination: 'hook',
      reason: expect.stringContaining(reason),
    });
    expect(letter?.response?.length).toBeLessThanOrEqual(500);
    expect(letter?.response).toContain('[secret]');
    expect(bodies.map((body) => (JSON.parse(body) as { rule: { id: string } }).rule.id).sort()).toEqual([
      'test.one',
      'tocsin.delivery-failed',
    ]);
    const written = [...world.store.documents.values()].map(({ body }) => body).join('\n');
    expect(
      written + bodies.join('\n') + world.logged.join('\n') + JSON.stringify(world.attempts),
    ).not.toContain(SECRET);
    expect(written).not.toContain('\u001b');
  });

  test.each<[string, Reply, number]>([
    ['408', { status: 408 }, 0],
    ['429', { status: 429 }, 0],
    ['429 with seconds', { status: 429, headers: { 'retry-after': '1800' } }, 30 * MINUTE_MS],
    [
      '429 with a date',
      { status: 429, headers: { 'retry-after': new Date(START + 40 * MINUTE_MS).toUTCString() } },
      38 * MINUTE_MS,
    ],
    ['500', { status: 500 }, 0],
    ['503 with seconds', { status: 503, headers: { 'retry-after': '600' } }, 10 * MINUTE_MS],
    ['nothing, but a closed socket,', 'close', 0],
    ['half of something', 'cut', 0],
    ['nothing at all', 'hang', 0],
  ])('%s is tried again until it is taken, and no sooner than asked', async (_what, reply, wait) => {
    const { destination, server } = await webhook('hook', (_, index) =>
      index < 3 ? reply : { status: 200 },
    );
    const other = await healthy();
    world.run([destination, other.destination], ['hook', 'healthy'], ['healthy']);
    await eventually(async () => (await world.stateOf('hook')) === 'delivered', 'the record');

    const attempts = world.attemptsOf('hook');
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'retry', 'delivered']);
    expect((attempts[1]?.at ?? 0) - (attempts[0]?.at ?? 0)).toBeGreaterThanOrEqual(wait);
    expect(new Set(server.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(other.server.requests).toHaveLength(1);
    expect(await world.letters()).toEqual([]);
  });

  test('503 for a day gives the alert up with its last answer', async () => {
    const { destination, server } = await webhook('hook', () => ({ status: 503, body: `busy ${SECRET}` }));
    const other = await healthy();
    world.run([destination, other.destination], ['hook', 'healthy'], ['healthy'], 10 * MINUTE_MS);
    await eventually(async () => (await world.stateOf('hook')) === 'failed', 'the end of the day');
    await eventually(() => other.server.requests.length === 2, 'the alert of the detector');

    const attempts = world.attemptsOf('hook');
    const [first] = attempts;
    expect((attempts.at(-1)?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(DAY_MS - 60 * MINUTE_MS);
    // Every half an hour at the end: enough to notice that it is back, and not more.
    expect(server.requests.length).toBeGreaterThan(24);
    expect(server.requests.length).toBeLessThan(100);
    expect(await world.letters()).toMatchObject([{ destination: 'hook', response: 'busy [secret]' }]);
  });

  test('a destination that fails for good and is told so itself does not turn in circles', async () => {
    const { destination, server } = await webhook('hook', () => ({ status: 400 }));
    world.run([destination], ['hook'], ['hook'], 10 * MINUTE_MS);
    await eventually(() => world.now > START + 2 * DAY_MS, 'two days');

    // The alert, and what the detector says about it; what it says again is of another window.
    expect(server.requests.length).toBeLessThan(20);
  });
});
