import { parseEventTime } from '../../detector/logs/time.js';
import { UsageError } from '../errors.js';

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * A bound on event time, in milliseconds since the epoch. A plain date means its first millisecond (UTC) as a start
 * and its last one as an end.
 * @throws UsageError for anything but RFC 3339 or a date, before anything is read
 */
export function parseTimeOption(option: string, text: string, edge: 'start' | 'end'): number {
  const isDate = DATE.test(text);
  const at = isDate
    ? parseEventTime(`${text}T00:00:00Z`)
    : RFC_3339.test(text)
      ? parseEventTime(text)
      : undefined;
  if (at === undefined) {
    throw new UsageError(
      'BAD_TIME',
      `${option} "${text}" is neither an RFC 3339 time nor a date.`,
      'Write 2026-03-01 or 2026-03-01T08:30:00Z.',
    );
  }
  return isDate && edge === 'end' ? at + DAY_MS - 1 : at;
}
