import { UsageError } from '../errors.js';
import { parseTimeOption } from '../detection/time-option.js';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,5})([mhd])$/;

/**
 * A duration such as `30m`, `12h` or `7d`, in milliseconds; undefined for anything else. One unit alone, so that nobody
 * has to guess what `1d12` is.
 */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** @throws UsageError for what is no duration, or longer than `mostDays` */
export function parseDurationOption(option: string, text: string, mostDays: number): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new UsageError(
      'BAD_DURATION',
      `${option} "${text}" is no duration.`,
      'Write minutes, hours or days: 30m, 12h, 7d.',
    );
  }
  if (ms > mostDays * UNITS.d) {
    throw new UsageError(
      'LONG_DURATION',
      `${option} "${text}" is longer than ${mostDays} days.`,
      `Write at most ${mostDays}d.`,
    );
  }
  return ms;
}

/** A time in the past: RFC 3339, a date, or how long ago. @throws UsageError */
export function parseSince(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  return ago === undefined ? parseTimeOption('--since', text, 'start') : now - ago;
}

/** `3 d`, `5 h`, `12 min`, `40 s`: one figure, rounded down, for tables. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `2026-03-01 09:30:12`, UTC. */
export const shortTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
