import { appendFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Driver, POLL_MS, QUIET_MS } from './driver.js';

let driver: Driver;
beforeEach(() => {
  driver = new Driver({ maxRangeBytes: 64 });
});
afterEach(() => driver.cleanup());

describe('a file that grows', () => {
  test('is handed out in ranges that end with a line (#10)', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}\n{"n"');
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n{"n":2}\n']);

    appendFileSync(driver.path('a.json'), ':3}\r\n{"n":4}\r');
    expect(await driver.texts()).toEqual(['a.json: {"n":3}\r\n']);

    appendFileSync(driver.path('a.json'), '\n');
    expect(await driver.texts()).toEqual(['a.json: {"n":4}\r\n']);
    expect(await driver.quiet()).toEqual([]);
  });

  test('tells of a unit what the contract asks for', async () => {
    driver.write('x/y/a.json', '{"n":1}\n{"n":2');

    driver.tick();
    const unit = await driver.take();

    expect(unit).toMatchObject({
      name: driver.path('x/y/a.json'),
      key: 'x/y/a.json',
      size: 8,
      end: 8,
      arrival: driver.now,
    });
    expect(unit?.id).toMatch(/^[0-9a-f]{48}-\d+-0$/);
    expect((await unit?.readAll?.())?.toString()).toBe('{"n":1}\n');
  });

  test('gives its last line without an end when it was quiet, and goes on behind it', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}');
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
    expect(await driver.texts(QUIET_MS - POLL_MS)).toEqual([]);
    expect(await driver.texts()).toEqual(['a.json: {"n":2}']);

    appendFileSync(driver.path('a.json'), '\n{"n":3}');
    expect(await driver.texts()).toEqual(['a.json: \n']);
    expect(await driver.texts(QUIET_MS)).toEqual(['a.json: {"n":3}']);
  });

  test('is quiet by our clock: one of last year may be written at this moment', async () => {
    driver.write('a.json', '{"n":1}\n{"n":2}', 1_700_000_000);
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
    expect(await driver.texts()).toEqual([]);
    utimesSync(driver.path('a.json'), 1_700_000_001, 1_700_000_001);
    expect(await driver.texts(QUIET_MS)).toEqual([]);
    expect(await driver.texts(QUIET_MS)).toEqual(['a.json: {"n":2}']);
  });

  test('is cut into ranges of the size that is allowed, one after the other', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => `{"number":${n}}\n`);
    driver.write('a.json', lines.join(''));

    const ranges = await driver.poll();

    expect(ranges.map(({ text }) => text).join('')).toBe(lines.join(''));
    expect(ranges.length).toBeGreaterThan(4);
    for (const { text } of ranges) {
      expect(text.length).toBeLessThanOrEqual(64);
      expect(text).toMatch(/\n$/);
    }
  });

  test.each([65, 200, 70_000, 200_000])(
    'gives a line of %i bytes in one piece when it has its end',
    async (size) => {
      const long = `{"n":"${'x'.repeat(size)}"}`;
      driver.write('a.json', `{"n":1}\n${long}`);
      expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
      expect(await driver.texts()).toEqual([]);

      appendFileSync(driver.path('a.json'), '\n{"n":2}\n');
      expect((await driver.poll()).map(({ text }) => text)).toEqual([`${long}\n`, '{"n":2}\n']);
    },
  );

  test('may hold an envelope a line', async () => {
    driver.write('a.json', '{"records":[{"n":1}]}\n');
    expect(await driver.texts()).toEqual(['a.json: {"records":[{"n":1}]}\n']);
    appendFileSync(driver.path('a.json'), '{"records":[{"n":2}]}\n');
    expect(await driver.texts()).toEqual(['a.json: {"records":[{"n":2}]}\n']);
  });

  test('is read again from the start when its torn first line is completed', async () => {
    driver.write('a.json', '{"n":');
    expect((await driver.quiet()).map(({ text }) => text)).toEqual(['{"n":']);
    appendFileSync(driver.path('a.json'), '1}\n{"n":2}\n');
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n{"n":2}\n']);
    expect(driver.problems).toEqual([]);
  });

  test.each([
    ['no bytes', ''],
    ['blanks', ' \n\r\n '],
  ])('gives no record while it holds %s, and then its lines', async (_what, start) => {
    driver.write('a.json', start);
    const before = await driver.poll();
    appendFileSync(driver.path('a.json'), '{"n":1}\n');
    const after = await driver.poll();

    expect([...before, ...after].map(({ text }) => text).join('')).toBe(`${start}{"n":1}\n`);
    expect(driver.problems).toEqual([]);
  });

  test('with no bytes is no unit, and nothing waits', async () => {
    driver.write('a.json', '');
    expect(await driver.quiet()).toEqual([]);
    expect(driver.feed.backlog()).toEqual({ units: 0, bytes: 0, oldest: undefined });
  });

  test('has one unit out at a time; the next follows as soon as that is settled', async () => {
    driver.write('a.json', '{"n":"a long record"}\n'.repeat(6));
    driver.tick();
    const first = await driver.take();
    expect(await driver.take()).toBeUndefined();
    driver.tick();
    expect(await driver.take()).toBeUndefined();

    await driver.settle(first!);

    const second = await driver.take();
    expect(second?.id).toMatch(new RegExp(`-${first?.end}$`));
  });
});

describe('among several files', () => {
  test('the one with the oldest modification comes first', async () => {
    driver.write('b/late.json', '{"n":3}\n', 1_700_000_300);
    driver.write('middle.json', '{"n":2}\n', 1_700_000_200);
    driver.write('z/early.json', '{"n":1}\n', 1_700_000_100);

    expect((await driver.poll()).map(({ key }) => key)).toEqual([
      'z/early.json',
      'middle.json',
      'b/late.json',
    ]);
  });

  test('one that is settled goes on in its place by age', async () => {
    driver.write('old.json', '{"n":"a long record, two a range"}\n'.repeat(3), 1_700_000_100);
    driver.write('new.json', '{"n":1}\n', 1_700_000_200);

    expect((await driver.poll()).map(({ key }) => key)).toEqual([
      ...['old.json', 'old.json', 'old.json', 'new.json'],
    ]);
  });

  test('the backlog counts what waits and what is out', async () => {
    driver.write('a.json', '{"n":"a long record"}\n'.repeat(6), 1_700_000_100);
    driver.write('b.json', '{"n":1}\n', 1_700_000_200);
    driver.tick();
    const unit = await driver.take();
    expect(driver.feed.backlog()).toEqual({ units: 4, bytes: 140, oldest: 1_700_000_100_000 });

    await driver.settle(unit!);
    expect(driver.feed.backlog()).toEqual({ units: 3, bytes: 140 - 44, oldest: 1_700_000_100_000 });
    await driver.drain();
    expect(driver.feed.backlog()).toEqual({ units: 0, bytes: 0, oldest: undefined });
  });

  test('a folder that comes later is read too', async () => {
    rmSync(driver.root, { recursive: true });
    expect(await driver.poll()).toEqual([]);
    expect(driver.problems).toEqual(['.: ENOENT']);

    driver.write('deep/er/a.json', '{"n":1}\n');
    expect(await driver.texts()).toEqual(['deep/er/a.json: {"n":1}\n']);
    expect(driver.problems).toEqual(['.: ENOENT', '.: well']);
  });

  test('the path may be one file', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n');
    driver.restart({ path: driver.path('a.json') });
    expect((await driver.poll()).map(({ unit }) => unit.name)).toEqual([driver.path('a.json')]);
  });
});

describe('whatever the writer and the polls do,', () => {
  const record = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => JSON.stringify({ text }));
  const line = fc.oneof(
    { weight: 6, arbitrary: record },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', 'garbage', '{"torn":') },
  );
  // The first line is a record: half a record at the head of a file is read once more when it is whole.
  const content = fc
    .tuple(record, fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }), record)
    .map(([first, lines, last]) => `${first}\n${lines.map((parts) => parts.join('')).join('')}${last}`);
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 4, arbitrary: fc.constant('poll' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
    { weight: 1, arbitrary: fc.constant('rename' as const) },
    { weight: 1, arbitrary: fc.constant('retry' as const) },
  );

  test('the ranges make up the file, and each ends with a line but the last', async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 100 }),
        async (text, steps, maxRangeBytes) => {
          const run = new Driver({ maxRangeBytes, quietMs: 1e9 });
          try {
            const bytes = Buffer.from(text);
            const done: string[] = [];
            let written = 0;
            let name = 'a.json';
            let renames = 0;
            const append = (count: number) => {
              appendFileSync(run.path(name), bytes.subarray(written, written + count));
              written = Math.min(bytes.length, written + count);
            };
            const poll = async (ms: number) => {
              for (const { text: range } of await run.poll(ms)) done.push(range);
            };
            for (const each of steps) {
              if (typeof each === 'object') append(each.append);
              else if (each === 'poll') await poll(POLL_MS);
              else if (each === 'restart') run.restart();
              else if (each === 'rename' && written > 0) {
                const next = `a.json.${++renames}`;
                renameSync(run.path(name), run.path(next));
                name = next;
              } else if (each === 'retry') {
                run.tick();
                await run.drain(() => ({ kind: 'retry', reason: 'test' }));
                run.now += 400_000;
              }
            }
            append(bytes.length);
            await poll(400_000);
            for (const range of done) expect(range).toMatch(/\n$/);
            await poll(1e9);
            await poll(1e9);

            expect(done.join('')).toBe(text);
            expect(run.problems).toEqual([]);
          } finally {
            run.cleanup();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
