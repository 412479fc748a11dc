import { union } from './names.js';
import type { StatusFacts } from './status-report.js';
import { looksElsewhere, skippedOf, type SkippedStatus } from './status-skipped.js';

export interface SourceStatus {
  readonly source: string;
  /** It has a folder or a queue in the configuration now. */
  readonly configured: boolean;
  readonly silent: boolean;
  readonly lastEventTime?: string;
  /** Age of the newest event, in seconds. */
  readonly lagSeconds?: number;
  readonly lastUnitTime?: string;
  /** How long it may deliver nothing, where it is configured. */
  readonly silentAfterSeconds?: number;
  /** Files and folders that cannot be read; a running detector tells. */
  readonly unreadable?: number;
  readonly backlogUnits?: number;
  readonly backlogBytes?: number;
  /** Messages in the dead-letter queue of the source. */
  readonly gaveUp?: number;
  readonly units: number;
  readonly events: number;
  readonly bytes: number;
  readonly deadLetters: number;
  /** What was announced and not read. */
  readonly skipped: readonly SkippedStatus[];
  /** Lately nothing was read, and what was announced lies where the source does not look. */
  readonly looksElsewhere: boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Sources of the configuration, and those that it does not have any more. */
export function sourcesOf({
  config,
  statistics,
  backlog,
  now,
  silentAfterMs,
}: StatusFacts): readonly SourceStatus[] {
  const watched = new Map(
    config.sources
      .filter(({ directory, aws }) => directory !== undefined || aws !== undefined)
      .map(({ name, silentAfter = silentAfterMs }) => [name, silentAfter]),
  );
  return union([...watched.keys()], Object.keys(statistics.sources)).map((source) => {
    const known = Object.hasOwn(statistics.sources, source) ? statistics.sources[source] : undefined;
    const { units = 0, events = 0, bytes = 0, deadLetters = 0, newestEvent = 0, lastUnit = 0 } = known ?? {};
    const mostSilence = watched.get(source);
    const silence = now - Math.max(lastUnit, known?.watchedSince ?? 0);
    const waiting = backlog.get(source);
    const skipped = Object.hasOwn(statistics.skipped, source) ? (statistics.skipped[source] ?? {}) : {};
    // An event that says it is of the future must not pass for the newest ever after.
    const lastEvent = Math.min(newestEvent, lastUnit, now);
    return {
      ...{ source, configured: mostSilence !== undefined, silent: silence > (mostSilence ?? Infinity) },
      ...(mostSilence === undefined ? {} : { silentAfterSeconds: mostSilence / 1000 }),
      ...(newestEvent === 0
        ? {}
        : {
            lastEventTime: iso(lastEvent),
            lagSeconds: Math.round((now - lastEvent) / 1000),
          }),
      ...(lastUnit === 0 ? {} : { lastUnitTime: iso(lastUnit) }),
      ...(waiting === undefined
        ? {}
        : {
            ...{ unreadable: waiting.unreadable, backlogUnits: waiting.units },
            ...(waiting.bytes === undefined ? {} : { backlogBytes: waiting.bytes }),
            ...(waiting.gaveUp === undefined ? {} : { gaveUp: waiting.gaveUp }),
          }),
      ...{ units, events, bytes, deadLetters },
      skipped: skippedOf(skipped),
      looksElsewhere: mostSilence !== undefined && looksElsewhere(skipped, lastUnit, now),
    };
  });
}
