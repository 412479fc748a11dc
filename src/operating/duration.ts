import { parseDuration } from '../config/duration.js';
import { UsageError } from '../errors.js';
import { parseTimeOption } from '../detection/time-option.js';

const DAY_MS = 86_400_000;

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
  if (ms > mostDays * DAY_MS) {
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
