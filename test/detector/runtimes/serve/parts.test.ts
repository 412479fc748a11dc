import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { BusyError, inLane, inLanes } from '../../../../detector/runtimes/lane.js';
import { ByteBudget } from '../../../../detector/runtimes/serve/byte-budget.js';
import { Deliveries } from '../../../../detector/runtimes/serve/deliveries.js';
import { startHealthServer, type HealthServer } from '../../../../detector/runtimes/serve/health-server.js';
import { Metrics } from '../../../../detector/runtimes/serve/metrics.js';
import { Readiness } from '../../../../detector/runtimes/serve/readiness.js';
import type { Delivery, Destination, MessageKind } from '../../../../detector/destinations/destination.js';
import { turns } from '../../../support/core.js';

describe('a byte budget', () => {
  test('lets in who waits as soon as there is room, in order', async () => {
    const budget = new ByteBudget(10);
    const order: number[] = [];
    const back = await budget.take(10);
    const take = async (bytes: number): Promise<() => void> => {
      const giveBack = await budget.take(bytes);
      order.push(bytes);
      return giveBack;
    };
    const waiting = [4, 5, 9, 1].map(take);
    await turns(1);
    expect(order).toEqual([]);
    back();
    back();
    await turns(1);
    expect(order).toEqual([4, 5]);
    expect(budget.inUse).toBe(9);
    for (const one of waiting.slice(0, 2)) (await one)();
    await turns(1);

    expect(order).toEqual([4, 5, 9, 1]);
    expect(budget.inUse).toBe(10);
  });

  test('lets in alone what is larger than all of it', async () => {
    const budget = new ByteBudget(10);
    const back = await budget.take(1);
    let isIn = false;
    const large = budget.take(100).then((giveBack) => {
      isIn = true;
      return giveBack;
    });
    await turns(1);
    expect(isIn).toBe(false);
    back();

    (await large)();
    expect(budget.inUse).toBe(0);
  });
});

describe('a lane', () => {
  const DELIVERY = {} as Delivery;
  const hanging = (): { destination: Destination; calls: () => number; release: () => void } => {
    let calls = 0;
    const release: (() => void)[] = [];
    return {
      calls: () => calls,
      release: () => release.shift()?.(),
      destination: {
        name: 'slow',
        kinds: new Set(['raised']),
        deliver: () => {
          calls++;
          return new Promise((resolve) => release.push(() => resolve('receipt')));
        },
      },
    };
  };

  test('puts off what finds no place soon, with nothing sent', async () => {
    const { destination, calls } = hanging();
    const lane = inLane(destination, { atOnce: 2, patienceMs: 20 });
    void lane.deliver(DELIVERY);
    void lane.deliver(DELIVERY);

    const third = lane.deliver(DELIVERY);
    await expect(third).rejects.toBeInstanceOf(BusyError);
    await expect(third).rejects.toMatchObject({
      outcome: 'retry',
      message: expect.stringContaining('"slow"'),
    });
    expect(calls()).toBe(2);
  });

  test('hands a place on, however the call before ended', async () => {
    let calls = 0;
    const failing: Destination = {
      name: 'failing',
      kinds: new Set(),
      deliver: async () => {
        await turns(1);
        throw new Error(String(calls++));
      },
    };
    const lane = inLane(failing, { atOnce: 1, patienceMs: 5000 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => lane.deliver(DELIVERY)));

    expect(outcomes.map((one) => String((one as PromiseRejectedResult).reason))).toEqual(
      [0, 1, 2, 3, 4].map((call) => `Error: ${String(call)}`),
    );
  });

  test('shows what its destination shows, also where that changes', () => {
    let kinds = new Set<MessageKind>(['raised']);
    const lane = inLane(
      {
        name: 'lazy',
        deliver: async () => undefined,
        get kinds() {
          return kinds;
        },
      },
      { atOnce: 1 },
    );
    kinds = new Set(['raised', 'updated']);

    expect(lane.kinds.has('updated')).toBe(true);
  });

  test.each([
    ['webhook', 8],
    ['stdout', 1],
    ['file', 1],
  ] as const)('to a %s has %d places', async (type, places) => {
    const { destination, calls } = hanging();
    const lane = inLanes(new Map([['slow', destination]]), { slow: { type } }).get('slow');
    for (let i = 0; i < 20; i++) void lane?.deliver(DELIVERY).catch(() => undefined);
    await turns(2);

    expect(calls()).toBe(places);
  });

  test('keeps its places in number', async () => {
    const { destination, calls, release } = hanging();
    const lane = inLane(destination, { atOnce: 1, patienceMs: 20 });
    const first = lane.deliver(DELIVERY);
    const second = lane.deliver(DELIVERY);
    await turns(1);
    release();
    expect(await first).toBe('receipt');
    await turns(2);
    expect(calls()).toBe(2);
    await expect(lane.deliver(DELIVERY)).rejects.toBeInstanceOf(BusyError);
    release();

    expect(await second).toBe('receipt');
    void lane.deliver(DELIVERY);
    await turns(1);
    expect(calls()).toBe(3);
  });
});

describe('deliveries', () => {
  test('are bounded in what runs and what waits; the same group waits once', async () => {
    let running = 0;
    const seen: string[] = [];
    const deliveries = new Deliveries(async (key) => {
      seen.push(key);
      running++;
      await turns(1);
      running--;
    });
    for (let i = 0; i < 12_000; i++) deliveries.add(`group/${String(i)}`);
    deliveries.add('group/9000');
    await turns(2);
    expect(running).toBeLessThanOrEqual(32);
    await deliveries.idle();

    // What found no place is due in the store.
    expect(seen.length).toBe(new Set(seen).size);
    expect(seen.length).toBeLessThanOrEqual(10_032);
    deliveries.add('group/0');
    await deliveries.idle();
    expect(seen.at(-1)).toBe('group/0');
  });
});

test('readiness begins when every feed was looked at, and ends with the end', () => {
  const readiness = new Readiness(['a', 'b']);
  const seen: boolean[] = [];
  const look = (): void => void seen.push(readiness.isReady);
  look();
  readiness.looked('a');
  readiness.looked('a');
  look();
  readiness.looked('b');
  look();
  readiness.end();
  readiness.looked('a');
  look();

  expect(seen).toEqual([false, false, true, false]);
});

describe('metrics', () => {
  test('escape hostile labels, and say nothing of content', async () => {
    const hostile = 'a"b\\c\nd{e}';
    const metrics = new Metrics(
      [
        {
          name: hostile,
          units: async function* () {},
          settle: async () => undefined,
          backlog: () => ({ units: 2, bytes: 3, oldest: 1 }),
        },
      ],
      () => 10_000,
      { unreadable: () => 4 },
    );
    metrics.unit({
      source: hostile,
      counts: {
        events: 5,
        bytes: 6,
        deadLetters: 1,
        newest: 4000,
        notEvents: 0,
        outside: 0,
        excluded: false,
      },
      hits: new Map([[hostile, 2]]),
      seen: new Map(),
      failures: 1,
      at: 1,
    });
    metrics.delivery({
      destination: hostile,
      alertId: 'a',
      rule: 'r',
      outcome: 'retry',
      error: 'secret content',
      at: 1,
    });
    metrics.skipped(hostile, 'other-prefix');
    const text = await metrics.text();

    const label = 'a\\"b\\\\c\\nd{e}';
    for (const line of [
      `tocsin_events_total{source="${label}"} 5`,
      `tocsin_log_bytes_total{source="${label}"} 6`,
      `tocsin_units_total{source="${label}"} 1`,
      `tocsin_dead_letters_total{source="${label}"} 1`,
      `tocsin_rule_failures_total{source="${label}"} 1`,
      `tocsin_matches_total{rule="${label}"} 2`,
      `tocsin_delivery_attempts_total{destination="${label}",outcome="retry"} 1`,
      `tocsin_skipped_objects_total{source="${label}",reason="other-prefix"} 1`,
      `tocsin_event_lag_seconds{source="${label}"} 6`,
      `tocsin_backlog_units{source="${label}"} 2`,
      `tocsin_backlog_bytes{source="${label}"} 3`,
      `tocsin_unreadable_places{source="${label}"} 4`,
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('secret content');
  });
});

describe('the health server', () => {
  let server: HealthServer | undefined;
  afterEach(() => server?.close());
  const open = async (text = async () => 'm 1\n'): Promise<string> => {
    server = await startHealthServer({
      ...{ host: '127.0.0.1', port: 0, isReady: () => false },
      metrics: { text, contentType: 'text/plain; version=0.0.4; charset=utf-8' },
    });
    return `http://127.0.0.1:${String(server.port)}`;
  };
  const raw = (port: number, request: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(request));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('end', () => resolve(text)).on('error', reject);
    });

  test.each([
    ['GET /healthz', 200],
    ['HEAD /healthz', 200],
    ['GET /healthz?probe=1', 200],
    ['GET /readyz', 503],
    ['GET /metrics', 200],
    ['GET //', 404],
    ['GET //[', 404],
    ['GET http://', 404],
    ['GET /../metrics', 404],
    ['PUT /healthz', 405],
    ['GARBAGE', 400],
  ])('answers %s with %d', async (request, status) => {
    await open();
    const text = await raw(server?.port ?? 0, `${request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);

    expect(text.split(' ')[1]).toBe(String(status));
  });

  test('says nothing of a fault but that there is one', async () => {
    const url = await open(() => Promise.reject(new Error('secret')));
    const response = await fetch(`${url}/metrics`);

    expect(response.status).toBe(500);
    expect(await response.text()).toBe('internal error\n');
    expect((await fetch(`${url}/healthz`)).headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('closes though a peer holds its connection', async () => {
    await open();
    const socket = connect(server?.port ?? 0, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.on('error', () => undefined);
    socket.write('GET /healthz HTTP/1.1\r\n');

    await server?.close();
    server = undefined;
    socket.destroy();
  });
});
