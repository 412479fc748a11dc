import type { JsonObject } from '../../detector/rule.js';
import { awsTraffic } from './aws.js';
import { azureTraffic } from './azure.js';
import { later, type Cloud, type Kind } from './event.js';
import { gcpTraffic } from './gcp.js';
import { createRandom, type Random } from './random.js';

const KINDS: Readonly<Record<Cloud, readonly Kind[]>> = {
  aws: awsTraffic,
  azure: azureTraffic,
  gcp: gcpTraffic,
};
const HOUR_SECONDS = 3600;
/** What is left outside of office hours of what people do. */
const NIGHT_SHARE = 0.08;

export interface TrafficOptions {
  readonly seed: number;
  readonly start: Date;
  readonly hours: number;
  readonly eventsPerHour: number;
}

/**
 * The everyday events of a cloud, an hour at a time, unsorted. An operation that is logged twice may end in the
 * next hour. Hardly any of them is worth an alert: one or two in ten thousand.
 */
export function* everydayEvents(
  cloud: Cloud,
  options: TrafficOptions,
): Generator<readonly JsonObject[], void> {
  const rng = createRandom(options.seed, `traffic/${cloud}`);
  for (let hour = 0; hour < options.hours; hour++) {
    const from = later(options.start, hour * HOUR_SECONDS);
    const draw = drawing(KINDS[cloud], from.getUTCHours());
    const records: JsonObject[] = [];
    while (records.length < options.eventsPerHour) {
      const at = later(from, rng.next() * HOUR_SECONDS);
      records.push(...draw(rng).events(rng, at));
    }
    yield records.slice(0, options.eventsPerHour);
  }
}

/** Draws a kind by its weight at this hour of the day. */
function drawing(kinds: readonly Kind[], hour: number): (rng: Random) => Kind {
  const isOfficeHour = hour >= 6 && hour < 18;
  const weights = kinds.map(({ weight, office }) =>
    office === true && !isOfficeHour ? weight * NIGHT_SHARE : weight,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (rng) => {
    let left = rng.next() * total;
    const drawn = kinds.find((_, index) => (left -= weights[index] ?? 0) < 0) ?? kinds[0];
    if (drawn === undefined) throw new RangeError('A cloud without kinds of events has no traffic.');
    return drawn;
  };
}
