import type { MessageKind } from '../destinations/destination.js';
import { SEVERITIES, type Severity } from '../rule.js';
import { MOST_DOCUMENT_BYTES, type DocumentMarks } from '../state/store.js';
import { DELIVERY_STATES, dueAt, type DeliveryState } from './delivery-state.js';
import type { Alert, Group, Member } from './group.js';

/** A group as it is kept: what the fold needs, and where each alert stands with each destination. */
export interface StoredGroup {
  readonly group: Group;
  /** Units that were folded in already, newest last. */
  readonly units: readonly string[];
  /** By alert id, then destination. */
  readonly deliveries: Readonly<Record<string, Readonly<Record<string, DeliveryState>>>>;
  /** Alerts that somebody ended, by id: when. */
  readonly resolved: Readonly<Record<string, number>>;
  /** When the group may be forgotten, in milliseconds since the epoch. */
  readonly keepUntil: number;
}

/** Grows when the meaning changes; both versions of a detector run side by side while it is deployed. */
const SCHEMA = 1;
const MOST_UNITS = 200;
const MOST_POINTERS = 100;
const MOST_POINTER_BYTES = 8_000;
/** In the order of their numbers in documents: add at the end. */
const KINDS: readonly MessageKind[] = [
  ...(['raised', 'escalated', 'updated', 'resolved', 'summary', 'system', 'test'] as const),
];

/** Positions instead of names, and times since the member before: a document of a thousand members has to fit. */
type MemberRow = readonly [
  later: number,
  id: string,
  severity: number,
  alert: number,
  values?: readonly number[] | 0,
  pointer?: readonly [unit: number, index: number, eventId: string],
];

/** Times since `start`. */
type AlertRow = readonly [
  id: string,
  severity: number,
  start: number,
  end: number,
  first: number,
  last: number,
  events: number,
  resolved: number,
  deliveries: readonly DeliveryRow[],
];

/** `then` is one more than its position; 0 stands for what is absent. */
type DeliveryRow = readonly [
  destination: number,
  state: number,
  kind: number,
  attempts: number,
  next: number,
  since: number,
  fence: number,
  then?: number,
  receipt?: string | 0,
  reason?: string | 0,
];

interface GroupBody {
  readonly v: number;
  readonly rule: string;
  readonly logType: Group['logType'];
  readonly dedup: string;
  readonly keepUntil: number;
  readonly members: readonly MemberRow[];
  readonly alerts: readonly AlertRow[];
  readonly units: readonly string[];
  readonly forgotten: number;
  /** What the rows point into. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly destinations: readonly string[];
}

/** Title, context and pointers of alerts are kept apart (alert-document.ts), so that a group stays small. */
export function decodeGroup(json: string): StoredGroup {
  const body = JSON.parse(json) as GroupBody;
  const { v, rule, logType, dedup, units, forgotten, keepUntil, alerts } = body;
  if (v > SCHEMA) {
    throw new Error(
      `A group was written by a newer Tocsin (schema ${v}, known is ${SCHEMA}): upgrade this detector.`,
    );
  }
  let time = 0;
  return {
    group: {
      ...{ rule, logType, dedup, forgotten },
      members: body.members.map((row) => memberOf(row, (time += row[0]), body)),
      alerts: alerts.map((row) => alertOf(row, { rule, logType, dedup })),
    },
    units,
    deliveries: Object.fromEntries(
      alerts.map(([id, , , , , , , , rows]) => [
        id,
        Object.fromEntries(rows.map((row) => [body.destinations[row[0]] ?? '', deliveryOf(row)])),
      ]),
    ),
    resolved: Object.fromEntries(
      alerts.flatMap(([id, , , , , , , at]): [string, number][] => (at === 0 ? [] : [[id, at]])),
    ),
    keepUntil,
  };
}

/** What a document gives up when it is too large. */
interface Draft extends StoredGroup {
  readonly pointerBytes: number;
  /** Receipts, and reasons of failures. */
  readonly details: boolean;
}

/**
 * The body of a group's document, never larger than stores allow. The oldest counted members give way first, then
 * alerts that were told, receipts (what they are for is then posted anew), pointers, and the oldest members that wait;
 * `forgotten` counts members. What is to be sent never gives way; the ledger lets no more of it into a group than fits.
 */
export function encodeGroup(stored: StoredGroup): string {
  let draft: Draft = { ...stored, pointerBytes: MOST_POINTER_BYTES, details: true };
  let body = write(draft);
  for (const giveUp of [countedMembers, toldAlerts, details, pointers, waitingMembers, units]) {
    while (Buffer.byteLength(body) > MOST_DOCUMENT_BYTES) {
      const less = giveUp(draft);
      if (less === undefined) break;
      draft = less;
      body = write(draft);
    }
  }
  return body;
}

const countedMembers = (draft: Draft): Draft | undefined =>
  withoutMembers(draft, ({ alert }) => alert !== undefined, 1 / 2);
const waitingMembers = (draft: Draft): Draft | undefined => withoutMembers(draft, () => true, 1 / 4);

/** Without the oldest of those members, at least one. */
function withoutMembers(draft: Draft, which: (member: Member) => boolean, share: number): Draft | undefined {
  const { group } = draft;
  const all = group.members.filter(which);
  if (all.length === 0) return undefined;
  const gone = new Set(all.slice(0, Math.ceil(all.length * share)));
  const members = group.members.filter((member) => !gone.has(member));
  return { ...draft, group: { ...group, members, forgotten: group.forgotten + gone.size } };
}

function toldAlerts(draft: Draft): Draft | undefined {
  const { group, deliveries } = draft;
  const all = group.alerts.filter(({ id }) => !isOpen(deliveries[id]));
  if (all.length === 0) return undefined;
  const gone = new Set(all.slice(0, Math.ceil(all.length / 2)));
  return { ...draft, group: { ...group, alerts: group.alerts.filter((alert) => !gone.has(alert)) } };
}

const details = (draft: Draft): Draft | undefined =>
  draft.details ? { ...draft, details: false } : undefined;
const pointers = (draft: Draft): Draft | undefined =>
  draft.pointerBytes > 0 ? { ...draft, pointerBytes: 0 } : undefined;
const units = (draft: Draft): Draft | undefined =>
  draft.units.length > 0
    ? { ...draft, units: draft.units.slice(Math.ceil(draft.units.length / 2)) }
    : undefined;

/** Whether something of an alert is still to be sent that must not be lost: more than a count of events. */
export const isOpen = (states: StoredGroup['deliveries'][string] | undefined): boolean =>
  openDeliveries(states) > 0;

export const openDeliveries = (states: StoredGroup['deliveries'][string] | undefined): number =>
  Object.values(states ?? {}).filter(
    (state) => dueAt(state) !== undefined && (state.kind !== 'updated' || state.then !== undefined),
  ).length;

/** When the group wants attention, for its deliveries, and until when it is kept. */
export const groupMarks = (stored: StoredGroup): DocumentMarks => ({
  due: groupDue(stored),
  expires: stored.keepUntil,
});

/** When something has to be done about a delivery of the group; null when nothing has. */
export function groupDue({ deliveries }: Pick<StoredGroup, 'deliveries'>): number | null {
  let due: number | null = null;
  for (const states of Object.values(deliveries)) {
    for (const state of Object.values(states)) {
      const at = dueAt(state);
      if (at !== undefined && (due === null || at < due)) due = at;
    }
  }
  return due;
}

function write(draft: Draft): string {
  const { group, keepUntil, deliveries, resolved } = draft;
  const names = new Table();
  const values = new Table();
  const destinations = new Table();
  const places = new Map(group.alerts.map((alert, i) => [alert.id, i]));
  const pointed = withPointers(group.members, draft.pointerBytes);
  let before = 0;
  const body: GroupBody = {
    v: SCHEMA,
    ...{ rule: group.rule, logType: group.logType, dedup: group.dedup, keepUntil },
    members: group.members.map((member): MemberRow => {
      const { time, id, severity, alert } = member;
      const place = alert === undefined ? -1 : (places.get(alert) ?? -2);
      const row = [time - before, id, SEVERITIES.indexOf(severity), place] as const;
      before = time;
      const listed = member.values?.map((value) => values.place(value)) ?? 0;
      if (pointed.has(member)) {
        const { unit, index, eventId } = member.pointer;
        return [...row, listed, [names.place(unit), index, eventId]];
      }
      return listed === 0 ? row : [...row, listed];
    }),
    alerts: group.alerts.map(
      ({ id, severity, start, end, firstEventTime, lastEventTime, events }): AlertRow => [
        ...([id, SEVERITIES.indexOf(severity), start, end - start] as const),
        ...([firstEventTime - start, lastEventTime - start, events, resolved[id] ?? 0] as const),
        Object.entries(deliveries[id] ?? {}).map(([name, state]) =>
          deliveryRow(destinations.place(name), state, draft.details),
        ),
      ],
    ),
    units: draft.units.slice(-MOST_UNITS),
    forgotten: group.forgotten,
    ...{ names: names.texts, values: values.texts, destinations: destinations.texts },
  };
  return JSON.stringify(body);
}

/** Texts that occur again and again, each once. */
class Table {
  readonly texts: string[] = [];
  private readonly places = new Map<string, number>();

  place(text: string): number {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.texts.push(text) - 1;
      this.places.set(text, place);
    }
    return place;
  }
}

/** The newest members that wait: an alert that counts them later names their events. Of counted ones it did already. */
function withPointers(members: readonly Member[], bytes: number): ReadonlySet<Member> {
  const chosen = new Set<Member>();
  const units = new Set<string>();
  let left = bytes;
  for (const member of members.toReversed()) {
    const { unit, index, eventId } = member.pointer;
    if (member.alert !== undefined || eventId === '') continue;
    left -= Buffer.byteLength(JSON.stringify([0, index, eventId, ...(units.has(unit) ? [] : [unit])])) + 1;
    if (left < 0 || chosen.size === MOST_POINTERS) break;
    units.add(unit);
    chosen.add(member);
  }
  return chosen;
}

function deliveryRow(destination: number, state: DeliveryState, withDetails: boolean): DeliveryRow {
  const { attempts, next, since, fence, then, receipt, reason } = state;
  const row = [
    ...[destination, DELIVERY_STATES.indexOf(state.state), KINDS.indexOf(state.kind)],
    ...[attempts, next, since, fence, then === undefined ? 0 : KINDS.indexOf(then) + 1],
    ...(withDetails ? [receipt ?? 0, reason ?? 0] : []),
  ];
  while (row.at(-1) === 0 && row.length > 7) row.pop();
  return row as unknown as DeliveryRow;
}

function deliveryOf(row: DeliveryRow): DeliveryState {
  const [, state, kind, attempts, next, since, fence, then = 0, receipt = 0, reason = 0] = row;
  return {
    ...{ state: DELIVERY_STATES[state] ?? 'failed', kind: kindAt(kind), attempts, next, since, fence },
    ...(then === 0 ? {} : { then: kindAt(then - 1) }),
    ...(receipt === 0 ? {} : { receipt }),
    ...(reason === 0 ? {} : { reason }),
  };
}

function memberOf(row: MemberRow, time: number, { alerts, names, values }: GroupBody): Member {
  const [, id, severity, alert, listed = 0, pointer] = row;
  // An alert that is forgotten still counts its members: they wait for nothing.
  const counted = alert === -1 ? undefined : (alerts[alert]?.[0] ?? 'forgotten');
  return {
    ...{ time, id, severity: severityAt(severity) },
    pointer:
      pointer === undefined
        ? { unit: '', index: 0, eventId: '' }
        : { unit: names[pointer[0]] ?? '', index: pointer[1], eventId: pointer[2] },
    ...(listed === 0 ? {} : { values: listed.map((place) => values[place] ?? '') }),
    ...(counted === undefined ? {} : { alert: counted }),
  };
}

const alertOf = (
  [id, severity, start, end, first, last, events]: AlertRow,
  of: Pick<Alert, 'rule' | 'logType' | 'dedup'>,
): Alert => ({
  ...{ id, ...of, severity: severityAt(severity), title: '', context: {}, pointers: [], events },
  ...{ start, end: start + end, firstEventTime: start + first, lastEventTime: start + last },
});

const severityAt = (position: number): Severity => SEVERITIES[position] ?? 'critical';
const kindAt = (position: number): MessageKind => KINDS[position] ?? 'raised';
