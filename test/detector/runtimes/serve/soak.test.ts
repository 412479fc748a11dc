import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Destination } from '../../../../detector/destinations/destination.js';
import { openSqliteStore } from '../../../../detector/state/sqlite.js';
import { keysOf } from '../../../support/canonical.js';
import { call, callRule, coreOf, START, unitOf } from '../../../support/core.js';

/** More of them by hand: TOCSIN_SOAK_MATCHES=1000000 TOCSIN_SOAK_GROUPS=10000. */
const MATCHES = Number(process.env.TOCSIN_SOAK_MATCHES ?? 200_000);
const GROUPS = Number(process.env.TOCSIN_SOAK_GROUPS ?? 2_000);
const PER_UNIT = 1_000;
const UNITS_PER_COMMIT = 8;
const MB = 1024 * 1024;

test(`${String(MATCHES)} matches in ${String(GROUPS)} groups leave a state that is bounded by the groups`, async () => {
  const folder = mkdtempSync(
    join(process.env.TOCSIN_SOAK_FOLDER ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()), 'tocsin-soak-'),
  );
  const path = join(folder, 'state.db');
  const store = await openSqliteStore({ path });
  let messages = 0;
  const destination: Destination = {
    name: 'null',
    kinds: new Set(['raised', 'escalated', 'system']),
    deliver: async () => {
      messages++;
      return undefined;
    },
  };
  const { processor, outbox } = coreOf({
    ...{ store, now: () => START, destinations: [destination] },
    rules: [callRule('test.one', 'CreateUser', { context: { actor: 'userIdentity.userName' } })],
  });
  const begun = Date.now();
  let peak = 0;
  let matches = 0;
  while (matches < MATCHES) {
    // Attackers are busy: the matches of a unit are of few groups.
    const units = Array.from({ length: UNITS_PER_COMMIT }, () => {
      const records = Array.from({ length: PER_UNIT }, (_, i) => {
        const user = `user-${String(Math.floor((matches + i) / 25) % GROUPS)}`;
        const eventTime = new Date(START - 3_600_000 + ((matches + i) % 3_000_000)).toISOString();
        return call(`event-${String(matches + i)}`, 'CreateUser', user, { eventTime });
      });
      matches += PER_UNIT;
      return unitOf(`unit-${String(matches)}`, records);
    });
    const done = await Promise.all(units.map((unit) => processor.process(unit, 'soak')));
    await store.durable();
    await Promise.all(done.flatMap(({ touched }) => touched.map((key) => outbox.attempt(key))));
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  const seconds = (Date.now() - begun) / 1000;
  const groups = (await keysOf(store, 'group')).length;
  const alerts = (await keysOf(store, 'alert')).length;
  const wal = statSync(`${path}-wal`).size;
  await store.close();
  const { size } = statSync(path);
  console.info(
    `soak: ${String(matches)} matches, ${String(groups)} groups, ${String(alerts)} alerts, ${String(messages)} messages in ` +
      `${String(seconds)} s: ${String(Math.round(matches / seconds))} matches/s, ${(matches / PER_UNIT / seconds).toFixed(1)} units/s; ` +
      `state ${(size / MB).toFixed(1)} MB, log ${(wal / MB).toFixed(1)} MB, ${(size / groups / 1024).toFixed(1)} KB a group; memory ${String(Math.round(peak / MB))} MB`,
  );
  rmSync(folder, { recursive: true });

  expect(groups).toBe(GROUPS);
  expect(messages).toBe(alerts);
  // A group's document holds 60,000 bytes at most, an alert's about 20,000 here, and marks of units 200 each.
  expect(size).toBeLessThan(GROUPS * 60_000 + alerts * 25_000 + (matches / PER_UNIT) * 1000 + 4 * MB);
  expect(wal).toBeLessThan(64 * MB);
}, 600_000);
