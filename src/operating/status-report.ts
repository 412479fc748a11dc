import type { Statistics } from '../../detector/alerts/statistics.js';
import type { Config } from '../config/schema.js';
import { plural } from '../output/numbers.js';
import type { Backlog } from './backlog.js';
import type { LetterCount } from './dead-letters.js';
import { shortDuration } from './duration.js';
import type { GroupTotals } from './group-totals.js';
import { muteRecord, type StoredMute } from './mutes.js';

/** What was read for `status`. Times are milliseconds since the epoch. */
export interface StatusFacts {
  readonly now: number;
  readonly config: Pick<Config, 'sources' | 'destinations'>;
  readonly isLive: boolean;
  readonly statePath: string;
  readonly ruleset: { readonly hash: string; readonly rules: number } | { readonly problem: string };
  readonly statistics: Statistics;
  readonly backlog: ReadonlyMap<string, Backlog>;
  readonly totals: GroupTotals;
  readonly letters: readonly LetterCount[];
  readonly mutes: readonly StoredMute[];
  /** A source without a unit for longer than this is silent. */
  readonly silentAfterMs: number;
}

export interface SourceStatus {
  readonly source: string;
  /** It has a folder in the configuration now. */
  readonly configured: boolean;
  readonly silent: boolean;
  readonly lastEventTime?: string;
  /** Age of the newest event, in seconds. */
  readonly lagSeconds?: number;
  readonly lastUnitTime?: string;
  readonly backlogUnits?: number;
  readonly backlogBytes?: number;
  readonly units: number;
  readonly events: number;
  readonly bytes: number;
  readonly deadLetters: number;
}

export interface DestinationStatus {
  readonly destination: string;
  readonly configured: boolean;
  /** Attempts since the statistics began. */
  readonly delivered: number;
  readonly retried: number;
  readonly gaveUp: number;
  /** Messages as they stand now. */
  readonly waiting: number;
  readonly failed: number;
  readonly held: number;
  readonly lastError?: string;
}

export interface StatusReport {
  readonly time: string;
  /** Nothing is to be done. */
  readonly well: boolean;
  /** A sentence for each thing that is not well. */
  readonly problems: readonly string[];
  readonly detector: { readonly running: boolean; readonly state: string };
  readonly ruleset: StatusFacts['ruleset'];
  /** Since when is counted. */
  readonly since: string;
  readonly alerts: { readonly kept: number; readonly unresolved: number };
  readonly sources: readonly SourceStatus[];
  readonly rules: readonly { readonly rule: string; readonly hits: number; readonly lastFired: string }[];
  readonly destinations: readonly DestinationStatus[];
  readonly deadLetters: readonly (Omit<LetterCount, 'latest'> & { readonly latest: string })[];
  /** Alerts that are held back, by reason. */
  readonly held: Readonly<Record<string, number>>;
  readonly mutes: readonly ReturnType<typeof muteRecord>[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function statusReport(facts: StatusFacts): StatusReport {
  const { now, statistics, totals, letters, mutes, ruleset } = facts;
  const sources = sourcesOf(facts);
  const destinations = destinationsOf(facts);
  const problems = problemsOf(facts, sources, destinations);
  return {
    time: iso(now),
    well: problems.length === 0,
    problems,
    detector: { running: facts.isLive, state: facts.statePath },
    ruleset,
    since: iso(statistics.since),
    alerts: { kept: totals.alerts, unresolved: totals.unresolved },
    sources,
    rules: Object.entries(statistics.rules)
      .map(([rule, { hits, lastFired }]) => ({ rule, hits, lastFired: iso(lastFired) }))
      .sort((a, b) => b.hits - a.hits || (a.rule < b.rule ? -1 : 1)),
    destinations,
    deadLetters: letters.map(({ latest, ...letter }) => ({ ...letter, latest: iso(latest) })),
    held: totals.held(),
    mutes: mutes.map(muteRecord),
  };
}

function sourcesOf({
  config,
  statistics,
  backlog,
  now,
  silentAfterMs,
}: StatusFacts): readonly SourceStatus[] {
  const watched = config.sources.filter(({ directory }) => directory !== undefined).map(({ name }) => name);
  return union(watched, Object.keys(statistics.sources)).map((source) => {
    const known = Object.hasOwn(statistics.sources, source) ? statistics.sources[source] : undefined;
    const { units = 0, events = 0, bytes = 0, deadLetters = 0, newestEvent = 0, lastUnit = 0 } = known ?? {};
    const configured = watched.includes(source);
    const waiting = backlog.get(source);
    return {
      ...{ source, configured, silent: configured && now - lastUnit > silentAfterMs },
      ...(newestEvent === 0
        ? {}
        : {
            lastEventTime: iso(newestEvent),
            lagSeconds: Math.max(0, Math.round((now - newestEvent) / 1000)),
          }),
      ...(lastUnit === 0 ? {} : { lastUnitTime: iso(lastUnit) }),
      ...(waiting === undefined ? {} : { backlogUnits: waiting.units, backlogBytes: waiting.bytes }),
      ...{ units, events, bytes, deadLetters },
    };
  });
}

function destinationsOf({ config, statistics, totals }: StatusFacts): readonly DestinationStatus[] {
  const configured = Object.keys(config.destinations);
  return union(configured, Object.keys(statistics.destinations), totals.names()).map((destination) => {
    const known = Object.hasOwn(statistics.destinations, destination)
      ? statistics.destinations[destination]
      : undefined;
    const { delivered = 0, retried = 0, failed = 0, lastError } = known ?? {};
    return {
      ...{ destination, configured: configured.includes(destination), delivered, retried, gaveUp: failed },
      ...totals.standingOf(destination),
      ...(lastError === undefined ? {} : { lastError }),
    };
  });
}

const union = (...lists: readonly (readonly string[])[]): readonly string[] =>
  [...new Set(lists.flat())].sort();

function problemsOf(
  { letters, ruleset, now }: StatusFacts,
  sources: readonly SourceStatus[],
  destinations: readonly DestinationStatus[],
): readonly string[] {
  const silent = sources
    .filter((source) => source.silent)
    .map(({ source, lastUnitTime }) =>
      lastUnitTime === undefined
        ? `Source ${source} has not delivered anything yet.`
        : `Source ${source} has been silent for ${shortDuration(now - Date.parse(lastUnitTime))}.`,
    );
  const failed = destinations
    .filter((destination) => destination.failed > 0)
    .map(
      ({ destination, failed: count }) => `${plural(count, 'message')} to ${destination} failed for good.`,
    );
  const dead = letters.reduce((sum, { count }) => sum + count, 0);
  return [
    ...silent,
    ...failed,
    ...(dead === 0 ? [] : [`${plural(dead, 'dead letter')} can be replayed: tocsin replay.`]),
    ...('problem' in ruleset
      ? [`The rules cannot be loaded: ${ruleset.problem.split('\n', 1).join('')}`]
      : []),
  ];
}
