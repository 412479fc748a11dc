import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ContentionError } from '../../../detector/alerts/documents.js';
import type { Evaluated } from '../../../detector/alerts/ledger.js';
import { ManifestBuilder } from '../../../detector/alerts/manifest.js';
import { openDynamoStore } from '../../../detector/state/dynamodb.js';
import { StoreError, type StateStore, type StoredDocument } from '../../../detector/state/store.js';
import { randomOf } from '../../support/core.js';
import { createDynamoTable, dynamoClientOf, startDynalite } from '../../support/dynalite.js';
import { memoryStore } from '../../support/memory-store.js';
import {
  groupsIn,
  ledgerWith,
  MINUTE,
  NOON,
  outboxWith,
  recordingDestination,
  testRule,
  type SeenGroup,
  type Sent,
} from '../alerts/world.js';
import { serverOf } from './dynamodb-support.js';

const RULES = Array.from({ length: 5 }, (_, i) =>
  testRule(`aws.rule-${i}`, { threshold: 1 + (i % 3), windowMinutes: 60 }),
);

/** Matches of groups from `first` on, of all rules in turn, all within a window. */
function unitOf(
  id: string,
  matches: number,
  groups: number,
  first = 0,
): { id: string; evaluated: Evaluated } {
  const manifest = new ManifestBuilder(`${id}.json.gz`, NOON);
  for (let index = 0; index < matches; index++) {
    const group = first + (index % groups);
    const dedup = `somebody-${Math.floor(group / RULES.length)}`;
    manifest.add({
      ...{ logType: 'aws.cloudtrail', unit: id, index, eventId: `${id}-${index}` },
      eventTime: NOON - (index % 50) * MINUTE,
      match: {
        ...{ rule: RULES[group % RULES.length]!, severity: 'high', title: `${dedup}: ${id}`, dedup },
        context: () => ({ actor: dedup }),
      },
    });
  }
  return { id, evaluated: { entries: manifest.entries(), end: matches } };
}

const UNITS = [unitOf('large', 5000, 500), unitOf('overlap', 400, 100, 450), unitOf('small', 60, 30, 10)];

/** What undisturbed runs leave of each group, one for each order of the units. */
async function undisturbed(): Promise<ReadonlyMap<string, readonly SeenGroup[]>> {
  const outcomes = new Map<string, SeenGroup[]>();
  const [a, b, c] = UNITS as [Unit, Unit, Unit];
  for (const order of [
    [a, b, c],
    [a, c, b],
    [b, a, c],
    [b, c, a],
    [c, a, b],
    [c, b, a],
  ]) {
    const store = memoryStore();
    const ledger = ledgerWith(store, { rules: RULES });
    for (const { id, evaluated } of order) await ledger.process(id, async () => evaluated);
    for (const [key, group] of groupsIn(store.documents))
      outcomes.set(key, [...(outcomes.get(key) ?? []), group]);
  }
  return outcomes;
}
type Unit = (typeof UNITS)[number];

/** The store of a process that is killed before or after its n-th call: no call of it ever returns from then on. */
function mortal(store: StateStore, calls: number, at: 'before' | 'after', killed: () => void): StateStore {
  let left = calls;
  const die = (): Promise<never> => {
    left = -1;
    killed();
    return new Promise(() => undefined);
  };
  const call =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
    async (...args) => {
      left -= 1;
      const isLast = left === 0;
      if (left < 0 || (isLast && at === 'before')) return die();
      const result = await work(...args);
      return isLast || left < 0 ? die() : result;
    };
  const { get, put, remove, listDue, list, expire, durable, close } = store;
  return {
    ...{ get: call(get), put: call(put), remove: call(remove), listDue: call(listDue) },
    ...{ list: call(list), expire: call(expire), durable: call(durable), close },
  };
}

/** As a feed does: what the store has no time for comes again. */
const mayPass = (error: unknown): boolean =>
  error instanceof ContentionError || (error instanceof StoreError && error.outcome === 'retry');

/** Thousands of round trips to a server in this process. */
const MOST_MS = 10 * MINUTE;

const url = serverOf(startDynalite);

describe('concurrent processes on one table, killed anywhere, redelivered and overlapping', () => {
  let expected: ReadonlyMap<string, readonly SeenGroup[]>;
  const stores: StateStore[] = [];
  beforeAll(async () => {
    expected = await undisturbed();
  });
  afterAll(() => Promise.all(stores.map((store) => store.close())));

  test(
    'leave what an undisturbed run leaves, and tell every alert once',
    async () => {
      const random = randomOf(1);
      const table = await createDynamoTable(url());
      const open = (): StateStore => {
        const store = openDynamoStore({ client: dynamoClientOf(url()), table });
        stores.push(store);
        return store;
      };
      // The same units come to several workers; a killed worker's unit comes again, to a new process.
      const waiting = [0, 1, 0, 2, 1, 2, 0].map((at) => UNITS[at]!);
      let kills = 6;
      async function work(): Promise<void> {
        for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
          const { id, evaluated } = unit;
          const calls = kills > 0 ? 1 + Math.floor(random() * 1500) : Infinity;
          kills -= 1;
          const outcome = await new Promise((resolve, reject) => {
            const store = mortal(open(), calls, random() < 0.5 ? 'before' : 'after', () => resolve('killed'));
            ledgerWith(store, { rules: RULES })
              .process(id, async () => evaluated)
              .then(resolve, (error: unknown) =>
                mayPass(error) ? resolve('failed') : reject(error as Error),
              );
          });
          if (outcome === 'killed' || outcome === 'failed') waiting.push(unit);
        }
      }
      await Promise.all([work(), work(), work()]);

      const store = open();
      for (const { id, evaluated } of UNITS) {
        const { already, end } = await ledgerWith(store, { rules: RULES }).process(id, async () => evaluated);
        expect({ already, end }).toEqual({ already: true, end: evaluated.end });
      }
      const documents = await documentsIn(store, ['group', 'alert']);
      const seen = groupsIn(documents);
      expect([...seen.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, group] of seen) expect(expected.get(key)).toContainEqual(group);

      const sent: Sent[] = [];
      const outbox = outboxWith(store, [recordingDestination('chat', sent)]);
      while ((await outbox.sweep(1000)) > 0);
      const alerts = [...seen.values()].flatMap((group) => group.alerts as readonly { id: string }[]);
      const told = sent.filter(({ kind }) => kind === 'raised').map(({ message }) => message.alertId);
      expect(told.sort()).toEqual(alerts.map(({ id }) => id).sort());
      expect(alerts.length).toBeGreaterThanOrEqual(500);
    },
    MOST_MS,
  );
});

async function documentsIn(store: StateStore, kinds: readonly string[]) {
  const documents = new Map<string, StoredDocument & { due: null; expires: null }>();
  for (const kind of kinds) {
    const keys = await store.list(kind, undefined, 10_000);
    const found = await Promise.all(keys.map((key) => store.get(key)));
    for (const [i, key] of keys.entries()) documents.set(key, { ...found[i]!, due: null, expires: null });
  }
  return documents;
}
