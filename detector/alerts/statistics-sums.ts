/** What `status` shows of the past. Times are milliseconds since the epoch. */
export interface Counted {
  readonly sources: Readonly<Record<string, SourceStatistics>>;
  readonly rules: Readonly<Record<string, RuleStatistics>>;
  readonly destinations: Readonly<Record<string, DestinationStatistics>>;
  readonly logTypes: Readonly<Record<string, LogTypeStatistics>>;
  /** When a field that rules need had a value last, within an hour; by `fieldOf`. */
  readonly fields: Readonly<Record<string, number>>;
  /** What was announced and not read, by source. */
  readonly skipped: Readonly<Record<string, SkippedStatistics>>;
}

export interface SourceStatistics {
  readonly units: number;
  readonly events: number;
  readonly bytes: number;
  readonly deadLetters: number;
  /** Time of the newest event, and when a unit was evaluated last; 0: never. */
  readonly newestEvent: number;
  readonly lastUnit: number;
  /** When a detector watched it for the first time. */
  readonly watchedSince?: number;
}
export interface RuleStatistics {
  readonly hits: number;
  readonly lastFired: number;
}
export interface DestinationStatistics {
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  /** 0: never. */
  readonly lastDelivered: number;
  readonly lastError?: { readonly message: string; readonly at: number };
}
/** Of the events that were looked at for the fields in them: a few of each unit. */
export interface LogTypeStatistics {
  readonly looked: number;
  readonly since: number;
  readonly last: number;
}
/** By reason; each time that it was announced. */
export type SkippedStatistics = Readonly<Record<string, { readonly count: number; readonly last: number }>>;

export const NOTHING: Counted = {
  ...{ sources: {}, rules: {}, destinations: {}, logTypes: {}, fields: {}, skipped: {} },
};

export const fieldOf = (logType: string, key: string): string => `${logType} ${key}`;

/** Adds what was counted elsewhere, or since. */
export const sumOf = (known: Counted, more: Partial<Counted>): Counted => ({
  sources: merge(known.sources, more.sources, addSource),
  rules: merge(known.rules, more.rules, addRule),
  destinations: merge(known.destinations, more.destinations, addDestination),
  logTypes: merge(known.logTypes, more.logTypes, addLogType),
  fields: merge(known.fields, more.fields, Math.max),
  skipped: merge(known.skipped, more.skipped, addSkipped),
});

/** With a tenth fewer rules and fields: those that fired, or were seen, longest ago are left out. */
export const lessOf = (counted: Counted): Counted => ({
  ...counted,
  rules: newestOf(counted.rules, ({ lastFired }) => lastFired),
  fields: newestOf(counted.fields, (seen) => seen),
});

function newestOf<T>(all: Readonly<Record<string, T>>, timeOf: (one: T) => number): Record<string, T> {
  const entries = Object.entries(all).sort(([, a], [, b]) => timeOf(b) - timeOf(a));
  return Object.fromEntries(entries.slice(0, Math.floor(entries.length * 0.9)));
}

function merge<T>(
  known: Readonly<Record<string, T>>,
  added: Readonly<Record<string, T>> | undefined,
  add: (a: T, b: T) => T,
): Readonly<Record<string, T>> {
  if (added === undefined) return known;
  const all = new Map(Object.entries(known));
  for (const [name, value] of Object.entries(added)) {
    const before = all.get(name);
    all.set(name, before === undefined ? value : add(before, value));
  }
  return Object.fromEntries(all);
}

function addSource(a: SourceStatistics, b: SourceStatistics): SourceStatistics {
  const watchedSince = Math.min(a.watchedSince ?? Infinity, b.watchedSince ?? Infinity);
  const lastUnit = Math.max(a.lastUnit, b.lastUnit);
  return {
    units: a.units + b.units,
    events: a.events + b.events,
    bytes: a.bytes + b.bytes,
    deadLetters: a.deadLetters + b.deadLetters,
    // States of before can hold the time of an event that was to come: no event is newer than its unit.
    newestEvent: Math.min(Math.max(a.newestEvent, b.newestEvent), lastUnit),
    lastUnit,
    ...(watchedSince === Infinity ? {} : { watchedSince }),
  };
}

const addRule = (a: RuleStatistics, b: RuleStatistics): RuleStatistics => ({
  hits: a.hits + b.hits,
  lastFired: Math.max(a.lastFired, b.lastFired),
});

function addDestination(a: DestinationStatistics, b: DestinationStatistics): DestinationStatistics {
  const isNewer = (b.lastError?.at ?? 0) >= (a.lastError?.at ?? 0);
  const lastError = isNewer ? (b.lastError ?? a.lastError) : a.lastError;
  return {
    delivered: a.delivered + b.delivered,
    retried: a.retried + b.retried,
    failed: a.failed + b.failed,
    lastDelivered: Math.max(a.lastDelivered, b.lastDelivered),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

const addLogType = (a: LogTypeStatistics, b: LogTypeStatistics): LogTypeStatistics => ({
  looked: a.looked + b.looked,
  since: Math.min(a.since, b.since),
  last: Math.max(a.last, b.last),
});

const addSkipped = (a: SkippedStatistics, b: SkippedStatistics): SkippedStatistics =>
  merge(a, b, (one, other) => ({
    count: one.count + other.count,
    last: Math.max(one.last, other.last),
  }));
