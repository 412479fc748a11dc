import type { JsonObject } from '../../detector/rule.js';
import { plantAttacks } from './attacks.js';
import { CLOUDS, hourOf, later, timeOf, type Cloud } from './event.js';
import { deliver, digestOf, type SampleFile } from './layout.js';
import { everydayEvents, type TrafficOptions } from './traffic.js';

export type { SampleFile } from './layout.js';

export interface SampleOptions extends TrafficOptions {
  /** Decides everything that looks like chance. */
  readonly seed: number;
  /** When the logs begin; nothing is taken from the clock. */
  readonly start: Date;
  /** Length in whole hours, at least 1: all attacks take place within it. */
  readonly hours: number;
  /** Everyday events of each cloud in an hour, at least 1; the planted attacks come on top. */
  readonly eventsPerHour: number;
}

/** A cloud's traffic, and what has happened and is not delivered yet. */
interface Source {
  readonly cloud: Cloud;
  readonly traffic: Generator<readonly JsonObject[], void>;
  pending: readonly JsonObject[];
}

/**
 * Sample logs of three clouds with attacks planted in them, laid out as the clouds deliver them. The same options
 * give the same files, to the byte under one version of Node (whose zlib makes the gzip). No clock, no I/O; holds
 * about an hour of events at a time.
 *
 * @throws RangeError when `hours` or `eventsPerHour` is not a whole number from 1 on
 */
export function* sampleLogs(options: SampleOptions): Generator<SampleFile> {
  for (const name of ['hours', 'eventsPerHour'] as const) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} is ${String(value)}, expected a whole number from 1 on.`);
    }
  }
  const planted = plantAttacks(options);
  const sources = CLOUDS.map((cloud): Source => ({
    cloud,
    traffic: everydayEvents(cloud, options),
    pending: planted.filter(({ attack }) => attack.cloud === cloud).map(({ record }) => record),
  }));
  let digested = false;
  for (let hour = 1; hour <= options.hours; hour++) {
    // Only what lies before this instant is complete: an object of a cloud spans an hour of the clock.
    const until = hour === options.hours ? Infinity : hourOf(later(options.start, hour * 3600)).getTime();
    for (const source of sources) {
      const files = deliver(source.cloud, takeUntil(source, until));
      yield* files;
      const [first] = files;
      if (source.cloud === 'aws' && !digested && first !== undefined) {
        yield digestOf(files, hourOf(options.start));
        digested = true;
      }
    }
  }
}

/** Lets an hour of traffic happen, and takes out what is complete. */
function takeUntil(source: Source, until: number): readonly JsonObject[] {
  const traffic = source.traffic.next();
  const happened = [...source.pending, ...(traffic.done === true ? [] : traffic.value)];
  source.pending = happened.filter((record) => timeOf(record) >= until);
  return happened.filter((record) => timeOf(record) < until);
}
