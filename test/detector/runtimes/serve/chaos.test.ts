import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { decodeGroup } from '../../../../detector/alerts/group-document.js';
import type { EventPointer } from '../../../../detector/alerts/group.js';
import type { Destination } from '../../../../detector/destinations/destination.js';
import {
  createDestination,
  createHttpClient,
  DESTINATION_OPTIONS,
} from '../../../../detector/destinations/index.js';
import type { FeedUnit } from '../../../../detector/feeds/feed.js';
import type { JsonObject } from '../../../../detector/rule.js';
import { openSqliteStore } from '../../../../detector/state/sqlite.js';
import type { StateStore } from '../../../../detector/state/store.js';
import { canonicalState, keysOf } from '../../../support/canonical.js';
import { jsonLines } from '../../../support/cli.js';
import { call, callRule, coreOf, randomOf, START, turns, unitOf } from '../../../support/core.js';
import { startServer, type TestServer } from '../../../support/http-server.js';

/*
 * The detector's core on a real state file, a real HTTP server and a real file, killed again and again. A kill here is
 * simulated inside one process: from some moment on, no call of that generation to its store or a destination goes
 * through or comes back, and the next generation opens a copy of the state file and its log as they lie on the disk.
 * Kills by SIGKILL of the real command are in test/e2e/serve-kills.test.ts.
 */
const KILLS = Number(process.env.TOCSIN_CHAOS_KILLS ?? 1000);
const SEED = Number(process.env.TOCSIN_CHAOS_SEED ?? 1);
const OBJECTS = 300;
const FILES = 12;
const RECORDS_PER_FILE = 120;
const USERS = 60;
const LEASE_MS = 60_000;
const FOLDER_PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const RULES = [
  callRule('test.one', 'CreateUser', { severity: 'high' }),
  callRule('test.three', 'DeleteUser', { threshold: 3, title: '{userIdentity.userName} deleted many' }),
  callRule('test.spread', 'ListUsers', { threshold: 2, windowMinutes: 30 }),
];
const NAMES = ['CreateUser', 'DeleteUser', 'ListUsers', 'GetUser'];
/** Of this call the events of a user lie hours apart: which of them alert together depends on the order of arrival. */
const SPREAD = 'ListUsers';

/** A queue outside of the detector: objects that are delivered once or more, and files that grow. */
class World {
  readonly objects: readonly FeedUnit[];
  readonly files: readonly { readonly id: string; readonly records: readonly JsonObject[]; done: number }[];
  readonly acknowledged = new Set<string>();

  constructor() {
    const random = randomOf(77);
    let events = 0;
    const record = (): JsonObject => {
      const name = NAMES[Math.floor(random() * NAMES.length)] ?? '';
      const user = `user-${String(Math.floor(random() * USERS))}`;
      const hour = name === SPREAD ? Math.floor(random() * 10) : 11;
      const eventTime = `2026-03-02T${String(hour).padStart(2, '0')}:30:00Z`;
      return call(`event-${String(events++)}`, name, user, { eventTime });
    };
    const records = (count: number): JsonObject[] => Array.from({ length: count }, record);
    this.objects = Array.from({ length: OBJECTS }, (_, i) =>
      unitOf(`object-${String(i)}`, records(1 + Math.floor(random() * 8))),
    );
    this.files = Array.from({ length: FILES }, (_, i) => ({
      id: `file-${String(i)}`,
      records: records(RECORDS_PER_FILE),
      done: 0,
    }));
  }

  /** Something to do: new, delivered again, or the next range of a file with an end of its own. */
  next(random: () => number, share: number): FeedUnit | undefined {
    const there = Math.ceil(OBJECTS * share);
    const object = this.objects[Math.floor(random() * there)];
    if (random() < 0.6) return object;
    const file = this.files[Math.floor(random() * FILES)];
    const most = Math.min(RECORDS_PER_FILE, Math.ceil(RECORDS_PER_FILE * share));
    if (file === undefined || file.done >= most) return object;
    const end = file.done + 1 + Math.floor(random() * (most - file.done));
    return { ...this.range(file, end), name: file.id };
  }

  /** What was never acknowledged. */
  rest(): readonly FeedUnit[] {
    return [
      ...this.objects.filter(({ id }) => !this.acknowledged.has(id)),
      ...this.files
        .filter(({ done, records }) => done < records.length)
        .map((file) => this.range(file, file.records.length)),
    ];
  }

  acknowledge(unit: FeedUnit, end: number | undefined): void {
    this.acknowledged.add(unit.id);
    const file = this.files.find(({ id, done }) => unit.id === `${id}:${String(done)}`);
    if (file !== undefined && end !== undefined) file.done = end;
  }

  private range(file: World['files'][number], end: number): FeedUnit {
    const records = file.records.slice(file.done, end);
    return { ...unitOf(`${file.id}:${String(file.done)}`, records, end), name: file.id, isRemembered: true };
  }
}

/** One life of a detector. */
class Generation {
  isDead = false;
  steps = 0;
  /** Messages that a destination was asked to take. */
  readonly sent: { readonly destination: string; readonly alertId: string; readonly groupId: string }[] = [];

  constructor(
    readonly opened: StateStore,
    private readonly diesAfter: number,
  ) {}

  /** A moment at which it may be killed; what comes after it does not happen. */
  async moment(): Promise<void> {
    if (++this.steps > this.diesAfter) this.isDead = true;
    if (this.isDead) await new Promise<never>(() => undefined);
  }

  get store(): StateStore {
    const guarded =
      <A extends unknown[], R>(method: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await this.moment();
        if (this.isDead) return new Promise<never>(() => undefined);
        const result = await method(...args);
        await this.moment();
        return result;
      };
    const { opened } = this;
    return {
      get: guarded(opened.get),
      put: guarded(opened.put),
      remove: guarded(opened.remove),
      listDue: guarded(opened.listDue),
      list: guarded(opened.list),
      expire: guarded(opened.expire),
      durable: guarded(opened.durable),
      close: opened.close,
    };
  }

  around(destination: Destination): Destination {
    return {
      ...destination,
      deliver: async (delivery) => {
        await this.moment();
        if (this.isDead) return new Promise<never>(() => undefined);
        const { alertId, groupId } = delivery.message;
        this.sent.push({ destination: destination.name, alertId, groupId });
        const receipt = await destination.deliver(delivery);
        await this.moment();
        return receipt;
      },
    };
  }
}

const destinationsTo = (server: TestServer, file: string): readonly Destination[] => {
  const deps = { http: createHttpClient(), now: () => START, secrets: {}, print: async () => undefined };
  const hook = { type: 'webhook', url: server.url, allowInsecure: true, allowPrivate: true };
  return [
    createDestination('hook', DESTINATION_OPTIONS.parse(hook), deps),
    createDestination('file', DESTINATION_OPTIONS.parse({ type: 'file', path: file }), deps),
  ];
};

const counted = (ids: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

test('a detector that is killed a thousand times ends where an undisturbed one does', async () => {
  const folder = mkdtempSync(join(FOLDER_PARENT, 'tocsin-chaos-'));
  const server = await startServer(() => ({ status: 204 }));
  const quietServer = await startServer(() => ({ status: 204 }));
  const random = randomOf(SEED);
  const world = new World();
  const file = join(folder, 'alerts.jsonl');
  const destinations = destinationsTo(server, file);
  let now = START;
  let path = join(folder, 'state-0.db');
  const exposures = new Map<string, number>();
  let killsInDelivery = 0;
  let redelivered = 0;
  let steps = 0;
  const begun = Date.now();

  const work = async (generation: Generation, share: number, all: boolean): Promise<void> => {
    const { store } = generation;
    const guarded = destinations.map((one) => generation.around(one));
    const { processor, outbox } = coreOf({ store, now: () => now, rules: RULES, destinations: guarded });
    const handle = async (unit: FeedUnit): Promise<void> => {
      if (world.acknowledged.has(unit.id)) redelivered++;
      const { outcome, touched } = await processor.process(unit, 'queue');
      await store.durable();
      await generation.moment();
      if (outcome.kind === 'done') world.acknowledge(unit, outcome.end);
      await Promise.all(touched.map((key) => outbox.attempt(key)));
    };
    const rest = all ? [...world.rest()] : [];
    const isBusy = new Set<string>();
    const worker = async (): Promise<void> => {
      while (!generation.isDead) {
        const unit = all ? rest.shift() : world.next(random, share);
        if (unit === undefined) return;
        // A feed hands out no unit twice at a time.
        if (isBusy.has(unit.id)) {
          await turns(1);
          continue;
        }
        isBusy.add(unit.id);
        await handle(unit);
        isBusy.delete(unit.id);
      }
    };
    const sweep = async (): Promise<void> => {
      for (;;) {
        for (const { key } of await store.listDue('group', now, 100)) await outbox.attempt(key);
        if (all) return;
        await turns(5);
      }
    };
    await Promise.all([...Array.from({ length: 4 }, worker), ...(all ? [] : [sweep()])]);
    if (all) await sweep();
  };

  /** Of what the killed one sent, the messages that the state does not know to be delivered. */
  let before: Generation | undefined;
  const countExposed = async (state: StateStore): Promise<void> => {
    let some = 0;
    for (const { destination, alertId, groupId } of before?.sent ?? []) {
      const body = (await state.get(`group/${groupId}`))?.body;
      const known = body === undefined ? undefined : decodeGroup(body).deliveries[alertId]?.[destination];
      if (known?.state === 'delivered') continue;
      const id = `${destination} ${alertId}`;
      exposures.set(id, (exposures.get(id) ?? 0) + 1);
      some = 1;
    }
    killsInDelivery += some;
  };

  for (let kill = 0; kill < KILLS; kill++) {
    const commitEveryPuts = 1 + Math.floor(random() ** 3 * 200);
    const diesAfter = Math.floor(10 ** (random() * 2.6));
    const generation = new Generation(await openSqliteStore({ path, commitEveryPuts }), diesAfter);
    await countExposed(generation.opened);
    before = generation;
    void work(generation, (kill + 1) / KILLS, false);
    while (!generation.isDead) await turns(1);
    const next = join(folder, `state-${String(kill + 1)}.db`);
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, next + end);
    await generation.opened.close();
    for (const end of ['', '-wal']) rmSync(path + end, { force: true });
    path = next;
    steps += generation.steps;
    // Leases of the dead run out.
    now += LEASE_MS + 1;
  }
  await server.idle();
  const last = new Generation(await openSqliteStore({ path }), Infinity);
  await countExposed(last.opened);
  while (world.rest().length > 0) await work(last, 1, true);
  now += LEASE_MS + 1;
  await work(last, 1, true);

  const quiet = await openSqliteStore({ path: join(folder, 'quiet.db') });
  const quietFile = join(folder, 'quiet.jsonl');
  const { processor, outbox } = coreOf({
    ...{ store: quiet, now: () => START, rules: RULES },
    destinations: destinationsTo(quietServer, quietFile),
  });
  for (const unit of new World().rest()) {
    const { touched } = await processor.process(unit, 'queue');
    for (const key of touched) await outbox.attempt(key);
  }

  const [chaotic, undisturbed] = await Promise.all(
    [last.opened, quiet].map((store) => canonicalState(store, point)),
  );
  const open = (await keysOf(last.opened, 'unit')).length;
  const received = counted(server.requests.map(({ headers }) => String(headers['webhook-id'])));
  const lines = counted(jsonLines(readFileSync(file, 'utf8')).map(({ messageId }) => String(messageId)));
  const more = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
  console.info(
    `chaos: ${String(KILLS)} simulated kills in ${String((Date.now() - begun) / 1000)} s, ${String(steps)} steps, ` +
      `${String(killsInDelivery)} of them with messages between send and record; ${String(open)} unit records, ` +
      `${String(redelivered)} redeliveries; ${String(received.size)} messages, sent again: ` +
      `${String(more(received))} to the webhook, ${String(more(lines))} to the file`,
  );
  await last.opened.close();
  await quiet.close();
  await Promise.all([server.close(), quietServer.close()]);
  rmSync(folder, { recursive: true });

  // Of spread events the alerts depend on the order; what was counted, and which groups alert, does not.
  const exact = (state: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(state).filter(([, document]) => !isSpread(document)));
  const contributions = (state: Record<string, unknown>): unknown =>
    Object.entries(state)
      .filter(([key, document]) => key.startsWith('group/') && isSpread(document))
      .map(([key, document]) => {
        const { members, alerts } = document as { members: { id: string }[]; alerts: unknown[] };
        return { key, members: members.map(({ id }) => id).sort(), alerts: alerts.length > 0 };
      });
  expect(Object.keys(exact(undisturbed ?? {})).length).toBeGreaterThan(USERS);
  expect(exact(chaotic ?? {})).toEqual(exact(undisturbed ?? {}));
  expect(contributions(chaotic ?? {})).toEqual(contributions(undisturbed ?? {}));

  // None lost, and to who drops known ids none twice: as many ids as alerts, at both destinations.
  const alerts = Object.keys(chaotic ?? {}).filter((key) => key.startsWith('alert/'));
  for (const [name, counts] of [
    ['hook', received],
    ['file', lines],
  ] as const) {
    const ids = [...counts.keys()];
    expect(ids.map((id) => `alert/${id.split('-')[0] ?? ''}`).sort()).toEqual(alerts);
    // Without an id: at most one more for each kill between send and record.
    for (const [id, count] of counts) {
      const exposed = exposures.get(`${name} ${id.split('-')[0] ?? ''}`) ?? 0;
      expect({ id, most: count <= 1 + exposed, count, exposed }).toMatchObject({ most: true });
    }
  }
}, 300_000);

const isSpread = (document: unknown): boolean => JSON.stringify(document).includes('"test.spread"');

/** In a range of a file that grows, places count from the start of the range, and ranges differ. */
const point = ({ unit, index, eventId }: EventPointer): Partial<EventPointer> =>
  unit.startsWith('file-') ? { unit, eventId } : { unit, index, eventId };
