import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeGroup } from '../../../detector/alerts/group-document.js';
import type { Evaluated } from '../../../detector/alerts/ledger.js';
import { ManifestBuilder } from '../../../detector/alerts/manifest.js';
import { destinationsFor, type Routing } from '../../../detector/alerts/router.js';
import { SEVERITIES, type Rule, type Severity } from '../../../detector/rule.js';
import { HARMLESS, type FaultKind } from '../../support/faulty-store.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import {
  faults,
  groupsIn,
  ledgerWith,
  MINUTE,
  NOON,
  play,
  testRule,
  TO_BOTH,
  type Played,
  type Scenario,
  type SeenGroup,
  type TestUnit,
} from './world.js';

const RULES: readonly Rule[] = [
  testRule('aws.one', { windowMinutes: 10 }),
  testRule('aws.two', { threshold: 2, windowMinutes: 20 }),
  testRule('aws.values', { threshold: 2, windowMinutes: 30, distinct: 'value' }),
];

/** To the pager only what is severe. */
const BY_SEVERITY: Routing = { routes: [{ severity: 'high', to: ['pager', 'chat'] }], fallback: ['chat'] };

interface Event {
  readonly id: string;
  readonly time: number;
  readonly rule: Rule;
  readonly dedup: string;
  readonly severity: Severity;
  readonly values: readonly string[];
}

const events: fc.Arbitrary<readonly Event[]> = fc
  .array(
    fc.record({
      minute: fc.nat(90),
      rule: fc.constantFrom(...RULES),
      dedup: fc.constantFrom('alice', 'bob'),
      severity: fc.constantFrom(...SEVERITIES),
      values: fc.subarray(['x', 'y', 'z']),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((list) =>
    list.map(({ minute, ...rest }, i) => ({ ...rest, id: `event-${i}`, time: NOON - minute * MINUTE })),
  );

function evaluatedOf(found: readonly Event[], unit: string, end: number): Evaluated {
  const manifest = new ManifestBuilder(unit, NOON);
  for (const [index, { id, time, rule, dedup, severity, values }] of found.entries()) {
    manifest.add({
      ...{ logType: 'aws.cloudtrail', unit, index, eventId: id, eventTime: time },
      match: {
        ...{ rule, severity, dedup, title: `${dedup}: ${id}`, context: () => ({ id }) },
        ...(rule.distinct === undefined ? {} : { distinct: values }),
      },
    });
  }
  return { entries: manifest.entries(), end };
}

/** Units that overlap; a later evaluation of one of them can find something else. */
const unitsOf = (all: readonly Event[]): fc.Arbitrary<readonly TestUnit[]> =>
  fc
    .array(fc.array(fc.subarray([...all]), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
    .map((units) =>
      units.map((variants, i) => ({
        id: `unit-${i}`,
        variants: variants.map((found, end) => evaluatedOf(found, `trail/${i}.json`, end)),
      })),
    );

const scenarios = (kinds?: readonly FaultKind[]): fc.Arbitrary<Scenario> =>
  events.chain(unitsOf).chain((units) => {
    const delivery = fc.record({ unit: fc.nat(units.length - 1), variant: fc.nat(1), sweep: fc.boolean() });
    const once = units.map((_, unit) => ({ unit, variant: 0, sweep: false }));
    return fc.record({
      rules: fc.constant(RULES),
      units: fc.constant(units),
      deliveries: fc
        .array(delivery, { maxLength: 3 })
        .chain((more) => fc.shuffledSubarray([...once, ...more], { minLength: units.length + more.length })),
      workers: fc.integer({ min: 1, max: 3 }),
      faults: faults(kinds),
      routing: fc.constantFrom(TO_BOTH, BY_SEVERITY),
      refusals: fc.array(fc.boolean(), { maxLength: 6 }),
      choices: fc.array(fc.nat(1000), { maxLength: 200 }),
      embedded: fc.boolean(),
    });
  });

const permutations = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  list.length <= 1
    ? [list]
    : list.flatMap((one, i) => permutations(list.toSpliced(i, 1)).map((rest) => [one, ...rest]));

/** What undisturbed runs leave of each group, one for each order of the units. */
async function undisturbed(units: readonly { id: string; evaluated: Evaluated }[]) {
  const outcomes = new Map<string, SeenGroup[]>();
  for (const order of permutations(units)) {
    const store = memoryStore();
    const ledger = ledgerWith(store, { rules: RULES });
    for (const { id, evaluated } of order) await ledger.process(id, async () => evaluated);
    for (const [key, group] of groupsIn(store.documents))
      outcomes.set(key, [...(outcomes.get(key) ?? []), group]);
  }
  return outcomes;
}

/** The evaluation of each unit that was acknowledged; there is only one. */
function onRecord({ units }: Scenario, { ends }: Played) {
  return units.map(({ id, variants }) => {
    const [end, ...others] = ends.get(id) ?? [];
    expect(others).toEqual([]);
    return { id, evaluated: variants[end ?? -1]! };
  });
}

const alertsIn = (documents: MemoryStore['documents']) =>
  [...documents]
    .filter(([key]) => key.startsWith('group/'))
    .flatMap(([, { body }]) => {
      const { group, deliveries } = decodeGroup(body);
      return group.alerts.map((alert) => ({ alert, states: deliveries[alert.id] ?? {} }));
    });

describe('whatever happens between queue and store (#8, #12, #13)', () => {
  test('groups end as one undisturbed run leaves them, in some order of the units', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(), async (scenario) => {
        const played = await play(scenario);

        const expected = await undisturbed(onRecord(scenario, played));
        const seen = groupsIn(played.state.memory.documents);
        expect([...seen.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [key, group] of seen) expect(expected.get(key)).toContainEqual(group);
      }),
      { numRuns: 300 },
    );
  });

  test('every alert is told to every destination, and none again but for a crash (#17)', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(), async (scenario) => {
        const { state, sent } = await play(scenario);

        for (const { alert, states } of alertsIn(state.memory.documents)) {
          const expected = destinationsFor(alert, undefined, scenario.routing);
          expect(Object.keys(states).sort()).toEqual([...expected].sort());
          for (const [name, delivery] of Object.entries(states)) {
            expect(delivery.state).toBe('delivered');
            const told = sent.filter(({ to, message }) => to === name && message.alertId === alert.id);
            const raised = told.filter(({ kind }) => kind === 'raised').length;
            expect(raised).toBeGreaterThanOrEqual(1);
            expect(raised).toBeLessThanOrEqual(1 + state.crashes);
            expect(told[0]?.kind).toBe('raised');
            expect(told.at(-1)?.message.severity).toBe(alert.severity);
            if (name === 'chat') expect(told.at(-1)?.message.events).toBe(alert.events);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('nothing is sent twice where no process died, however often the store fails', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(HARMLESS), async (scenario) => {
        const { sent } = await play(scenario);

        const firsts = sent
          .filter(({ kind }) => kind === 'raised')
          .map(({ to, message }) => `${to} ${message.alertId}`);
        expect(new Set(firsts).size).toBe(firsts.length);
      }),
      { numRuns: 300 },
    );
  });

  test('no alert is told that its group does not have', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(), async (scenario) => {
        const { state, sent } = await play(scenario);

        const known = new Set(alertsIn(state.memory.documents).map(({ alert }) => alert.id));
        expect(sent.filter(({ message }) => !known.has(message.alertId))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('a unit leaves nothing behind but its mark', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(['conflict', 'throttle']), async (scenario) => {
        const { state } = await play(scenario);

        const units = [...state.memory.documents].filter(([key]) => key.startsWith('unit/'));
        expect(units).toHaveLength(scenario.units.length);
        for (const [, { body }] of units) expect(JSON.parse(body)).toMatchObject({ state: 'done' });
      }),
      { numRuns: 100 },
    );
  });
});
