import { describe, expect, test } from '@jest/globals';
import {
  recordDeadLetter,
  type DeadLetterDocument,
  type DeliveryLetter,
  type RuleLetter,
  type UnitLetters,
} from '../../../detector/alerts/dead-letters.js';
import { MOST_DOCUMENT_BYTES } from '../../../detector/state/store.js';
import { memoryStore } from '../../support/memory-store.js';
import { NOON } from './world.js';

const unit: UnitLetters = {
  kind: 'unit',
  source: 'trail',
  unitId: 'u1',
  unit: 'trail/1.json',
  reasons: { 'not-json': 2 },
  letters: [{ reason: 'not-json', message: 'not valid JSON', unit: 'trail/1.json', index: 4 }],
};
const rule: RuleLetter = {
  kind: 'rule',
  source: 'trail',
  rule: 'aws.one',
  hook: 'when',
  error: 'no',
  unitId: 'u1',
  unit: 'trail/1.json',
  events: 3,
};
const delivery: DeliveryLetter = {
  kind: 'delivery',
  destination: 'chat',
  alertId: 'a',
  groupKey: 'group/g',
  reason: 'refused',
  response: '403',
};

describe('a dead letter', () => {
  test.each([unit, rule, delivery])(
    'is one document, however often it is recorded: $kind',
    async (letter) => {
      const store = memoryStore();
      for (const at of [NOON, NOON + 1, NOON + 2]) await recordDeadLetter(store, letter, at);

      const documents = [...store.documents.values()].map(
        ({ body }) => JSON.parse(body) as DeadLetterDocument,
      );
      expect(documents).toEqual([{ v: 1, at: NOON, ...letter }]);
    },
  );

  test('is another one for another unit, rule, hook, alert or destination', async () => {
    const store = memoryStore();
    const letters = [
      ...[unit, { ...unit, unitId: 'u2' }, rule, { ...rule, hook: 'title' }, { ...rule, rule: 'aws.two' }],
      ...[delivery, { ...delivery, alertId: 'b' }, { ...delivery, destination: 'pager' }],
    ];
    for (const letter of letters) await recordDeadLetter(store, letter, NOON);

    expect(store.documents.size).toBe(letters.length);
  });

  test('fits every store: texts are cut, and as many records are listed as there is room for', async () => {
    const store = memoryStore();
    const long = '\u0001'.repeat(100_000);
    const name = 'x'.repeat(1024);
    const letters = Array.from({ length: 300 }, (_, index) => ({
      reason: 'record-too-large' as const,
      message: long,
      unit: name,
      index,
    }));
    await recordDeadLetter(store, { ...unit, unit: name, letters }, NOON);
    await recordDeadLetter(store, { ...rule, error: long }, NOON);
    await recordDeadLetter(store, { ...delivery, reason: long, response: long }, NOON);

    for (const { body } of store.documents.values())
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
    const [stored] = [...store.documents.values()].map(
      ({ body }) => JSON.parse(body) as { letters: unknown[] },
    );
    expect(stored?.letters.length).toBeGreaterThan(0);
  });
});
