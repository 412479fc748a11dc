import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DELIVERY_STATES, type DeliveryState } from '../../../detector/alerts/delivery-state.js';
import { fold } from '../../../detector/alerts/fold.js';
import {
  decodeGroup,
  encodeGroup,
  groupDue,
  groupMarks,
  isOpen,
  type StoredGroup,
} from '../../../detector/alerts/group-document.js';
import { alertId, type Alert, type Group, type Member } from '../../../detector/alerts/group.js';
import { shortHash } from '../../../detector/alerts/manifest.js';
import { MOST_DOCUMENT_BYTES } from '../../../detector/state/store.js';
import {
  batched,
  contribution,
  events,
  foldAll,
  LATEST_TIME,
  newGroup,
  policies,
  policyOf,
} from './contributions.js';
import { NOON } from './world.js';

const KINDS = ['raised', 'escalated', 'updated', 'resolved', 'summary', 'system', 'test'] as const;
/** Whatever logs and people can put into a text, at a length where it hurts. */
const hostile = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('a', '"', '\u0000', '\u001b', '€', '\u{1f6a8}', '\ud800', '\\', '__proto__'),
      fc.nat(most),
    )
    .map(([text, times]) => text.repeat(times).slice(0, most));
const time = fc.integer({ min: 0, max: NOON * 2 });

const deliveryState: fc.Arbitrary<DeliveryState> = fc.record(
  {
    state: fc.constantFrom(...DELIVERY_STATES),
    kind: fc.constantFrom(...KINDS),
    then: fc.constantFrom('updated', 'escalated', 'resolved'),
    ...{ attempts: fc.nat(100), next: time, since: time, fence: fc.nat(1000) },
    ...{ receipt: hostile(200).filter(Boolean), reason: hostile(200).filter(Boolean) },
  },
  { requiredKeys: ['state', 'kind', 'attempts', 'next', 'since', 'fence'] },
);

interface Sizes {
  readonly members: number;
  readonly alerts: number;
  readonly destinations: number;
}

/** A group of that many members and alerts, some counted, all of them with texts as long as they may be. */
const storedGroups = (sizes: fc.Arbitrary<Sizes>): fc.Arbitrary<StoredGroup> =>
  fc
    .record({
      sizes,
      dedup: hostile(1000),
      unit: hostile(1024),
      eventId: hostile(256),
      states: fc.array(deliveryState, { minLength: 1, maxLength: 7 }),
      destination: hostile(60),
      counted: fc.nat(3),
      values: fc.option(fc.nat(30), { nil: undefined }),
      units: fc.nat(300),
    })
    .map((of) => {
      const { members, alerts, destinations } = of.sizes;
      const about = {
        rule: 'aws.cloudtrail.trail-stopped',
        logType: 'aws.cloudtrail',
        dedup: of.dedup,
      } as const;
      const listed: Alert[] = Array.from({ length: alerts }, (_, i) => ({
        ...{
          ...about,
          id: alertId('rule', of.dedup, i),
          severity: 'high',
          title: 'T',
          context: {},
          pointers: [],
        },
        ...{ start: NOON + i * 1000, end: NOON + i * 1000 + 5, events: 3 },
        ...{ firstEventTime: NOON + i * 1000 - 7, lastEventTime: NOON + i * 1000 + 500 },
      }));
      const counts = (i: number): boolean => alerts > 0 && i % 4 < of.counted;
      const all: Member[] = Array.from({ length: members }, (_, i) => ({
        ...{ time: NOON + i * 997, id: shortHash(String(i)), severity: 'low' },
        pointer: { unit: `${of.unit}${i % 5}`, index: i, eventId: `${of.eventId}${i}` },
        ...(of.values === undefined
          ? {}
          : { values: Array.from({ length: of.values }, (_, n) => shortHash(`${i % 50} ${n}`)) }),
        ...(counts(i) ? { alert: listed[i % alerts]!.id } : {}),
      }));
      return {
        group: { ...about, members: all, alerts: listed, forgotten: 0 } satisfies Group,
        units: Array.from({ length: of.units }, (_, i) => `${alertId('u', '', i).slice(0, 16)}.${i}.0`),
        deliveries: Object.fromEntries(
          listed.map(({ id }, a) => [
            id,
            Object.fromEntries(
              Array.from({ length: destinations }, (_, d) => [
                `${of.destination}${d}`,
                of.states[(a + d) % of.states.length]!,
              ]),
            ),
          ]),
        ),
        resolved: listed[0] === undefined ? {} : { [listed[0].id]: NOON },
        keepUntil: NOON + 1,
      };
    });

const any: fc.Arbitrary<Sizes> = fc.record({
  ...{ members: fc.nat(1000), alerts: fc.nat(50), destinations: fc.nat(10) },
});
const small: fc.Arbitrary<Sizes> = fc.record({
  ...{ members: fc.nat(30), alerts: fc.nat(4), destinations: fc.nat(3) },
});
const largest: Sizes = { members: 1000, alerts: 50, destinations: 10 };

describe('a group that is stored', () => {
  test('fits every store, whatever is in it', () => {
    fc.assert(
      fc.property(storedGroups(fc.oneof(any, fc.constant(largest))), (stored) => {
        const body = encodeGroup(stored);

        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
        expect(body.includes('\0')).toBe(false);
        expect(body.isWellFormed()).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('never forgets a message that is still to be sent, and counts the members that it forgets', () => {
    fc.assert(
      fc.property(storedGroups(fc.oneof(any, fc.constant(largest))), (stored) => {
        const read = decodeGroup(encodeGroup(stored));

        for (const [id, states] of Object.entries(stored.deliveries)) {
          if (!isOpen(states)) continue;
          const bare = ({ receipt: _, reason: __, ...state }: DeliveryState) => state;
          const seen = Object.entries(read.deliveries[id] ?? {}).map(([name, state]) => [name, bare(state)]);
          expect(seen).toEqual(Object.entries(states).map(([name, state]) => [name, bare(state)]));
        }
        expect(read.group.members.length + read.group.forgotten).toBe(stored.group.members.length);
      }),
      { numRuns: 20 },
    );
  });

  test('forgets members that an alert counted before those that wait', () => {
    fc.assert(
      fc.property(storedGroups(any), ({ ...stored }) => {
        const { group } = decodeGroup(encodeGroup(stored));

        if (group.members.some(({ alert }) => alert !== undefined)) {
          const waits = ({ alert }: Member) => alert === undefined;
          expect(group.members.filter(waits)).toHaveLength(stored.group.members.filter(waits).length);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('reads as it was written, deliveries to the last word', () => {
    fc.assert(
      fc.property(storedGroups(small), (stored) => {
        const read = decodeGroup(encodeGroup(stored));

        expect(read.deliveries).toEqual(stored.deliveries);
        expect(read.resolved).toEqual(stored.resolved);
        expect(read.keepUntil).toBe(stored.keepUntil);
        expect(read.units).toEqual(stored.units.slice(-200));
        expect(groupMarks(read)).toEqual({ due: groupDue(stored), expires: stored.keepUntil });
        expect(encodeGroup(read)).toBe(encodeGroup(stored));
      }),
    );
  });

  test('folds on as if it had never been written', () => {
    const shown = ({ changes, group, late }: ReturnType<typeof fold>) => ({
      changes: changes.map(({ kind, alert }) => [kind, alert.id, alert.events, alert.severity]),
      members: group.members.map(({ pointer: _, ...member }) => member),
      alerts: group.alerts.map(({ title: _, context: __, pointers: ___, ...alert }) => alert),
      late: late.map(({ id }) => id),
    });
    const stored = (group: Group): StoredGroup => ({
      ...{ group, units: [], deliveries: {}, resolved: {}, keepUntil: 0 },
    });
    const lateness = fc.option(fc.integer({ min: 0, max: LATEST_TIME }), { nil: undefined });
    fc.assert(
      fc.property(events.chain(batched), policies, lateness, (batches, base, latenessMs) => {
        const policy = latenessMs === undefined ? base : { ...base, latenessMs };
        let written = newGroup();
        let kept = newGroup();
        for (const batch of batches) {
          const expected = fold(kept, batch, policy);
          const seen = fold(written, batch, policy);

          expect(shown(seen)).toEqual(shown(expected));
          kept = expected.group;
          written = decodeGroup(encodeGroup(stored(seen.group))).group;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('lets the alert of a later unit name the events that waited for it', () => {
    const first = fold(newGroup(), [contribution('a', 1), contribution('b', 2)], policyOf({ threshold: 3 }));
    const read = decodeGroup(
      encodeGroup({ group: first.group, units: [], deliveries: {}, resolved: {}, keepUntil: 0 }),
    );

    const { changes } = foldAll(read.group, [[contribution('c', 3)]], policyOf({ threshold: 3 }));

    expect(changes[0]?.alert.pointers.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c']);
  });

  test('of a newer version is refused, and not written over', () => {
    const body = encodeGroup({ group: newGroup(), units: [], deliveries: {}, resolved: {}, keepUntil: 0 });

    expect(() => decodeGroup(body.replace('"v":1', '"v":2'))).toThrow('newer Tocsin');
  });

  test('takes less than 30 bytes a member', () => {
    const members: Member[] = Array.from({ length: 1000 }, (_, i) => ({
      ...{ time: NOON + i * 3600, id: shortHash(String(i)), severity: 'low', alert: 'x' },
      pointer: { unit: '', index: 0, eventId: '' },
    }));
    const size = (group: Group) =>
      Buffer.byteLength(encodeGroup({ group, units: [], deliveries: {}, resolved: {}, keepUntil: 0 }));

    const bytes = (size({ ...newGroup(), members }) - size(newGroup())) / 1000;

    expect(bytes).toBeLessThan(30);
  });
});
