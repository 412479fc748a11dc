import { describe, expect, test } from '@jest/globals';
import { fold, type AlertChange } from '../../../detector/alerts/fold.js';
import { alertId, type Contribution } from '../../../detector/alerts/group.js';
import { contribution, foldAll, HOUR, MINUTE, newGroup, policyOf, SECOND } from './contributions.js';

const DAY = 24 * HOUR;
/** 2026-01-05T09:00:00Z */
const START = Date.UTC(2026, 0, 5, 9);

const at = (minutes: number, more: Partial<Contribution> = {}): Contribution =>
  contribution(`at-${String(minutes)}`, START + minutes * MINUTE, more);

const many = (count: number, first: number, stepMs: number): readonly Contribution[] =>
  Array.from({ length: count }, (_, i) => contribution(`e-${String(i)}`, first + i * stepMs));

const kinds = (changes: readonly AlertChange[]): readonly string[] => changes.map(({ kind }) => kind);

describe('a rule with threshold 1', () => {
  test('alerts on its first match, with the title and context of that match', () => {
    const { group, changes, late } = fold(newGroup(), [at(0, { severity: 'high' })], policyOf());

    expect(late).toEqual([]);
    expect(changes).toEqual([{ kind: 'raised', alert: group.alerts[0] }]);
    expect(group.alerts).toEqual([
      {
        id: alertId(group.rule, group.dedup, START),
        rule: 'aws.cloudtrail.trail-stopped',
        logType: 'aws.cloudtrail',
        dedup: 'alice stopped a trail',
        severity: 'high',
        title: 'Title of at-0',
        context: { event: 'at-0' },
        start: START,
        end: START,
        firstEventTime: START,
        lastEventTime: START,
        events: 1,
        pointers: [{ unit: 'trail/0001.json.gz', index: 0, eventId: 'at-0' }],
      },
    ]);
  });

  test('absorbs what lies within one window on either side, both ends included, and alerts anew beyond', () => {
    const { group, steps } = foldAll(
      newGroup(),
      [[at(0)], [at(60)], [at(-60)], [at(61)], [at(-61)]],
      policyOf(),
    );

    expect(steps.map(({ changes }) => kinds(changes))).toEqual([
      ['raised'],
      ['joined'],
      ['joined'],
      ['raised'],
      ['raised'],
    ]);
    expect(group.alerts.map(({ start, events }) => [(start - START) / MINUTE, events])).toEqual([
      [-61, 1],
      [0, 3],
      [61, 1],
    ]);
  });

  test('does not let a long attack go silent: what is absorbed does not extend the window', () => {
    const every30Minutes = Array.from({ length: 10 }, (_, i) => [at(i * 30)]);

    const { changes } = foldAll(newGroup(), every30Minutes, policyOf());

    const raised = changes.filter(({ kind }) => kind === 'raised');
    expect(raised.map(({ alert }) => (alert.start - START) / MINUTE)).toEqual([0, 90, 180, 270]);
  });

  test('counts a match near two alerts in the earlier one', () => {
    const { group } = foldAll(newGroup(), [[at(0)], [at(61)], [at(50)]], policyOf());

    expect(group.alerts.map(({ events }) => events)).toEqual([2, 1]);
  });

  test('raises every alert of old logs that arrive at once', () => {
    const count = 10_000;

    const { group, changes } = fold(newGroup(), many(count, START, 3 * HOUR), policyOf());

    expect(group.alerts).toHaveLength(count);
    expect(changes).toHaveLength(count);
    expect(new Set(kinds(changes))).toEqual(new Set(['raised']));
  });
});

describe('a rule with a threshold', () => {
  /** How many alerts a window that opens at the first event, and does not slide, would raise. */
  function anchoredAlerts(times: readonly number[], threshold: number, windowMs: number): number {
    let anchor = -Infinity;
    let count = 0;
    let alerts = 0;
    for (const time of times) {
      if (time > anchor + windowMs) [anchor, count] = [time, 0];
      if (++count === threshold) alerts++;
    }
    return alerts;
  }

  test('sees 17 events in 20 seconds that a window anchored at an earlier stray event would split', () => {
    const stray = contribution('stray', START);
    const burst = many(17, START + 51 * SECOND, 1250);
    const policy = policyOf({ threshold: 10, windowMs: MINUTE });

    const { group, changes } = fold(newGroup(), [stray, ...burst], policy);

    expect(burst.at(-1)!.time - burst[0]!.time).toBe(20 * SECOND);
    expect(
      anchoredAlerts(
        [stray, ...burst].map(({ time }) => time),
        10,
        MINUTE,
      ),
    ).toBe(0);
    expect(kinds(changes)).toEqual(['raised']);
    expect(group.alerts[0]).toMatchObject({ events: 18, firstEventTime: START, title: 'Title of e-0' });
  });

  test('stays quiet below it, and alerts with the match that completes it', () => {
    const policy = policyOf({ threshold: 3 });

    const { steps } = foldAll(newGroup(), [[at(0)], [at(20)], [at(40)]], policy);

    expect(steps.map(({ changes }) => kinds(changes))).toEqual([[], [], ['raised']]);
    expect(steps[2]!.changes[0]!.alert).toMatchObject({
      title: 'Title of at-40',
      start: START,
      end: START + 40 * MINUTE,
      events: 3,
    });
  });

  test('is reached within a window that has both its ends', () => {
    const policy = policyOf({ threshold: 2 });

    expect(kinds(fold(newGroup(), [at(0), at(60)], policy).changes)).toEqual(['raised']);
    expect(fold(newGroup(), [at(0), at(60.001)], policy).changes).toEqual([]);
  });

  test('is reached by events that arrive in the wrong order', () => {
    const policy = policyOf({ threshold: 3 });

    const { group, changes } = foldAll(newGroup(), [[at(40)], [at(0)], [at(20)]], policy);

    expect(kinds(changes)).toEqual(['raised']);
    expect(group.alerts[0]).toMatchObject({
      start: START,
      end: START + 40 * MINUTE,
      title: 'Title of at-20',
    });
  });

  test('has to be reached again after the alert, by what the alert does not count', () => {
    const policy = policyOf({ threshold: 2 });

    const { steps } = foldAll(newGroup(), [[at(0), at(1)], [at(30)], [at(62)], [at(63)]], policy);

    expect(steps.map(({ changes }) => kinds(changes))).toEqual([['raised'], ['joined'], [], ['raised']]);
  });

  test('lets the most severe new match of the span speak, the earliest among equals', () => {
    const policy = policyOf({ threshold: 3 });
    const batch = [at(0), at(1, { severity: 'high' }), at(2, { severity: 'high' })];

    const { changes } = fold(newGroup(), batch, policy);

    expect(changes[0]!.alert).toMatchObject({ severity: 'high', title: 'Title of at-1' });
  });

  test('asks for title and context only of the match that speaks', () => {
    const asked: string[] = [];
    const asking = many(50, START, SECOND).map((one) => ({
      ...one,
      present: () => {
        asked.push(one.id);
        return one.present();
      },
    }));

    fold(newGroup(), asking, policyOf({ threshold: 10 }));

    expect(asked).toEqual(['e-0']);
  });
});

describe('a match that joins an alert', () => {
  test.each([
    ['of higher severity escalates it', 'critical', 'escalated', 'critical'],
    ['of equal severity does not', 'medium', 'joined', 'medium'],
    ['of lower severity does not', 'info', 'joined', 'medium'],
  ] as const)('%s', (_, severity, kind, expected) => {
    const { group } = fold(newGroup(), [at(0, { severity: 'medium' })], policyOf());

    const { changes } = fold(group, [at(1, { severity })], policyOf());

    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ kind, alert: { severity: expected, title: 'Title of at-0' } });
  });

  test('in the batch that raises it is part of the one notice', () => {
    const { changes } = fold(newGroup(), [at(0), at(1, { severity: 'critical' })], policyOf());

    expect(kinds(changes)).toEqual(['raised']);
    expect(changes[0]!.alert).toMatchObject({ severity: 'critical', title: 'Title of at-1', events: 2 });
  });

  test('escalates once for a batch, whatever follows in it', () => {
    const { group } = fold(newGroup(), [at(0)], policyOf());

    const { changes } = fold(group, [at(1), at(2, { severity: 'high' }), at(3)], policyOf());

    expect(kinds(changes)).toEqual(['escalated']);
    expect(changes[0]!.alert).toMatchObject({ severity: 'high', events: 4 });
  });
});

describe('a rule that counts distinct values', () => {
  const policy = policyOf({ threshold: 3, distinct: true });
  const valued = (minutes: number, ...values: string[]): Contribution => at(minutes, { values });

  test('does not count a value twice', () => {
    const { changes } = fold(newGroup(), [valued(0, 'a'), valued(1, 'a'), valued(2, 'b')], policy);

    expect(changes).toEqual([]);
  });

  test('counts several values of one event', () => {
    const { changes } = fold(newGroup(), [valued(0, 'a'), valued(1, 'b', 'c')], policy);

    expect(changes[0]).toMatchObject({ kind: 'raised', alert: { events: 2 } });
  });

  test('alerts on one event that has enough of them', () => {
    const { changes } = fold(newGroup(), [valued(0, 'a', 'b', 'c')], policy);

    expect(kinds(changes)).toEqual(['raised']);
  });

  test('remembers no more values of one event than reach the threshold', () => {
    const hostile = valued(0, 'a', 'a', ...Array.from({ length: 100_000 }, (_, i) => `value-${String(i)}`));

    const { group, changes } = fold(newGroup(), [hostile], policy);

    expect(kinds(changes)).toEqual(['raised']);
    expect(group.members[0]!.values).toEqual(['a', 'value-0', 'value-1']);
  });

  test('counts nothing for an event without a value, which neither starts nor ends a span', () => {
    const none = [at(0), valued(70), at(179)];
    const some = [valued(59, 'a'), valued(60, 'b'), valued(119, 'c')];

    const { group, changes } = fold(newGroup(), [...none, ...some], policy);

    expect(kinds(changes)).toEqual(['raised']);
    expect(group.alerts[0]).toMatchObject({
      start: START + 59 * MINUTE,
      end: START + 119 * MINUTE,
      firstEventTime: START,
      lastEventTime: START + 179 * MINUTE,
    });
  });

  test('forgets a value when it leaves the window, not while a newer event still brings it', () => {
    const left = foldAll(newGroup(), [[valued(0, 'a')], [valued(50, 'b')], [valued(61, 'c')]], policy);
    const renewed = foldAll(
      newGroup(),
      [[valued(0, 'a')], [valued(30, 'a')], [valued(50, 'b')], [valued(61, 'c')]],
      policy,
    );

    expect(left.changes).toEqual([]);
    expect(kinds(renewed.changes)).toEqual(['raised']);
  });

  test('is not blinded by a flood of one value: beyond the cap, repeated values give way first', () => {
    const two = [valued(0, 'a'), valued(1, 'b')];
    const flood = many(500, START + 2 * MINUTE, SECOND).map((one) => ({ ...one, values: ['a'] }));
    const capped = { ...policy, mostMembers: 20 };

    const { group, changes } = foldAll(newGroup(), [two, flood, [valued(20, 'c')]], capped);

    expect(kinds(changes)).toEqual(['raised']);
    expect(group.forgotten).toBeGreaterThan(0);
  });
});

describe('late data', () => {
  const policy = policyOf({ latenessMs: DAY });
  const late = at(-24 * 60 - 1);
  const inTime = at(-24 * 60);

  test('is accepted up to the limit, measured from the newest event of the group', () => {
    const { group } = fold(newGroup(), [at(0)], policy);

    const folded = fold(group, [late, inTime], policy);

    expect(folded.late).toEqual([late]);
    expect(folded.changes).toMatchObject([{ kind: 'raised', alert: { start: inTime.time, events: 1 } }]);
    expect(folded.group.members.map(({ id }) => id)).toEqual([inTime.id, 'at-0']);
  });

  test('without a limit is never late', () => {
    const { group } = fold(newGroup(), [at(0)], policyOf());

    const folded = fold(group, [contribution('ancient', 0)], policyOf());

    expect(folded.late).toEqual([]);
    expect(kinds(folded.changes)).toEqual(['raised']);
  });

  test('is not what arrives together: old logs in one object raise all their alerts', () => {
    const week = Array.from({ length: 7 }, (_, day) => at(day * 24 * 60));

    const { group, changes, late: tooLate } = fold(newGroup(), week, policy);

    expect(tooLate).toEqual([]);
    expect(kinds(changes)).toEqual(Array.from({ length: 7 }, () => 'raised'));
    expect(group.alerts).toEqual(changes.map(({ alert }) => alert));
  });

  test('raised from old logs stays in the group until something new comes', () => {
    const week = Array.from({ length: 7 }, (_, day) => at(day * 24 * 60));
    const { group } = fold(newGroup(), week, policy);

    const again = fold(group, week, policy);
    const next = fold(group, [at(6 * 24 * 60 + 1)], policy);

    expect(again.group).toEqual(group);
    expect(again.changes).toEqual([]);
    expect(again.late).toEqual(week.slice(0, 5));
    expect(next.group.alerts).toHaveLength(2);
  });

  test('is named once, however often it stands in the batch', () => {
    const { group } = fold(newGroup(), [at(0)], policy);

    expect(fold(group, [late, late], policy).late).toEqual([late]);
  });

  test('is not what was counted before and is delivered again', () => {
    const first = at(0);
    const { group } = foldAll(newGroup(), [[first], [at(24 * 60 + 30)]], policy);

    const again = fold(group, [first], policy);

    expect(again).toEqual({ group, changes: [], late: [] });
  });

  test('cannot be changed by the time of an event delivered again', () => {
    const { group } = foldAll(newGroup(), [[at(0)], [contribution('untimed', START)]], policy);

    const { late: tooLate } = fold(group, [contribution('untimed', START + 3 * DAY), at(-10)], policy);

    expect(tooLate).toEqual([]);
  });

  test('bounds what a group holds: what nothing can reach any more is dropped', () => {
    const days = Array.from({ length: 30 }, (_, day) => [at(day * 24 * 60), at(day * 24 * 60 + 1)]);

    const { group, changes } = foldAll(newGroup(), days, policy);

    expect(changes).toHaveLength(30);
    expect(group.alerts).toHaveLength(2);
    expect(group.members).toHaveLength(4);
    expect(group.forgotten).toBe(0);
  });

  test('is judged by the newest event even when the cap has pushed that one out', () => {
    const capped = policyOf({ threshold: 2, latenessMs: DAY, mostMembers: 2 });
    const attack = [at(0), at(1)];
    const waiting = [at(-300), at(-200)];

    const { group } = foldAll(newGroup(), [attack, waiting], capped);

    expect(group.members.map(({ id }) => id)).toEqual(['at--300', 'at--200']);
    expect(fold(group, [at(1 - 24 * 60 - 1)], capped).late).toHaveLength(1);
  });
});

describe('limits of a group', () => {
  test('the newest members are kept, and how many were forgotten shows', () => {
    const policy = policyOf({ threshold: 5, windowMs: MINUTE, mostMembers: 10 });

    const { group } = fold(newGroup(), many(25, START, HOUR), policy);

    expect(group.members.map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, i) => `e-${String(i + 15)}`),
    );
    expect(group.forgotten).toBe(15);
    expect(fold(group, [contribution('one-more', START + 100 * HOUR)], policy).group.forgotten).toBe(16);
  });

  test('a thousand members without another word', () => {
    const { group } = fold(newGroup(), many(1001, START, SECOND), policyOf());

    expect(group.members).toHaveLength(1000);
    expect(group.forgotten).toBe(1);
    expect(group.alerts[0]!.events).toBe(1001);
  });

  test('what waits is kept rather than what is counted', () => {
    const policy = policyOf({ threshold: 3, mostMembers: 3 });

    const { group } = foldAll(newGroup(), [[at(-200), at(-100)], many(4, START, SECOND)], policy);

    expect(group.members.map(({ id }) => id)).toEqual(['at--200', 'at--100', 'e-3']);
    expect(group.forgotten).toBe(3);
  });

  test('never fewer than the threshold needs', () => {
    const policy = policyOf({ threshold: 30, mostMembers: 10 });

    const { changes } = foldAll(
      newGroup(),
      many(30, START, SECOND).map((one) => [one]),
      policy,
    );

    expect(kinds(changes)).toEqual(['raised']);
  });

  test('an alert points to its first hundred events and counts them all', () => {
    const { group } = foldAll(newGroup(), [many(90, START, SECOND), many(150, START, SECOND)], policyOf());

    expect(group.alerts[0]!.pointers.map(({ eventId }) => eventId)).toEqual(
      Array.from({ length: 100 }, (_, i) => `e-${String(i)}`),
    );
    expect(group.alerts[0]!.events).toBe(150);
  });
});

describe('bugs that other systems had', () => {
  test('#12 an event delivered again does not bump the count towards a threshold', () => {
    const policy = policyOf({ threshold: 3 });
    const twice = [at(0), at(1)];

    const { group, changes } = foldAll(newGroup(), [twice, twice, [...twice, ...twice]], policy);

    expect(changes).toEqual([]);
    expect(group.members).toHaveLength(2);
  });

  test('#12 an event delivered again does not bump the count of an alert', () => {
    const policy = policyOf({ threshold: 2 });
    const batch = [at(0), at(1), at(2)];
    const first = fold(newGroup(), batch, policy);

    const again = fold(first.group, [...batch, ...batch], policy);

    expect(again).toEqual({ group: first.group, changes: [], late: [] });
  });

  test('#18 a longer window between folds lets the group alert, and keeps its alerts', () => {
    const short = policyOf({ threshold: 2, windowMs: 10 * MINUTE });
    const long = policyOf({ threshold: 2, windowMs: HOUR });
    const { group } = foldAll(newGroup(), [[at(0)], [at(30)], [at(300), at(301)]], short);

    const { group: after, changes } = fold(group, [at(45)], long);

    expect(group.alerts).toHaveLength(1);
    expect(kinds(changes)).toEqual(['raised']);
    expect(changes[0]!.alert).toMatchObject({ start: START, events: 3, title: 'Title of at-45' });
    expect(after.alerts).toContainEqual(group.alerts[0]);
  });

  test('#18 a longer window reaches what waited nearby, and no alert spans another', () => {
    const short = policyOf({ threshold: 2, windowMs: MINUTE });
    const long = policyOf({ threshold: 2, windowMs: HOUR });
    const { group } = fold(newGroup(), [at(-10), at(0), at(1), at(10)], short);

    const { group: after, changes } = fold(group, [at(20)], long);

    expect(group.alerts[0]!.events).toBe(2);
    expect(kinds(changes)).toEqual(['joined']);
    expect(after.alerts).toHaveLength(1);
    expect(after.alerts[0]).toMatchObject({ start: START, end: START + MINUTE, events: 5 });
  });

  test('#18 a shorter window between folds does not silence the group', () => {
    const long = policyOf({ windowMs: 24 * HOUR });
    const short = policyOf({ windowMs: 10 * MINUTE });
    const { group } = fold(newGroup(), [at(0)], long);

    const { steps } = foldAll(group, [[at(5)], [at(30)]], short);

    expect(steps.map(({ changes }) => kinds(changes))).toEqual([['joined'], ['raised']]);
  });

  test('#18 a lower threshold lets what waits alert at the next match, wherever that lies', () => {
    const { group } = fold(newGroup(), [at(0), at(1)], policyOf({ threshold: 5 }));

    const { changes } = fold(group, [at(600)], policyOf({ threshold: 2 }));

    // Nobody is left who could give it a title, so it has the rule's id for one.
    expect(changes).toMatchObject([
      { kind: 'raised', alert: { title: 'aws.cloudtrail.trail-stopped', context: {}, events: 2 } },
    ]);
  });

  test('#18 a higher threshold takes no alert back and does not stop the next', () => {
    const { group } = fold(newGroup(), [at(0)], policyOf());

    const { group: after, changes } = fold(group, [at(100), at(101)], policyOf({ threshold: 2 }));

    expect(kinds(changes)).toEqual(['raised']);
    expect(after.alerts[0]).toEqual(group.alerts[0]);
  });

  test('#19 the first alert goes out at once, and later matches join it', () => {
    const { steps, group } = foldAll(newGroup(), [[at(0)], [at(10)], [at(20)]], policyOf());

    expect(steps.map(({ changes }) => kinds(changes))).toEqual([['raised'], ['joined'], ['joined']]);
    expect(new Set(steps.map(({ changes }) => changes[0]!.alert.id)).size).toBe(1);
    expect(group.alerts).toHaveLength(1);
    expect(group.alerts[0]!.events).toBe(3);
  });

  test('#26 first and last event time are those of the events that the alert counts', () => {
    const policy = policyOf({ threshold: 2 });
    const strays = [at(-500), at(500)];

    const { group } = foldAll(newGroup(), [strays, [at(0), at(5)], [at(-7), at(30)]], policy);

    expect(group.alerts).toHaveLength(1);
    expect(group.alerts[0]).toMatchObject({
      start: START,
      end: START + 5 * MINUTE,
      firstEventTime: START - 7 * MINUTE,
      lastEventTime: START + 30 * MINUTE,
    });
  });

  test('#27 an event that completes one alert is not counted by another', () => {
    const policy = policyOf({ threshold: 2 });
    const batch = [at(0), at(30), at(61), at(90), at(91), at(120), at(500)];

    const { group } = fold(newGroup(), batch, policy);

    const counted = group.alerts.reduce((sum, { events }) => sum + events, 0);
    const waiting = group.members.filter(({ alert }) => alert === undefined).length;
    expect(counted + waiting).toBe(batch.length);
  });
});

describe('a fold', () => {
  test('changes nothing of what it is given', () => {
    const { group } = fold(newGroup(), [at(0), at(200)], policyOf({ threshold: 2 }));
    const before = structuredClone(group);
    const batch = [at(210), at(5)];

    fold(group, batch, policyOf({ threshold: 2 }));

    expect(group).toEqual(before);
    expect(batch.map(({ id }) => id)).toEqual(['at-210', 'at-5']);
  });

  test('of nothing is nothing', () => {
    expect(fold(newGroup(), [], policyOf())).toEqual({ group: newGroup(), changes: [], late: [] });
  });

  test('works on a group that was stored as JSON', () => {
    const policy = policyOf({ threshold: 2 });
    const { group } = fold(newGroup(), [at(0), at(5), at(200)], policy);
    const stored = JSON.parse(JSON.stringify(group)) as typeof group;

    expect(fold(stored, [at(6), at(201)], policy)).toEqual(fold(group, [at(6), at(201)], policy));
  });

  test('is not confused by ids and values that are names of object properties', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const batch = names.map((name, i) => contribution(name, START + i, { values: [name] }));

    const events = fold(newGroup(), batch, policyOf({ threshold: 3 }));
    const values = fold(newGroup(), batch, policyOf({ threshold: 3, distinct: true }));

    expect(events.group.alerts[0]!.events).toBe(3);
    expect(values.group.alerts[0]!.events).toBe(3);
  });
});
