import { renameSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { groupKey } from '../../../detector/alerts/alert-document.js';
import { recordDeadLetter, type UnitLetters } from '../../../detector/alerts/dead-letters.js';
import { decodeGroup } from '../../../detector/alerts/group-document.js';
import { createRedactor } from '../../../detector/alerts/redact.js';
import type { DeadLetter } from '../../../detector/evaluate-unit.js';
import { identityReader } from '../../../detector/logs/identity.js';
import { awsCloudtrail } from '../../../detector/logs/aws-cloudtrail.js';
import { DEFAULT_SPLIT_LIMITS } from '../../../detector/logs/record.js';
import { sourceMap } from '../../../detector/logs/source-map.js';
import { documentKey } from '../../../detector/state/keys.js';
import { readEventsAgain } from '../../../src/operating/events-again.js';
import { readFileRange } from '../../../src/operating/read-file.js';
import { replayDelivery, requeue } from '../../../src/operating/replay-delivery.js';
import { planReplay, type DeliveryItem } from '../../../src/operating/replay-plan.js';
import { recordsOfLetters, replayId, replayUnit } from '../../../src/operating/replay-unit.js';
import { pathBelow } from '../../../src/operating/source-roots.js';
import { findUnit } from '../../../src/operating/stored-unit.js';
import { jsonl, stopLogging } from '../../e2e/events.js';
import { memoryStore } from '../../support/memory-store.js';
import { Driver, QUIET_MS } from '../../detector/feeds/driver.js';
import { collect, NOW, RULE, state, storeWith } from './support.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const delivery = (alertId: string, reason = 'no') =>
  ({ kind: 'delivery', destination: 'hook', alertId, groupKey: groupKey(RULE, alertId), reason }) as const;
const unitLetters = (letters: readonly Partial<DeadLetter>[], total = letters.length) =>
  ({ letters, reasons: { 'not-json': total } }) as Pick<UnitLetters, 'letters' | 'reasons'>;
const drivers: Driver[] = [];
const newDriver = (): Driver => {
  const driver = new Driver();
  drivers.push(driver);
  return driver;
};
afterEach(() => {
  for (const driver of drivers.splice(0)) driver.cleanup();
});

describe('the plan', () => {
  test('takes deliveries from the groups, with or without a dead letter, and ends letters of others', async () => {
    const failed = state({ state: 'failed', reason: 'short', next: NOW + 1 });
    const store = await storeWith({ [A]: { hook: failed, other: state() }, [B]: { hook: failed } });
    await recordDeadLetter(store, delivery(A, 'long'), NOW + 2);
    await recordDeadLetter(store, delivery('c'.repeat(32)), NOW + 3);

    const items = await planReplay(store, {});

    expect(items).toMatchObject([
      { kind: 'delivery', alertId: B, reason: 'short', isOver: false, rule: RULE, at: NOW + 1 },
      { kind: 'delivery', alertId: A, reason: 'long', isOver: false, at: NOW + 2 },
      { kind: 'delivery', alertId: 'c'.repeat(32), isOver: true, rule: undefined },
    ]);
  });

  test.each([
    [{}, ['unit', 'rule', 'delivery']],
    [{ kind: 'unit' as const }, ['unit']],
    [{ rule: 'own.*' }, ['rule', 'delivery']],
    [{ rule: 'aws.*' }, []],
    [{ destination: 'hook' }, ['delivery']],
    [{ destination: 'hook', kind: 'rule' as const }, []],
    [{ since: NOW + 2 }, ['rule', 'delivery']],
  ])('with %j has %j', async (filter, kinds) => {
    const store = await storeWith({ [A]: { hook: state({ state: 'failed' }) } });
    const unit = { source: 's', unitId: 'u', unit: 'f' };
    await recordDeadLetter(store, { kind: 'unit', ...unit, reasons: { truncated: 1 }, letters: [] }, NOW + 1);
    await recordDeadLetter(
      store,
      { kind: 'rule', ...unit, rule: RULE, hook: 'when', error: 'e', events: 1 },
      NOW + 2,
    );
    await recordDeadLetter(store, delivery(A), NOW + 3);

    expect((await planReplay(store, filter)).map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('a delivery', () => {
  test('that failed waits again like a new one; what did not fail stays as it is', () => {
    const failed = state({ state: 'failed', attempts: 9, fence: 9, reason: 'no', receipt: 'r', since: 1 });

    expect(requeue(failed, NOW + 1)).toEqual(
      state({ state: 'waiting', attempts: 0, fence: 9, receipt: 'r', next: NOW + 1, since: NOW + 1 }),
    );
    for (const other of ['waiting', 'sending', 'delivered', 'held'] as const)
      expect(requeue(state({ state: other }), NOW)).toBeUndefined();
  });

  test('is due at once, and its dead letter is gone', async () => {
    const store = await storeWith({ [A]: { hook: state({ state: 'failed' }), other: state() } });
    await recordDeadLetter(store, delivery(A), NOW);
    const [item] = (await planReplay(store, {})) as DeliveryItem[];

    const isWaiting = item !== undefined && (await replayDelivery(store, item, NOW + 7));

    const group = store.documents.get(groupKey(RULE, A));
    expect(isWaiting).toBe(true);
    expect(group?.due).toBe(NOW + 7);
    expect(decodeGroup(group?.body ?? '').deliveries[A]).toMatchObject({
      ...{ hook: { state: 'waiting' }, other: { state: 'delivered' } },
    });
    expect(await planReplay(store, {})).toEqual([]);
  });
});

describe('the records that letters are about', () => {
  const chosen = (letters: Pick<UnitLetters, 'letters' | 'reasons'>): number[] | undefined => {
    const choice = recordsOfLetters(letters);
    return choice && [0, 1, 2, 3, 4, 5].filter(choice);
  };

  test.each([
    ['those that are named', unitLetters([{ index: 1 }, { index: 4 }]), [1, 4]],
    ['all, where the unit as a whole failed', unitLetters([{ reason: 'unreadable' }]), undefined],
    ['all, where none is named', unitLetters([], 3), undefined],
    [
      'those behind the last one too, where only the first are listed',
      unitLetters([{ index: 1 }, { index: 3 }], 9),
      [1, 3, 4, 5],
    ],
    [
      'those behind a place where reading ended',
      unitLetters([{ index: 1 }, { index: 4, reason: 'truncated' }]),
      [1, 4, 5],
    ],
  ])('are %s', (_, letters, expected) => {
    expect(chosen(letters)).toEqual(expected);
  });

  test('are read alone, as a unit of their own', async () => {
    const driver = newDriver();
    driver.write('x.json', '{"Records":[{"a":1},{"b":[2,\n3]},{"c":4}]}');
    const path = driver.path('x.json');
    const found = { key: 'x.json', open: () => readFileRange(path, 0) };
    const options = { arrival: 1, limits: DEFAULT_SPLIT_LIMITS, records: (index: number) => index !== 0 };

    const unit = replayUnit('id', path, found, options);

    expect(Buffer.concat(await collect(unit.open())).toString()).toBe('{"b":[2,\n3]}\n{"c":4}\n');
  });
});

test('a replay takes an id that no finished unit has, and takes up what was left open', async () => {
  const store = memoryStore();
  const mark = (id: string, is: string) =>
    store.put(documentKey('unit', id), JSON.stringify({ state: is }), undefined, {
      due: null,
      expires: null,
    });
  await mark('u#replay-unit-1', 'done');
  await mark('u#replay-unit-2', 'open');

  expect(await replayId(store, 'u', 'unit')).toBe('u#replay-unit-2');
  expect(await replayId(store, 'u', 'own.rule')).toBe('u#replay-own.rule-1');
});

describe('a unit of a folder', () => {
  const place = (driver: Driver, unitId: string, name: string) =>
    findUnit(
      { source: 'folder', unitId, unit: driver.path(name) },
      { roots: new Map([['folder', driver.root]]), object: () => undefined },
      driver.store,
    );
  const bytesAt = async (found: Awaited<ReturnType<typeof findUnit>>): Promise<string> =>
    'problem' in found ? found.problem : Buffer.concat(await collect(found.open())).toString();
  /** What the ledger notes of a unit. */
  const note = (driver: Driver, id: string, end: number | undefined) =>
    driver.store.put(documentKey('unit', id), JSON.stringify({ state: 'done', end }), undefined, {
      due: null,
      expires: null,
    });

  /** A file that was read in two ranges. */
  async function twoRanges(): Promise<{ driver: Driver; first: string; second: string }> {
    const driver = newDriver();
    driver.write('a/x.log', '{"n":1}\n');
    const [one] = await driver.drain();
    writeFileSync(driver.path('a/x.log'), '{"n":1}\n{"n":2}\n');
    const [two] = await driver.poll();
    for (const range of [one, two]) await note(driver, range?.id ?? '', range?.end);
    return { driver, first: one?.id ?? '', second: two?.id ?? '' };
  }

  test('is the same range of a file that grew on, and was renamed', async () => {
    const { driver, first, second } = await twoRanges();
    writeFileSync(driver.path('a/x.log'), '{"n":1}\n{"n":2}\n{"n":3}\n');
    renameSync(driver.path('a/x.log'), driver.path('a/x.log.1'));
    await driver.poll();

    const found = await place(driver, second, 'a/x.log');

    expect(found).toMatchObject({ key: 'a/x.log.1' });
    expect(await bytesAt(found)).toBe('{"n":2}\n');
    expect(await bytesAt(await place(driver, first, 'a/x.log'))).toBe('{"n":1}\n');
  });

  test('is refused where the file holds something else, is shorter, or is gone', async () => {
    const { driver, second } = await twoRanges();
    const path = driver.path('a/x.log');

    writeFileSync(path, '{"m":1}\n{"m":2}\n{"m":3}\n');
    expect(await bytesAt(await place(driver, second, 'a/x.log'))).toBe('the file was cut or overwritten');
    writeFileSync(path, '{"n"');
    expect(await bytesAt(await place(driver, second, 'a/x.log'))).toBe('the file was cut or overwritten');
    renameSync(path, `${driver.folder}/away`);
    expect(await bytesAt(await place(driver, second, 'a/x.log'))).toBe('the file is gone, or was renamed');
  });

  test('that was read as one is read as it is now', async () => {
    const driver = newDriver();
    driver.write('x.json', '[\n{"n":1},\n{"n"');
    await driver.drain();
    const [whole] = await driver.poll(QUIET_MS);
    driver.write('x.json', '[\n{"n":1},\n{"n":2}]');

    expect(await bytesAt(await place(driver, whole?.id ?? '', 'x.json'))).toBe('[\n{"n":1},\n{"n":2}]');
  });

  test.each([
    ['u', 'x', 'it is no unit of a folder'],
    ['0'.repeat(48), '../away', 'the file is outside of the folder of its source'],
    ['0'.repeat(48), '.', 'is a socket, a pipe or a device'],
  ])('%s at %s is refused', async (unitId, name, problem) => {
    const driver = newDriver();

    expect(await bytesAt(await place(driver, unitId, name))).toContain(problem);
  });

  test('of a source that is not configured is refused', async () => {
    const name = { source: 'gone', unitId: '0'.repeat(48), unit: '/x' };

    expect(await findUnit(name, { roots: new Map(), object: () => undefined }, memoryStore())).toEqual({
      problem: 'the configuration has no source gone with a folder',
    });
  });
});

test.each([
  ['/logs', '/logs/a/b.json', 'a/b.json'],
  ['/logs', '/logs', ''],
  ['/logs', '/logs2/a', undefined],
  ['/logs', '/etc/passwd', undefined],
  ['/logs', '/logs/../etc/passwd', undefined],
  ['/logs', '/logs/..a', '..a'],
])('below %s, %s is %p', (root, file, expected) => {
  expect(pathBelow(root, file)).toBe(expected);
});

describe('events that are read again', () => {
  const options = (driver: Driver, exclude: readonly string[] = []) => ({
    logs: { roots: new Map([['folder', driver.root]]), object: () => undefined },
    sources: sourceMap([{ prefixes: { '': 'aws.cloudtrail' as const }, exclude }]),
    limits: DEFAULT_SPLIT_LIMITS,
    redact: createRedactor(['sourceIPAddress']),
  });
  const pointer = (unit: string, eventId: string) => ({ unit, index: 0, eventId });

  test('are known by their ids, whatever place they are pointed to at', async () => {
    const driver = newDriver();
    const nameless = stopLogging({ eventID: '' });
    const line = JSON.stringify(nameless);
    driver.write(
      'x.log',
      jsonl(stopLogging({ eventID: 'one' }), 'garbage', line, stopLogging({ eventID: 'two' })),
    );
    const path = driver.path('x.log');
    const hash = identityReader(awsCloudtrail).id(nameless, Buffer.from(line));

    const again = await collect(
      readEventsAgain([pointer(path, 'two'), pointer(path, hash), pointer(path, 'three')], options(driver)),
    );

    expect(again).toMatchObject([
      { eventId: 'two', event: { eventID: 'two', eventName: 'StopLogging', sourceIPAddress: '[redacted]' } },
      { eventId: hash, event: { eventID: '' } },
      { eventId: 'three', problem: 'the event is not in the file any more' },
    ]);
  });

  test('lie in folders of the configuration, and nowhere else', async () => {
    const driver = newDriver();
    driver.write('x.log', jsonl(stopLogging({ eventID: 'one' })));
    writeFileSync(`${driver.folder}/secret`, jsonl(stopLogging({ eventID: 'one' })));

    const again = await collect(
      readEventsAgain(
        [
          pointer(`${driver.folder}/secret`, 'one'),
          pointer(`${driver.root}/../secret`, 'one'),
          pointer('tocsin', 'x'),
        ],
        options(driver),
      ),
    );
    const excluded = await collect(
      readEventsAgain([pointer(driver.path('x.log'), 'one')], options(driver, ['x.*'])),
    );

    expect(again.every((one) => 'problem' in one && one.problem.startsWith('no source'))).toBe(true);
    expect(excluded).toMatchObject([{ problem: 'the configuration leaves this file out' }]);
  });
});
