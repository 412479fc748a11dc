import { cutText } from '../engine/text.js';
import { hashOfParts } from '../hash.js';
import type { UnitReport } from '../processor.js';
import { MOST_DOCUMENT_BYTES, type StateStore } from '../state/store.js';
import { updateDocument } from './documents.js';
import type { AttemptReport } from './outbox.js';

/** What `status` shows of the past: kept by whoever works, added up over all processes. */
export interface Statistics {
  readonly v: 1;
  readonly since: number;
  readonly sources: Readonly<Record<string, SourceStatistics>>;
  readonly rules: Readonly<Record<string, RuleStatistics>>;
  readonly destinations: Readonly<Record<string, DestinationStatistics>>;
}

export interface SourceStatistics {
  readonly units: number;
  readonly events: number;
  readonly bytes: number;
  readonly deadLetters: number;
  /** Time of the newest event, and when a unit was evaluated last; milliseconds since the epoch. */
  readonly newestEvent: number;
  readonly lastUnit: number;
}
export interface RuleStatistics {
  readonly hits: number;
  readonly lastFired: number;
}
export interface DestinationStatistics {
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  readonly lastError?: string;
}

/** Rules are spread over so many documents: thousands of them, user's and Sigma's, would not fit one. */
const RULE_SHARDS = 16;
const shardOf = (rule: string): string =>
  `rules-${String(parseInt(hashOfParts([rule]).slice(0, 4), 16) % RULE_SHARDS)}`;
const keyOf = (shard: string): string => `statistics/${shard}`;
const LONGEST_ERROR = 300;

/** Adds up in memory, and into the store now and then. What a crash loses are counts, never events or alerts. */
export class StatisticsRecorder {
  /** What was counted since it was written last, by shard. */
  private readonly counted = new Map<string, Counted>();

  unit({ source, counts, hits, at }: UnitReport): void {
    this.add('sources', {
      sources: {
        [source]: {
          ...{ units: 1, events: counts.events, bytes: counts.bytes, deadLetters: counts.deadLetters },
          ...{ newestEvent: counts.newest ?? 0, lastUnit: at },
        },
      },
    });
    for (const [rule, times] of hits) {
      this.add(shardOf(rule), { rules: { [rule]: { hits: times, lastFired: at } } });
    }
  }

  delivery({ destination, outcome, error }: AttemptReport): void {
    const none = { delivered: 0, retried: 0, failed: 0 };
    const one = {
      ...none,
      [({ delivered: 'delivered', retry: 'retried', failed: 'failed' } as const)[outcome]]: 1,
    };
    const lastError = error === undefined ? {} : { lastError: cutText(error, LONGEST_ERROR) };
    this.add('destinations', { destinations: { [destination]: { ...one, ...lastError } } });
  }

  /** Adds what was counted since the last call to the store. What could not be written is kept for the next call. */
  async flush(store: StateStore, now: number): Promise<void> {
    const failures: unknown[] = [];
    for (const [shard, counted] of [...this.counted]) {
      this.counted.delete(shard);
      try {
        await updateDocument(store, keyOf(shard), (body) => {
          const known = body === undefined ? emptyStatistics(now) : (JSON.parse(body) as Statistics);
          const next: Statistics = { ...known, ...merged(known, counted) };
          return { body: encode(next), marks: { due: null, expires: null }, result: undefined };
        });
      } catch (error) {
        this.add(shard, counted);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  private add(shard: string, more: Partial<Counted>): void {
    this.counted.set(shard, merged(this.counted.get(shard) ?? NOTHING, more));
  }
}

export async function readStatistics(store: StateStore, now: number): Promise<Statistics> {
  const shards = [
    'sources',
    'destinations',
    ...Array.from({ length: RULE_SHARDS }, (_, i) => `rules-${String(i)}`),
  ];
  const found = await Promise.all(shards.map((shard) => store.get(keyOf(shard))));
  const all = found.flatMap((document) =>
    document === undefined ? [] : [JSON.parse(document.body) as Statistics],
  );
  const since = Math.min(now, ...all.map((shard) => shard.since));
  return { v: 1, since, ...all.reduce<Counted>(merged, NOTHING) };
}

type Counted = Pick<Statistics, 'sources' | 'rules' | 'destinations'>;
const NOTHING: Counted = { sources: {}, rules: {}, destinations: {} };

const emptyStatistics = (now: number): Statistics => ({ v: 1, since: now, ...NOTHING });

/** Thousands of rules in one shard: those that fired last longest ago give way. */
function encode(shard: Statistics): string {
  let { rules } = shard;
  for (;;) {
    const body = JSON.stringify({ ...shard, rules });
    const names = Object.entries(rules);
    if (Buffer.byteLength(body) <= MOST_DOCUMENT_BYTES || names.length === 0) return body;
    names.sort(([, a], [, b]) => b.lastFired - a.lastFired);
    rules = Object.fromEntries(names.slice(0, Math.floor(names.length * 0.9)));
  }
}

const merged = (known: Counted, more: Partial<Counted>): Counted => ({
  sources: merge(known.sources, more.sources, addSource),
  rules: merge(known.rules, more.rules, addRule),
  destinations: merge(known.destinations, more.destinations, addDestination),
});

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

const addSource = (a: SourceStatistics, b: SourceStatistics): SourceStatistics => ({
  units: a.units + b.units,
  events: a.events + b.events,
  bytes: a.bytes + b.bytes,
  deadLetters: a.deadLetters + b.deadLetters,
  newestEvent: Math.max(a.newestEvent, b.newestEvent),
  lastUnit: Math.max(a.lastUnit, b.lastUnit),
});

const addRule = (a: RuleStatistics, b: RuleStatistics): RuleStatistics => ({
  hits: a.hits + b.hits,
  lastFired: Math.max(a.lastFired, b.lastFired),
});

function addDestination(a: DestinationStatistics, b: DestinationStatistics): DestinationStatistics {
  const lastError = b.lastError ?? a.lastError;
  return {
    delivered: a.delivered + b.delivered,
    retried: a.retried + b.retried,
    failed: a.failed + b.failed,
    ...(lastError === undefined ? {} : { lastError }),
  };
}
