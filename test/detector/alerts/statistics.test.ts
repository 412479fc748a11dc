import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptReport } from '../../../detector/alerts/outbox.js';
import { readStatistics, StatisticsRecorder } from '../../../detector/alerts/statistics.js';
import type { UnitReport } from '../../../detector/processor.js';
import { MOST_DOCUMENT_BYTES, StoreError } from '../../../detector/state/store.js';
import { memoryStore } from '../../support/memory-store.js';
import { HOUR, NOON } from './world.js';

const report = (source: string, hits: Readonly<Record<string, number>> = {}, at = NOON): UnitReport => ({
  ...{ source, hits: new Map(Object.entries(hits)), failures: 0, seen: new Map(), at },
  counts: {
    ...{ events: 10, bytes: 1000, newest: at - 5, notEvents: 0, outside: 0, deadLetters: 1, excluded: false },
  },
});
const attempt = (
  destination: string,
  outcome: 'delivered' | 'retry' | 'failed',
  at = NOON,
  error?: string,
): AttemptReport => ({
  ...{ destination, outcome, at, alertId: 'a', rule: 'r' },
  ...(error === undefined ? {} : { error }),
});

describe('statistics', () => {
  test('add up over units, deliveries, flushes and processes', async () => {
    const store = memoryStore();
    for (const at of [NOON, NOON + 10]) {
      const recorder = new StatisticsRecorder();
      recorder.unit(report('trail', { 'aws.a': 2 }, at));
      recorder.unit(report('trail', { 'aws.a': 1, 'aws.b': 1 }, at - 1));
      recorder.delivery(attempt('chat', 'delivered', at));
      recorder.delivery(attempt('chat', 'retry', at, `busy at ${at - NOON}`));
      recorder.delivery(attempt('chat', 'retry', at - 1, 'busy before'));
      recorder.delivery(attempt('pager', 'failed', at, 'refused'));
      await recorder.flush(store, at);
      await recorder.flush(store, at);
    }

    expect(await readStatistics(store, NOON + 20)).toEqual({
      ...{ v: 1, since: NOON, logTypes: {}, fields: {}, skipped: {} },
      sources: {
        trail: {
          ...{ units: 4, events: 40, bytes: 4000, deadLetters: 4 },
          ...{ newestEvent: NOON + 5, lastUnit: NOON + 10 },
        },
      },
      rules: {
        'aws.a': { hits: 6, lastFired: NOON + 10 },
        'aws.b': { hits: 2, lastFired: NOON + 9 },
      },
      destinations: {
        chat: {
          ...{ delivered: 2, retried: 4, failed: 0, lastDelivered: NOON + 10 },
          lastError: { message: 'busy at 10', at: NOON + 10 },
        },
        pager: {
          ...{ delivered: 0, retried: 0, failed: 2, lastDelivered: 0 },
          lastError: { message: 'refused', at: NOON + 10 },
        },
      },
    });
  });

  test('of a source forget the time of an event that was to come with its next unit', async () => {
    const store = memoryStore();
    const count = async (at: number, newest: number) => {
      const recorder = new StatisticsRecorder();
      const unit = report('trail', {}, at);
      recorder.unit({ ...unit, counts: { ...unit.counts, newest } });
      await recorder.flush(store, at);
    };
    await count(NOON, Date.UTC(2099, 0));

    await count(NOON + 10, NOON + 4);
    expect((await readStatistics(store, NOON)).sources.trail).toMatchObject({ newestEvent: NOON + 10 });
    await count(NOON + HOUR, NOON + HOUR - 3);
    expect((await readStatistics(store, NOON)).sources.trail).toMatchObject({ newestEvent: NOON + HOUR - 3 });
  });

  test('lose nothing when writing them fails anywhere, or while more is counted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(30), { maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        async (rounds, failures) => {
          const store = memoryStore();
          const recorder = new StatisticsRecorder();
          const left = [...failures];
          store.before = (method) => {
            if (method === 'put' && left.shift() === true) throw new StoreError('busy', 'retry', 'Wait.');
          };
          let hits = 0;
          for (const rules of rounds) {
            for (const rule of rules) recorder.unit(report('trail', { [`aws.${rule}`]: ++hits && 1 }));
            const flushing = recorder.flush(store, NOON).catch(() => {});
            recorder.delivery(attempt('chat', 'delivered'));
            await flushing;
          }
          store.before = () => {};
          await recorder.flush(store, NOON);

          const { sources, rules, destinations } = await readStatistics(store, NOON);
          expect(sources.trail?.units ?? 0).toBe(hits);
          expect(Object.values(rules).reduce((sum, rule) => sum + rule.hits, 0)).toBe(hits);
          expect(destinations.chat?.delivered).toBe(rounds.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  const withFields = (at: number, ...fields: readonly string[]): UnitReport => ({
    ...report('trail', {}, at),
    seen: new Map([['aws.cloudtrail', { events: 2, fields: new Set(fields) }]]),
  });

  test('say when a field was seen last, and write that down once an hour', async () => {
    const store = memoryStore();
    const recorder = new StatisticsRecorder();
    const flush = async (at: number, ...fields: readonly string[]): Promise<number> => {
      let writes = 0;
      store.before = (method) => {
        if (method === 'put') writes++;
      };
      recorder.unit(withFields(at, ...fields));
      await recorder.flush(store, at);
      return writes;
    };

    // One document of sources, and one for each field here.
    expect(await flush(NOON, 'eventname', 'b')).toBe(3);
    expect(await flush(NOON + HOUR - 1, 'eventname')).toBe(1);
    expect(await flush(NOON + HOUR, 'eventname')).toBe(2);

    const { logTypes, fields } = await readStatistics(store, NOON);
    expect(logTypes).toEqual({ 'aws.cloudtrail': { looked: 6, since: NOON, last: NOON + HOUR } });
    expect(fields).toEqual({ 'aws.cloudtrail eventname': NOON + HOUR, 'aws.cloudtrail b': NOON });
  });

  test('fit their documents with thousands of fields: those seen longest ago give way', async () => {
    const store = memoryStore();
    const recorder = new StatisticsRecorder();
    const names = (what: string): string[] =>
      Array.from({ length: 10_000 }, (_, i) => `requestparameters.${what}.of-a-call.number-${i}`);
    recorder.unit(withFields(NOON, ...names('old')));
    recorder.unit(withFields(NOON + HOUR, ...names('new')));

    await recorder.flush(store, NOON + HOUR);

    for (const { body } of store.documents.values())
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
    const kept = Object.keys((await readStatistics(store, NOON)).fields);
    expect(kept.filter((key) => key.includes('.new.'))).toHaveLength(10_000);
  });

  test('count what was announced and not read, by source and reason', async () => {
    const store = memoryStore();
    for (const at of [NOON, NOON + 10]) {
      const recorder = new StatisticsRecorder();
      recorder.skipped('trail', 'other-prefix', at);
      recorder.skipped('trail', 'other-prefix', at - 1);
      if (at === NOON) recorder.skipped('trail', 'digest', at);
      recorder.skipped('__proto__', 'folder', at);
      await recorder.flush(store, at);
    }

    const { skipped } = await readStatistics(store, NOON);
    expect(Object.entries(skipped)).toEqual([
      ['trail', { 'other-prefix': { count: 4, last: NOON + 10 }, digest: { count: 1, last: NOON } }],
      ['__proto__', { folder: { count: 2, last: NOON + 10 } }],
    ]);
  });

  test('of an older detector, which knew no fields, are read', async () => {
    const store = memoryStore();
    const body = JSON.stringify({ v: 1, since: NOON, sources: {}, rules: {}, destinations: {} });
    await store.put('statistics/sources', body, undefined, { due: null, expires: null });
    const recorder = new StatisticsRecorder();
    recorder.unit(withFields(NOON, 'a'));
    await recorder.flush(store, NOON);

    expect((await readStatistics(store, NOON)).logTypes).toHaveProperty(['aws.cloudtrail', 'looked'], 2);
  });

  test('write nothing when nothing was counted', async () => {
    const store = memoryStore();
    await new StatisticsRecorder().flush(store, NOON);

    expect(store.documents.size).toBe(0);
    expect(await readStatistics(store, NOON)).toEqual({
      ...{
        v: 1,
        since: NOON,
        sources: {},
        rules: {},
        destinations: {},
        logTypes: {},
        fields: {},
        skipped: {},
      },
    });
  });

  test('fit their documents with thousands of rules; names that objects inherit are names', async () => {
    const store = memoryStore();
    const recorder = new StatisticsRecorder();
    const names = Array.from(
      { length: 5000 },
      (_, i) => `sigma.some-rule-with-a-rather-long-name.number-${i}`,
    );
    recorder.unit(
      report('__proto__', Object.fromEntries([...names, 'constructor'].map((name) => [name, 1]))),
    );

    await recorder.flush(store, NOON);

    for (const { body } of store.documents.values())
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
    const { rules, sources } = await readStatistics(store, NOON);
    expect(Object.keys(rules)).toHaveLength(5001);
    expect(Object.keys(sources)).toEqual(['__proto__']);
  });
});
