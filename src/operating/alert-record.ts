import type { AlertDocument } from '../../detector/alerts/alert-document.js';
import type { DeliveryState } from '../../detector/alerts/delivery-state.js';
import type { StoredGroup } from '../../detector/alerts/group-document.js';
import { severityRank, type Alert, type AlertLogType } from '../../detector/alerts/group.js';
import { globMatches } from '../../detector/engine/text.js';
import type { Severity } from '../../detector/rule.js';

/** What is shown of a group: less than the document, since thousands are at hand. */
export interface GroupFacts extends Pick<StoredGroup, 'deliveries' | 'resolved'> {
  readonly alerts: readonly Alert[];
}

export const ALERT_STATES = ['waiting', 'delivered', 'failed', 'held', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** Where an alert stands with one destination. Times are ISO 8601, UTC. */
export interface DeliveryRecord {
  readonly destination: string;
  readonly state: DeliveryState['state'];
  /** The message that is to be sent next, or was sent last. */
  readonly kind: DeliveryState['kind'];
  readonly attempts: number;
  /** When it is sent, for what waits; else when that state began. */
  readonly at: string;
  readonly reason?: string;
  readonly receipt?: string;
}

/**
 * An alert in one object. What is absent is not known any more: a group remembers its last alerts only, and those of
 * before have their title, their context and their events.
 */
export interface AlertRecord {
  readonly alertId: string;
  readonly rule: string;
  readonly logType?: AlertLogType;
  readonly severity?: Severity;
  readonly title: string;
  readonly dedup?: string;
  readonly firstEventTime?: string;
  readonly lastEventTime?: string;
  readonly events?: number;
  readonly raisedAt: string;
  /** Its events were old when it was raised. */
  readonly late: boolean;
  /** The one that matters most; `listed`: it goes to no destination, or nobody knows any more. */
  readonly state: AlertState | 'listed';
  readonly resolvedAt?: string;
  readonly deliveries: readonly DeliveryRecord[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function alertRecord(document: AlertDocument, group: GroupFacts | undefined): AlertRecord {
  const { id, rule, title, late } = document;
  const alert = group?.alerts.find((one) => one.id === id);
  const resolvedAt = group?.resolved[id];
  const deliveries = Object.entries(group?.deliveries[id] ?? {}).map(([destination, state]) =>
    deliveryRecord(destination, state),
  );
  return {
    alertId: id,
    rule: rule.id,
    ...(alert === undefined
      ? { title }
      : {
          logType: alert.logType,
          severity: alert.severity,
          title,
          dedup: alert.dedup,
          firstEventTime: iso(alert.firstEventTime),
          lastEventTime: iso(alert.lastEventTime),
          events: alert.events,
        }),
    raisedAt: iso(document.raisedAt),
    late,
    state: resolvedAt === undefined ? mainState(deliveries) : 'resolved',
    ...(resolvedAt === undefined ? {} : { resolvedAt: iso(resolvedAt) }),
    deliveries,
  };
}

const deliveryRecord = (
  destination: string,
  { state, kind, attempts, next, reason, receipt }: DeliveryState,
): DeliveryRecord => ({
  ...{ destination, state, kind, attempts, at: iso(next) },
  ...(reason === undefined ? {} : { reason }),
  ...(receipt === undefined ? {} : { receipt }),
});

/** What somebody has to do something about comes first. */
function mainState(deliveries: readonly DeliveryRecord[]): AlertState | 'listed' {
  const states = new Set(deliveries.map(standingOf));
  for (const state of ['failed', 'waiting', 'held', 'delivered'] as const) {
    if (states.has(state)) return state;
  }
  return 'listed';
}

/** A message under way waits until its destination has answered. */
const standingOf = ({ state }: DeliveryRecord): Exclude<AlertState, 'resolved'> =>
  state === 'sending' ? 'waiting' : state;

export interface AlertFilter {
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** This severity and above. */
  readonly severity?: Severity | undefined;
  /** Glob over rule ids. */
  readonly rule?: string | undefined;
  readonly state?: AlertState | undefined;
}

/** An alert whose severity is not known any more fits no severity. */
export function fitsFilter(record: AlertRecord, { since, severity, rule, state }: AlertFilter): boolean {
  return (
    (since === undefined || Date.parse(record.lastEventTime ?? record.raisedAt) >= since) &&
    (severity === undefined ||
      (record.severity !== undefined && severityRank(record.severity) >= severityRank(severity))) &&
    (rule === undefined || globMatches(rule, record.rule)) &&
    (state === undefined ||
      (state === 'resolved'
        ? record.resolvedAt !== undefined
        : record.deliveries.some((delivery) => standingOf(delivery) === state)))
  );
}

/** The newest first, by first event. */
export const byNewest = (a: AlertRecord, b: AlertRecord): number =>
  timeOf(b).localeCompare(timeOf(a)) || (a.alertId < b.alertId ? -1 : 1);

const timeOf = ({ firstEventTime, raisedAt }: AlertRecord): string => firstEventTime ?? raisedAt;

const LONGEST_STANDING = 34;

/** Where an alert stands, in a few words: by destination where that is short, else by state. */
export function standing({ resolvedAt, deliveries }: AlertRecord): string {
  const named = deliveries
    .map((one) => {
      const why = one.state === 'held' && one.reason !== undefined ? ` (${one.reason})` : '';
      return `${one.destination} ${standingOf(one)}${why}`;
    })
    .join(', ');
  const counts = new Map<string, number>();
  for (const one of deliveries) counts.set(standingOf(one), (counts.get(standingOf(one)) ?? 0) + 1);
  const counted = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const told = named.length <= LONGEST_STANDING ? named : counted;
  return [resolvedAt === undefined ? '' : 'resolved', told].filter((part) => part !== '').join('; ');
}
