import { setImmediate as nextTurn } from 'node:timers/promises';
import { Outbox, type AttemptReport } from '../../detector/alerts/outbox.js';
import { createRedactor } from '../../detector/alerts/redact.js';
import type { Destination } from '../../detector/destinations/destination.js';
import { createEngine } from '../../detector/engine/engine.js';
import type { FeedUnit } from '../../detector/feeds/feed.js';
import { awsCloudtrail } from '../../detector/logs/aws-cloudtrail.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { Processor, type UnitReport } from '../../detector/processor.js';
import type { JsonObject, Rule } from '../../detector/rule.js';
import type { StateStore } from '../../detector/state/store.js';

export const START = Date.parse('2026-03-02T12:00:00Z');
const HOUR_MS = 3_600_000;

/** A rule that fires on one call, and groups by user. */
export const callRule = (id: string, eventName: string, more: Partial<Rule> = {}): Rule => ({
  ...{ id, name: `Rule ${id}`, description: 'Something happened.', runbook: 'Look.', falsePositives: [] },
  ...{ logTypes: ['aws.cloudtrail'], severity: 'high', attack: [], match: { eventName } },
  title: '{userIdentity.userName} did it',
  dedup: '{userIdentity.userName}',
  context: {},
  ...more,
});

export const call = (id: string, eventName: string, user: string, more: JsonObject = {}): JsonObject => ({
  ...{ eventVersion: '1.08', eventID: id, eventTime: '2026-03-02T11:30:00Z', eventName },
  ...{ eventSource: 'iam.amazonaws.com', awsRegion: 'eu-west-1', recipientAccountId: '210987654321' },
  userIdentity: { type: 'IAMUser', userName: user },
  ...more,
});

export function unitOf(id: string, records: readonly JsonObject[], end?: number): FeedUnit {
  const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return {
    ...{ id, name: id, key: id, arrival: START, size: bytes.length },
    ...(end === undefined ? {} : { end }),
    readAll: async () => bytes,
    async *open() {
      yield bytes;
    },
  };
}

export interface CoreOptions {
  readonly store: StateStore;
  readonly now: () => number;
  readonly rules: readonly Rule[];
  readonly destinations?: readonly Destination[];
  /** Names of destinations. @default all of them */
  readonly to?: readonly string[];
  readonly system?: readonly string[];
  readonly redact?: readonly string[];
  readonly alertsPerHour?: number;
  readonly units?: (report: UnitReport) => void;
  readonly attempts?: (report: AttemptReport) => void;
}

/** Processor and outbox as `tocsin serve` puts them together, in this process. */
export function coreOf(options: CoreOptions): { readonly processor: Processor; readonly outbox: Outbox } {
  const { store, now, rules, destinations = [], redact = [], alertsPerHour = 1_000_000 } = options;
  const byName = new Map(destinations.map((one) => [one.name, one]));
  const fallback = options.to ?? [...byName.keys()];
  const engine = createEngine(
    rules.map((rule) => ({ rule })),
    [awsCloudtrail],
  );
  const processor = new Processor({
    ...{ store, now, engine, ruleset: 'test', sources: sourceMap([]), alertsPerHour, sendLate: true },
    ...{ limits: DEFAULT_SPLIT_LIMITS, latenessMs: 24 * HOUR_MS, alertRetentionMs: 90 * 24 * HOUR_MS },
    routing: { routes: [], fallback, system: options.system ?? fallback },
    redact: createRedactor(redact),
    accepts: (name, kind) => byName.get(name)?.kinds.has(kind) ?? true,
    ...(options.units === undefined ? {} : { observe: options.units }),
  });
  const outbox = new Outbox({
    ...{ store, now, destinations: byName, random: () => 0.5 },
    raise: (event) => processor.raise(event),
    ...(options.attempts === undefined ? {} : { observe: options.attempts }),
  });
  return { processor, outbox };
}

/** Lets everything that needs no input or output go on. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** The same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
