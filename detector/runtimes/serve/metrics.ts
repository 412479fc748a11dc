import { Counter, Gauge, Registry } from 'prom-client';
import type { AttemptReport } from '../../alerts/outbox.js';
import type { Feed } from '../../feeds/feed.js';
import type { SkipReason } from '../../feeds/s3/notification.js';
import type { UnitReport } from '../../processor.js';
import type { SourceWatch } from './source-watch.js';

/** What the detector tells of itself, in the text format of Prometheus. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly events = this.counter('tocsin_events_total', 'Events evaluated.', ['source']);
  private readonly bytes = this.counter('tocsin_log_bytes_total', 'Decompressed bytes of logs read.', [
    'source',
  ]);
  private readonly units = this.counter('tocsin_units_total', 'Objects, ranges and messages evaluated.', [
    'source',
  ]);
  private readonly deadLetters = this.counter('tocsin_dead_letters_total', 'Records and objects set aside.', [
    'source',
  ]);
  private readonly skips = this.counter(
    'tocsin_skipped_objects_total',
    'Objects and messages announced and not read.',
    ['source', 'reason'],
  );
  private readonly matches = this.counter('tocsin_matches_total', 'Rules firing on events.', ['rule']);
  private readonly ruleFailures = this.counter('tocsin_rule_failures_total', 'Rules that failed in a unit.', [
    'source',
  ]);
  private readonly deliveries = this.counter('tocsin_delivery_attempts_total', 'Attempts to send an alert.', [
    'destination',
    'outcome',
  ]);

  /**
   * @param now milliseconds since the epoch
   * @param watch knows what cannot be read at present
   */
  constructor(feeds: readonly Feed[], now: () => number, watch: Pick<SourceWatch, 'unreadable'>) {
    const newest = new Map<string, number>();
    this.newest = newest;
    this.gauge('tocsin_event_lag_seconds', 'Age of the newest event read.', ['source'], (set) => {
      for (const [source, time] of newest) set({ source }, Math.max(0, now() - time) / 1000);
    });
    this.gauge('tocsin_backlog_units', 'Objects, ranges and messages that wait.', ['source'], (set) => {
      for (const feed of feeds) set({ source: feed.name }, feed.backlog().units);
    });
    this.gauge('tocsin_backlog_bytes', 'Stored bytes that wait.', ['source'], (set) => {
      for (const feed of feeds) set({ source: feed.name }, feed.backlog().bytes);
    });
    this.gauge('tocsin_unreadable_places', 'Files and folders that cannot be read.', ['source'], (set) => {
      for (const feed of feeds) set({ source: feed.name }, watch.unreadable(feed.name));
    });
    this.gauge('tocsin_memory_bytes', 'Resident memory of the process.', [], (set) =>
      set({}, process.memoryUsage.rss()),
    );
  }

  private readonly newest: Map<string, number>;

  unit({ source, counts, hits, failures }: UnitReport): void {
    this.units.inc({ source });
    this.events.inc({ source }, counts.events);
    this.bytes.inc({ source }, counts.bytes);
    if (counts.deadLetters > 0) this.deadLetters.inc({ source }, counts.deadLetters);
    if (failures > 0) this.ruleFailures.inc({ source }, failures);
    for (const [rule, times] of hits) this.matches.inc({ rule }, times);
    if (counts.newest !== undefined)
      this.newest.set(source, Math.max(counts.newest, this.newest.get(source) ?? 0));
  }

  skipped(source: string, reason: SkipReason): void {
    this.skips.inc({ source, reason });
  }

  delivery({ destination, outcome }: AttemptReport): void {
    this.deliveries.inc({ destination, outcome });
  }

  readonly contentType = this.registry.contentType;

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    collect: (set: (labels: Partial<Record<T, string>>, value: number) => void) => void,
  ): void {
    const gauge = new Gauge<T>({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect: () => {
        gauge.reset();
        collect((labels, value) => gauge.set(labels, value));
      },
    });
  }
}
