import { documentKey } from '../state/keys.js';
import type { StateStore } from '../state/store.js';
import { updateDocument } from './documents.js';

const HOUR_MS = 3_600_000;
/** Alerts remembered by id, so that a repeated write counts none of them twice; 19 bytes each. */
const MOST_REMEMBERED = 2500;
const ID_LENGTH = 16;

interface LimiterBody {
  readonly hour: number;
  readonly alerts: number;
  readonly recent: readonly string[];
}

/**
 * Counts an alert of a rule within the hour of the clock. Asked again for the same alert within the hour, it answers
 * the same and counts nothing (with limits up to 2,500). Above the limit nothing is written: a runaway rule costs
 * reads.
 * @returns whether the alert is among the first `limit` ones
 */
export async function passesLimit(
  store: StateStore,
  rule: string,
  alertId: string,
  limit: number,
  now: number,
): Promise<boolean> {
  const hour = Math.floor(now / HOUR_MS);
  const id = alertId.slice(0, ID_LENGTH);
  let passes = false;
  await updateDocument(store, documentKey('limit', rule), (body) => {
    const known = body === undefined ? undefined : (JSON.parse(body) as LimiterBody);
    // A process whose clock is behind does not begin the hour before once more.
    const isCurrent = known !== undefined && (known.hour === hour || known.hour === hour + 1);
    const current = isCurrent ? known : { hour, alerts: 0, recent: [] };
    const isCounted = current.recent.includes(id);
    passes = isCounted || current.alerts < limit;
    if (isCounted || !passes) return undefined;
    const next: LimiterBody = {
      hour: current.hour,
      alerts: current.alerts + 1,
      recent: [...current.recent, id].slice(-MOST_REMEMBERED),
    };
    return {
      body: JSON.stringify(next),
      marks: { due: null, expires: Math.floor(now) + 2 * HOUR_MS },
      result: undefined,
    };
  });
  return passes;
}
