import type { SkippedStatistics } from '../../detector/alerts/statistics-sums.js';
import { isOutside } from '../../detector/feeds/sqs/outside.js';

const DAY_MS = 24 * 3_600_000;

/** What was announced and not read, for one reason. */
export interface SkippedStatus {
  readonly reason: string;
  readonly count: number;
  readonly latest: string;
}

/** Those of which there was most first. */
export const skippedOf = (known: SkippedStatistics): readonly SkippedStatus[] =>
  Object.entries(known)
    .map(([reason, { count, last }]) => ({ reason, count, latest: new Date(last).toISOString() }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));

/**
 * Nothing was read for a day, and what was announced meanwhile lies outside of the bucket or the prefixes that the
 * source names. Everything is acknowledged then, so nothing else tells.
 */
export const looksElsewhere = (known: SkippedStatistics, lastUnit: number, now: number): boolean =>
  now - lastUnit > DAY_MS &&
  Object.entries(known).some(([reason, { last }]) => isOutside(reason) && now - last <= DAY_MS);
