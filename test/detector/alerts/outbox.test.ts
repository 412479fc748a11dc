import { beforeEach, describe, expect, test } from '@jest/globals';
import { alertKey, encodeAlert, groupKey, shownRule } from '../../../detector/alerts/alert-document.js';
import { hold, queue, type DeliveryState } from '../../../detector/alerts/delivery-state.js';
import {
  decodeGroup,
  encodeGroup,
  groupMarks,
  type StoredGroup,
} from '../../../detector/alerts/group-document.js';
import { alertId, emptyGroup, type Alert } from '../../../detector/alerts/group.js';
import type { AttemptReport, OutboxOptions } from '../../../detector/alerts/outbox.js';
import type { SystemEvent } from '../../../detector/alerts/system-rules.js';
import {
  DeliveryError,
  type Delivery,
  type Destination,
} from '../../../detector/destinations/destination.js';
import { StoreError } from '../../../detector/state/store.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import {
  HOUR,
  MINUTE,
  NOON,
  outboxWith,
  recordingDestination,
  SECOND,
  testRule,
  type Sent,
} from './world.js';

let store: MemoryStore;
let sent: Sent[];
let now: number;
beforeEach(() => {
  store = memoryStore();
  sent = [];
  now = NOON;
});

/** Stores an alert with where it stands. */
async function given(name: string, states: Readonly<Record<string, DeliveryState>>): Promise<string> {
  const rule = testRule('aws.one');
  const key = groupKey(rule.id, name);
  const id = alertId(rule.id, name, NOON);
  const about = { rule: rule.id, logType: 'aws.cloudtrail', dedup: name } as const;
  const alert: Alert = {
    ...about,
    ...{ id, title: '', context: {}, start: NOON, end: NOON, events: 1, pointers: [] },
    severity: 'high',
    firstEventTime: NOON,
    lastEventTime: NOON,
  };
  const stored: StoredGroup = {
    group: { ...emptyGroup(rule.id, 'aws.cloudtrail', name), alerts: [alert] },
    ...{ units: [], deliveries: { [id]: states }, resolved: {}, keepUntil: NOON + 90 * 24 * HOUR },
  };
  const document = encodeAlert({
    ...{ v: 1, id, groupKey: key, title: `Title of ${name}`, context: {}, rule: shownRule(rule) },
    ...{ ruleset: 'r', late: false, raisedAt: NOON, pointers: [] },
  });
  await store.put(alertKey(id), document, undefined, { due: null, expires: null });
  await store.put(key, encodeGroup(stored), undefined, groupMarks(stored));
  return key;
}

const raised = queue(undefined, 'raised', NOON);
const stateOf = (key: string, destination = 'chat'): DeliveryState | undefined => {
  const { deliveries } = decodeGroup(store.documents.get(key)!.body);
  return Object.values(deliveries)[0]?.[destination];
};
const outbox = (destinations: readonly Destination[], more: Partial<OutboxOptions> = {}) =>
  outboxWith(store, destinations, { now: () => now, ...more });
const chat = (answer?: (delivery: Delivery) => unknown) =>
  recordingDestination('chat', sent, answer === undefined ? {} : { answer });
const refusing = (outcome: 'retry' | 'permanent', retryAfterMs?: number) => () => {
  throw new DeliveryError('It was refused.', outcome, 'no', retryAfterMs);
};
const letters = () =>
  [...store.documents]
    .filter(([key]) => key.startsWith('dead-letter/'))
    .map(([, { body }]) => JSON.parse(body) as Record<string, unknown>);

describe('a message', () => {
  test('is sent once, with everything that a destination may show', async () => {
    const key = await given('alice', { chat: raised });
    const box = outbox([chat()]);

    expect(await box.attempt(key)).toBe(1);
    expect(await box.attempt(key)).toBe(0);
    expect(sent).toMatchObject([
      { kind: 'raised', attempt: 1, message: { title: 'Title of alice', events: 1 } },
    ]);
    expect(stateOf(key)).toMatchObject({ state: 'delivered', receipt: expect.stringMatching(/^chat-/) });
    expect(store.documents.get(key)?.due).toBeNull();
  });

  test('leaves only when its lease is durable, and its record is made durable after', async () => {
    const key = await given('alice', { chat: raised });
    const course: string[] = [];
    store.before = (method) => void course.push(method);
    await outbox([chat(() => void course.push('deliver'))]).attempt(key);

    const sending = course.indexOf('deliver');
    expect(course.slice(0, sending).filter((method) => method === 'put' || method === 'durable')).toEqual([
      ...['put', 'durable'],
    ]);
    expect(course.slice(sending).filter((method) => method === 'put' || method === 'durable')).toEqual([
      ...['put', 'durable'],
    ]);
  });

  test('does not leave while the store cannot make its lease durable', async () => {
    const key = await given('alice', { chat: raised });
    store.before = (method) => {
      if (method === 'durable') throw new StoreError('The disk is full.', 'retry', 'Make room.');
    };

    await expect(outbox([chat()]).attempt(key)).rejects.toThrow('The disk is full.');
    expect(sent).toEqual([]);
    store.before = () => {};
    now += MINUTE;
    await outbox([chat()]).sweep(10);
    expect(sent).toHaveLength(1);
  });

  test('is sent by one process only, however many find it at once', async () => {
    const key = await given('alice', { chat: raised, pager: raised });
    const boxes = Array.from({ length: 8 }, () => outbox([chat(), recordingDestination('pager', sent)]));

    await Promise.all(boxes.map((box) => box.attempt(key)));

    expect(sent.map(({ to }) => to).sort()).toEqual(['chat', 'pager']);
  });

  test('whose process died is sent once more when the lease has run out, and says so', async () => {
    const key = await given('alice', { chat: raised });
    void outbox([chat(() => new Promise(() => {}))]).attempt(key);
    await new Promise(setImmediate);

    now += MINUTE - 1;
    expect(await outbox([chat()]).sweep(10)).toBe(0);
    now += 1;
    expect(await outbox([chat()]).sweep(10)).toBe(1);
    expect(sent).toMatchObject([{ kind: 'raised', attempt: 2 }]);
  });

  test('is not left to a lease that ran out while the store was slow', async () => {
    const key = await given('alice', { chat: raised });
    store.before = (method) => {
      if (method === 'durable') now += 45 * SECOND;
    };

    await outbox([chat()]).attempt(key);
    expect(sent).toEqual([]);
    now += MINUTE;
    store.before = () => {};
    await outbox([chat()]).attempt(key);
    expect(sent).toHaveLength(1);
  });

  test('that is held is never sent', async () => {
    const key = await given('alice', { chat: hold('raised', NOON, 'muted') });
    now += 24 * HOUR;

    expect(await outbox([chat()]).sweep(10)).toBe(0);
    expect(await outbox([chat()]).attempt(key)).toBe(0);
    expect(sent).toEqual([]);
  });

  test('is followed at once by what had to wait for it', async () => {
    const key = await given('alice', { chat: { ...raised, then: 'resolved' } });

    expect(await outbox([chat()]).attempt(key)).toBe(2);
    expect(sent.map(({ kind, receipt }) => [kind, receipt?.slice(0, 5)])).toEqual([
      ['raised', undefined],
      ['resolved', 'chat-'],
    ]);
  });

  test('that its destination does not show wakes nobody', async () => {
    const kinds = new Set(['raised', 'resolved'] as const);
    const pager = recordingDestination('pager', sent, { kinds });
    const key = await given('alice', { pager: { ...queue(undefined, 'updated', NOON), next: NOON } });
    let writes = 0;
    store.before = (method) => {
      if (method === 'put') writes++;
    };

    expect(await outbox([pager]).sweep(10)).toBe(0);

    expect(sent).toEqual([]);
    expect(writes).toBe(1);
    expect(stateOf(key, 'pager')).toMatchObject({ state: 'delivered' });
    expect(store.documents.get(key)?.due).toBeNull();
  });
});

describe('a store that fails between sending and recording', () => {
  test('sends nothing again: the outcome is recorded later', async () => {
    const key = await given('alice', { chat: raised });
    const box = outbox([chat()]);
    let failing = false;
    const busy = () => {
      if (failing) throw new StoreError('busy', 'retry', 'Wait.');
    };
    store.before = busy;
    const stored = chat(() => void (failing = true));
    const failingBox = outbox([stored]);

    await expect(failingBox.attempt(key)).rejects.toThrow('busy');
    await expect(failingBox.attempt(key)).rejects.toThrow('busy');
    failing = false;
    expect(stateOf(key)).toMatchObject({ state: 'sending' });
    now += 5 * SECOND;
    await failingBox.sweep(10);

    expect(stateOf(key)).toMatchObject({ state: 'delivered' });
    now += HOUR;
    await box.sweep(10);
    expect(sent).toHaveLength(1);
  });

  test('is asked again at once', async () => {
    const key = await given('alice', { chat: raised });
    let failures = 0;
    const box = outbox([chat(() => void (failures = 2))]);
    store.before = (method) => {
      if (method === 'put' && failures-- > 0) throw new StoreError('busy', 'retry', 'Wait.');
    };

    await box.attempt(key);

    expect(stateOf(key)).toMatchObject({ state: 'delivered' });
  });
});

describe('a destination that fails', () => {
  test("never has another one's message sent again (#17)", async () => {
    const key = await given('alice', { chat: raised, pager: raised });
    const destinations = [chat(), recordingDestination('pager', sent, { answer: refusing('retry') })];
    const box = outbox(destinations);

    for (let round = 0; round < 20; round++, now += 10 * MINUTE) await box.sweep(10);

    expect(sent.map(({ to }) => to)).toEqual(['chat']);
    expect(stateOf(key, 'pager')).toMatchObject({ state: 'waiting' });
    expect(stateOf(key, 'pager')!.attempts).toBeGreaterThan(5);
  });

  test('is asked again when it said, and not before', async () => {
    const key = await given('alice', { chat: raised });
    await outbox([chat(refusing('retry', 5 * MINUTE))]).attempt(key);

    now += 5 * MINUTE - 1;
    expect(await outbox([chat()]).sweep(10)).toBe(0);
    now += 1;
    expect(await outbox([chat()]).sweep(10)).toBe(1);
  });

  test('for good makes one dead letter and one system alert, and is not asked again', async () => {
    const key = await given('alice', { chat: raised });
    const told: SystemEvent[] = [];
    const box = outbox([chat(refusing('permanent'))], { raise: async (event) => told.push(event) });

    await box.attempt(key);
    now += 24 * HOUR;
    expect(await box.sweep(10)).toBe(0);

    expect(stateOf(key)).toMatchObject({ state: 'failed', reason: 'It was refused.' });
    expect(letters()).toMatchObject([
      { kind: 'delivery', destination: 'chat', groupKey: key, reason: 'It was refused.', response: 'no' },
    ]);
    expect(told).toMatchObject([{ rule: 'tocsin.delivery-failed', about: 'chat' }]);
  });

  test.each(['dead-letter', 'raise'])('for good is not recorded before its %s is', async (what) => {
    const key = await given('alice', { chat: raised });
    let failing = true;
    const refuse = () => {
      if (failing) throw new StoreError('busy', 'retry', 'Wait.');
    };
    const put = store.put.bind(store);
    store.put = async (at, ...rest) => {
      if (at.startsWith(`${what}/`)) refuse();
      return put(at, ...rest);
    };
    const box = outbox([chat(refusing('permanent'))], {
      raise: async () => (what === 'raise' ? refuse() : undefined),
    });

    await expect(box.attempt(key)).rejects.toThrow('busy');
    expect(stateOf(key)).toMatchObject({ state: 'sending' });
    failing = false;
    await box.sweep(10);
    expect(stateOf(key)).toMatchObject({ state: 'failed' });
    expect(letters()).toHaveLength(1);
  });

  test('for a day is given up', async () => {
    const key = await given('alice', { chat: raised });
    const box = outbox([chat(refusing('retry'))]);

    for (let round = 0; round < 60; round++, now += 30 * MINUTE) await box.sweep(10);

    expect(stateOf(key)).toMatchObject({ state: 'failed' });
    expect(letters()).toHaveLength(1);
  });

  test('in a way of its own is asked again', async () => {
    const key = await given('alice', { chat: raised });
    const reports: AttemptReport[] = [];
    const answer = () => {
      throw new TypeError('undefined is not a function');
    };

    await outbox([chat(answer)], { observe: (report) => reports.push(report) }).attempt(key);

    expect(stateOf(key)).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(reports).toEqual([
      expect.objectContaining({ outcome: 'retry', error: 'undefined is not a function', rule: 'aws.one' }),
    ]);
  });

  test('to answer in time is not waited for', async () => {
    const key = await given('alice', { chat: raised });
    const timer = new AbortController();
    const waiting = outbox([chat(() => new Promise(() => {}))], { timeout: () => timer.signal }).attempt(key);
    await new Promise(setImmediate);
    timer.abort();
    await waiting;

    expect(stateOf(key)).toMatchObject({ state: 'waiting', attempts: 1 });
  });

  test('because it is not configured any more makes a dead letter', async () => {
    const key = await given('alice', { gone: raised, chat: raised });

    await outbox([chat()]).attempt(key);

    expect(stateOf(key, 'gone')).toMatchObject({ state: 'failed' });
    expect(stateOf(key)).toMatchObject({ state: 'delivered' });
    expect(letters()).toMatchObject([{ destination: 'gone' }]);
  });
});

describe('a late answer', () => {
  test.each(['arrived', 'failed'])(
    'that it %s changes nothing once another attempt took over',
    async (how) => {
      const key = await given('alice', { chat: raised });
      let answer = (): void => {};
      const slow = outbox([
        chat(
          () =>
            new Promise((resolve, reject) => {
              answer =
                how === 'arrived'
                  ? () => resolve('late')
                  : () => reject(new DeliveryError('late', 'permanent'));
            }),
        ),
      ]).attempt(key);
      await new Promise(setImmediate);
      now += MINUTE;
      await outbox([chat(() => 'in time')]).sweep(10);

      answer();
      await slow;

      expect(stateOf(key)).toMatchObject({ state: 'delivered', receipt: 'in time', fence: 2 });
    },
  );
});

describe('a sweep', () => {
  test('goes on when a group fails, and tells of it at the end', async () => {
    const key = await given('alice', { chat: raised });
    await given('bob', { chat: raised });
    const document = store.documents.get(key)!;
    store.documents.set(key, { ...document, body: document.body.replace('"v":1', '"v":9'), due: NOON - 1 });

    await expect(outbox([chat()]).sweep(10)).rejects.toThrow(
      'Deliveries of 1 groups failed; the first: A group',
    );

    expect(sent.map(({ message }) => message.title)).toEqual(['Title of bob']);
  });

  test('begins no other group when there is no time, and leaves it due', async () => {
    for (const name of ['a', 'b', 'c']) await given(name, { chat: raised });
    let left = 2;

    expect(await outbox([chat()]).sweep(10, () => left-- > 0)).toBe(2);
    expect(sent).toHaveLength(2);
    expect(await outbox([chat()]).sweep(10)).toBe(1);
  });

  test('goes on with no group when there is no time', async () => {
    const key = await given('alice', { chat: { ...raised, then: 'resolved' } });

    expect(await outbox([chat()]).attempt(key, () => false)).toBe(1);
    expect(sent.map(({ kind }) => kind)).toEqual(['raised']);
    expect(await outbox([chat()]).sweep(10)).toBe(1);
  });

  test('does not let a slow destination keep all others waiting', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await given(name, { slow: raised });
    await given('z', { chat: raised });
    const slow = recordingDestination('slow', sent, { answer: () => new Promise(() => {}) });

    void outbox([slow, chat()]).sweep(100);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);

    expect(sent.map(({ to }) => to)).toEqual(['chat']);
  });

  test('sends hundreds of messages of one group, a few at a time, and records all of them', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `d${i}`);
    const key = await given('alice', Object.fromEntries(names.map((name) => [name, raised])));
    let underWay = 0;
    let most = 0;
    const answer = async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    };

    await outbox(names.map((name) => recordingDestination(name, sent, { answer }))).sweep(10);

    expect(new Set(sent.map(({ to }) => to)).size).toBe(300);
    expect(sent).toHaveLength(300);
    expect(most).toBeLessThanOrEqual(16);
    expect(store.documents.get(key)?.due).toBeNull();
  });
});
