import type { Unit } from './unit.js';

/** A unit of a feed that runs on and on. */
export interface FeedUnit extends Unit {
  /**
   * The same for every delivery of this unit, and for no other one. For a range of a growing object it names where the
   * range starts and not where it ends: who retries may see a longer range, and must find what was stored before.
   */
  readonly id: string;
  /** What the prefixes of the configured sources are compared with. */
  readonly key: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly arrival: number;
  /** For a range: the offset behind its last byte, in the object. Kept with the unit's manifest. */
  readonly end?: number;
  /**
   * The feed itself remembers durably what it was told is done, as by a cursor, and hands the unit to one process alone.
   * One that contributes nothing then needs no record of its own. @default false
   */
  readonly isRemembered?: boolean;
}

/** How a unit ended. `done` units are never handed out again; the others are, after a while. */
export type UnitOutcome =
  | {
      readonly kind: 'done';
      /** The end that is on record, which can be another than this delivery's. */
      readonly end?: number;
    }
  | { readonly kind: 'retry'; readonly reason: string };

/** The transport by which a source reaches the detector. */
export interface Feed {
  /** The source's name. */
  readonly name: string;
  /** Hands out units as they come, until the signal ends it. What is handed out is not handed out twice at a time. */
  units(signal: AbortSignal): AsyncIterable<FeedUnit>;
  /** Called when the outcome of a unit is durable. Acknowledges, or moves the cursor. */
  settle(unit: FeedUnit, outcome: UnitOutcome): Promise<void>;
  /** What waits, for `status` and metrics. */
  backlog(): { readonly units: number; readonly bytes: number; readonly oldest: number | undefined };
}
