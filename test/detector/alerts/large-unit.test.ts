import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Applied } from '../../../detector/alerts/ledger.js';
import { ManifestBuilder } from '../../../detector/alerts/manifest.js';
import { HARMLESS } from '../../support/faulty-store.js';
import { memoryStore } from '../../support/memory-store.js';
import { groupsIn, HOUR, ledgerWith, MINUTE, NOON, play, testRule, TO_BOTH } from './world.js';

const RULES = Array.from({ length: 5 }, (_, i) =>
  testRule(`aws.rule-${i}`, { threshold: 1 + (i % 3), windowMinutes: 60, description: 'What. '.repeat(50) }),
);

/** 5,000 matches in 500 groups. */
function largeUnit() {
  const unit = `AWSLogs/123456789012/CloudTrail/eu-central-1/2026/05/12/${'x'.repeat(60)}.json.gz`;
  const manifest = new ManifestBuilder(unit, NOON);
  for (let index = 0; index < 5000; index++) {
    const rule = RULES[index % RULES.length]!;
    const dedup = `somebody-${Math.floor(index / RULES.length) % 100} did something`;
    manifest.add({
      ...{ logType: 'aws.cloudtrail', unit, index, eventId: `11111111-2222-3333-4444-${index}` },
      eventTime: NOON - (index % 50) * MINUTE - (index % 7) * HOUR,
      match: {
        ...{ rule, severity: 'high', title: `${dedup} (${index})`, dedup },
        context: () => ({ actor: dedup, userAgent: 'aws-cli/2.15 '.repeat(20) }),
      },
    });
  }
  return { entries: manifest.entries(), end: 77 };
}

test('a unit of 5,000 matches in 500 groups counts once, wherever it is killed', async () => {
  const evaluated = largeUnit();
  const undisturbed = memoryStore();
  await ledgerWith(undisturbed, { rules: RULES }).process('large', async () => evaluated);
  const expected = groupsIn(undisturbed.documents);
  expect(expected.size).toBe(500);

  const fault = fc.record({
    after: fc.nat(4500),
    kind: fc.constantFrom('before', 'after', 'before', 'after', ...HARMLESS),
    times: fc.constant(1),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.array(fc.nat(1000), { maxLength: 50 }),
      async (faults, embedded, choices) => {
        const { state, sent, ends } = await play({
          ...{ rules: RULES, units: [{ id: 'large', variants: [evaluated] }], workers: 1, refusals: [] },
          routing: TO_BOTH,
          ...{ deliveries: [{ unit: 0, variant: 0, sweep: true }], faults, choices, embedded },
        });

        expect(groupsIn(state.memory.documents)).toEqual(expected);
        expect([...(ends.get('large') ?? [])]).toEqual([77]);
        expect([...state.memory.documents.keys()].filter((key) => key.startsWith('manifest/'))).toEqual([]);
        const raised = new Set(sent.map(({ to, message }) => `${to} ${message.alertId}`));
        const alerts = [...expected.values()].reduce((sum, group) => sum + group.alerts.length, 0);
        expect(raised.size).toBe(2 * alerts);
      },
    ),
    { numRuns: 3 },
  );
});

test('its groups are written at the same time, sixteen at most', async () => {
  const store = memoryStore();
  let [calls, inside, most, turns] = [0, 0, 0, 0];
  // Every call takes a turn, as if it went over a network; a group writes one document after the other.
  store.before = async (method) => {
    calls += 1;
    if (method === 'put') most = Math.max(most, ++inside);
    await nextTurn();
    if (method === 'put') inside -= 1;
  };
  const unit = largeUnit();
  const ended: Applied[] = [];
  void ledgerWith(store, { rules: RULES })
    .process('large', async () => unit)
    .then((applied) => ended.push(applied));
  for (; ended.length === 0; turns++) await nextTurn();

  expect(ended[0]?.touched).toHaveLength(500);
  expect(most).toBe(16);
  expect(turns).toBeLessThan(calls / 10);
});
