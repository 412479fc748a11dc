import { decodeAlert, pointersOf } from '../../detector/alerts/alert-document.js';
import { decodeGroup } from '../../detector/alerts/group-document.js';
import type { EventPointer, Group } from '../../detector/alerts/group.js';
import type { StateStore } from '../../detector/state/store.js';

export async function keysOf(store: StateStore, kind: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (;;) {
    const page = await store.list(kind, keys.at(-1), 1000);
    if (page.length === 0) return keys;
    keys.push(...page);
  }
}

/**
 * What a state says of groups and alerts, without what depends on when it was done and by whom: times of attempts,
 * leases, and which units were folded in. Lists are in an order that does not depend on the order of arrival.
 * @param point what of a pointer is the same in every run
 */
export async function canonicalState(
  store: StateStore,
  point: (pointer: EventPointer) => Partial<EventPointer> = (pointer) => pointer,
): Promise<Record<string, unknown>> {
  const state: Record<string, unknown> = {};
  const groups = new Map<string, Group>();
  for (const key of await keysOf(store, 'group')) {
    const { group, deliveries } = decodeGroup((await store.get(key))?.body ?? '');
    groups.set(key, group);
    state[key] = {
      ...{ rule: group.rule, dedup: group.dedup, forgotten: group.forgotten },
      members: group.members.map(({ time, id, severity, alert }) => ({ time, id, severity, alert })),
      alerts: group.alerts.map(({ id, start, end, firstEventTime, lastEventTime, events, severity }) => ({
        ...{ id, start, end, firstEventTime, lastEventTime, events, severity },
        deliveries: Object.fromEntries(
          Object.entries(deliveries[id] ?? {}).map(([name, { state: at, kind }]) => [name, `${kind} ${at}`]),
        ),
      })),
    };
  }
  for (const key of await keysOf(store, 'alert')) {
    const document = decodeAlert((await store.get(key))?.body ?? '');
    const { raisedAt: _, pointers: named, ...alert } = document;
    const group = groups.get(alert.groupKey);
    const pointers = group === undefined ? named : pointersOf(document, group);
    state[key] = {
      ...alert,
      pointers: pointers.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1)).map(point),
    };
  }
  return state;
}
