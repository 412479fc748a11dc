import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { Destination } from '../../../../detector/destinations/destination.js';
import { openSqliteStore } from '../../../../detector/state/sqlite.js';
import type { StateStore } from '../../../../detector/state/store.js';
import { keysOf } from '../../../support/canonical.js';
import { call, callRule, coreOf, START, unitOf } from '../../../support/core.js';

/** More of them by hand: TOCSIN_SOAK_MATCHES=1000000 TOCSIN_SOAK_GROUPS=10000. */
const MATCHES = Number(process.env.TOCSIN_SOAK_MATCHES ?? 50_000);
const GROUPS = Number(process.env.TOCSIN_SOAK_GROUPS ?? 500);
const PER_UNIT = 1_000;
const UNITS_PER_COMMIT = 8;
const MB = 1024 * 1024;
/** Of the mark of a unit, with what SQLite needs for it. */
const MARK_BYTES = 1000;

const folders: string[] = [];
const stores: StateStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A detector with a real state file, and attackers who never rest. */
async function soak(groups: number) {
  const parent = process.env.TOCSIN_SOAK_FOLDER ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
  const folder = mkdtempSync(join(parent, 'tocsin-soak-'));
  folders.push(folder);
  const path = join(folder, 'state.db');
  const store = await openSqliteStore({ path });
  stores.push(store);
  const told = { messages: 0, peak: 0 };
  const destination: Destination = {
    name: 'null',
    kinds: new Set(['raised', 'escalated', 'system']),
    deliver: async () => {
      told.messages++;
      return undefined;
    },
  };
  const { processor, outbox } = coreOf({
    ...{ store, now: () => START, destinations: [destination] },
    rules: [callRule('test.one', 'CreateUser', { context: { actor: 'userIdentity.userName' } })],
  });
  let matches = 0;
  /** The matches of a unit are of few groups. */
  const nextUnit = () => {
    const records = Array.from({ length: PER_UNIT }, (_, i) => {
      const user = `user-${String(Math.floor((matches + i) / 25) % groups)}`;
      const eventTime = new Date(START - 3_600_000 + ((matches + i) % 3_000_000)).toISOString();
      return call(`event-${String(matches + i)}`, 'CreateUser', user, { eventTime });
    });
    matches += PER_UNIT;
    return unitOf(`unit-${String(matches)}`, records);
  };
  return {
    store,
    told,
    /** Of the state file, and of the log beside it. */
    sizes: () => ({
      size: statSync(path).size,
      log: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    }),
    async until(most: number): Promise<void> {
      while (matches < most) {
        const units = Array.from({ length: UNITS_PER_COMMIT }, nextUnit);
        const done = await Promise.all(units.map((unit) => processor.process(unit, 'soak')));
        await store.durable();
        await Promise.all(done.flatMap(({ touched }) => touched.map((key) => outbox.attempt(key))));
        told.peak = Math.max(told.peak, process.memoryUsage.rss());
      }
    },
  };
}

test(`${String(MATCHES)} matches in ${String(GROUPS)} groups leave a state that is bounded by the groups`, async () => {
  const { store, told, sizes, until } = await soak(GROUPS);
  const begun = Date.now();
  await until(MATCHES);
  const seconds = (Date.now() - begun) / 1000;
  const groups = (await keysOf(store, 'group')).length;
  const alerts = (await keysOf(store, 'alert')).length;
  const { log } = sizes();
  await store.close();
  const { size } = sizes();
  console.info(
    `soak: ${String(MATCHES)} matches, ${String(groups)} groups, ${String(alerts)} alerts, ${String(told.messages)} messages in ` +
      `${String(seconds)} s: ${String(Math.round(MATCHES / seconds))} matches/s, ${(MATCHES / PER_UNIT / seconds).toFixed(1)} units/s; ` +
      `state ${(size / MB).toFixed(1)} MB, log ${(log / MB).toFixed(1)} MB, ${(size / groups / 1024).toFixed(1)} KB a group; memory ${String(Math.round(told.peak / MB))} MB`,
  );

  expect(groups).toBe(GROUPS);
  expect(told.messages).toBe(alerts);
  // A group's document holds 60,000 bytes at most, an alert's about 20,000 here.
  expect(size).toBeLessThan(GROUPS * 60_000 + alerts * 25_000 + (MATCHES / PER_UNIT) * MARK_BYTES + 4 * MB);
  expect(log).toBeLessThan(64 * MB);
}, 600_000);

test('groups that are full do not grow, however many matches more they count', async () => {
  const { store, sizes, until } = await soak(10);
  const sizeAt = async (matches: number): Promise<number> => {
    await until(matches);
    const keys = [...(await keysOf(store, 'group')), ...(await keysOf(store, 'alert'))];
    const documents = await Promise.all(keys.map((key) => store.get(key)));
    return documents.reduce((sum, document) => sum + (document?.body.length ?? 0), 0);
  };

  const full = await sizeAt(16_000);
  const twice = await sizeAt(32_000);

  expect(full).toBeGreaterThan(10 * 10_000);
  expect(twice).toBeLessThan(full * 1.05);
  await store.close();
  expect(sizes().size).toBeLessThan(twice * 2 + 32 * MARK_BYTES + 4 * MB);
}, 600_000);
