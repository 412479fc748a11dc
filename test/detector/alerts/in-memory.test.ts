import { describe, expect, test } from '@jest/globals';
import { alertPolicy, contributionOf } from '../../../detector/alerts/contribution.js';
import { MemoryGroups } from '../../../detector/alerts/in-memory.js';
import type { FoundMatch } from '../../../detector/evaluate-unit.js';
import { defineRule, type JsonObject, type Rule } from '../../../detector/rule.js';
import { HOUR, MINUTE } from './contributions.js';

const ruleOf = (more: Partial<Rule> = {}): Rule =>
  defineRule({
    id: 'aws.cloudtrail.trail-stopped',
    logTypes: ['aws.cloudtrail'],
    name: 'Trail stopped',
    description: 'Somebody stopped a trail.',
    severity: 'medium',
    attack: ['TA0005:T1562.008'],
    falsePositives: [],
    runbook: 'Ask who did it.',
    match: { eventName: 'StopLogging' },
    ...more,
  });

const found = (
  eventId: string,
  eventTime: number,
  more: { readonly rule?: Rule; readonly dedup?: string; readonly context?: () => JsonObject } = {},
): FoundMatch => ({
  match: {
    rule: more.rule ?? ruleOf(),
    severity: 'medium',
    title: `Title of ${eventId}`,
    dedup: more.dedup ?? 'alice',
    context: more.context ?? (() => ({ event: eventId })),
  },
  logType: 'aws.cloudtrail',
  unit: 'trail/0001.json.gz',
  index: 7,
  eventId,
  eventTime,
});

describe('the policy of a rule', () => {
  test('is one match in sixty minutes unless it says otherwise', () => {
    expect(alertPolicy(ruleOf())).toEqual({ threshold: 1, windowMs: HOUR, distinct: false });
  });

  test('is what the rule says', () => {
    const rule = ruleOf({ threshold: 5, windowMinutes: 15, distinct: 'requestParameters.name' });

    expect(alertPolicy(rule)).toEqual({ threshold: 5, windowMs: 15 * MINUTE, distinct: true });
  });
});

describe('what a match contributes', () => {
  test('is its event, a pointer to it, and its title and context on demand', () => {
    const { present, ...rest } = contributionOf(found('e1', 1000));

    expect(rest).toEqual({
      time: 1000,
      id: 'e1',
      severity: 'medium',
      pointer: { unit: 'trail/0001.json.gz', index: 7, eventId: 'e1' },
    });
    expect(present()).toEqual({ title: 'Title of e1', context: { event: 'e1' } });
  });

  test('are the values of a rule that counts them', () => {
    const { match, ...rest } = found('e1', 1000);

    expect(contributionOf({ ...rest, match: { ...match, distinct: ['a', 'b'] } }).values).toEqual(['a', 'b']);
  });

  test.each<[string, () => JsonObject]>([
    [
      'that throws',
      () => {
        throw new Error('no such field');
      },
    ],
    [
      'whose property throws',
      () => ({
        get name(): string {
          throw new Error('no such field');
        },
      }),
    ],
  ])('goes out with a note in place of a context %s', (_, context) => {
    const groups = new MemoryGroups();
    groups.add(found('e1', 1000, { context }));

    expect(groups.settle()).toMatchObject([
      {
        kind: 'raised',
        alert: {
          title: 'Title of e1',
          context: { error: 'The context of this match could not be computed.' },
        },
      },
    ]);
  });
});

describe('groups in memory', () => {
  test('keep rules and dedup keys apart', () => {
    const groups = new MemoryGroups();
    groups.add(found('e1', 1000, { dedup: 'alice' }));
    groups.add(found('e1', 1000, { dedup: 'bob' }));
    groups.add(found('e1', 1000, { rule: ruleOf({ id: 'aws.cloudtrail.trail-deleted' }) }));
    groups.add(found('e2', 2000, { dedup: 'bob' }));

    const changes = groups.settle();

    expect(changes.map(({ alert: { rule, dedup, events } }) => [rule, dedup, events])).toEqual([
      ['aws.cloudtrail.trail-stopped', 'alice', 1],
      ['aws.cloudtrail.trail-stopped', 'bob', 2],
      ['aws.cloudtrail.trail-deleted', 'alice', 1],
    ]);
    expect(new Set(changes.map(({ alert }) => alert.id)).size).toBe(3);
  });

  test('remember between units, and forget what was settled', () => {
    const groups = new MemoryGroups();
    groups.add(found('e1', 1000));
    expect(groups.waiting).toBe(1);
    expect(groups.settle()).toHaveLength(1);
    expect(groups.waiting).toBe(0);
    expect(groups.settle()).toEqual([]);

    groups.add(found('e1', 1000));
    groups.add(found('e2', 2000));
    const changes = groups.settle();

    expect(changes).toMatchObject([{ kind: 'joined', alert: { events: 2 } }]);
    expect(groups.alerts()).toEqual([changes[0]!.alert]);
  });

  test('open none for a signal', () => {
    const groups = new MemoryGroups();

    groups.add(found('e1', 1000, { rule: ruleOf({ alert: false }) }));

    expect(groups.waiting).toBe(0);
    expect(groups.settle()).toEqual([]);
  });

  test('list their alerts by time of the first event', () => {
    const groups = new MemoryGroups();
    for (const [id, time, dedup] of [
      ['e1', 10 * HOUR, 'alice'],
      ['e2', 2 * HOUR, 'bob'],
      ['e3', 5 * HOUR, 'alice'],
    ] as const)
      groups.add(found(id, time, { dedup }));
    groups.settle();

    expect(groups.alerts().map(({ firstEventTime }) => firstEventTime / HOUR)).toEqual([2, 5, 10]);
  });

  test('never call old logs late', () => {
    const groups = new MemoryGroups();
    groups.add(found('e1', 1000 * 24 * HOUR));
    groups.settle();
    groups.add(found('e2', 0));

    expect(groups.settle()).toMatchObject([{ kind: 'raised', alert: { start: 0 } }]);
  });
});
