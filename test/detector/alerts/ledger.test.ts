import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeAlert, pointersOf } from '../../../detector/alerts/alert-document.js';
import { decodeGroup, encodeGroup, type StoredGroup } from '../../../detector/alerts/group-document.js';
import { rulesetHash } from '../../../detector/alerts/ledger.js';
import { ManifestBuilder } from '../../../detector/alerts/manifest.js';
import { mute } from '../../../detector/alerts/mutes.js';
import type { Rule, Severity } from '../../../detector/rule.js';
import { turns } from '../../support/core.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import {
  DAY,
  HOUR,
  ledgerWith,
  MINUTE,
  NOON,
  outboxWith,
  recordingDestination,
  testRule,
  type Sent,
} from './world.js';

interface Hit {
  readonly id: string;
  readonly time?: number;
  readonly severity?: Severity;
  readonly dedup?: string;
}

const entriesOf = (rule: Rule, hits: readonly Hit[], arrival = NOON) => {
  const manifest = new ManifestBuilder('trail/1.json', arrival);
  for (const [index, { id, time = NOON, severity = 'low', dedup = 'alice' }] of hits.entries()) {
    manifest.add({
      ...{ logType: 'aws.cloudtrail', unit: 'trail/1.json', index, eventId: id, eventTime: time },
      match: { rule, severity, dedup, title: `Title of ${id}`, context: () => ({ id }) },
    });
  }
  return manifest.entries();
};

let store: MemoryStore;
let sent: Sent[];
beforeEach(() => {
  store = memoryStore();
  sent = [];
});

const all = (kind: string): [string, string, number | null][] =>
  [...store.documents]
    .filter(([key]) => key.startsWith(`${kind}/`))
    .map(([key, { body, expires }]) => [key, body, expires]);
const groups = (): readonly StoredGroup[] => all('group').map(([, body]) => decodeGroup(body));
const alerts = () => all('alert').map(([, body]) => decodeAlert(body));
const statesOf = (group: StoredGroup | undefined) =>
  Object.values(group?.deliveries ?? {}).flatMap((states) => Object.values(states));

const rule = testRule('aws.one');

describe('a unit', () => {
  test('that gives something else when it is evaluated again counts as it is on record', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    const refuse = () => Promise.reject(new Error('evaluated again'));
    const first = await ledger.process('u', async () => ({
      entries: entriesOf(rule, [{ id: 'a' }]),
      end: 7,
    }));

    expect(first).toMatchObject({ already: false, end: 7 });
    expect(await ledger.process('u', refuse)).toEqual({ already: true, end: 7, touched: [] });
    expect(groups()[0]?.group.members).toHaveLength(1);
  });

  test('that two evaluate at once counts as the first of them found it, for both', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    const records: string[] = [];
    const evaluation = (name: string, end: number) => async () => ({
      ...{ entries: entriesOf(rule, [{ id: name }]), end },
      onRecord: () => void records.push(name),
    });

    const ends = await Promise.all([
      ledger.process('u', evaluation('first', 1)),
      ledger.process('u', evaluation('second', 2)),
    ]);

    expect(new Set(ends.map(({ end }) => end)).size).toBe(1);
    expect(records).toHaveLength(1);
    expect(groups()[0]?.group.members).toHaveLength(1);
    expect(all('manifest')).toEqual([]);
  });

  test('without matches leaves its mark and its end, and no manifest', async () => {
    const ledger = ledgerWith(store);

    expect(await ledger.process('u', async () => ({ entries: [], end: 3 }))).toEqual({
      ...{ already: false, end: 3, touched: [] },
    });
    expect([...store.documents.keys()].every((key) => key.startsWith('unit/'))).toBe(true);
    expect(await ledger.process('u', async () => ({ entries: [], end: 9 }))).toMatchObject({ end: 3 });
  });

  test('without matches leaves nothing where its feed remembers it, and its range may grow', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    const evaluated = (end: number, ...hits: Hit[]) => ({
      ...{ entries: entriesOf(rule, hits), end, isRemembered: true },
    });

    expect(await ledger.process('u', async () => evaluated(3))).toEqual({
      ...{ already: false, end: 3, touched: [] },
    });
    expect(store.documents.size).toBe(0);

    // Its feed died before its cursor moved: the same unit comes again, and has more.
    expect(await ledger.process('u', async () => evaluated(9, { id: 'a' }))).toMatchObject({ end: 9 });
    expect(await ledger.process('u', async () => evaluated(12, { id: 'a' }, { id: 'b' }))).toMatchObject({
      ...{ already: true, end: 9 },
    });
    expect(groups()[0]?.group.members).toHaveLength(1);
  });

  test('whose manifest expired before it was finished is evaluated again, and counts no event twice', async () => {
    const broken = ledgerWith(store, { rules: [rule], plan: () => Promise.reject(new Error('dies here')) });
    const evaluate = async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) });
    await expect(broken.process('u', evaluate)).rejects.toThrow('dies here');
    for (const [key] of all('manifest')) store.documents.delete(key);

    const ledger = ledgerWith(store, { rules: [rule] });
    await expect(ledger.process('u', evaluate)).rejects.toMatchObject({ code: 'CONTENTION' });
    await ledger.process('u', evaluate);

    expect(groups()[0]?.group.alerts[0]?.events).toBe(1);
  });

  test('makes a record of the same size, however many pages it has', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ id: `event-${i}`, dedup: `user ${i % 7}` }));
    const ledger = ledgerWith(store, { rules: [rule] });
    let largest = 0;
    store.before = () => {
      for (const [, body] of all('unit')) largest = Math.max(largest, body.length);
    };

    await ledger.process('u', async () => ({ entries: entriesOf(rule, many) }));

    expect(largest).toBeLessThan(200);
    expect(all('manifest')).toEqual([]);
  });
});

describe('a rule', () => {
  const threshold = testRule('aws.counting', { threshold: 2, destinations: ['chat'] });

  test('that another version of the detector does not know counts as it was evaluated', async () => {
    const evaluate = async () => ({ entries: entriesOf(threshold, [{ id: 'a' }, { id: 'b' }]) });
    const newer = ledgerWith(store, { rules: [threshold], plan: () => Promise.reject(new Error('killed')) });
    await expect(newer.process('u', evaluate)).rejects.toThrow('killed');

    await ledgerWith(store, { rules: [] }).process('u', evaluate);

    expect(alerts()).toMatchObject([{ title: 'Title of a', rule: { id: 'aws.counting', runbook: 'Look.' } }]);
    expect(statesOf(groups()[0])).toMatchObject([{ state: 'waiting', kind: 'raised' }]);
  });

  test('that changed meanwhile counts as it is now', async () => {
    const evaluate = async () => ({ entries: entriesOf(threshold, [{ id: 'a' }, { id: 'b' }]) });
    const older = ledgerWith(store, { rules: [threshold], plan: () => Promise.reject(new Error('killed')) });
    await expect(older.process('u', evaluate)).rejects.toThrow('killed');

    await ledgerWith(store, { rules: [{ ...threshold, threshold: 5 }] }).process('u', evaluate);

    expect(groups()[0]?.group).toMatchObject({ alerts: [], members: [{}, {}] });
  });

  test('whose window changed does not block its groups (#18)', async () => {
    await ledgerWith(store, { rules: [threshold] }).process('u1', async () => ({
      entries: entriesOf(threshold, [{ id: 'a' }]),
    }));

    const wider = { ...threshold, windowMinutes: 600 };
    await ledgerWith(store, { rules: [wider] }).process('u2', async () => ({
      entries: entriesOf(wider, [{ id: 'b', time: NOON - 5 * HOUR }]),
    }));

    expect(groups()[0]?.group.alerts).toHaveLength(1);
  });

  test('alerts at the first match, and what follows joins (#19)', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b', time: NOON + 1 }]) }));

    expect(groups()[0]?.group.alerts).toMatchObject([{ events: 2 }]);
    expect(alerts()[0]?.pointers.map(({ eventId }) => eventId)).toEqual(['a', 'b']);
  });
});

describe('units that are counted at the same time', () => {
  test('do not write their group in vain', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    const { put } = store;
    let conflicts = 0;
    store.put = async (...args) => {
      const version = await put(...args);
      if (version === 'conflict') conflicts++;
      return version;
    };
    store.before = () => turns(1);

    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        ledger.process(`u${i}`, async () => ({ entries: entriesOf(rule, [{ id: `e${i}` }]) })),
      ),
    );

    expect(groups()[0]?.group.members).toHaveLength(30);
    expect(conflicts).toBe(0);
  });
});

describe('an alert', () => {
  test('names none of the events that the alert beside it counts, whoever lost the race to raise it', async () => {
    const quick = testRule('aws.quick', { windowMinutes: 10 });
    const at = (id: string, minutes: number): Hit => ({ id, time: NOON + minutes * MINUTE });
    const ledger = ledgerWith(store, { rules: [quick] });
    const other = ledgerWith(store, { rules: [quick] });
    let hasLost = false;
    store.before = async (method) => {
      // What the first alert shows is written; its group is not. Another detector is faster.
      if (method !== 'put' || hasLost || all('alert').length === 0) return;
      hasLost = true;
      await other.process('u2', async () => ({ entries: entriesOf(quick, [at('c', 15)]) }));
    };

    await ledger.process('u1', async () => ({ entries: entriesOf(quick, [at('a', 0), at('b', 10)]) }));

    const [stored] = groups();
    expect(stored?.group.alerts.map(({ events }) => events)).toEqual([1, 2]);
    const named = alerts().map((alert) => pointersOf(alert, stored!.group).map(({ eventId }) => eventId));
    expect(named.toSorted()).toEqual([['a'], ['c', 'b']]);
    expect(hasLost).toBe(true);
  });
});

describe('the same event', () => {
  test('in other units, however they overlap, counts once (#12)', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    for (const unit of ['u1', 'u2', 'u3'])
      await ledger.process(unit, async () => ({ entries: entriesOf(rule, [{ id: 'a' }, { id: 'a' }]) }));

    expect(groups()[0]?.group.alerts).toMatchObject([{ events: 1 }]);
  });

  test('writes nothing to its group the second time', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    const before = all('group');
    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));

    expect(all('group')).toEqual(before);
  });
});

describe('old events', () => {
  const old = NOON - 30 * DAY;
  const chat = () => recordingDestination('chat', sent);

  test.each([
    ['are raised and held', false, ['held', 'late']],
    ['are raised and sent when that is asked for', true, ['waiting', undefined]],
  ])('that come into a group that is far ahead %s', async (_what, sendLate, expected) => {
    const ledger = ledgerWith(store, { rules: [rule], sendLate });
    await ledger.process('live', async () => ({ entries: entriesOf(rule, [{ id: 'now' }]) }));

    await ledger.process('backfill', async () => ({ entries: entriesOf(rule, [{ id: 'then', time: old }]) }));

    expect(groups()).toHaveLength(2);
    expect(alerts().map(({ late, title }) => [late, title])).toEqual([
      [false, 'Title of now'],
      [true, 'Title of then'],
    ]);
    const [late] = groups().filter(({ group }) => group.members[0]?.time === old);
    expect(statesOf(late).map(({ state, reason }) => [state, reason])).toEqual([expected]);
  });

  test('count once too, whatever is repeated', async () => {
    const entries = entriesOf(rule, [{ id: 'then', time: old }]);
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('live', async () => ({ entries: entriesOf(rule, [{ id: 'now' }]) }));
    await ledger.process('b1', async () => ({ entries }));
    await ledger.process('b2', async () => ({ entries }));

    expect(groups().map(({ group }) => group.alerts[0]?.events)).toEqual([1, 1]);
  });

  test('are late compared with when they arrived, not with when an outage ended', async () => {
    const ledger = ledgerWith(store, { rules: [rule], now: () => NOON + 3 * DAY });

    await ledger.process('u', async () => ({ entries: entriesOf(rule, [{ id: 'a' }], NOON + MINUTE) }));

    expect(statesOf(groups()[0])).toMatchObject([{ state: 'waiting' }]);
  });

  test('do not send again what was raised and sent when they were new', async () => {
    let now = NOON - 30 * DAY;
    const ledger = ledgerWith(store, { rules: [rule], now: () => now, sendLate: true });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'then', time: old }], now) }));
    now = NOON;
    await outboxWith(store, [chat()]).sweep(10);
    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'now' }]) }));
    await ledger.process('again', async () => ({ entries: entriesOf(rule, [{ id: 'then', time: old }]) }));
    await outboxWith(store, [chat()]).sweep(10);

    expect(sent.map(({ message }) => message.title).sort()).toEqual(['Title of now', 'Title of then']);
  });
});

describe('a group', () => {
  test('outlives the window of its rule and the records of its units, whatever the retention', async () => {
    const slow = testRule('aws.slow', { threshold: 2, windowMinutes: 43_200 });
    const brief = { alertRetentionMs: DAY };
    await ledgerWith(store, { rules: [rule, slow], ...brief }).process('u', async () => ({
      entries: [...entriesOf(rule, [{ id: 'a' }]), ...entriesOf(slow, [{ id: 'b' }])],
    }));

    const [unit] = all('unit');
    for (const [, , expires] of all('group')) expect(expires).toBeGreaterThanOrEqual(unit?.[2] ?? Infinity);
    const [kept] = groups().filter(({ group }) => group.rule === 'aws.slow');
    expect(kept?.keepUntil).toBeGreaterThanOrEqual(NOON + 60 * DAY);
  });

  test('is not shortened by a delivery', async () => {
    const slow = testRule('aws.slow', { windowMinutes: 43_200 });
    await ledgerWith(store, { rules: [slow], alertRetentionMs: DAY }).process('u', async () => ({
      entries: entriesOf(slow, [{ id: 'b' }]),
    }));
    const before = all('group').map(([, , expires]) => expires);

    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);

    expect(sent).toHaveLength(1);
    expect(all('group').map(([, , expires]) => expires)).toEqual(before);
  });

  test('keeps an alert that is still to be sent, however old it has become', async () => {
    const ledger = ledgerWith(store, { rules: [rule], latenessMs: HOUR, sendLate: true });
    for (const days of [9, 6, 3, 0]) {
      const hits = [{ id: `event-${days}`, time: NOON - days * DAY }];
      await ledger.process(`u${days}`, async () => ({ entries: entriesOf(rule, hits) }));
    }
    expect(groups()[0]?.group.alerts).toHaveLength(4);

    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);

    expect(sent).toHaveLength(4);
  });

  test('knows its newest 50 alerts, and holds more than can wait; the detector says so once', async () => {
    const often = testRule('aws.often', { windowMinutes: 1 });
    const hits = Array.from({ length: 300 }, (_, i) => ({ id: `e${i}`, time: NOON - i * 3 * MINUTE }));
    const ledger = ledgerWith(store, { rules: [often] });

    await ledger.process('u', async () => ({ entries: entriesOf(often, hits) }));

    const [group] = groups().filter(({ group: { rule: id } }) => id === 'aws.often');
    expect(group?.group.alerts).toHaveLength(50);
    expect(statesOf(group).filter(({ state }) => state === 'waiting')).toHaveLength(50);
    expect(alerts().filter((alert) => alert.rule.id === 'aws.often')).toHaveLength(300);
    const told = alerts().filter((alert) => alert.rule.id === 'tocsin.rule-limited');
    expect(told.map(({ title }) => title)).toEqual(['aws.often raised more alerts than could be delivered']);
    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(100);
    expect(sent).toHaveLength(51);
  });

  test('of a version to come stops its own unit only, and is left as it is', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    const [key, body] = all('group')[0]!;
    store.documents.set(key, { ...store.documents.get(key)!, body: body.replace('"v":1', '"v":2') });

    const unit = ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b' }]) }));

    await expect(unit).rejects.toThrow('upgrade this detector');
    await ledger.process('u3', async () => ({ entries: entriesOf(rule, [{ id: 'c', dedup: 'bob' }]) }));
    expect(all('group')).toHaveLength(2);
  });
});

describe('an alert', () => {
  test('is asked about once, however often its group has to be written anew', async () => {
    let asked = 0;
    let conflicts = 5;
    const put = store.put.bind(store);
    store.put = async (key, ...rest) =>
      key.startsWith('group/') && conflicts-- > 0 ? 'conflict' : put(key, ...rest);
    const plan = async () => {
      asked++;
      return { destinations: ['chat'] };
    };

    await ledgerWith(store, { rules: [rule], plan }).process('u', async () => ({
      entries: entriesOf(rule, [{ id: 'a' }]),
    }));

    expect(asked).toBe(1);
    expect(groups()[0]?.group.alerts).toHaveLength(1);
  });

  test('that somebody ended is opened again by a higher severity, and not by more of the same', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);
    const [key, body] = all('group')[0]!;
    const stored = decodeGroup(body);
    const ended = { ...stored, resolved: { [stored.group.alerts[0]!.id]: NOON } };
    store.documents.set(key, { ...store.documents.get(key)!, body: encodeGroup(ended) });

    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b' }]) }));
    expect(Object.keys(groups()[0]!.resolved)).toHaveLength(1);
    await ledger.process('u3', async () => ({ entries: entriesOf(rule, [{ id: 'c', severity: 'high' }]) }));
    expect(groups()[0]?.resolved).toEqual({});
  });

  test('whose document expired is told by what is known', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);
    for (const [key] of all('alert')) store.documents.delete(key);

    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b', severity: 'high' }]) }));
    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);

    expect(sent.map(({ kind, message }) => [kind, message.title])).toEqual([
      ['raised', 'Title of a'],
      ['escalated', 'Name of aws.one'],
    ]);
  });

  test('is not queued for what its destination does not show', async () => {
    const accepts = (name: string, kind: string): boolean => name !== 'pager' || kind !== 'updated';
    const routing = { routes: [], fallback: ['chat', 'pager'] };
    const ledger = ledgerWith(store, { rules: [rule], accepts, routing });
    const both = ['chat', 'pager'].map((name) => recordingDestination(name, sent));
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    await outboxWith(store, both).sweep(10);

    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b' }]) }));

    const [states] = Object.values(groups()[0]?.deliveries ?? {});
    expect(states).toMatchObject({
      chat: { state: 'waiting', kind: 'updated' },
      pager: { state: 'delivered' },
    });
  });

  test('that is still to be sent is touched by whoever finds it so', async () => {
    const ledger = ledgerWith(store, { rules: [rule] });
    const first = await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    const again = await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));

    expect(again.touched).toEqual(first.touched);
    await outboxWith(store, [recordingDestination('chat', sent)]).sweep(10);
    const joined = await ledger.process('u3', async () => ({ entries: entriesOf(rule, [{ id: 'b' }]) }));
    expect(joined.touched).toEqual([]);
  });
});

describe('an alert whose severity rises', () => {
  const routing = {
    routes: [
      { severity: 'critical', to: ['pager', 'phone'] },
      { severity: 'high', to: ['pager', 'chat'] },
    ],
    fallback: ['chat'],
  } as const;
  const everybody = () => ['chat', 'pager', 'phone'].map((name) => recordingDestination(name, sent));
  const send = () => outboxWith(store, everybody()).sweep(10);
  const told = () => sent.map(({ to, kind, message }) => `${to} ${kind} ${message.severity}`).sort();
  const standing = () =>
    groups()
      .filter(({ group }) => group.rule === rule.id)
      .flatMap(({ deliveries }) => Object.values(deliveries))
      .map((states) =>
        Object.fromEntries(
          Object.entries(states).map(([name, { state, reason }]) => [name, reason ?? state]),
        ),
      );

  test('goes to the destinations of its new severity, once to each', async () => {
    const ledger = ledgerWith(store, { rules: [rule], routing });
    const units = (['low', 'high', 'critical', 'critical'] as const).map((severity, i) => ({
      id: `u${i}`,
      evaluate: async () => ({ entries: entriesOf(rule, [{ id: `e${i}`, severity }]) }),
    }));
    for (const { id, evaluate } of [...units.slice(0, 3), ...units]) {
      await ledger.process(id, evaluate);
      await send();
    }

    expect(told()).toEqual([
      ...['chat escalated critical', 'chat escalated high', 'chat raised low'],
      ...['pager escalated critical', 'pager raised high', 'phone raised critical'],
    ]);
  });

  test('before it was sent goes out as it is then', async () => {
    const ledger = ledgerWith(store, { rules: [rule], routing });
    for (const severity of ['low', 'high'] as const)
      await ledger.process(severity, async () => ({
        entries: entriesOf(rule, [{ id: severity, severity }]),
      }));
    await send();

    expect(told()).toEqual(['chat raised high', 'pager raised high']);
  });

  test('while another process raises it is sent once', async () => {
    const ledger = ledgerWith(store, { rules: [rule], routing });
    const other = ledgerWith(store, { rules: [rule], routing });
    let hasLost = false;
    store.before = async (method) => {
      if (method !== 'put' || hasLost || all('alert').length === 0) return;
      hasLost = true;
      await other.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
      await send();
    };

    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b', severity: 'high' }]) }));
    await send();

    expect(hasLost).toBe(true);
    expect(told()).toEqual(['chat escalated high', 'chat raised low', 'pager raised high']);
  });

  test('although it was one too many is sent once the limit allows it', async () => {
    let now = NOON;
    const ledger = ledgerWith(store, { rules: [rule], alertsPerHour: 1, now: () => now });
    const process = (id: string, severity: Severity, dedup = 'alice') =>
      ledger.process(id, async () => ({ entries: entriesOf(rule, [{ id, severity, dedup }]) }));
    await process('first', 'low', 'bob');
    await process('one too many', 'low');

    await process('in the same hour', 'medium');
    expect(standing()).toEqual([{ chat: 'waiting' }, { chat: 'limited' }]);
    now += HOUR;
    await process('an hour later', 'critical');
    expect(standing()).toEqual([{ chat: 'waiting' }, { chat: 'waiting' }]);
    await outboxWith(store, everybody(), { now: () => now }).sweep(10);
    const ours = sent.filter(({ message }) => message.rule.id === rule.id);
    expect(ours.map(({ kind, message }) => [kind, message.severity])).toEqual([
      ['raised', 'low'],
      ['raised', 'critical'],
    ]);
  });

  test.each([
    ['by old events is held for its new destinations too', NOON - 2 * DAY, { chat: 'late', pager: 'late' }],
    ['by a new event is not old any more', NOON, { chat: 'waiting', pager: 'waiting' }],
  ])('%s', async (_what, time, expected) => {
    const slow = testRule(rule.id, { windowMinutes: 4 * 24 * 60 });
    const ledger = ledgerWith(store, { rules: [slow], routing });
    const old = { id: 'old', time: NOON - 2 * DAY };
    await ledger.process('u1', async () => ({ entries: entriesOf(slow, [old]) }));

    await ledger.process('u2', async () => ({
      entries: entriesOf(slow, [{ id: 'more', time, severity: 'high' }]),
    }));

    expect(standing()).toEqual([expected]);
  });

  test.each([
    ['holds is held for its new destinations too', 2 * HOUR, { chat: 'muted', pager: 'muted' }],
    ['held once goes to its new destinations alone', HOUR, { chat: 'muted', pager: 'waiting' }],
  ])('that a mute %s', async (_what, length, expected) => {
    let now = NOON;
    await mute(store, { rule: rule.id, reason: 'known', until: NOON + length });
    const ledger = ledgerWith(store, { rules: [rule], routing, now: () => now });
    await ledger.process('u1', async () => ({ entries: entriesOf(rule, [{ id: 'a' }]) }));
    now += HOUR;

    await ledger.process('u2', async () => ({ entries: entriesOf(rule, [{ id: 'b', severity: 'high' }]) }));

    expect(standing()).toEqual([expected]);
  });

  test('in a group that holds as much as fits is held for its new destinations, and told', async () => {
    const often = testRule(rule.id, { windowMinutes: 1 });
    const ledger = ledgerWith(store, { rules: [often], routing });
    const minutes = Array.from({ length: 50 }, (_, i) => NOON - i * 3 * MINUTE);
    const hits = minutes.map((time, i) => ({ id: `e${i}`, time }));
    await ledger.process('u1', async () => ({ entries: entriesOf(often, hits) }));

    await ledger.process('u2', async () => ({
      entries: entriesOf(often, [{ id: 'higher', severity: 'high' }]),
    }));

    expect(standing().at(-1)).toEqual({ chat: 'waiting', pager: 'limited' });
    expect(alerts().map((alert) => alert.rule.id)).toContain('tocsin.rule-limited');
  });
});

test('a ruleset is the same in any order, and another one with any change', () => {
  const engine = (rules: readonly Rule[]) => ({ rules, evaluate: () => ({ matches: [], failures: [] }) });
  const [a, b] = [testRule('aws.a', { when: () => true }), testRule('aws.b')];

  expect(rulesetHash(engine([a, b]))).toBe(rulesetHash(engine([b, a])));
  expect(rulesetHash(engine([a, b]))).not.toBe(rulesetHash(engine([a])));
  expect(rulesetHash(engine([a]))).not.toBe(rulesetHash(engine([{ ...a, when: () => false }])));
});
