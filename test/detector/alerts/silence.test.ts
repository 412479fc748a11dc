import { describe, expect, test } from '@jest/globals';
import { heardLast, silentSources, type WatchedSource } from '../../../detector/alerts/silence.js';
import { readStatistics, StatisticsRecorder } from '../../../detector/alerts/statistics.js';
import type { StateStore } from '../../../detector/state/store.js';
import { memoryStore } from '../../support/memory-store.js';
import { NOON } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TRAIL: WatchedSource = { name: 'trail', silentAfterMs: 12 * HOUR };
const FOREVER: WatchedSource = { name: 'archive' };

/** What a sweep does that has no memory between its runs. */
async function sweep(store: StateStore, now: number): Promise<readonly string[]> {
  const sources = [TRAIL, FOREVER];
  const events = silentSources(sources, await heardLast(store, sources, now), now);
  return events.map(({ title }) => title);
}

async function deliver(store: StateStore, source: string, at: number): Promise<void> {
  const recorder = new StatisticsRecorder();
  const counts = { events: 1, bytes: 1, newest: at, notEvents: 0, outside: 0, deadLetters: 0 };
  recorder.unit({
    ...{ source, hits: new Map(), failures: 0, seen: new Map(), at },
    counts: { ...counts, excluded: false },
  });
  await recorder.flush(store, at);
}

describe('silence, told by what has no memory of its own', () => {
  test('begins when the source is watched first, where it never delivered', async () => {
    const store = memoryStore();

    expect(await sweep(store, NOON)).toEqual([]);
    expect(await sweep(store, NOON + 12 * HOUR - 1)).toEqual([]);
    expect(await sweep(store, NOON + 12 * HOUR)).toEqual(['Source trail has delivered nothing for 12 hours']);
  });

  test('begins with what was delivered last, however often anybody looked since', async () => {
    const store = memoryStore();
    await sweep(store, NOON);
    await deliver(store, 'trail', NOON + DAY);

    for (let at = NOON + DAY; at < NOON + 1.5 * DAY; at += HOUR) expect(await sweep(store, at)).toEqual([]);

    expect(await sweep(store, NOON + 4 * DAY)).toEqual(['Source trail has delivered nothing for 3 days']);
  });

  test('is told in whole minutes where it is short', () => {
    const [event] = silentSources(
      [{ name: 'trail', silentAfterMs: 15 * MINUTE }],
      new Map([['trail', NOON - 16.5 * MINUTE]]),
      NOON,
    );

    expect(event).toEqual({
      ...{ rule: 'tocsin.source-unhealthy', about: 'trail', at: NOON },
      title: 'Source trail has delivered nothing for 16 minutes',
      context: { source: 'trail', minutes: 16, last: new Date(NOON - 16.5 * MINUTE).toISOString() },
    });
  });

  test('takes note of a source once, and writes nothing when it is known', async () => {
    const store = memoryStore();
    await heardLast(store, [TRAIL], NOON);
    let writes = 0;
    store.before = (method) => {
      if (method === 'put') writes++;
    };

    const heard = await heardLast(store, [TRAIL], NOON + HOUR);

    expect(writes).toBe(0);
    expect(heard).toEqual(new Map([['trail', NOON]]));
    expect((await readStatistics(store, NOON)).sources.trail).toMatchObject({ units: 0, watchedSince: NOON });
  });

  test('a source named like something that objects inherit is a source', async () => {
    const source = { name: 'constructor', silentAfterMs: HOUR };
    const store = memoryStore();
    await heardLast(store, [source], NOON);

    const heard = await heardLast(store, [source], NOON + HOUR);

    expect(silentSources([source], heard, NOON + HOUR)).toHaveLength(1);
  });
});
