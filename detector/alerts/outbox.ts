import { DeliveryError, type Destination } from '../destinations/destination.js';
import { StoreError, type StateStore } from '../state/store.js';
import { alertKey, decodeAlert, messageOf } from './alert-document.js';
import { recordDeadLetter, type DeliveryLetter } from './dead-letters.js';
import {
  DEFAULT_RETRY,
  fail,
  lease,
  LEASE_MS,
  passOver,
  retryAt,
  succeed,
  type DeliveryState,
  type Failure,
  type RetryPolicy,
} from './delivery-state.js';
import { updateDocument } from './documents.js';
import { decodeGroup, encodeGroup, groupMarks, mapDeliveries, type StoredGroup } from './group-document.js';
import type { SystemEvent } from './system-rules.js';

/** An attempt ends before its lease does, with time to record how it went. */
const ATTEMPT_MS = LEASE_MS / 2;
/** Messages of one group that are under way at the same time. */
const MOST_AT_ONCE = 16;
const GROUPS_AT_ONCE = 8;
const LONGEST_RECEIPT = 200;
/** Throttling is over soon; what cannot be recorded now is recorded before the group is worked on again. */
const MOST_RECORD_TRIES = 3;

export interface OutboxOptions {
  readonly store: StateStore;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly retry?: RetryPolicy;
  /** A signal that aborts after so many milliseconds. @default AbortSignal.timeout */
  readonly timeout?: (ms: number) => AbortSignal;
  /** Told of every attempt, for metrics. */
  readonly observe?: (attempt: AttemptReport) => void;
  /** Raises an alert of the detector about itself, where a message was given up: `Processor.raise`. */
  readonly raise?: (event: SystemEvent) => Promise<unknown>;
}

export interface AttemptReport {
  readonly destination: string;
  readonly alertId: string;
  readonly rule: string;
  readonly outcome: 'delivered' | 'retry' | 'failed';
  readonly error?: string;
  readonly response?: string;
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
}

/** Whether there is time for more. */
export type MayGoOn = () => boolean;
const always: MayGoOn = () => true;

interface Leased {
  readonly alertId: string;
  readonly destination: string;
  readonly state: DeliveryState;
}

/** How an attempt went, until the group's document says so. */
interface Outcome {
  readonly alertId: string;
  readonly destination: string;
  readonly change: (state: DeliveryState) => DeliveryState;
  readonly letter?: DeliveryLetter;
}

/**
 * Sends what the groups' documents say is due. A message is leased before it is sent and recorded after; a process
 * that dies between the two leaves a lease that runs out, and the message goes out once more. A store that fails
 * between the two sends nothing again: the outcome is kept until it can be recorded. One destination's failure never
 * sends another's again.
 */
export class Outbox {
  /** By group. */
  private readonly unrecorded = new Map<string, Outcome[]>();

  constructor(private readonly options: OutboxOptions) {}

  /**
   * Sends what is due in one group, a few messages at a time.
   * @param mayGoOn asked before each time but the first. @default always
   * @returns attempts made
   */
  async attempt(key: string, mayGoOn: MayGoOn = always): Promise<number> {
    const { store } = this.options;
    await this.record(key);
    for (let attempts = 0; ;) {
      const leased = await this.lease(key);
      if (leased.length === 0) return attempts;
      // Nothing may leave before it is certain that a crash will remember it.
      await store.durable();
      const stored = await store.get(key);
      if (stored === undefined) return attempts;
      const group = decodeGroup(stored.body);
      const sent = await Promise.allSettled(leased.map((one) => this.send(key, one, group)));
      if (sent.some(({ status }) => status === 'rejected')) await this.record(key);
      // A crash must not forget what was sent.
      await store.durable();
      const attempted = sent.filter((one) => one.status === 'rejected' || one.value).length;
      attempts += attempted;
      if (attempted === 0 || !mayGoOn()) return attempts;
    }
  }

  /**
   * Sends what is due anywhere. A group that fails does not keep the others waiting.
   * @param mayGoOn asked before each group. What is left is due as before. @default always
   * @returns attempts made
   * @throws AggregateError when groups failed, after all were tried
   */
  async sweep(most: number, mayGoOn: MayGoOn = always): Promise<number> {
    const { store, now } = this.options;
    const due = await store.listDue('group', now(), most);
    const keys = [...new Set([...this.unrecorded.keys(), ...due.map(({ key }) => key)])];
    const errors: unknown[] = [];
    let attempts = 0;
    const work = async (): Promise<void> => {
      while (mayGoOn()) {
        const key = keys.shift();
        if (key === undefined) return;
        try {
          const made = await this.attempt(key, mayGoOn);
          attempts += made;
        } catch (error) {
          errors.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: GROUPS_AT_ONCE }, work));
    if (errors.length > 0) {
      const first = errors[0] instanceof Error ? errors[0].message : String(errors[0]);
      throw new AggregateError(errors, `Deliveries of ${errors.length} groups failed; the first: ${first}`);
    }
    return attempts;
  }

  private async lease(key: string): Promise<readonly Leased[]> {
    const { now, destinations } = this.options;
    const leased = await this.update(key, (stored) => {
      const taken: Leased[] = [];
      const changed = new Set<DeliveryState>();
      const deliveries = mapDeliveries(stored, (alertId, destination, state) => {
        const shown = showable(state, destinations.get(destination), now());
        const next = taken.length < MOST_AT_ONCE ? lease(shown, now()) : undefined;
        if (next !== undefined) taken.push({ alertId, destination, state: next });
        if ((next ?? shown) !== state) changed.add(state);
        return next ?? shown;
      });
      return changed.size > 0 ? { stored: { ...stored, deliveries }, result: taken } : undefined;
    });
    return leased ?? [];
  }

  /** @returns whether there was time for an attempt */
  private async send(key: string, leased: Leased, group: StoredGroup): Promise<boolean> {
    const { now, random, retry = DEFAULT_RETRY, observe } = this.options;
    const { alertId, destination, state } = leased;
    const { fence } = state;
    // Whoever waited so long for the store leaves the message to the next one.
    if (now() > state.next - ATTEMPT_MS) return false;
    let report: Omit<AttemptReport, 'at'> = {
      destination,
      alertId,
      rule: group.group.rule,
      outcome: 'delivered',
    };
    try {
      const receipt = await this.deliver(leased, group);
      const change = (current: DeliveryState) => succeed(current, fence, receipt, now());
      this.keep(key, { alertId, destination, change });
    } catch (error) {
      const failure = failureOf(error);
      const { reason } = failure;
      const next = retryAt(state, failure, now(), random(), retry);
      const change = (current: DeliveryState) => fail(current, fence, reason, next, now());
      const response = responseOf(error);
      const letter = { kind: 'delivery', destination, alertId, groupKey: key, reason, ...response } as const;
      this.keep(key, { alertId, destination, change, ...(next === undefined ? { letter } : {}) });
      report = { ...report, outcome: next === undefined ? 'failed' : 'retry', error: reason, ...response };
    }
    observe?.({ ...report, at: now() });
    await this.record(key);
    return true;
  }

  private keep(key: string, outcome: Outcome): void {
    const kept = this.unrecorded.get(key);
    if (kept === undefined) this.unrecorded.set(key, [outcome]);
    else kept.push(outcome);
  }

  /** Writes down how attempts went, all of a group at once. What cannot be written is kept for the next call. */
  private async record(key: string): Promise<void> {
    const { now } = this.options;
    const outcomes = this.unrecorded.get(key);
    if (outcomes === undefined) return;
    this.unrecorded.delete(key);
    try {
      for (const { letter } of outcomes) if (letter !== undefined) await this.giveUp(letter, now());
      await patiently(() =>
        this.update(key, (stored) => {
          const deliveries = mapDeliveries(stored, (id, at, state) =>
            outcomes
              .filter(({ alertId, destination }) => id === alertId && at === destination)
              .reduce((current, { change }) => change(current), state),
          );
          return { stored: { ...stored, deliveries }, result: undefined };
        }),
      );
    } catch (error) {
      for (const outcome of outcomes) this.keep(key, outcome);
      throw error;
    }
  }

  /** Before the group says that it was given up, so that a crash between the two loses neither. */
  private async giveUp(letter: DeliveryLetter, at: number): Promise<void> {
    const { store, raise } = this.options;
    const { destination, alertId, reason } = letter;
    await patiently(() => recordDeadLetter(store, letter, at));
    await patiently(async () =>
      raise?.({
        rule: 'tocsin.delivery-failed',
        about: destination,
        title: `Alerts could not be delivered to ${destination}`,
        context: { destination, alertId, reason },
        at,
      }),
    );
  }

  private async deliver(
    { alertId, destination: name, state }: Leased,
    group: StoredGroup,
  ): Promise<string | undefined> {
    const { destinations, store, timeout = AbortSignal.timeout.bind(AbortSignal) } = this.options;
    const destination = destinations.get(name);
    if (destination === undefined) {
      throw new DeliveryError(`There is no destination "${name}" in the configuration.`, 'permanent');
    }
    const document = await store.get(alertKey(alertId));
    const message = document === undefined ? undefined : messageOf(decodeAlert(document.body), group);
    if (message === undefined) throw new DeliveryError('The alert is no longer stored.', 'permanent');
    const signal = timeout(ATTEMPT_MS);
    const delivery = { kind: state.kind, message, attempt: state.attempts, signal };
    const receipt = await unlessAborted(signal, () =>
      destination.deliver(state.receipt === undefined ? delivery : { ...delivery, receipt: state.receipt }),
    );
    return receipt === undefined || receipt.length > LONGEST_RECEIPT ? undefined : receipt;
  }

  private update<T>(
    key: string,
    change: (stored: StoredGroup) => { stored: StoredGroup; result: T } | undefined,
  ): Promise<T | undefined> {
    return updateDocument(this.options.store, key, (body) => {
      const changed = body === undefined ? undefined : change(decodeGroup(body));
      if (changed === undefined) return undefined;
      const { stored, result } = changed;
      return { body: encodeGroup(stored), marks: groupMarks(stored), result };
    });
  }
}

/** What a destination cannot show is passed over, with all that follows. */
function showable(state: DeliveryState, destination: Destination | undefined, now: number): DeliveryState {
  if (destination === undefined) return state;
  let shown = state;
  while (shown.state === 'waiting' && !destination.kinds.has(shown.kind)) {
    const next = passOver(shown, now);
    if (next.state === shown.state && next.kind === shown.kind) break;
    shown = next;
  }
  return shown;
}

/** A destination that does not listen to its signal is not waited for. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new DeliveryError('There was no answer in time.', 'retry'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof StoreError && error.outcome === 'retry';
      if (!mayPass || tries === MOST_RECORD_TRIES) throw error;
    }
  }
}

/** Whatever a destination throws that is no DeliveryError may be over next time. */
function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof DeliveryError
    ? { permanent: error.outcome === 'permanent', retryAfterMs: error.retryAfterMs, reason }
    : { permanent: false, reason };
}

const responseOf = (error: unknown): { response?: string } =>
  error instanceof DeliveryError && error.response !== undefined ? { response: error.response } : {};
