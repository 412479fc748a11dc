import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alertId, type Alert } from '../../../detector/alerts/group.js';
import { createLimiter } from '../../../detector/alerts/limiter.js';
import { mute, muteFor } from '../../../detector/alerts/mutes.js';
import { createPlanner, type PlannerOptions } from '../../../detector/alerts/planner.js';
import { destinationsFor, type Route } from '../../../detector/alerts/router.js';
import { systemRules } from '../../../detector/alerts/system-rules.js';
import type { Rule } from '../../../detector/rule.js';
import { MOST_DOCUMENT_BYTES, StoreError } from '../../../detector/state/store.js';
import { SharedState, TestProcess } from '../../support/faulty-store.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import { Turns } from '../../support/turns.js';
import { DAY, faults, HOUR, NOON, testRule } from './world.js';

const rule = testRule('aws.cloudtrail.trail-stopped', { tags: ['crown-jewels'] });
const alertOf = (start: number, more: Partial<Alert> = {}): Alert => ({
  ...{ id: alertId(rule.id, 'alice', start), rule: rule.id, logType: 'aws.cloudtrail', dedup: 'alice' },
  ...{ severity: 'medium', title: 'T', context: {}, start, end: start, events: 1, pointers: [] },
  ...{ firstEventTime: start, lastEventTime: start, ...more },
});

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});
const planner = (more: Partial<PlannerOptions> = {}) => {
  const routing = { routes: [], fallback: ['chat'] };
  const plan = createPlanner({
    ...{ store, now: () => NOON, routing, alertsPerHour: 1000, sendLate: false, ...more },
  });
  return (
    start: number,
    also: {
      rule?: Rule;
      alert?: Partial<Alert>;
      late?: boolean;
      crowded?: boolean;
      told?: readonly string[];
    } = {},
  ) => plan({ rule, told: [], late: false, crowded: false, ...also, alert: alertOf(start, also.alert) });
};

describe('the limit of a rule', () => {
  test('holds the 1,001st alert within an hour, and all that follow', async () => {
    const plan = planner();
    const held: (string | undefined)[] = [];
    for (let i = 0; i < 1010; i++) held.push((await plan(NOON + i)).held);

    expect(held.slice(0, 1000).every((why) => why === undefined)).toBe(true);
    expect(held.slice(1000)).toEqual(Array(10).fill('limited'));
  });

  test('has the detector say so with the alert that is held', async () => {
    const plan = planner({ alertsPerHour: 1 });
    const first = await plan(1);
    const second = await plan(2);

    expect(first.tell).toBeUndefined();
    expect(second.tell).toMatchObject({ rule: 'tocsin.rule-limited', about: rule.id, at: NOON });
    expect(second.tell?.title).toBe(`${rule.id} raised more than 1 alerts within an hour`);
  });

  test('counts every alert once, however often it is asked about, by whom, and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        faults(['throttle', 'timeout', 'conflict', 'echo']),
        fc.array(fc.nat(100), { maxLength: 100 }),
        async (asked, limit, befalling, choices) => {
          const turns = new Turns();
          const state = new SharedState(befalling, true);
          const process = new TestProcess(state, turns, () => {});
          const passesLimit = createLimiter(process.store);
          const passed = new Map<number, Set<boolean>>();
          const queue = [...asked];
          let working = 3;
          const work = async () => {
            for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
              try {
                const passes = await passesLimit('r', `alert-number-${id}`, limit, NOON);
                passed.set(id, (passed.get(id) ?? new Set()).add(passes));
              } catch {
                queue.push(id);
              }
            }
            working--;
          };
          for (let worker = 0; worker < 3; worker++) void work();
          const left = [...choices];
          await turns.run(
            () => working === 0,
            (count) => (left.shift() ?? 0) % count,
          );

          for (const answers of passed.values()) expect(answers.size).toBe(1);
          const passing = [...passed.values()].filter((answers) => answers.has(true)).length;
          expect(passing).toBe(Math.min(limit, new Set(asked).size));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('begins anew with the hour, and not for a clock that is behind', async () => {
    const passesLimit = createLimiter(store);
    const ask = (id: string, now: number) => passesLimit('r', id, 1, now);

    expect(await ask('a', NOON - 1)).toBe(true);
    expect(await ask('b', NOON - 1)).toBe(false);
    expect(await ask('b', NOON)).toBe(true);
    expect(await ask('c', NOON - 1)).toBe(false);
    expect(await ask('c', NOON)).toBe(false);
    expect(await ask('c', NOON + HOUR)).toBe(true);
  });

  test('writes nothing for what is above it, and fits its document at the largest', async () => {
    const passesLimit = createLimiter(store);
    for (let i = 0; i < 2600; i++) await passesLimit('r', alertId('r', '', i), 2600, NOON);
    let writes = 0;
    store.before = (method) => {
      if (method === 'put') writes++;
    };
    for (let i = 0; i < 10; i++) expect(await passesLimit('r', `another ${i}`, 2600, NOON)).toBe(false);

    expect(writes).toBe(0);
    expect(Buffer.byteLength([...store.documents.values()][0]!.body)).toBeLessThan(MOST_DOCUMENT_BYTES);
  });

  test('is written once for all that ask while it is being written', async () => {
    const passesLimit = createLimiter(store);
    const writes: string[] = [];
    store.before = (method) => {
      if (method === 'put') writes.push(method);
    };
    const ask = (i: number) => passesLimit('r', alertId('r', '', i), 70, NOON);

    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)));

    expect(answers).toEqual(answers.map((_, i) => i < 70));
    expect(writes).toHaveLength(2);
    expect(await Promise.all([ask(3), ask(99)])).toEqual([true, false]);
  });

  test('fails for all that ask together, and for none that ask later', async () => {
    const passesLimit = createLimiter(store);
    let failures = 0;
    store.before = (method) => {
      if (method === 'put' && failures++ < 2) throw new StoreError('It is busy.', 'retry', 'Wait.');
    };
    const ask = (id: string) => passesLimit('r', id, 2, NOON);

    const answers = await Promise.allSettled([ask('a'), ask('b'), ask('c')]);

    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await Promise.all([ask('a'), ask('b'), ask('c')])).toEqual([true, true, false]);
  });

  test('does not count what is sent nowhere, muted or late', async () => {
    const nowhere = planner({ routing: { routes: [], fallback: [] }, alertsPerHour: 1 });
    for (let i = 0; i < 3; i++) expect(await nowhere(i)).toEqual({ destinations: [] });
    await planner({ alertsPerHour: 1 })(4, { late: true });

    expect(await planner({ alertsPerHour: 1 })(5)).toEqual({ destinations: ['chat'] });
  });

  test('does not concern what the detector says about itself', async () => {
    const [system] = systemRules;
    const about = { rule: system!, alert: { rule: system!.id, logType: 'tocsin.system' as const } };
    const plan = planner({ alertsPerHour: 1, routing: { routes: [], fallback: ['chat'], system: ['ops'] } });

    for (let i = 0; i < 5; i++)
      expect(await plan(i, { ...about, late: true })).toEqual({ destinations: ['ops'] });
  });

  test('holds what a group has no room for, and says so', async () => {
    const plan = await planner()(1, { crowded: true });

    expect(plan).toMatchObject({ held: 'limited', tell: { rule: 'tocsin.rule-limited' } });
  });
});

describe('an alert whose severity rose', () => {
  const routing = { routes: [{ severity: 'high' as const, to: ['pager', 'chat'] }], fallback: ['chat'] };
  const higher = { alert: { severity: 'high' as const }, told: ['chat'] };

  test('is planned for those alone that it was not told to', async () => {
    expect(await planner({ routing })(1, higher)).toEqual({ destinations: ['pager'] });
  });

  test('counts as one more alert of its hour only where somebody is told of it', async () => {
    const plan = planner({ routing, alertsPerHour: 1 });

    expect(await plan(1, { ...higher, told: ['chat', 'pager'] })).toEqual({ destinations: [] });
    expect(await plan(2, higher)).toEqual({ destinations: ['pager'] });
    expect(await plan(3, higher)).toMatchObject({ destinations: ['pager'], held: 'limited' });
  });
});

describe('a late alert', () => {
  test('is held, and sent when that is asked for', async () => {
    expect(await planner()(1, { late: true })).toEqual({ destinations: ['chat'], held: 'late' });
    expect(await planner({ sendLate: true })(1, { late: true })).toEqual({ destinations: ['chat'] });
  });
});

describe('a mute', () => {
  const until = NOON + DAY;

  test.each([
    ['of its key', { rule: rule.id, dedup: 'alice', reason: 'known', until }, 'muted'],
    ['of its rule', { rule: rule.id, reason: 'known', until }, 'muted'],
    ['of another key', { rule: rule.id, dedup: 'bob', reason: 'known', until }, undefined],
    ['of another rule', { rule: 'aws.other', reason: 'known', until }, undefined],
    ['that is over', { rule: rule.id, reason: 'known', until: NOON }, undefined],
    ['that never began', { rule: rule.id, reason: 'known', until: -1.5 }, undefined],
  ])('%s: an alert is held accordingly', async (_what, wanted, held) => {
    await mute(store, wanted);

    expect((await planner()(1)).held).toBe(held);
  });

  test('is replaced by a later one, reason and end', async () => {
    await mute(store, { rule: rule.id, reason: 'first', until });
    await mute(store, { rule: rule.id, reason: 'second', until: until + 1 });

    expect(await muteFor(store, rule.id, 'x', NOON)).toMatchObject({ reason: 'second', until: until + 1 });
  });

  test('of the detector itself holds what it says', async () => {
    await mute(store, { rule: 'tocsin.dead-letters', dedup: 'alice', reason: 'known', until });
    const alert = { rule: 'tocsin.dead-letters', logType: 'tocsin.system' as const };

    expect(await planner()(1, { rule: systemRules[1]!, alert })).toMatchObject({ held: 'muted' });
  });
});

describe('a route', () => {
  const routes: readonly Route[] = [
    { severity: 'critical', to: ['pager'] },
    { tags: ['crown-jewels'], severity: 'high', to: ['team'] },
    { rules: ['aws.cloudtrail.trail-*'], logTypes: ['aws.cloudtrail'], severity: 'medium', to: ['aws'] },
    { severity: 'info', rules: ['azure.*'], to: [] },
  ];
  const routing = { routes, fallback: ['chat'] };
  const to = (severity: Alert['severity'], of: Rule = rule, logType: Alert['logType'] = 'aws.cloudtrail') =>
    destinationsFor({ rule: of.id, logType, severity }, of, routing);

  test('decides when all that it names fits, the first one that does', () => {
    expect(to('critical')).toEqual(['pager']);
    expect(to('high')).toEqual(['team']);
    expect(to('medium')).toEqual(['aws']);
    expect(to('low')).toEqual(['chat']);
    expect(to('medium', rule, 'gcp.audit')).toEqual(['chat']);
    expect(to('high', testRule('azure.signin.x'))).toEqual([]);
  });

  test("gives way to a rule's own destinations, none of them included", () => {
    expect(to('critical', { ...rule, destinations: ['mine'] })).toEqual(['mine']);
    expect(to('critical', { ...rule, destinations: [] })).toEqual([]);
  });

  test('is not asked about what the detector says about itself', () => {
    const alert = { rule: 'tocsin.dead-letters', logType: 'tocsin.system', severity: 'critical' } as const;

    expect(destinationsFor(alert, systemRules[1], routing)).toEqual(['chat']);
    expect(destinationsFor(alert, systemRules[1], { ...routing, system: ['ops'] })).toEqual(['ops']);
  });
});
