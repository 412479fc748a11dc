import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStatistics, StatisticsRecorder } from '../../../detector/alerts/statistics.js';
import type { UnitReport } from '../../../detector/processor.js';
import { MOST_DOCUMENT_BYTES, StoreError } from '../../../detector/state/store.js';
import { memoryStore } from '../../support/memory-store.js';
import { NOON } from './world.js';

const report = (source: string, hits: Readonly<Record<string, number>> = {}, at = NOON): UnitReport => ({
  ...{ source, hits: new Map(Object.entries(hits)), failures: 0, at },
  counts: {
    ...{ events: 10, bytes: 1000, newest: at - 5, notEvents: 0, outside: 0, deadLetters: 1, excluded: false },
  },
});
const attempt = (destination: string, outcome: 'delivered' | 'retry' | 'failed', error?: string) => ({
  ...{ destination, outcome, alertId: 'a', rule: 'r', ...(error === undefined ? {} : { error }) },
});

describe('statistics', () => {
  test('add up over units, deliveries, flushes and processes', async () => {
    const store = memoryStore();
    for (const at of [NOON, NOON + 10]) {
      const recorder = new StatisticsRecorder();
      recorder.unit(report('trail', { 'aws.a': 2 }, at));
      recorder.unit(report('trail', { 'aws.a': 1, 'aws.b': 1 }, at - 1));
      recorder.delivery(attempt('chat', 'delivered'));
      recorder.delivery(attempt('chat', 'retry', 'busy'));
      recorder.delivery(attempt('pager', 'failed', 'refused'));
      await recorder.flush(store, at);
      await recorder.flush(store, at);
    }

    expect(await readStatistics(store, NOON + 20)).toEqual({
      ...{ v: 1, since: NOON },
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
        chat: { delivered: 2, retried: 2, failed: 0, lastError: 'busy' },
        pager: { delivered: 0, retried: 0, failed: 2, lastError: 'refused' },
      },
    });
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

  test('write nothing when nothing was counted', async () => {
    const store = memoryStore();
    await new StatisticsRecorder().flush(store, NOON);

    expect(store.documents.size).toBe(0);
    expect(await readStatistics(store, NOON)).toEqual({
      ...{ v: 1, since: NOON, sources: {}, rules: {}, destinations: {} },
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
