import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../detector/engine/engine.js';
import type { Unit } from '../../detector/feeds/unit.js';
import { logTypes } from '../../detector/logs/index.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { defineRule } from '../../detector/rule.js';
import type { Deps } from '../../src/command.js';
import { DetectReport } from '../../src/detection/report.js';
import { findLogFiles, scanFiles, type LogFile, type ScanListener } from '../../src/detection/scan-files.js';
import { jsonl, stopLogging } from '../e2e/events.js';
import { fakeOutput } from './support.js';

const rule = defineRule({
  id: 'aws.cloudtrail.any',
  logTypes: ['aws.cloudtrail'],
  name: 'Any call',
  description: 'A call.',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'Look.',
  match: { eventName: 'StopLogging' },
});
const NOW = Date.UTC(2026, 5, 1);

function scan(files: readonly LogFile[], listener: ScanListener = {}) {
  const deps: Deps = { cwd: '/', env: {}, out: fakeOutput(), err: fakeOutput(), now: () => NOW };
  const report = new DetectReport(deps.now);
  const options = {
    engine: createEngine([{ rule }], logTypes),
    sources: sourceMap([]),
    limits: DEFAULT_SPLIT_LIMITS,
    arrival: NOW,
  };
  return scanFiles(files, options, { deps, report, listener, bar: 'alerts' }).then((alerts) => ({
    alerts,
    summary: report.summary(),
  }));
}

const fileOf = (unit: Unit): LogFile => ({ key: unit.name, unit });
/** A file as it is listed, with this content when it is read. */
const file = (name: string, content: string): LogFile => {
  const bytes = Buffer.from(content);
  return fileOf({
    name,
    size: bytes.length,
    open: () => chunksOf(bytes),
    readAll: () => Promise.resolve(bytes),
  });
};
async function* chunksOf(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
const gone = (): never => {
  throw Object.assign(new Error("ENOENT: no such file or directory, open 'gone'"), { code: 'ENOENT' });
};

describe('a file that is gone when its turn comes', () => {
  test.each<[string, Unit]>([
    [
      'a small one',
      { name: 'gone', size: 10, open: gone, readAll: () => Promise.reject(new Error('ENOENT: gone')) },
    ],
    [
      'a large one',
      { name: 'gone', size: 5_000_000, open: gone, readAll: () => Promise.reject(new Error('ENOENT: gone')) },
    ],
    ['one of unknown size', { name: 'gone', open: gone }],
    [
      'one that ends in the middle with an error',
      {
        name: 'gone',
        size: 5_000_000,
        open: async function* () {
          yield await Promise.resolve(Buffer.from(jsonl(stopLogging({ eventID: 'before' }))));
          gone();
        },
      },
    ],
  ])('is one dead letter, and its neighbours are read: %s', async (_, unit) => {
    const before = file('a', jsonl(stopLogging({ eventID: 'a' })));
    const behind = Array.from({ length: 20 }, (__, i) =>
      file(`b${String(i)}`, jsonl(stopLogging({ eventID: `b${String(i)}` }))),
    );
    const found: string[] = [];
    const { summary } = await scan([before, fileOf(unit), ...behind], {
      match: ({ eventId }) => {
        found.push(eventId);
        return false;
      },
    });

    expect(found.filter((id) => id !== 'before')).toEqual(['a', ...behind.map(({ key }) => key)]);
    expect(summary).toMatchObject({ files: 22, deadLetters: 1, alerts: 1 });
  });
});

describe('a large file', () => {
  const event = JSON.stringify(stopLogging({ userAgent: 'x'.repeat(1000) }));
  const count = 6000;
  const lines = Array.from({ length: count }, (_, i) =>
    event.replace(/"eventID":"[^"]*"/, `"eventID":"id-${String(i)}"`),
  );

  test('hands on what it found before its end, and waits for whoever takes it', async () => {
    let waiting = 0;
    let most = 0;
    let times = 0;
    const large = fileOf({ name: 'large', open: () => chunksOf(Buffer.from(jsonl(...lines))) });
    const { summary } = await scan([large], {
      match: () => {
        waiting++;
        return true;
      },
      settled: async () => {
        times++;
        most = Math.max(most, waiting);
        await new Promise((resolve) => setImmediate(resolve));
        waiting = 0;
      },
    });

    expect(summary.matches).toBe(count);
    expect(times).toBeGreaterThan(3);
    expect(most).toBeLessThan(count / 3);
  });

  test('gives the same alerts as the same events in many files', async () => {
    const some = 2000;
    const content = Buffer.from(jsonl(...lines.slice(0, some)));
    const large = await scan([fileOf({ name: 'large', open: () => chunksOf(content) })]);
    const many = await scan(lines.slice(0, some).map((line, i) => file(String(i), line)));

    const shown = ({ alerts }: typeof large) =>
      alerts.map(({ id, events, firstEventTime, lastEventTime }) => ({
        id,
        events,
        firstEventTime,
        lastEventTime,
      }));
    expect(shown(large)).toEqual(shown(many));
    expect(large.summary.matches).toBe(some);
  });
});

test('a file whose name looks like another key is still read once, under its own name', async () => {
  const { summary } = await scan([
    file('__proto__', jsonl(stopLogging())),
    file('constructor', jsonl(stopLogging())),
  ]);

  expect(summary).toMatchObject({ files: 2, events: 2 });
});

test('an empty path is refused, and does not mean the current folder', async () => {
  const deps: Deps = { cwd: '/', env: {}, out: fakeOutput(), err: fakeOutput(), now: () => NOW };

  await expect(findLogFiles([''], deps, new DetectReport(deps.now))).rejects.toMatchObject({
    code: 'NO_SUCH_PATH',
  });
});
