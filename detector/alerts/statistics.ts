import { cutText } from '../engine/text.js';
import type { SkipReason } from '../feeds/s3/notification.js';
import { hashOfParts } from '../hash.js';
import type { UnitReport } from '../processor.js';
import { MOST_DOCUMENT_BYTES, type StateStore } from '../state/store.js';
import { updateDocument } from './documents.js';
import type { AttemptReport } from './outbox.js';
import { fieldOf, lessOf, NOTHING, sumOf, type Counted, type SourceStatistics } from './statistics-sums.js';

/** What `status` shows of the past: kept by whoever works, added up over all processes. */
export interface Statistics extends Counted {
  readonly v: 1;
  readonly since: number;
}

/** Sources, and the log types in them. */
const SOURCES = 'sources';
const DESTINATIONS = 'destinations';
const SKIPPED = 'skipped';
/** Rules and their fields are spread over so many documents: thousands of them, user's and Sigma's, would not fit one. */
const SHARDS = 16;
type Spread = 'rules' | 'fields';
const shardOf = (kind: Spread, name: string): string =>
  `${kind}-${String(parseInt(hashOfParts([name]).slice(0, 4), 16) % SHARDS)}`;
const keyOf = (shard: string): string => `statistics/${shard}`;
const LONGEST_ERROR = 300;
/** A field that is there all the time is written down this often. */
const FIELD_EVERY_MS = 3_600_000;
const NO_UNITS: SourceStatistics = {
  ...{ units: 0, events: 0, bytes: 0, deadLetters: 0, newestEvent: 0, lastUnit: 0 },
};

/** Adds up in memory, and into the store now and then. What a crash loses are counts, never events or alerts. */
export class StatisticsRecorder {
  /** What was counted since it was written last, by shard. */
  private readonly counted = new Map<string, Counted>();
  private readonly fieldsAt = new Map<string, number>();

  /** A source is watched from now on, if it was not before. */
  watched(source: string, at: number): void {
    this.add(SOURCES, { sources: { [source]: { ...NO_UNITS, watchedSince: at } } });
  }

  unit({ source, counts, hits, seen, at }: UnitReport): void {
    const { events, bytes, deadLetters, newest = 0 } = counts;
    const one = { units: 1, events, bytes, deadLetters, newestEvent: newest, lastUnit: at };
    this.add(SOURCES, { sources: { [source]: one } });
    this.spread('rules', [...hits.keys()], (rule) => ({ hits: hits.get(rule) ?? 0, lastFired: at }));
    for (const [logType, { events: looked, fields }] of seen) {
      this.add(SOURCES, { logTypes: { [logType]: { looked, since: at, last: at } } });
      const names = [...fields].map((key) => fieldOf(logType, key)).filter((name) => this.isNews(name, at));
      this.spread('fields', names, () => at);
    }
  }

  /** Something that was announced, and is not read. */
  skipped(source: string, reason: SkipReason, at: number): void {
    this.add(SKIPPED, { skipped: { [source]: { [reason]: { count: 1, last: at } } } });
  }

  delivery({ destination, outcome, error, at }: AttemptReport): void {
    const one = {
      delivered: outcome === 'delivered' ? 1 : 0,
      retried: outcome === 'retry' ? 1 : 0,
      failed: outcome === 'failed' ? 1 : 0,
      lastDelivered: outcome === 'delivered' ? at : 0,
      ...(error === undefined ? {} : { lastError: { message: cutText(error, LONGEST_ERROR), at } }),
    };
    this.add(DESTINATIONS, { destinations: { [destination]: one } });
  }

  /** Adds what was counted since the last call to the store. What could not be written is kept for the next call. */
  async flush(store: StateStore, now: number): Promise<void> {
    const failures: unknown[] = [];
    for (const [shard, counted] of [...this.counted]) {
      this.counted.delete(shard);
      try {
        await updateDocument(store, keyOf(shard), (body) => {
          const known = body === undefined ? { v: 1 as const, since: now, ...NOTHING } : decode(body);
          const next: Statistics = { ...known, ...sumOf(known, counted) };
          return { body: encode(next), marks: { due: null, expires: null }, result: undefined };
        });
      } catch (error) {
        this.add(shard, counted);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  private isNews(field: string, at: number): boolean {
    if (at - (this.fieldsAt.get(field) ?? -Infinity) < FIELD_EVERY_MS) return false;
    this.fieldsAt.set(field, at);
    return true;
  }

  private spread<K extends Spread>(
    kind: K,
    names: readonly string[],
    valueOf: (name: string) => Counted[K][string],
  ): void {
    for (const [shard, own] of Map.groupBy(names, (name) => shardOf(kind, name))) {
      this.add(shard, { [kind]: Object.fromEntries(own.map((name) => [name, valueOf(name)])) });
    }
  }

  private add(shard: string, more: Partial<Counted>): void {
    this.counted.set(shard, sumOf(this.counted.get(shard) ?? NOTHING, more));
  }
}

/** What is known of sources, and nothing else. */
export async function readSources(store: StateStore): Promise<Statistics['sources']> {
  const found = await store.get(keyOf(SOURCES));
  return found === undefined ? {} : decode(found.body).sources;
}

export async function readStatistics(store: StateStore, now: number): Promise<Statistics> {
  const spread = Array.from({ length: SHARDS }, (_, i) => [`rules-${String(i)}`, `fields-${String(i)}`]);
  const shards = [SOURCES, DESTINATIONS, SKIPPED, ...spread.flat()];
  const found = await Promise.all(shards.map((shard) => store.get(keyOf(shard))));
  const all = found.flatMap((document) => (document === undefined ? [] : [decode(document.body)]));
  const since = Math.min(now, ...all.map((shard) => shard.since));
  return { v: 1, since, ...all.reduce<Counted>(sumOf, NOTHING) };
}

const decode = (body: string): Statistics => ({ ...NOTHING, ...(JSON.parse(body) as Statistics) });

function encode(shard: Statistics): string {
  for (let kept = shard; ; kept = { ...kept, ...lessOf(kept) }) {
    const body = JSON.stringify(kept);
    const isEmpty = Object.keys(kept.rules).length + Object.keys(kept.fields).length === 0;
    if (Buffer.byteLength(body) <= MOST_DOCUMENT_BYTES || isEmpty) return body;
  }
}
