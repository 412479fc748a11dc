import { formatCount, plural } from '../output/numbers.js';
import { shortDuration } from './duration.js';
import type { StatusFacts } from './status-report.js';
import type { DestinationStatus } from './status-destinations.js';
import type { SourceStatus } from './status-sources.js';

/** A sentence for each thing that is not well. */
export function problemsOf(
  { letters, ruleset, now, isLive, isCertain }: StatusFacts,
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
  const unreadable = sources
    .filter((source) => (source.unreadable ?? 0) > 0)
    .map(({ source, unreadable: count = 0 }) =>
      count === 1
        ? `A file or folder of source ${source} cannot be read; the detector's log says which.`
        : `${formatCount(count)} files and folders of source ${source} cannot be read; the detector's log says which.`,
    );
  const elsewhere = sources
    .filter((source) => source.looksElsewhere)
    .map(
      ({ source }) =>
        `Source ${source} reads nothing: what its queue announced in the last day lies in another bucket or below another prefix. Compare its bucket and keyPrefixes with the detector's log.`,
    );
  const gaveUp = sources
    .filter((source) => (source.gaveUp ?? 0) > 0)
    .map(
      ({ source, gaveUp: count = 0 }) =>
        `${plural(count, 'message')} of source ${source} failed again and again, and its queue gave them up: tocsin replay.`,
    );
  const failed = destinations
    .filter((destination) => destination.failed > 0)
    .map(
      ({ destination, failed: count }) => `${plural(count, 'message')} to ${destination} failed for good.`,
    );
  return [
    ...(isLive || !isCertain
      ? []
      : ['The detector does not run: nothing is evaluated, and nothing is sent. Start it: tocsin serve.']),
    ...unreadable,
    ...silent,
    ...elsewhere,
    ...gaveUp,
    ...failed,
    ...(letters.letters === 0
      ? []
      : [`${plural(letters.letters, 'dead letter')} can be replayed: tocsin replay.`]),
    ...('problem' in ruleset
      ? [`The rules cannot be loaded: ${ruleset.problem.split('\n', 1).join('')}`]
      : []),
  ];
}
