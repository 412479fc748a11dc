import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreError } from '../../../detector/state/store.js';
import { bytesOf, Driver, POLL_MS, QUIET_MS } from './driver.js';

const DAY_MS = 86_400_000;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});
afterEach(() => driver.cleanup());

const cursors = () => [...driver.store.documents.values()];
const bodies = () => cursors().map(({ body }) => JSON.parse(body) as Record<string, unknown>);

async function takeText(): Promise<string | undefined> {
  const unit = await driver.take();
  return unit && (await bytesOf(unit)).toString();
}

describe('the cursor', () => {
  test('is kept under a key of the feed and the file, and says where the file is', async () => {
    driver.write('x/a.json', '{"n":1}\n{"n":2}\n');
    await driver.poll();

    expect([...driver.store.documents.keys()]).toEqual([expect.stringMatching(/^cursor\/[0-9a-f]{48}$/)]);
    expect(bodies()).toMatchObject([{ path: 'x/a.json', offset: 16 }]);
    expect(cursors()).toMatchObject([{ due: null, expires: null }]);
  });

  test('lets a new process go on behind what was settled', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    driver.restart();
    expect(await driver.poll()).toEqual([]);
    appendFileSync(driver.path('a.json'), '{"n":2}\n');
    driver.restart();
    expect(await driver.texts()).toEqual(['a.json: {"n":2}\n']);
  });

  test('belongs to the name of the feed', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    driver.restart({ name: 'another' });
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
  });

  test('does not move before the unit is settled: after a crash it comes again, longer, under the same id', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    const before = await driver.take();
    appendFileSync(driver.path('a.json'), '{"n":2}\n');

    driver.restart();
    driver.tick();
    const after = await driver.take();

    expect(after?.id).toBe(before?.id);
    expect([before?.end, after?.end]).toEqual([8, 16]);
  });

  test('moves to the end on record where that is before the end of the unit', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}\n');
    driver.tick();
    const unit = await driver.take();
    await driver.settle(unit!, { kind: 'done', end: 8 });

    expect(await takeText()).toBe('{"n":2}\n');
    expect(bodies()).toMatchObject([{ offset: 8 }]);
  });

  test('moves to the end on record where that is behind the end of the unit', async () => {
    driver.restart({ maxRangeBytes: 10 });
    driver.write('a.json', '{"n":1}\n{"n":2}\n{"n":3}\n');
    driver.tick();
    const unit = await driver.take();
    expect(unit?.end).toBe(8);
    await driver.settle(unit!, { kind: 'done', end: 16 });

    expect(await takeText()).toBe('{"n":3}\n');
    driver.restart({ maxRangeBytes: 10 });
    driver.tick();
    expect(await takeText()).toBe('{"n":3}\n');
  });

  test.each([0, -8, 8.5, NaN])('does not move to an end of %d: the unit comes again', async (end) => {
    driver.write('a.json', '{"n":1}\n{"n":2}\n');
    driver.tick();
    const unit = await driver.take();

    await expect(driver.feed.settle(unit!, { kind: 'done', end })).rejects.toThrow(RangeError);

    expect((await driver.poll()).map(({ id }) => id)).toEqual([unit?.id]);
  });

  test('that another process moved further is not moved back', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}\n{"n":3}\n');
    driver.tick();
    const unit = await driver.take();
    const [key, stored] = [...driver.store.documents][0]!;
    const body = JSON.stringify({ ...JSON.parse(stored.body), offset: 16 });
    await driver.store.put(key, body, stored.version, { due: null, expires: null });

    await driver.settle(unit!, { kind: 'done', end: 8 });

    expect(await takeText()).toBe('{"n":3}\n');
    expect(bodies()).toMatchObject([{ offset: 16 }]);
  });

  test('that cannot be understood is one at the start', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    const [key, stored] = [...driver.store.documents][0]!;
    await driver.store.put(key, '"?"', stored.version, { due: null, expires: null });
    driver.restart();
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
  });
});

describe('a unit', () => {
  test('that is to be tried again comes after a time that doubles up to five minutes', async () => {
    driver.write('a.json', '{"n":1}\n');
    const ids = new Set<string>();
    const pauses: number[] = [];
    let last = driver.now;
    for (let tries = 0; tries < 12; tries++) {
      driver.tick(500);
      for (let unit = await driver.take(); ; unit = await driver.take()) {
        if (unit !== undefined) {
          ids.add(unit.id);
          pauses.push(driver.now - last);
          last = driver.now;
          await driver.settle(unit, { kind: 'retry', reason: 'test' });
          break;
        }
        // Growth is no reason to try earlier.
        appendFileSync(driver.path('a.json'), '{"n":2}\n');
        driver.tick(500);
      }
    }

    expect(pauses.slice(1)).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1000),
    ]);
    expect(ids.size).toBe(1);
  });

  test('that could not be settled comes again under its id, and settling it later does no harm', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    const unit = await driver.take();
    driver.store.before = (method) => {
      if (method === 'put') throw new StoreError('throttled', 'retry', 'Wait.');
    };
    await expect(driver.feed.settle(unit!, { kind: 'done' })).rejects.toThrow('throttled');
    await driver.feed.settle(unit!, { kind: 'done' });
    driver.store.before = () => {};

    expect((await driver.poll()).map(({ id }) => id)).toEqual([unit?.id]);
    expect(await driver.poll(400_000)).toEqual([]);
  });

  test('waits while the store cannot be asked, which is told once', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n');
    driver.write('undecided.json', '{"n":');
    driver.store.before = () => {
      throw new StoreError('unreachable', 'retry', 'Wait.');
    };
    expect(await driver.poll()).toEqual([]);
    appendFileSync(driver.path('undecided.json'), '1');
    expect(await driver.poll(5_000)).toEqual([]);
    expect(driver.problems).toEqual(['.: STORE_FAILED']);

    driver.store.before = () => {};
    expect((await driver.texts(5_000)).sort()).toEqual(['a.json: {"n":1}\n', 'b.json: {"n":2}\n']);
    expect(driver.problems).toEqual(['.: STORE_FAILED', '.: well']);
  });
});

describe('the cursor of a file that is gone', () => {
  test('expires after the time to forget, and not before', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n');
    await driver.poll();
    rmSync(driver.path('a.json'));
    await driver.poll();
    await driver.poll();

    const gone = cursors().filter(({ expires }) => expires !== null);
    expect(gone).toHaveLength(1);
    expect(gone[0]?.body).toContain('a.json');
    expect(gone[0]?.expires).toBeGreaterThanOrEqual(driver.now + 7 * DAY_MS - 3 * POLL_MS);
    await driver.store.expire(driver.now + 7 * DAY_MS, 10);
    expect(bodies()).toMatchObject([{ path: 'b.json' }]);
  });

  test('expires as well when it went while nobody watched', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n');
    await driver.poll();
    const other = new Driver();
    other.store = driver.store;
    other.restart({ name: 'other' });
    other.write('a.json', '{"n":1}\n');
    await other.poll();
    other.cleanup();
    driver.restart();
    rmSync(driver.path('a.json'));
    await driver.poll();

    expect(cursors().filter(({ expires }) => expires !== null)).toHaveLength(1);
    expect(
      cursors().filter(({ body }) => body.includes('a.json') && body.includes('goneSince')),
    ).toHaveLength(1);
  });

  test('stays when the file comes back in time', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    renameSync(driver.root, `${driver.root}-away`);
    driver.restart();
    driver.write('b.json', '{"n":2}\n');
    await driver.poll();
    expect(cursors().filter(({ expires }) => expires !== null)).toHaveLength(1);

    renameSync(`${driver.root}-away/a.json`, driver.path('a.json'));
    driver.restart();
    expect(await driver.poll()).toEqual([]);
    expect(cursors().map(({ expires }) => expires)).toEqual([null, null]);
    expect(bodies().every((body) => body.goneSince === undefined)).toBe(true);
  });

  test('stays while its folder cannot be listed at all', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    renameSync(driver.root, `${driver.root}-away`);
    for (let polls = 0; polls < 4; polls++) await driver.poll(QUIET_MS);
    expect(cursors()).toMatchObject([{ expires: null }]);

    renameSync(`${driver.root}-away`, driver.root);
    expect(await driver.poll()).toEqual([]);
    expect(driver.problems).toEqual(['.: ENOENT', '.: well']);
  });

  test('is forgotten: a file that comes back then is read again, under other ids', async () => {
    driver.write('a.json', '{"n":1}\n');
    const [first] = await driver.poll();
    driver.store.documents.clear();
    driver.restart();

    const [second] = await driver.poll();

    expect(second?.text).toBe('{"n":1}\n');
    expect(second?.id).not.toBe(first?.id);
  });
});
