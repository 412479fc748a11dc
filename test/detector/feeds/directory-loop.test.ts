import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { directoryFeed } from '../../../detector/feeds/directory.js';
import { memoryStore } from '../../support/memory-store.js';
import { Driver, POLL_MS, QUIET_MS } from './driver.js';

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});
afterEach(() => driver.cleanup());

describe('the loop', () => {
  test('waits for the time between polls, once for each poll', async () => {
    for (let polls = 0; polls < 5; polls++) await driver.poll();
    expect(new Set(driver.waits)).toEqual(new Set([POLL_MS]));
    // The first poll comes without a wait.
    expect(driver.waits).toHaveLength(5);
  });

  test('waits three times as long as a listing takes', async () => {
    let now = 0;
    driver.restart({ now: () => (now += 1500) });
    await driver.poll();
    expect(driver.waits.at(-1)).toBeGreaterThanOrEqual(4500);
  });

  test('polls between units when there are always some', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    for (let n = 2; n < 6; n++) {
      const unit = await driver.take();
      expect(unit?.key).toBe('a.json');
      appendFileSync(driver.path('a.json'), `{"n":${n}}\n`);
      driver.write(`${n}.json`, '{"n":0}\n', 1000 + n);
      driver.now += 2 * POLL_MS;
      await driver.feed.settle(unit!, { kind: 'done' });
      const older = await driver.take();
      expect(older?.key).toBe(`${n}.json`);
      await driver.feed.settle(older!, { kind: 'done' });
    }
    expect(driver.waits).toEqual([]);
  });

  test('goes on when the clock is set back', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}');
    driver.write('b.json', '{"n":1}\n');
    await driver.drain(({ key }) =>
      key === 'a.json' ? { kind: 'done' } : { kind: 'retry', reason: 'test' },
    );
    driver.now -= 3_600_000;
    appendFileSync(driver.path('a.json'), '\n{"n":3}');

    expect((await driver.texts()).sort()).toEqual(['a.json: {"n":2}\n']);
    expect((await driver.texts(QUIET_MS)).sort()).toEqual(['a.json: {"n":3}', 'b.json: {"n":1}\n']);
  });

  test('does not wait when the next range became free just before', async () => {
    driver.restart({ maxRangeBytes: 10 });
    driver.write('a.json', '{"n":1}\n{"n":2}\n');
    driver.tick();
    const first = await driver.take();
    driver.store.before = async (method) => {
      if (method === 'list') await driver.feed.settle(first!, { kind: 'done' });
    };

    expect((await driver.take())?.end).toBe(16);
    expect(driver.waits).toEqual([]);
  });

  test('ends with the signal, in a pause and between units', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    const unit = await driver.take();
    expect(await driver.take()).toBeUndefined();
    driver.stop.abort();
    expect(await driver.take()).toBeUndefined();

    // What was out when it ended can still be settled.
    await driver.feed.settle(unit!, { kind: 'done' });
    expect([...driver.store.documents.values()]).toMatchObject([
      { body: expect.stringContaining('"offset":8') },
    ]);
  });

  test('can be started again, and hands out what was not settled only after that', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n', 1000);
    driver.tick();
    const unit = await driver.take();
    driver.stop.abort();
    const stop = new AbortController();
    const keys: string[] = [];
    for await (const next of driver.feed.units(stop.signal)) {
      keys.push(next.key);
      await driver.feed.settle(next, { kind: 'done' });
      stop.abort();
    }
    expect([unit?.key, ...keys]).toEqual(['b.json', 'a.json']);
  });

  test('waits by a real timer that the signal ends', async () => {
    const path = mkdtempSync(`${tmpdir()}/tocsin-feed-`);
    const stop = new AbortController();
    try {
      const feed = directoryFeed({ name: 'folder', path, store: memoryStore(), pollMs: 3_600_000 });
      const units = feed.units(stop.signal)[Symbol.asyncIterator]();
      const end = units.next();
      setImmediate(() => stop.abort());
      expect(await end).toEqual({ done: true, value: undefined });
    } finally {
      rmSync(path, { recursive: true });
    }
  });
});

test('2,000 files are looked at once, and then only when they change', async () => {
  for (let n = 0; n < 2000; n++) driver.write(`${n % 20}/${n}.json`, `{"n":${n}}\n`);
  expect(await driver.poll()).toHaveLength(2000);

  let calls = 0;
  driver.store.before = () => {
    calls += 1;
  };
  expect(await driver.poll()).toEqual([]);
  expect(calls).toBe(0);

  driver.restart();
  expect(await driver.poll()).toEqual([]);
  appendFileSync(driver.path('7/7.json'), '{"n":0}\n');
  expect(await driver.texts()).toEqual(['7/7.json: {"n":0}\n']);
});
