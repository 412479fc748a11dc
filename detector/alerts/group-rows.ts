import type { MessageKind } from '../destinations/destination.js';
import { SEVERITIES, type Severity } from '../rule.js';
import { DELIVERY_STATES, type DeliveryState } from './delivery-state.js';
import type { StoredGroup } from './group-document.js';
import { FORGOTTEN, type Alert, type Group, type Member } from './group.js';

/** Grows when the meaning changes; both versions of a detector run side by side while it is deployed. */
const SCHEMA = 1;
const MOST_UNITS = 200;
const MOST_POINTERS = 100;
export const MOST_POINTER_BYTES = 8_000;
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

/** A group with what of it is written. */
export interface GroupDraft extends StoredGroup {
  /** Most that pointers of members take. */
  readonly pointerBytes: number;
  /** Receipts, and reasons of failures. */
  readonly details: boolean;
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

/** The body of a group's document, as much of it as a draft keeps. */
export function writeGroup(draft: GroupDraft): string {
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
  const counted = alert === -1 ? undefined : (alerts[alert]?.[0] ?? FORGOTTEN);
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
