import { union } from './names.js';
import type { StatusFacts } from './status-report.js';

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
  readonly lastDeliveredTime?: string;
  readonly lastError?: string;
  readonly lastErrorTime?: string;
}

/** Destinations of the configuration, and those that it does not have any more. */
export function destinationsOf({ config, statistics, totals }: StatusFacts): readonly DestinationStatus[] {
  const configured = Object.keys(config.destinations);
  return union(configured, Object.keys(statistics.destinations), totals.names()).map((destination) => {
    const known = Object.hasOwn(statistics.destinations, destination)
      ? statistics.destinations[destination]
      : undefined;
    const { delivered = 0, retried = 0, failed = 0, lastDelivered = 0, lastError } = known ?? {};
    return {
      ...{ destination, configured: configured.includes(destination), delivered, retried, gaveUp: failed },
      ...totals.standingOf(destination),
      ...(lastDelivered === 0 ? {} : { lastDeliveredTime: new Date(lastDelivered).toISOString() }),
      ...(lastError === undefined
        ? {}
        : { lastError: lastError.message, lastErrorTime: new Date(lastError.at).toISOString() }),
    };
  });
}
