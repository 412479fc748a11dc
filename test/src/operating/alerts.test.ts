import { describe, expect, test } from '@jest/globals';
import { decodeGroup } from '../../../detector/alerts/group-document.js';
import { groupKey } from '../../../detector/alerts/alert-document.js';
import { alertRecord, byNewest, fitsFilter, standing } from '../../../src/operating/alert-record.js';
import { alertText, eventText } from '../../../src/operating/alert-text.js';
import { findAlert, readAlerts } from '../../../src/operating/alerts.js';
import { documentsOf } from '../../../src/operating/documents-of.js';
import { resolutionOf, resolveAlert } from '../../../src/operating/resolve.js';
import { memoryStore } from '../../support/memory-store.js';
import { fakeOutput } from '../support.js';
import {
  addAlert,
  alertWith,
  collect,
  documentWith,
  groupWith,
  NOW,
  RULE,
  state,
  storeWith,
} from './support.js';

const A = 'a'.repeat(32);
const AB = `ab${'0'.repeat(30)}`;
const recordWith = (deliveries: Parameters<typeof groupWith>[1] = {}, resolved = {}) =>
  alertRecord(documentWith(A), {
    ...{ alerts: [alertWith(A)], deliveries, resolved },
  });

test('every document of a kind is read, over several pages, without those that are gone', async () => {
  const store = memoryStore();
  for (let i = 0; i < 2100; i++) {
    await store.put(`alert/${String(i).padStart(6, '0')}`, '{}', undefined, { due: null, expires: null });
  }
  store.before = async (method) => {
    if (method === 'get') store.documents.delete('alert/000007');
  };

  const found = await collect(documentsOf(store, 'alert'));

  expect(found.map(({ key }) => key)).toEqual([...store.documents.keys()].sort());
  expect(found).toHaveLength(2099);
});

describe('an alert', () => {
  test('is found by its id, and by the first digits of it in any letter case', async () => {
    const store = await storeWith({ [A]: {}, [AB]: {} });

    const found = await Promise.all([A, 'AAAA', 'ab00', A.slice(0, 31)].map((id) => findAlert(store, id)));

    expect(found.map(({ id }) => id)).toEqual([A, A, AB, A]);
  });

  test('is not guessed where several begin alike', async () => {
    const store = await storeWith({ [`abcd${'0'.repeat(28)}`]: {}, [`abcd${'1'.repeat(28)}`]: {} });

    await expect(findAlert(store, 'abcd')).rejects.toThrow(/More than one.*abcd0+, abcd1+$/);
  });

  test.each(['', 'abc', 'xyz1', '../../etc', 'a'.repeat(33)])('%j is no id of one', async (id) => {
    await expect(findAlert(memoryStore(), id)).rejects.toThrow('is no id of an alert');
  });

  test('whose group forgot it is still listed', async () => {
    const store = await storeWith({ [A]: {} });
    await addAlert(store, AB, {}, { events: 7, severity: 'high' });
    const group = await store.get(groupKey(RULE, A));
    await store.remove(groupKey(RULE, A), group?.version ?? 'v');

    const records = (await collect(readAlerts(store))).sort(byNewest);

    expect(records).toMatchObject([
      { alertId: A, title: `title of ${A}`, state: 'listed', deliveries: [] },
      { alertId: AB, severity: 'high', events: 7 },
    ]);
    expect(records[0]).not.toHaveProperty('severity');
  });

  test.each([
    [{}, 'listed', ''],
    [{ slack: state() }, 'delivered', 'slack delivered'],
    [{ slack: state(), pd: state({ state: 'sending' }) }, 'waiting', 'slack delivered, pd waiting'],
    [{ slack: state({ state: 'held', reason: 'muted' }) }, 'held', 'slack held (muted)'],
    [
      { slack: state({ state: 'failed' }), pd: state({ state: 'waiting' }) },
      'failed',
      'slack failed, pd waiting',
    ],
    [
      { 'first-long-name': state(), 'second-long-name': state(), third: state({ state: 'failed' }) },
      'failed',
      '2 delivered, 1 failed',
    ],
  ])('with %j is %s', (deliveries, expected, text) => {
    const record = recordWith({ [A]: deliveries });

    expect(record.state).toBe(expected);
    expect(standing(record)).toBe(text);
  });

  test('that was resolved says so first', () => {
    const record = recordWith({ [A]: { slack: state({ state: 'failed' }) } }, { [A]: NOW });

    expect(record.state).toBe('resolved');
    expect(standing(record)).toBe('resolved; slack failed');
  });

  test.each([
    [{ severity: 'low' as const }, true],
    [{ severity: 'medium' as const }, false],
    [{ rule: 'own.*' }, true],
    [{ rule: 'aws.*' }, false],
    [{ since: NOW }, true],
    [{ since: NOW + 1 }, false],
    [{ state: 'failed' as const }, true],
    [{ state: 'waiting' as const }, true],
    [{ state: 'delivered' as const }, false],
    [{ state: 'resolved' as const }, false],
  ])('fits %j: %p', (filter, expected) => {
    const record = recordWith({ [A]: { a: state({ state: 'failed' }), b: state({ state: 'sending' }) } });

    expect(fitsFilter(record, filter)).toBe(expected);
  });
});

describe('what is shown of an alert', () => {
  const HOSTILE = '\u001b]0;x\u0007\u009b2J\u202e\u{e0041}\r\n[31mx';

  test('does nothing to a terminal, wherever it comes from', () => {
    const out = fakeOutput({ colors: true, isTerminal: true });
    const document = documentWith(A, {
      title: HOSTILE,
      context: { [HOSTILE]: [HOSTILE] },
      pointers: [{ unit: HOSTILE, index: 0, eventId: HOSTILE }],
      rule: {
        ...{ id: RULE, name: HOSTILE, description: HOSTILE, runbook: HOSTILE },
        references: [HOSTILE],
        attack: [HOSTILE],
      },
    });
    const record = alertRecord(document, {
      alerts: [alertWith(A, { dedup: HOSTILE })],
      deliveries: { [A]: { [HOSTILE]: state({ state: 'failed', reason: HOSTILE, receipt: HOSTILE }) } },
      resolved: { [A]: NOW },
    });
    const resolution = { v: 1, alertId: A, reason: HOSTILE, at: NOW } as const;
    const letter = {
      kind: 'delivery',
      destination: HOSTILE,
      alertId: A,
      groupKey: 'x',
      reason: HOSTILE,
    } as const;
    const deadLetters = [{ ...letter, response: HOSTILE, at: NOW }];
    const pointer = { unit: HOSTILE, index: 0, eventId: HOSTILE };

    const text =
      alertText({ record, document, resolution, deadLetters, lastErrors: new Map() }, out) +
      eventText({ ...pointer, event: { x: HOSTILE } }, out) +
      eventText({ ...pointer, problem: HOSTILE }, out);

    // Colours are ours, and nothing else is left.
    const plain = text.replace(/\u001b\[\d+m/g, '');
    expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u{e0041}]/u);
    expect(plain).toContain('\\u001b]0;x\\u0007');
  });
});

describe('resolving', () => {
  const resolve = (store: Awaited<ReturnType<typeof storeWith>>, reason?: string) =>
    resolveAlert(store, documentWith(A), {
      ...{ now: NOW + 5, keepMs: 1000 },
      ...(reason === undefined ? {} : { reason }),
    });

  test('tells who got the alert, and nobody else', async () => {
    const store = await storeWith({
      [A]: { got: state(), held: state({ state: 'held' }), refused: state({ state: 'failed' }) },
    });

    const resolved = await resolve(store, 'it was us');

    const stored = await store.get(groupKey(RULE, A));
    const { resolved: marks, deliveries } = decodeGroup(stored?.body ?? '');
    expect(resolved).toEqual({ outcome: 'resolved', at: NOW + 5, queued: ['got'] });
    expect(marks).toEqual({ [A]: NOW + 5 });
    expect(deliveries[A]).toMatchObject({
      got: { state: 'waiting', kind: 'resolved', next: NOW + 5 },
      held: { state: 'held' },
      refused: { state: 'failed' },
    });
    expect(store.documents.get(groupKey(RULE, A))?.due).toBe(NOW + 5);
    expect((await resolutionOf(store, A))?.reason).toBe('it was us');
  });

  test('twice keeps the first time', async () => {
    const store = await storeWith({ [A]: { got: state() } });
    await resolve(store);

    const again = await resolveAlert(store, documentWith(A), { now: NOW + 99, keepMs: 1 });

    expect(again).toEqual({ outcome: 'already', at: NOW + 5, queued: [] });
  });

  test('what the group forgot changes nothing', async () => {
    expect(await resolve(memoryStore())).toEqual({ outcome: 'forgotten', queued: [] });
  });

  test('loses to nobody who writes the group meanwhile', async () => {
    const store = await storeWith({ [A]: { got: state() } });
    let writes = 0;
    store.before = async (method) => {
      const found = method === 'put' && writes++ === 0 ? store.documents.get(groupKey(RULE, A)) : undefined;
      if (found !== undefined) store.documents.set(groupKey(RULE, A), { ...found, version: 'v-other' });
    };

    expect(await resolve(store)).toMatchObject({ outcome: 'resolved' });
    expect(writes).toBe(2);
  });
});
