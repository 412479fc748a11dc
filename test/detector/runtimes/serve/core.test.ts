import { afterEach, describe, expect, test } from '@jest/globals';
import type { Feed, FeedUnit } from '../../../../detector/feeds/feed.js';
import { serve, type ServeOptions } from '../../../../detector/runtimes/serve/serve.js';
import { turns, unitOf } from '../../../support/core.js';

const ends: AbortController[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});

const forever = new Promise<never>(() => undefined);
const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Hands out these units, and then nothing. */
function feedOf(units: Iterable<FeedUnit>, more: Partial<Feed> = {}): Feed & { readonly settled: string[] } {
  const settled: string[] = [];
  return {
    name: 'source',
    units: async function* (signal) {
      for (const unit of units) {
        if (signal.aborted) return;
        yield unit;
      }
      await ended(signal);
    },
    settle: async ({ id }, { kind }) => void settled.push(`${id} ${kind}`),
    backlog: () => ({ units: 0, bytes: 0, oldest: undefined }),
    settled,
    ...more,
  };
}

const sized = (id: string, size?: number): FeedUnit => {
  const { size: _, ...unit } = unitOf(id, []);
  return size === undefined ? unit : { ...unit, size };
};

function started(options: Partial<ServeOptions>): {
  end: () => Promise<boolean>;
  over: () => void;
  logged: string[];
  sweeps: () => number;
} {
  const end = new AbortController();
  ends.push(end);
  const logged: string[] = [];
  let sweeps = 0;
  const grace = Promise.withResolvers<undefined>();
  const done = serve(
    {
      feeds: [],
      processor: { process: async () => ({ outcome: { kind: 'done' }, touched: [] }) },
      outbox: { attempt: async () => 0, sweep: async () => ++sweeps },
      store: { durable: async () => undefined, expire: async () => 0 },
      now: () => 0,
      wait: async (ms, signal) => {
        if (ms === 1) return Promise.race([grace.promise, ended(signal)]);
        await turns(1);
      },
      mostBytesAtOnce: 1000,
      graceMs: 1,
      log: (level, message) => void logged.push(`${level} ${message.split('\n')[0] ?? ''}`),
      ...options,
    },
    end.signal,
  );
  return {
    logged,
    sweeps: () => sweeps,
    over: () => grace.resolve(undefined),
    end: () => {
      end.abort();
      return done;
    },
  };
}

describe('back-pressure', () => {
  test('takes no more bytes at once than it may, and a large unit alone', async () => {
    const sizes = [300, 400, 500, 5000, 10, undefined, 900];
    let inUse = 0;
    let most = 0;
    const together: number[][] = [];
    const running: number[] = [];
    const feed = feedOf(sizes.map((size, i) => sized(`u${String(i)}`, size)));
    const { end } = started({
      feeds: [feed],
      processor: {
        process: async ({ size = 1024 * 1024 }) => {
          running.push(size);
          together.push([...running]);
          inUse += size;
          if (running.length > 1) most = Math.max(most, inUse);
          await turns(3);
          inUse -= size;
          running.splice(running.indexOf(size), 1);
          return { outcome: { kind: 'done' }, touched: [] };
        },
      },
    });
    await turns(100);

    expect(feed.settled.sort()).toEqual(sizes.map((_, i) => `u${String(i)} done`));
    expect(most).toBeLessThanOrEqual(1000);
    expect(together).toContainEqual([5000]);
    expect(together).toContainEqual([1024 * 1024]);
    expect(together.some((sizesThen) => sizesThen.length > 1)).toBe(true);
    expect(await end()).toBe(true);
  });

  test('an evaluation that hangs stops its feed, and tiny units do not pile up either', async () => {
    let handedOut = 0;
    const endless = function* (): Generator<FeedUnit> {
      for (;;) yield sized(`u${String(handedOut++)}`, 1);
    };
    const { end, over } = started({
      feeds: [feedOf(endless())],
      processor: { process: () => forever },
      mostBytesAtOnce: 1_000_000,
    });
    await turns(500);
    const then = handedOut;
    await turns(500);

    expect(handedOut).toBe(then);
    expect(then).toBeLessThanOrEqual(66);
    over();
    expect(await end()).toBe(false);
  });

  test('destinations that hang stop neither evaluation nor acknowledgement', async () => {
    const units = Array.from({ length: 3000 }, (_, i) => sized(`u${String(i)}`, 10));
    const feed = feedOf(units);
    let attempts = 0;
    const { end, over } = started({
      feeds: [feed],
      processor: { process: async ({ id }) => ({ outcome: { kind: 'done' }, touched: [`group/${id}`] }) },
      outbox: {
        attempt: () => {
          attempts++;
          return forever;
        },
        sweep: () => forever,
      },
    });
    for (let i = 0; i < 1000 && feed.settled.length < units.length; i++) await turns(10);

    expect(feed.settled).toHaveLength(3000);
    expect(attempts).toBeLessThanOrEqual(32);
    over();
    expect(await end()).toBe(false);
  });
});

describe('a unit', () => {
  test('is acknowledged when it is durable, and its alerts are sent after that', async () => {
    const order: string[] = [];
    const feed = feedOf([sized('u', 1)], { settle: async () => void order.push('settle') });
    const { end } = started({
      feeds: [feed],
      processor: {
        process: async () => {
          order.push('process');
          return { outcome: { kind: 'done' }, touched: ['group/a'] };
        },
      },
      store: { durable: async () => void order.push('durable'), expire: async () => 0 },
      outbox: { attempt: async () => order.push('send'), sweep: async () => 0 },
    });
    await turns();
    await end();

    expect(order).toEqual(['process', 'durable', 'settle', 'send']);
  });

  test.each([
    ['evaluation throws', { processor: { process: () => Promise.reject(new Error('no')) } }],
    [
      'nothing can be made durable',
      { store: { durable: () => Promise.reject(new Error('no')), expire: async () => 0 } },
    ],
    [
      'the store says later',
      {
        processor: {
          process: async () => ({ outcome: { kind: 'retry' as const, reason: 'no' }, touched: [] }),
        },
      },
    ],
  ])('is tried again where %s', async (_what, options) => {
    const feed = feedOf([sized('u', 1)]);
    const { end, logged } = started({ feeds: [feed], ...options });
    await turns();
    await end();

    expect(feed.settled).toEqual(['u retry']);
    expect(logged).toEqual([expect.stringMatching(/^(?:warn|error) u will be tried again: .*no/)]);
  });

  test('that cannot be acknowledged stops nothing', async () => {
    const feed = feedOf([sized('u', 1)], { settle: () => Promise.reject(new Error('disk')) });
    const { end, logged } = started({ feeds: [feed] });
    await turns();

    expect(await end()).toBe(true);
    expect(logged).toEqual([expect.stringContaining('Acknowledging u failed')]);
  });
});

describe('the session', () => {
  test('begins a feed anew that broke, and says so', async () => {
    let times = 0;
    const feed = feedOf([], {
      units: async function* (signal) {
        if (++times < 3) throw new Error('broken');
        yield sized('u', 1);
        await ended(signal);
      },
    });
    const { end, logged } = started({ feeds: [feed] });
    await turns(50);
    await end();

    expect(times).toBe(3);
    expect(logged).toEqual(Array(2).fill(expect.stringContaining('The feed of source broke')));
  });

  test('goes on sweeping and writing statistics where each of them fails', async () => {
    let chores = 0;
    let expiries = 0;
    const { end, logged } = started({
      outbox: { attempt: async () => 0, sweep: () => Promise.reject(new Error('no')) },
      store: {
        durable: async () => undefined,
        expire: () => Promise.reject(new Error(`no ${String(expiries++)}`)),
      },
      chores: () => Promise.reject(new Error(`no ${String(chores++)}`)),
    });
    await turns(100);
    await end();

    expect(chores).toBeGreaterThan(60);
    expect(expiries).toBeGreaterThan(1);
    expect(new Set(logged.map((line) => line.split(' failed')[0]))).toEqual(
      new Set(['error Sending what is due', 'error Forgetting what is old', 'error Writing statistics']),
    );
  });

  test('ends with its grace period though a sweep and a feed hang', async () => {
    const { end, over, logged } = started({
      feeds: [
        feedOf([], {
          units: () => ({ [Symbol.asyncIterator]: () => ({ next: () => forever }) }),
        }),
      ],
      outbox: { attempt: async () => 0, sweep: () => forever },
    });
    await turns();
    const done = end();
    await turns();
    over();

    expect(await done).toBe(false);
    expect(logged).toEqual([]);
  });

  test('ends at once when nothing is under way', async () => {
    const { end } = started({ feeds: [feedOf([])] });
    await turns();

    expect(await end()).toBe(true);
  });
});
