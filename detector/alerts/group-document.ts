import { MOST_DOCUMENT_BYTES, type DocumentMarks } from '../state/store.js';
import { dueAt, type DeliveryState } from './delivery-state.js';
import { decodeGroup, MOST_POINTER_BYTES, writeGroup, type GroupDraft } from './group-rows.js';
import type { Group, Member } from './group.js';

export { decodeGroup };

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

/**
 * The body of a group's document, never larger than stores allow. The oldest counted members give way first, then
 * alerts that were told, receipts (what they are for is then posted anew), pointers, and the oldest members that wait;
 * `forgotten` counts members. What is to be sent never gives way; the ledger lets no more of it into a group than fits.
 */
export function encodeGroup(stored: StoredGroup): string {
  let draft: GroupDraft = { ...stored, pointerBytes: MOST_POINTER_BYTES, details: true };
  let body = writeGroup(draft);
  for (const giveUp of [countedMembers, toldAlerts, details, pointers, waitingMembers, units]) {
    while (Buffer.byteLength(body) > MOST_DOCUMENT_BYTES) {
      const less = giveUp(draft);
      if (less === undefined) break;
      draft = less;
      body = writeGroup(draft);
    }
  }
  return body;
}

const countedMembers = (draft: GroupDraft): GroupDraft | undefined =>
  withoutMembers(draft, ({ alert }) => alert !== undefined, 1 / 2);
const waitingMembers = (draft: GroupDraft): GroupDraft | undefined =>
  withoutMembers(draft, () => true, 1 / 4);

/** Without the oldest of those members, at least one. */
function withoutMembers(
  draft: GroupDraft,
  which: (member: Member) => boolean,
  share: number,
): GroupDraft | undefined {
  const { group } = draft;
  const all = group.members.filter(which);
  if (all.length === 0) return undefined;
  const gone = new Set(all.slice(0, Math.ceil(all.length * share)));
  const members = group.members.filter((member) => !gone.has(member));
  return { ...draft, group: { ...group, members, forgotten: group.forgotten + gone.size } };
}

function toldAlerts(draft: GroupDraft): GroupDraft | undefined {
  const { group, deliveries } = draft;
  const all = group.alerts.filter(({ id }) => !isOpen(deliveries[id]));
  if (all.length === 0) return undefined;
  const gone = new Set(all.slice(0, Math.ceil(all.length / 2)));
  return { ...draft, group: { ...group, alerts: group.alerts.filter((alert) => !gone.has(alert)) } };
}

const details = (draft: GroupDraft): GroupDraft | undefined =>
  draft.details ? { ...draft, details: false } : undefined;
const pointers = (draft: GroupDraft): GroupDraft | undefined =>
  draft.pointerBytes > 0 ? { ...draft, pointerBytes: 0 } : undefined;
const units = (draft: GroupDraft): GroupDraft | undefined =>
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

/** The deliveries with each of them replaced by what `map` makes of it. */
export function mapDeliveries(
  { deliveries }: StoredGroup,
  map: (alertId: string, destination: string, state: DeliveryState) => DeliveryState,
): StoredGroup['deliveries'] {
  return Object.fromEntries(
    Object.entries(deliveries).map(([id, states]) => [
      id,
      Object.fromEntries(Object.entries(states).map(([name, state]) => [name, map(id, name, state)])),
    ]),
  );
}
