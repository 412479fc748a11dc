const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** Date.parse takes 24:00:00 for the next day. */
const LAST_SECOND = '23:59:59';
const SHORTEST_MONTH_DAYS = 28;

/**
 * Milliseconds since the epoch of a time as the clouds write it: ISO 8601 with any number of decimals (Azure writes
 * seven, Google nine), a space in place of the T, and UTC where no zone is named.
 * @returns undefined for anything else, never NaN
 */
export function parseEventTime(text: string): number | undefined {
  const [, date, time, fraction = '', zone = 'Z'] = TIMESTAMP.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  if (!isOnCalendar(date) || time > LAST_SECOND) return undefined;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const at = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(at) ? undefined : at;
}

/** Date.parse takes February 30th for March 2nd. */
function isOnCalendar(date: string): boolean {
  const day = Number(date.slice(8));
  return day <= SHORTEST_MONTH_DAYS || new Date(Date.parse(date)).getUTCDate() === day;
}
