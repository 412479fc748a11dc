import type { StateStore } from '../state/store.js';
import type { DeliveryPlan, LedgerOptions } from './ledger.js';
import { createLimiter } from './limiter.js';
import { muteFor } from './mutes.js';
import { destinationsFor, type Routing } from './router.js';

export interface PlannerOptions {
  readonly store: StateStore;
  readonly now: () => number;
  readonly routing: Routing;
  /** Alerts of one rule that are sent within an hour. @default 1000 */
  readonly alertsPerHour: number;
  /** Whether alerts about old events, of a backfill or late data, are sent too. */
  readonly sendLate: boolean;
}

/**
 * Decides where a new alert is sent, or why it is only listed: it is old, muted, or one of too many. One whose severity
 * rose is asked about again, for destinations that it was not told to. The detector's own alerts can be muted, and are
 * never old or too many.
 */
export function createPlanner(options: PlannerOptions): LedgerOptions['plan'] {
  const { store, now, routing, alertsPerHour, sendLate } = options;
  const passesLimit = createLimiter(store);
  return async ({ rule, alert, told, late, crowded }) => {
    const destinations = destinationsFor(alert, rule, routing).filter((name) => !told.includes(name));
    const isSystem = alert.logType === 'tocsin.system';
    if (late && !sendLate && !isSystem) return { destinations, held: 'late' };
    if ((await muteFor(store, alert.rule, alert.dedup, now())) !== undefined)
      return { destinations, held: 'muted' };
    const limited = (title: string): DeliveryPlan => ({
      ...{ destinations, held: 'limited' },
      tell: {
        rule: 'tocsin.rule-limited',
        about: alert.rule,
        title,
        context: { rule: alert.rule, limit: alertsPerHour, latest: alert.title },
        at: now(),
      },
    });
    if (isSystem) return crowded ? { destinations, held: 'limited' } : { destinations };
    if (crowded) return limited(`${alert.rule} raised more alerts than could be delivered`);
    if (destinations.length === 0) return { destinations };
    if (await passesLimit(alert.rule, alert.id, alertsPerHour, now())) return { destinations };
    return limited(`${alert.rule} raised more than ${String(alertsPerHour)} alerts within an hour`);
  };
}
