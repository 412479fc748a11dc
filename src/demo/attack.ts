import type { JsonObject } from '../../detector/rule.js';
import type { Cloud } from './event.js';
import type { Random } from './random.js';

/** The longest that an attack may take, in minutes: the shortest sample logs hold it whole. */
export const LONGEST_ATTACK_MINUTES = 45;

/** A story planted in the sample logs. Another one is another object in one of the lists of `attacks.ts`. */
export interface Attack {
  /** kebab-case, unique. */
  readonly name: string;
  readonly cloud: Cloud;
  /** What happens, in one sentence. */
  readonly story: string;
  /** Ids of all the rules that alert on it, and of no others: what a detector run is compared with. */
  readonly expects: readonly string[];
  /** Ids of the rules that only record a signal. @default none */
  readonly signals?: readonly string[];
  /** Its records, in the order of time, from `at` on and within 45 minutes. */
  readonly events: (rng: Random, at: Date) => readonly JsonObject[];
}
