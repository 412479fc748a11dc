import type { MessageKind } from '../destinations/destination.js';

export const DELIVERY_STATES = ['waiting', 'sending', 'delivered', 'failed', 'held'] as const;

/**
 * Where one alert stands with one destination. Kept in the group's document, so that raising an alert and queueing its
 * delivery is one write.
 */
export interface DeliveryState {
  /**
   * `waiting`: to be sent at `next`. `sending`: leased until `next`; whoever finds it later takes over. `delivered`.
   * `failed`: given up, with a dead letter. `held`: raised, and not to be sent (muted, limited, or old).
   */
  readonly state: (typeof DELIVERY_STATES)[number];
  /** What is sent next, or was sent last. */
  readonly kind: MessageKind;
  /** What has to follow once the message that is under way has arrived. */
  readonly then?: MessageKind;
  /** Attempts at this message. */
  readonly attempts: number;
  /** Due, or end of the lease, in milliseconds since the epoch. */
  readonly next: number;
  /** When this message was queued. */
  readonly since: number;
  /** Grows with every lease: an answer that comes after its lease was taken over changes nothing. */
  readonly fence: number;
  /** What the destination calls its post. */
  readonly receipt?: string;
  /** Why it is held, or how it failed, in a word. */
  readonly reason?: string;
}

/** How long an attempt may take, its answer included, before another process takes it over. */
export const LEASE_MS = 60_000;
/** Joined events are told together, not one by one. */
const UPDATE_DELAY_MS = 60_000;
const LONGEST_REASON = 200;

export interface RetryPolicy {
  /** First delay after a failure; it doubles with each attempt. @default 30 s */
  readonly firstDelayMs: number;
  /** @default 30 min */
  readonly longestDelayMs: number;
  /** A message older than this is given up. @default 24 h */
  readonly mostAgeMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  firstDelayMs: 30_000,
  longestDelayMs: 30 * 60_000,
  mostAgeMs: 24 * 3_600_000,
};

/**
 * A first message, or one that follows; what is under way is never sent twice for it. The later of an end and a higher
 * severity has the last word; events that join an alert that was ended are not told.
 */
export function queue(state: DeliveryState | undefined, kind: MessageKind, now: number): DeliveryState {
  const next = kind === 'updated' ? now + UPDATE_DELAY_MS : now;
  if (state === undefined) return { state: 'waiting', kind, attempts: 0, next, since: now, fence: 0 };
  switch (state.state) {
    case 'held':
      return state;
    case 'waiting':
      return queueBehindWaiting(state, kind, now);
    case 'sending':
      return queueBehindSending(state, kind);
    case 'failed':
      return queueAfterFailure(state, kind, now);
    case 'delivered':
      if (state.kind === 'resolved' && (kind === 'updated' || kind === 'resolved')) return state;
      return { ...rest(state), state: 'waiting', kind, attempts: 0, next, since: now };
  }
}

/** What waits shows the alert as it is when it is sent. */
function queueBehindWaiting(state: DeliveryState, kind: MessageKind, now: number): DeliveryState {
  const { then: _, ...alone } = state;
  const tellsAll = state.kind !== 'updated' && state.kind !== 'resolved';
  if (kind === 'updated' || kind === state.kind) return kind === 'escalated' ? alone : state;
  if (tellsAll) return kind === 'resolved' ? { ...state, then: kind } : alone;
  // A destination that asked for time gets it.
  const next = state.attempts === 0 ? now : state.next;
  return { ...alone, kind, attempts: 0, next, since: now };
}

function queueBehindSending(state: DeliveryState, kind: MessageKind): DeliveryState {
  if (kind === 'updated' && (state.then !== undefined || state.kind === 'resolved')) return state;
  if (kind === 'resolved' && state.then === undefined && state.kind === 'resolved') return state;
  return { ...state, then: kind };
}

/** A higher severity is worth another try; where the alert never arrived, there is nothing to update or end. */
function queueAfterFailure(state: DeliveryState, kind: MessageKind, now: number): DeliveryState {
  const arrived = FOLLOWING.has(state.kind);
  if (kind === 'updated' || (kind === 'resolved' && !arrived)) return state;
  const again = arrived ? kind : state.kind;
  return { ...rest(state), state: 'waiting', kind: again, attempts: 0, next: now, since: now };
}

/** Kinds that follow a message that arrived. */
const FOLLOWING: ReadonlySet<MessageKind> = new Set(['updated', 'escalated', 'resolved']);

export const hold = (kind: MessageKind, now: number, reason: string): DeliveryState => ({
  ...{ state: 'held', kind, attempts: 0, next: now, since: now, fence: 0, reason },
});

/** When something has to be done about it; undefined when nothing has. */
export const dueAt = ({ state, next }: DeliveryState): number | undefined =>
  state === 'waiting' || state === 'sending' ? next : undefined;

/** Takes the message for an attempt; undefined when it is not due. */
export function lease(state: DeliveryState, now: number): DeliveryState | undefined {
  const due = dueAt(state);
  if (due === undefined || due > now) return undefined;
  const taken = state.state === 'sending' ? withThen({ ...state, state: 'waiting' }, now) : state;
  return {
    ...taken,
    state: 'sending',
    attempts: taken.attempts + 1,
    next: now + LEASE_MS,
    fence: taken.fence + 1,
  };
}

/** The attempt with this fence arrived. */
export function succeed(
  state: DeliveryState,
  fence: number,
  receipt: string | undefined,
  now: number,
): DeliveryState {
  if (state.state !== 'sending' || state.fence !== fence) return state;
  return settle(receipt === undefined ? state : { ...state, receipt }, now);
}

/** Counts a message as told that its destination cannot show; what follows it may be another matter. */
export const passOver = (state: DeliveryState, now: number): DeliveryState =>
  state.state === 'waiting' || state.state === 'sending' ? settle(state, now) : state;

function settle(state: DeliveryState, now: number): DeliveryState {
  const settled: DeliveryState = { ...rest(state), state: 'delivered', next: now };
  return state.then === undefined ? settled : queue(settled, state.then, now);
}

export interface Failure {
  readonly permanent: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly reason: string;
}

/**
 * The time of the next attempt after a failure; undefined when the message is given up.
 * @param chance from 0 to 1, spreads the retries of many alerts
 */
export function retryAt(
  { attempts, since }: Pick<DeliveryState, 'attempts' | 'since'>,
  { permanent, retryAfterMs = 0 }: Failure,
  now: number,
  chance: number,
  policy: RetryPolicy = DEFAULT_RETRY,
): number | undefined {
  const backOff = Math.min(
    policy.longestDelayMs,
    policy.firstDelayMs * 2 ** Math.min(30, Math.max(0, attempts - 1)),
  );
  const asked = Number.isFinite(retryAfterMs) ? retryAfterMs : 0;
  const at = Math.round(now + Math.max(asked, backOff * (0.5 + chance / 2)));
  return permanent || at - since > policy.mostAgeMs ? undefined : at;
}

/**
 * The attempt with this fence failed.
 * @param next from `retryAt`: when it is tried again; undefined gives it up
 */
export function fail(
  state: DeliveryState,
  fence: number,
  reason: string,
  next: number | undefined,
  now: number,
): DeliveryState {
  if (state.state !== 'sending' || state.fence !== fence) return state;
  return next === undefined
    ? withThen({ ...state, state: 'failed', next: now, reason: reason.slice(0, LONGEST_REASON) }, now)
    : withThen({ ...state, state: 'waiting', next }, now);
}

/** What should have followed a message that is not under way any more, as if it were queued now. */
function withThen({ then, ...state }: DeliveryState, now: number): DeliveryState {
  return then === undefined ? state : queue(state, then, now);
}

function rest({ then: _, reason: __, ...kept }: DeliveryState): Omit<DeliveryState, 'then' | 'reason'> {
  return kept;
}
