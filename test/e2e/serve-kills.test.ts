import { appendFileSync, cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Outbox } from '../../detector/alerts/outbox.js';
import type { EventPointer } from '../../detector/alerts/group.js';
import {
  createDestination,
  createHttpClient,
  DESTINATION_OPTIONS,
} from '../../detector/destinations/index.js';
import { openSqliteStore } from '../../detector/state/sqlite.js';
import { canonicalState } from '../support/canonical.js';
import { jsonLines } from '../support/cli.js';
import { randomOf } from '../support/core.js';
import { startServer } from '../support/http-server.js';
import { eventually, Serving, servingFolder } from '../support/serving.js';
import { jsonl, ruleFile, stopLogging } from './events.js';

/** SIGKILLs of the real command; more of them by hand. */
const KILLS = Number(process.env.TOCSIN_SERVE_KILLS ?? 30);
const FILES = 3;
const LINES_PER_KILL = 8;
const LEASE_MS = 60_000;

const RULES = {
  'rules/one.ts': ruleFile(
    'own.one',
    "title: 'trail {requestParameters.name}', dedup: '{requestParameters.name}'",
  ),
  'rules/three.ts': ruleFile(
    'own.three',
    "threshold: 3, title: 'three by {userIdentity.userName}', dedup: '{userIdentity.userName}', context: {}",
  ),
};

const configOf = (url: string): string => `
rules: { folder: rules }
destinations:
  hook: { type: webhook, url: '${url}', allowInsecure: true, allowPrivate: true }
  lines: { type: file, path: alerts.jsonl }
alerts: { default: [hook, lines], sendLate: true }
serve: { port: 0 }
`;

const ranges = ({ unit, eventId }: EventPointer): Partial<EventPointer> => ({
  unit: basename(unit),
  eventId,
});

test(
  'a detector that is killed at random ends where an undisturbed one does',
  async () => {
    const random = randomOf(Number(process.env.TOCSIN_CHAOS_SEED ?? 5));
    let onRequest = (): void => undefined;
    const hook = await startServer(() => {
      onRequest();
      return { status: 204 };
    });
    const quietHook = await startServer(() => ({ status: 204 }));
    const folder = servingFolder(configOf(hook.url), RULES);
    const args = ['--no-builtin'];
    let events = 0;
    const grow = (file: number): void => {
      const lines = Array.from({ length: LINES_PER_KILL }, () => {
        const trail = Math.floor(random() * 200);
        return stopLogging({
          eventID: `event-${String(events++)}`,
          // Always the same for a trail: which of several events at one time speaks depends on the order of arrival.
          userIdentity: { type: 'IAMUser', userName: `user-${String(trail % 20)}` },
          requestParameters: { name: `trail-${String(trail)}` },
        });
      });
      appendFileSync(join(folder, `logs/${String(file)}.jsonl`), jsonl(...lines));
    };

    for (let kill = 0; kill < KILLS; kill++) {
      grow(kill % FILES);
      const serving = new Serving(folder, { args });
      await serving.says('Serving ');
      // Half of them somewhere in the first look at the files, evaluation and commit, or a while after; the others when
      // a message has arrived and nothing says so yet.
      const isTimed = kill % 2 === 0;
      const killed = new Promise<void>((resolve) => {
        let left = 1 + Math.floor(random() * 4);
        if (!isTimed) {
          onRequest = () => {
            if (--left === 0) resolve();
          };
        }
        // Where nothing was to be sent, or less.
        setTimeout(resolve, isTimed ? random() * 120 : 500);
      });
      await killed;
      onRequest = () => undefined;
      await serving.end('SIGKILL');
    }
    const last = new Serving(folder, { args });
    const seen = async (): Promise<boolean> => (await last.metric('tocsin_backlog_bytes')) === 0;
    await eventually(async () => (await last.get('/readyz')).status === 200, 'readiness');
    await eventually(seen, 'the end of the files');
    expect(await last.end('SIGTERM')).toBe(0);

    // What a killed one had leased is due when its lease is over: later than a test waits, so the clock goes first.
    const store = await openSqliteStore({ path: join(folder, 'state/tocsin.sqlite') });
    const deps = { http: createHttpClient(), now: Date.now, secrets: {}, print: async () => undefined };
    const options = [
      { type: 'webhook', url: hook.url, allowInsecure: true, allowPrivate: true },
      { type: 'file', path: join(folder, 'alerts.jsonl') },
    ].map((one) => DESTINATION_OPTIONS.parse(one));
    const destinations = new Map(
      options.map((one, i) => [
        i === 0 ? 'hook' : 'lines',
        createDestination(i === 0 ? 'hook' : 'lines', one, deps),
      ]),
    );
    const now = (): number => Date.now() + LEASE_MS + 1;
    const left = await new Outbox({ store, destinations, now, random: Math.random }).sweep(10_000);

    const quietFolder = servingFolder(configOf(quietHook.url), RULES);
    cpSync(join(folder, 'logs'), join(quietFolder, 'logs'), { recursive: true });
    const quiet = new Serving(quietFolder, { args });
    const alertsIn = (path: string): Record<string, unknown>[] => jsonLines(readFileSync(path, 'utf8'));
    await eventually(async () => (await quiet.metric('tocsin_events_total')) === events, 'all events');
    expect(await quiet.end('SIGTERM')).toBe(0);
    const quietStore = await openSqliteStore({ path: join(quietFolder, 'state/tocsin.sqlite') });
    const [killed, undisturbed] = await Promise.all(
      [store, quietStore].map((one) => canonicalState(one, ranges)),
    );
    await store.close();
    await quietStore.close();
    await Promise.all([hook.close(), quietHook.close()]);

    const received = hook.requests.map(({ headers }) => String(headers['webhook-id']));
    const lines = alertsIn(join(folder, 'alerts.jsonl')).map(({ messageId }) => String(messageId));
    const distinct = new Set(received);
    console.info(
      `serve: ${String(KILLS)} SIGKILLs, ${String(events)} events, ${String(distinct.size)} alerts; ` +
        `${String(left)} messages were leased to killed ones; ` +
        `sent again: ${String(received.length - distinct.size)} to the webhook, ${String(lines.length - new Set(lines).size)} to the file`,
    );
    expect(killed).toEqual(undisturbed);
    expect(events).toBe(KILLS * LINES_PER_KILL);
    expect([...distinct].sort()).toEqual(
      [...new Set(quietHook.requests.map(({ headers }) => String(headers['webhook-id'])))].sort(),
    );
    expect([...new Set(lines)].sort()).toEqual([...distinct].sort());
    // One more of each message that a kill found between its sending and its record, and of no other.
    expect(received.length - distinct.size).toBeLessThanOrEqual(left);
  },
  60_000 + KILLS * 5_000,
);
