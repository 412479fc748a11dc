import type { JsonObject } from '../../detector/rule.js';
import type { Random } from './random.js';

export const CLOUDS = ['aws', 'azure', 'gcp'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** One kind of everyday event, and how often it comes among the others of its cloud. */
export interface Kind {
  readonly weight: number;
  /** People do this: much rarer outside of their hours, 06:00 to 18:00 UTC. @default false */
  readonly office?: boolean;
  /** The records of one such event, mostly one; an operation that is logged twice gives two. */
  readonly events: (rng: Random, at: Date) => readonly JsonObject[];
}

const HOUR_MS = 3_600_000;

export const later = (at: Date, seconds: number): Date => new Date(at.getTime() + Math.round(seconds * 1000));

/** Start of the hour, in UTC. */
export const hourOf = (at: Date): Date => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);

/** `2026-03-02T09:14:07Z`, as CloudTrail writes it. */
export const seconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** With as many decimals as the clouds write, beyond what a Date holds: 7 in Azure, 9 in Google Cloud. */
export const decimals = (rng: Random, at: Date, count: number): string =>
  `${at.toISOString().slice(0, 23)}${rng.text(count - 3, '0123456789')}Z`;

/** When a sample record says that it happened, in milliseconds. */
export function timeOf(record: JsonObject): number {
  const time = record.eventTime ?? record.time ?? record.timestamp;
  return typeof time === 'string' ? Date.parse(time) : NaN;
}
