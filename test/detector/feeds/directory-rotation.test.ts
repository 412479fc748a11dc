import {
  appendFileSync,
  linkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RetryLaterError } from '../../../detector/feeds/unit.js';
import { bytesOf, Driver } from './driver.js';

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});
afterEach(() => driver.cleanup());

const record = (n: number) => `{"eventID":"${n}","eventName":"ConsoleLogin"}\n`;
const records = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => record(from + i)).join('');

describe('a file that was cut', () => {
  test('begins anew', async () => {
    driver.write('a.json', records(1, 5));
    await driver.poll();
    driver.write('a.json', records(6, 7));
    expect(await driver.texts()).toEqual([`a.json: ${records(6, 7)}`]);
    expect(driver.problems).toEqual([]);
  });

  test('begins anew also when it is longer again before anybody looks', async () => {
    driver.write('a.json', records(1, 3));
    await driver.poll();
    driver.write('a.json', records(4, 9));
    expect(await driver.texts()).toEqual([`a.json: ${records(4, 9)}`]);
  });

  test('begins anew also when it begins with the same lines', async () => {
    driver.write('a.json', record(0) + records(1, 3));
    const [first] = await driver.poll();
    driver.write('a.json', record(0) + records(4, 9));
    const [second] = await driver.poll();
    expect(second?.text).toBe(record(0) + records(4, 9));
    expect(second?.id).not.toBe(first?.id);
  });

  test('begins anew also when the very same is written again', async () => {
    driver.write('a.json', records(1, 3));
    const [first] = await driver.poll();
    truncateSync(driver.path('a.json'), 10);
    expect(await driver.poll()).toEqual([]);
    driver.write('a.json', records(1, 3));
    const [second] = await driver.poll();
    expect(second?.text).toBe(records(1, 3));
    expect(second?.id).not.toBe(first?.id);
  });

  test('begins anew for a new process too', async () => {
    driver.write('a.json', records(1, 5));
    await driver.poll();
    driver.restart();
    driver.write('a.json', record(1) + records(7, 12));
    expect(await driver.texts()).toEqual([`a.json: ${record(1)}${records(7, 12)}`]);
    driver.restart();
    expect(await driver.poll()).toEqual([]);
  });

  test('is told of when something in it was not read', async () => {
    driver.write('a.json', `${records(1, 5)}{"half":`);
    await driver.poll();
    driver.write('a.json', record(6));
    expect(await driver.texts()).toEqual([`a.json: ${record(6)}`]);
    expect(driver.problems).toEqual(['a.json: UNREAD_BYTES_LOST']);
  });

  test('while a unit of it is read: that is to be tried again, and gives what there is now', async () => {
    driver.write('a.json', records(1, 5));
    driver.tick();
    const unit = await driver.take();
    driver.write('a.json', record(6));

    await expect(bytesOf(unit!)).rejects.toThrow(RetryLaterError);
    await expect(unit!.readAll!()).rejects.toThrow('it is shorter than it was');
    await driver.settle(unit!, { kind: 'retry', reason: 'test' });

    const [next] = await driver.poll();
    expect(next?.text).toBe(record(6));
    expect(next?.id).not.toBe(unit?.id);
  });
});

describe('a file that was replaced', () => {
  test('by another of the same name begins anew', async () => {
    driver.write('a.json', records(1, 3));
    await driver.poll();
    driver.write('.a.json.new', records(4, 9));
    renameSync(driver.path('.a.json.new'), driver.path('a.json'));
    expect(await driver.texts()).toEqual([`a.json: ${records(4, 9)}`]);
  });

  test('and has the same number as the one before begins anew', async () => {
    driver.write('a.json', records(1, 3));
    await driver.poll();
    // ext4 gives the number that has just become free; other file systems may not, and then it is simply another file.
    rmSync(driver.path('a.json'));
    driver.write('b.json', records(4, 9));
    expect(await driver.texts()).toEqual([`b.json: ${records(4, 9)}`]);
  });

  test('after a unit of it was handed out: that cannot be read', async () => {
    driver.write('a.json', records(1, 3));
    driver.tick();
    const unit = await driver.take();
    driver.write('.new', records(4, 9));
    renameSync(driver.path('.new'), driver.path('a.json'));

    await expect(bytesOf(unit!)).rejects.toThrow('it is gone or was replaced');
    await driver.settle(unit!, { kind: 'retry', reason: 'test' });

    expect((await driver.poll()).map(({ text }) => text)).toEqual([records(4, 9)]);
  });

  test('before all of it was read is told of', async () => {
    driver.write('a.json', `${records(1, 3)}{"half":`);
    await driver.poll();
    rmSync(driver.path('a.json'));
    await driver.poll();
    await driver.poll();
    expect(driver.problems).toEqual(['a.json: UNREAD_BYTES_LOST']);
    expect(driver.feed.backlog().bytes).toBe(0);
  });
});

describe('a file that was renamed', () => {
  test('goes on where it was, beside the new one of its name', async () => {
    driver.write('a.json', records(1, 3));
    await driver.poll();
    appendFileSync(driver.path('a.json'), records(4, 5));
    renameSync(driver.path('a.json'), driver.path('a.json.1'));
    driver.write('a.json', records(6, 7));

    expect((await driver.texts()).sort()).toEqual([`a.json.1: ${records(4, 5)}`, `a.json: ${records(6, 7)}`]);
    expect(driver.problems).toEqual([]);
  });

  test('while nobody watched goes on as well', async () => {
    driver.write('a.json', records(1, 3));
    await driver.poll();
    renameSync(driver.path('a.json'), driver.path('a.json.1'));
    appendFileSync(driver.path('a.json.1'), records(4, 5));
    driver.write('a.json', records(6, 7));
    driver.restart();

    expect((await driver.texts()).sort()).toEqual([`a.json.1: ${records(4, 5)}`, `a.json: ${records(6, 7)}`]);
  });

  test('between being handed out and being read is found in its folder', async () => {
    driver.write('a.json', records(1, 3));
    driver.tick();
    const unit = await driver.take();
    renameSync(driver.path('a.json'), driver.path('a.json.1'));
    driver.write('a.json', records(6, 7));

    expect((await bytesOf(unit!)).toString()).toBe(records(1, 3));
  });

  test('is another file where files are known by their path', async () => {
    driver.restart({ identity: 'path' });
    driver.write('a.json', records(1, 3));
    await driver.poll();
    renameSync(driver.path('a.json'), driver.path('a.json.1'));
    expect(await driver.texts()).toEqual([`a.json.1: ${records(1, 3)}`]);

    // Object stores that are mounted number files anew: the same path with the same content is the same file.
    writeFileSync(driver.path('copy'), records(1, 4));
    renameSync(driver.path('copy'), driver.path('a.json.1'));
    expect(await driver.texts()).toEqual([`a.json.1: ${record(4)}`]);
    driver.restart({ identity: 'path' });
    expect(await driver.poll()).toEqual([]);
  });
});

test('a file with several names is read once', async () => {
  driver.write('a.json', records(1, 3));
  linkSync(driver.path('a.json'), driver.path('b.json'));
  symlinkSync(driver.path('a.json'), driver.path('c.json'));
  expect(await driver.texts()).toEqual([`a.json: ${records(1, 3)}`]);
  rmSync(driver.path('a.json'));
  appendFileSync(driver.path('b.json'), record(4));
  expect((await driver.texts()).map((text) => text.split(':', 1)[0])).toEqual(['b.json']);
});

test('a copy is another file', async () => {
  driver.write('a.json', records(1, 3), 1_700_000_000);
  driver.write('b.json', records(1, 3), 1_700_000_000);
  const units = await driver.poll();
  expect(units.map(({ key }) => key)).toEqual(['a.json', 'b.json']);
  expect(new Set(units.map(({ id }) => id)).size).toBe(2);
});

describe('whatever is rotated and whenever it is looked at,', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('write' as const) },
    { weight: 3, arbitrary: fc.constant('poll' as const) },
    { weight: 2, arbitrary: fc.constant('rotate' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );

  test('each line is read once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const run = new Driver({ maxRangeBytes: 150 });
        try {
          const texts: string[] = [];
          const poll = async () => {
            for (const { text } of await run.poll(20_000)) texts.push(text);
          };
          let written = 0;
          let rotations = 0;
          for (const each of steps) {
            if (each === 'write') appendFileSync(run.path('a.json'), record(++written));
            else if (each === 'poll') await poll();
            else if (each === 'restart') run.restart();
            else if (written > 0) {
              // As logrotate does: a.json.1 becomes a.json.2 and so on, the oldest first.
              for (let n = rotations; n >= 0; n--) {
                const from = n === 0 ? 'a.json' : `a.json.${n}`;
                try {
                  renameSync(run.path(from), run.path(`a.json.${n + 1}`));
                } catch {
                  // Nothing was written since the last rotation.
                }
              }
              rotations++;
            }
          }
          await poll();
          await poll();

          const lines = texts.join('').split('\n').slice(0, -1).sort();
          const expected = Array.from({ length: written }, (_, n) => record(n + 1).trim()).sort();
          expect(lines).toEqual(expected);
          expect(run.problems).toEqual([]);
        } finally {
          run.cleanup();
        }
      }),
      { numRuns: 80 },
    );
  });
});
