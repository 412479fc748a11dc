import fc from 'fast-check';
import { decodeAlert, groupIdOf, pointersOf } from '../../../detector/alerts/alert-document.js';
import { decodeGroup } from '../../../detector/alerts/group-document.js';
import { Ledger, type Evaluated, type LedgerOptions } from '../../../detector/alerts/ledger.js';
import { Outbox, type OutboxOptions } from '../../../detector/alerts/outbox.js';
import { createPlanner, type PlannerOptions } from '../../../detector/alerts/planner.js';
import type { Routing } from '../../../detector/alerts/router.js';
import { systemRules } from '../../../detector/alerts/system-rules.js';
import {
  DeliveryError,
  type Delivery,
  type Destination,
} from '../../../detector/destinations/destination.js';
import { ContentionError } from '../../../detector/alerts/documents.js';
import type { Rule } from '../../../detector/rule.js';
import { StoreError, type StateStore } from '../../../detector/state/store.js';
import { FAULTS, SharedState, TestProcess, type Fault, type FaultKind } from '../../support/faulty-store.js';
import { Turns } from '../../support/turns.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A day in 2026. */
export const NOON = Date.UTC(2026, 4, 12, 12);

export const testRule = (id: string, more: Partial<Rule> = {}): Rule => ({
  ...{ id, logTypes: ['aws.cloudtrail'], name: `Name of ${id}`, description: 'What happened.' },
  ...{ severity: 'medium', attack: ['TA0005:T1562'], falsePositives: [], runbook: 'Look.', match: {} },
  ...more,
});

export const ledgerWith = (
  store: StateStore,
  more: Partial<LedgerOptions & PlannerOptions> & { readonly rules?: readonly Rule[] } = {},
): Ledger => {
  const { now = () => NOON, rules = [] } = more;
  const planning: PlannerOptions = {
    ...{ store, now, routing: { routes: [], fallback: ['chat'] }, alertsPerHour: 1000, sendLate: false },
    ...more,
  };
  return new Ledger({
    ...{ store, now, ruleset: 'ruleset-1', latenessMs: DAY, alertRetentionMs: 90 * DAY },
    plan: createPlanner(planning),
    ruleNamed: (id) => [...rules, ...systemRules].find((rule) => rule.id === id),
    ...more,
  });
};

export interface Sent extends Pick<Delivery, 'kind' | 'message' | 'receipt' | 'attempt'> {
  readonly to: string;
}

/** Takes what it is sent, unless `answer` throws. */
export const recordingDestination = (
  name: string,
  sent: Sent[],
  more: Partial<Pick<Destination, 'kinds'>> & { answer?: (delivery: Delivery) => unknown } = {},
): Destination => ({
  name,
  kinds: new Set(['raised', 'escalated', 'updated', 'resolved', 'summary', 'system', 'test']),
  ...more,
  async deliver(delivery) {
    const { kind, message, receipt, attempt } = delivery;
    const answer = await more.answer?.(delivery);
    sent.push({ kind, message, attempt, to: name, ...(receipt === undefined ? {} : { receipt }) });
    return typeof answer === 'string' ? answer : `${name}-${message.alertId.slice(0, 8)}`;
  },
});

export const outboxWith = (
  store: StateStore,
  destinations: readonly Destination[],
  more: Partial<OutboxOptions> = {},
): Outbox =>
  new Outbox({
    ...{ store, now: () => NOON, random: () => 0.5, timeout: () => new AbortController().signal },
    destinations: new Map(destinations.map((destination) => [destination.name, destination])),
    ...more,
  });

/** Every alert to both destinations of a scenario. */
export const TO_BOTH: Routing = { routes: [], fallback: ['chat', 'pager'] };

/** A unit as deliveries find it: evaluated anew, it can give something else. */
export interface TestUnit {
  readonly id: string;
  readonly variants: readonly Evaluated[];
}

export interface TestDelivery {
  readonly unit: number;
  readonly variant: number;
  /** Whether the worker then sends what is due anywhere, and not only what it raised. */
  readonly sweep: boolean;
}

export interface Scenario {
  readonly rules: readonly Rule[];
  readonly units: readonly TestUnit[];
  /** Which unit is delivered, and which of its variants an evaluation gives. Every unit at least once. */
  readonly deliveries: readonly TestDelivery[];
  readonly workers: number;
  readonly faults: readonly Fault[];
  /** Over `chat` and `pager`. */
  readonly routing: Routing;
  /** Attempts that destinations refuse. */
  readonly refusals: readonly boolean[];
  /** Whose turn it is. */
  readonly choices: readonly number[];
  /** One process with everything in memory between commits, instead of several on a shared store. */
  readonly embedded: boolean;
}

export interface Played {
  readonly state: SharedState;
  readonly sent: readonly Sent[];
  /** The ends that were acknowledged, by unit. */
  readonly ends: ReadonlyMap<string, ReadonlySet<number | undefined>>;
  readonly onRecord: number;
}

const PAGER = new Set(['raised', 'escalated', 'resolved', 'summary', 'system', 'test'] as const);

/** Plays a scenario to its end: until all units are acknowledged and all messages sent. */
export async function play(scenario: Scenario): Promise<Played> {
  const { rules, units, workers, embedded } = scenario;
  const turns = new Turns();
  const state = new SharedState(scenario.faults, !embedded);
  const choices = [...scenario.choices];
  const choose = (count: number): number => (choices.length === 0 ? 0 : choices.shift()! % count);
  const refusals = [...scenario.refusals];
  const sent: Sent[] = [];
  const ends = new Map<string, Set<number | undefined>>();
  const waiting = [...scenario.deliveries];
  const underWay = new Map<TestProcess, TestDelivery[]>();
  const running = new Map<TestProcess, number>();
  const outboxes = new Map<TestProcess, Outbox>();
  let now = NOON;
  let onRecord = 0;
  let fatal: unknown;

  const answer = () => {
    if (refusals.shift() === true) throw new DeliveryError('busy', 'retry');
  };
  const destinations = [
    recordingDestination('chat', sent, { answer }),
    recordingDestination('pager', sent, { answer, kinds: PAGER }),
  ];

  function start(count: number): void {
    const process: TestProcess = new TestProcess(state, turns, crashed);
    const ledger = ledgerWith(process.store, {
      ...{ rules, now: () => now, routing: scenario.routing },
      accepts: (name, kind) => destinations.find((one) => one.name === name)?.kinds.has(kind) ?? true,
    });
    const outbox = outboxWith(process.store, destinations, { now: () => now });
    outboxes.set(process, outbox);
    underWay.set(process, []);
    running.set(process, count);
    for (let worker = 0; worker < count; worker++) {
      void work(process, ledger, outbox).then(
        () => running.set(process, (running.get(process) ?? 0) - 1),
        (error: unknown) => (fatal = error),
      );
    }
  }

  /** What it worked on comes again; another one takes its place. */
  function crashed(process: TestProcess): void {
    state.crash(choose);
    waiting.push(...(underWay.get(process) ?? []));
    for (const map of [underWay, outboxes, running]) map.delete(process);
    start(embedded ? workers : 1);
  }

  async function work(process: TestProcess, ledger: Ledger, outbox: Outbox): Promise<void> {
    const mine = underWay.get(process) ?? [];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      mine.push(next);
      const unit = units[next.unit]!;
      const evaluated = unit.variants[next.variant % unit.variants.length]!;
      try {
        const evaluate = async () => ({ ...evaluated, onRecord: () => onRecord++ });
        const { end, touched } = await ledger.process(unit.id, evaluate);
        await process.store.durable();
        mine.splice(mine.indexOf(next), 1);
        ends.set(unit.id, (ends.get(unit.id) ?? new Set()).add(end));
        if (next.sweep) await quietly(() => outbox.sweep(100));
        else for (const key of touched) await quietly(() => outbox.attempt(key));
      } catch (error) {
        if (!mayPass(error)) throw error;
        mine.splice(mine.indexOf(next), 1);
        waiting.push(next);
      }
    }
  }

  const isIdle = (): boolean => [...running.values()].every((count) => count <= 0);
  const runUntil = (isOver: () => boolean): Promise<void> =>
    turns.run(() => {
      if (fatal !== undefined) throw new Error('A worker failed.', { cause: fatal });
      return isOver();
    }, choose);

  if (embedded) start(workers);
  else for (let worker = 0; worker < workers; worker++) start(1);
  await runUntil(() => isIdle() && waiting.length === 0);

  const isDue = ({ due }: { due: number | null }): boolean => due !== null;
  for (let rounds = 0; [...state.memory.documents.values()].some(isDue); rounds++) {
    if (rounds > 500) throw new Error('There is always something left to send.');
    // First as a process sweeps, while leases run; then far enough for every back-off.
    now += rounds < 50 ? 5 * SECOND : MINUTE;
    for (const [process, outbox] of [...outboxes]) {
      let isSwept = false;
      void quietly(() => outbox.sweep(100)).then(
        () => (isSwept = true),
        (error: unknown) => (fatal = error),
      );
      await runUntil(() => isSwept || (!process.isAlive && isIdle()));
    }
  }
  return { state, sent, ends, onRecord };
}

const mayPass = (error: unknown): boolean =>
  error instanceof ContentionError ||
  (error instanceof StoreError && error.outcome === 'retry') ||
  (error instanceof AggregateError && error.errors.every(mayPass));

async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
}

export interface SeenGroup {
  readonly key: string;
  readonly rule: string;
  readonly dedup: string;
  readonly members: readonly unknown[];
  readonly alerts: readonly unknown[];
}

/** Groups in canonical form: what does not depend on when something was sent, or on who raised it first. */
export function groupsIn(documents: SharedState['memory']['documents']): ReadonlyMap<string, SeenGroup> {
  const seen = new Map<string, SeenGroup>();
  for (const [key, { body }] of documents) {
    if (!key.startsWith('group/')) continue;
    const { group } = decodeGroup(body);
    const eventsOf = (id: string): readonly string[] => {
      const alert = documents.get(`alert/${id}`);
      const pointers = alert === undefined ? [] : pointersOf(decodeAlert(alert.body), group);
      return pointers.map(({ eventId }) => eventId).sort();
    };
    seen.set(key, {
      ...{ key: groupIdOf(key), rule: group.rule, dedup: group.dedup },
      members: group.members.map(({ id, time, alert, values, severity }) => ({
        ...{ id, time, alert, values, severity },
      })),
      alerts: group.alerts.map(({ id, start, end, firstEventTime, lastEventTime, events, severity }) => ({
        ...{ id, start, end, firstEventTime, lastEventTime, events, severity, pointers: eventsOf(id) },
      })),
    });
  }
  return seen;
}

export const faults = (kinds: readonly FaultKind[] = FAULTS): fc.Arbitrary<readonly Fault[]> =>
  fc.array(
    fc.record({
      after: fc.nat(30),
      kind: fc.constantFrom(...kinds),
      times: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 7 })),
    }),
    { maxLength: 12, size: 'max' },
  );
