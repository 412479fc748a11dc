import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fold, type AlertPolicy } from '../../../detector/alerts/fold.js';
import {
  alertId,
  severityRank,
  type Alert,
  type Contribution,
  type Group,
} from '../../../detector/alerts/group.js';
import {
  arrivals,
  batched,
  events,
  foldAll,
  holdsSpan,
  keysOf,
  LATEST_TIME,
  newGroup,
  policies,
} from './contributions.js';

const RUNS = { numRuns: 150 };

const lateness = fc.integer({ min: 0, max: LATEST_TIME });
const strictPolicies: fc.Arbitrary<AlertPolicy> = fc
  .tuple(policies, fc.option(lateness, { nil: undefined }))
  .map(([policy, latenessMs]) => (latenessMs === undefined ? policy : { ...policy, latenessMs }));

const idsOf = (group: Group): readonly string[] => group.members.map(({ id }) => id).sort();
const membersOf = (group: Group, { id }: Alert) => group.members.filter(({ alert }) => alert === id);
const waitingIn = (group: Group) => group.members.filter(({ alert }) => alert === undefined);

describe('delivered again', () => {
  test('all or any part of what was folded leaves the same group and raises nothing', () => {
    fc.assert(
      fc.property(arrivals, strictPolicies, fc.nat(), ({ batches }, policy, cut) => {
        const { group } = foldAll(newGroup(), batches, policy);
        const part = batches.slice(0, cut % (batches.length + 1));

        const again = foldAll(group, [batches.flat(), part.flat(), ...part], policy);

        expect(again.group).toEqual(group);
        expect(again.changes).toEqual([]);
      }),
      RUNS,
    );
  });

  test('inside a batch changes nothing', () => {
    fc.assert(
      fc.property(arrivals, strictPolicies, ({ batches }, policy) => {
        const doubled = batches.map((batch) => [...batch, ...batch.toReversed()]);

        const { steps } = foldAll(newGroup(), doubled, policy);

        expect(steps).toEqual(foldAll(newGroup(), batches, policy).steps);
      }),
      RUNS,
    );
  });

  test('after a crash in the middle leaves what an undisturbed run leaves', () => {
    fc.assert(
      fc.property(arrivals, strictPolicies, fc.nat(), ({ batches }, policy, at) => {
        const crash = at % batches.length;
        const repeated = [...batches.slice(0, crash + 1), ...batches.slice(crash)];

        const { group } = foldAll(newGroup(), repeated, policy);

        expect(group).toEqual(foldAll(newGroup(), batches, policy).group);
      }),
      RUNS,
    );
  });
});

describe('in any order and any batches', () => {
  /** All data is within this lateness, so that it is as good as none. */
  const generous = fc
    .tuple(policies, fc.boolean())
    .map(([policy, limited]) => (limited ? { ...policy, latenessMs: LATEST_TIME } : policy));

  test('a group has the same members, and alerts exactly when some span holds the threshold', () => {
    fc.assert(
      fc.property(arrivals, generous, ({ events: all, batches }, policy) => {
        const { group, changes } = foldAll(newGroup(), batches, { ...policy });
        const raised = changes.filter(({ kind }) => kind === 'raised');

        if (policy.latenessMs === undefined) expect(idsOf(group)).toEqual(all.map(({ id }) => id).sort());
        expect(raised.length > 0).toBe(holdsSpan(all, policy));
      }),
      RUNS,
    );
  });

  test('nothing is late that is within the limit', () => {
    fc.assert(
      fc.property(arrivals, generous, ({ batches }, policy) => {
        const { steps } = foldAll(newGroup(), batches, policy);

        expect(steps.flatMap(({ late }) => late)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('no span that holds the threshold is left waiting', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        for (const { group } of foldAll(newGroup(), batches, policy).steps) {
          expect(holdsSpan(waitingIn(group), policy)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  test('in order of time, a limit of lateness changes no alert: what is dropped could join nothing', () => {
    const inOrder = events.chain((all) => batched(all.toSorted((a, b) => a.time - b.time)));
    fc.assert(
      fc.property(inOrder, policies, lateness, (batches, policy, latenessMs) => {
        const unlimited = foldAll(newGroup(), batches, policy);
        const limited = foldAll(newGroup(), batches, { ...policy, latenessMs });

        expect(limited.changes).toEqual(unlimited.changes);
        expect(limited.steps.flatMap(({ late }) => late)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('an alert', () => {
  test('held the threshold, in a span of one window at most, when it was raised', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        for (const { group, changes } of foldAll(newGroup(), batches, policy).steps) {
          for (const { alert } of changes.filter(({ kind }) => kind === 'raised')) {
            const span = membersOf(group, alert).filter(
              ({ time, ...member }) =>
                time >= alert.start && time <= alert.end && keysOf(member, policy).length > 0,
            );
            expect(alert.end - alert.start).toBeLessThanOrEqual(policy.windowMs);
            expect(new Set(span.flatMap((member) => keysOf(member, policy))).size).toBeGreaterThanOrEqual(
              policy.threshold,
            );
            expect([span[0]!.time, span.at(-1)!.time]).toEqual([alert.start, alert.end]);
          }
        }
      }),
      RUNS,
    );
  });

  test('counts only what lies within one window of its span, and no other alert covers that span', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        const { group } = foldAll(newGroup(), batches, policy);

        for (const alert of group.alerts) {
          for (const { time } of membersOf(group, alert)) {
            expect(time).toBeGreaterThanOrEqual(alert.start - policy.windowMs);
            expect(time).toBeLessThanOrEqual(alert.end + policy.windowMs);
          }
        }
        for (const [at, { start }] of group.alerts.entries()) {
          expect(start).toBeGreaterThan((group.alerts[at - 1]?.end ?? -Infinity) + policy.windowMs);
        }
      }),
      RUNS,
    );
  });

  test('leaves nothing waiting within one window of its span', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        const { group } = foldAll(newGroup(), batches, policy);

        for (const { time } of waitingIn(group)) {
          for (const { start, end } of group.alerts) {
            expect(time < start - policy.windowMs || time > end + policy.windowMs).toBe(true);
          }
        }
      }),
      RUNS,
    );
  });

  test('once raised stays, with its id, span, title and context; its count and severity only grow', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        let before: readonly Alert[] = [];
        for (const { group } of foldAll(newGroup(), batches, policy).steps) {
          const after = new Map(group.alerts.map((alert) => [alert.id, alert]));
          for (const {
            events: count,
            severity,
            firstEventTime,
            lastEventTime,
            pointers,
            ...kept
          } of before) {
            const now = after.get(kept.id)!;
            expect(now).toMatchObject(kept);
            expect(now.events).toBeGreaterThanOrEqual(count);
            expect(severityRank(now.severity)).toBeGreaterThanOrEqual(severityRank(severity));
            expect(now.firstEventTime).toBeLessThanOrEqual(firstEventTime);
            expect(now.lastEventTime).toBeGreaterThanOrEqual(lastEventTime);
            expect(now.pointers.slice(0, pointers.length)).toEqual(pointers);
          }
          before = group.alerts;
        }
      }),
      RUNS,
    );
  });

  test('has an id of its own, made of rule, dedup key and start', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        const { group } = foldAll(newGroup(), batches, policy);

        expect(new Set(group.alerts.map(({ id }) => id)).size).toBe(group.alerts.length);
        for (const { id, start } of group.alerts) expect(id).toBe(alertId(group.rule, group.dedup, start));
      }),
      RUNS,
    );
  });

  test('#26 #27 sums up its own events: count, severity, first and last time, pointers', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ events: all, batches }, policy) => {
        const { group } = foldAll(newGroup(), batches, policy);

        expect(group.forgotten).toBe(0);
        expect(group.alerts.reduce((sum, alert) => sum + alert.events, 0) + waitingIn(group).length).toBe(
          all.length,
        );
        for (const alert of group.alerts) {
          const members = membersOf(group, alert);
          const times = members.map(({ time }) => time);
          expect({
            events: alert.events,
            severity: severityRank(alert.severity),
            firstEventTime: alert.firstEventTime,
            lastEventTime: alert.lastEventTime,
            pointers: alert.pointers.map(({ eventId }) => eventId).sort(),
          }).toEqual({
            events: members.length,
            severity: Math.max(...members.map(({ severity }) => severityRank(severity))),
            firstEventTime: Math.min(...times),
            lastEventTime: Math.max(...times),
            pointers: members.map(({ id }) => id).sort(),
          });
        }
      }),
      RUNS,
    );
  });
});

describe('the changes of a fold', () => {
  test('name each alert that differs once, and say whether to notify', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        let before = new Map<string, Alert>();
        for (const { group, changes } of foldAll(newGroup(), batches, policy).steps) {
          const expected = group.alerts.flatMap((alert) => {
            const old = before.get(alert.id);
            if (old === undefined) return [{ kind: 'raised', alert }];
            if (old.events === alert.events) return [];
            return [{ kind: old.severity === alert.severity ? 'joined' : 'escalated', alert }];
          });
          const byStart = changes.toSorted((a, b) => a.alert.start - b.alert.start);
          expect(byStart).toEqual(expected);
          before = new Map(group.alerts.map((alert) => [alert.id, alert]));
        }
      }),
      RUNS,
    );
  });
});

describe('a group', () => {
  test('keeps members by time and id, each once, and alerts by start', () => {
    fc.assert(
      fc.property(arrivals, strictPolicies, ({ batches }, policy) => {
        const { group } = foldAll(newGroup(), batches, policy);
        const sorted = group.members.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));

        expect(group.members).toEqual(sorted);
        expect(new Set(idsOf(group)).size).toBe(group.members.length);
        expect(group.alerts).toEqual(group.alerts.toSorted((a, b) => a.start - b.start));
      }),
      RUNS,
    );
  });

  test('stays within its cap, and says what it forgot', () => {
    fc.assert(
      fc.property(
        arrivals,
        policies,
        fc.integer({ min: 0, max: 12 }),
        ({ events: all }, policy, mostMembers) => {
          const { group } = foldAll(
            newGroup(),
            all.map((one) => [one]),
            { ...policy, mostMembers },
          );

          expect(group.members.length).toBeLessThanOrEqual(Math.max(mostMembers, policy.threshold));
          expect(group.members.length + group.forgotten).toBe(all.length);
        },
      ),
      RUNS,
    );
  });

  test('#18 is blocked by no change of threshold, window or what is counted', () => {
    const changing = arrivals.chain(({ events: all, batches }) =>
      fc.record({
        all: fc.constant(all),
        batches: fc.constant(batches),
        policies: fc.array(policies, { minLength: batches.length, maxLength: batches.length }),
      }),
    );
    fc.assert(
      fc.property(changing, ({ all, batches, policies: each }) => {
        const { steps } = foldAll(newGroup(), batches, (at) => each[at]!);

        let before: readonly string[] = [];
        for (const [at, { group }] of steps.entries()) {
          const ids = group.alerts.map(({ id }) => id);
          expect(holdsSpan(waitingIn(group), each[at]!)).toBe(false);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual(expect.arrayContaining([...before]));
          for (const [place, { start }] of group.alerts.entries()) {
            expect(start).toBeGreaterThan(group.alerts[place - 1]?.end ?? -Infinity);
          }
          before = ids;
        }
        const { group } = steps.at(-1)!;
        const counted = group.alerts.reduce((sum, alert) => sum + alert.events, 0);
        expect(counted + waitingIn(group).length).toBe(all.length);
      }),
      RUNS,
    );
  });

  test('#19 raises with the very match that completes a span, not later', () => {
    fc.assert(
      fc.property(arrivals, policies, ({ batches }, policy) => {
        const arrived: Contribution[] = [];
        let group = newGroup();
        let alerted = false;
        for (const one of batches.flat()) {
          arrived.push(one);
          const folded = fold(group, [one], policy);
          group = folded.group;
          alerted ||= folded.changes.some(({ kind }) => kind === 'raised');
          expect(alerted).toBe(holdsSpan(arrived, policy));
        }
      }),
      RUNS,
    );
  });
});
