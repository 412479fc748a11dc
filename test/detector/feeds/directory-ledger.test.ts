import { appendFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodeGroup } from '../../../detector/alerts/group-document.js';
import type { UnitReport } from '../../../detector/processor.js';
import { call, callRule, coreOf } from '../../support/core.js';
import { Driver, QUIET_MS } from './driver.js';

let driver: Driver;
let reports: UnitReport[];
beforeEach(() => {
  driver = new Driver();
  reports = [];
});
afterEach(() => driver.cleanup());

const line = (id: string, name: string): string => `${JSON.stringify(call(id, name, 'marta'))}\n`;
const keys = (kind: string): readonly string[] =>
  [...driver.store.documents.keys()].filter((key) => key.startsWith(`${kind}/`));
const members = (): readonly number[] =>
  keys('group').map((key) => decodeGroup(driver.store.documents.get(key)!.body).group.members.length);

/** Evaluates what the feed hands out now. @param settles false: the process dies before it can tell the feed */
async function work(settles = true, tickMs?: number): Promise<void> {
  const rules = [callRule('test.created', 'CreateUser')];
  const { store } = driver;
  const { processor } = coreOf({ store, now: () => driver.now, rules, units: (one) => reports.push(one) });
  driver.tick(tickMs);
  for (let unit = await driver.take(); unit !== undefined; unit = await driver.take()) {
    const { outcome } = await processor.process(unit, 'folder');
    if (settles) await driver.settle(unit, outcome);
  }
}

test('a file that grows leaves its cursor and a mark for each range with matches, and nothing else', async () => {
  driver.write('a.jsonl', line('e0', 'ListUsers'));
  await work();
  for (let i = 1; i < 10; i++) {
    appendFileSync(driver.path('a.jsonl'), line(`e${i}`, i === 5 ? 'CreateUser' : 'ListUsers'));
    await work();
  }

  expect(reports).toHaveLength(10);
  expect([keys('cursor').length, keys('unit').length]).toEqual([1, 1]);
  expect(members()).toEqual([1]);
});

test('a whole file without matches leaves its cursor alone', async () => {
  driver.write('a.json', JSON.stringify({ Records: [call('e1', 'ListUsers', 'marta')] }, null, 2));
  await work();
  await work(true, QUIET_MS);
  driver.restart();
  await work(true, QUIET_MS);
  await work(true, QUIET_MS);

  expect(reports).toHaveLength(1);
  expect(driver.store.documents.size).toBe(keys('cursor').length);
});

test('a range without matches that was not settled comes again, longer, and its matches count once (#10, #12)', async () => {
  driver.write('a.jsonl', line('e0', 'ListUsers'));
  await work(false);
  appendFileSync(driver.path('a.jsonl'), line('e1', 'CreateUser'));
  driver.restart();
  await work(false);
  appendFileSync(driver.path('a.jsonl'), line('e2', 'CreateUser'));
  driver.restart();
  await work();
  await work();

  // The second delivery is on record: the third is applied as that was, and what came after it is a range of its own.
  expect(reports.map(({ counts }) => counts.events)).toEqual([1, 2, 1]);
  expect(members()).toEqual([2]);
  expect(keys('unit')).toHaveLength(2);
});
