import type { DeliveryState } from '../../detector/alerts/delivery-state.js';
import { updateDocument } from '../../detector/alerts/documents.js';
import { decodeGroup, encodeGroup, groupMarks } from '../../detector/alerts/group-document.js';
import type { StateStore } from '../../detector/state/store.js';
import type { DeliveryItem } from './replay-plan.js';

/** A message that was given up waits again, with as many attempts and as much time as a new one. */
export function requeue(state: DeliveryState, now: number): DeliveryState | undefined {
  if (state.state !== 'failed') return undefined;
  const { reason: _, ...rest } = state;
  return { ...rest, state: 'waiting', attempts: 0, next: now, since: now };
}

/**
 * Puts a message back among those that wait. Its dead letter goes first: what fails again makes a new one, and until
 * then the group still says that it failed.
 * @returns whether it waits now
 */
export async function replayDelivery(
  store: StateStore,
  { groupKey, alertId, destination, ref }: DeliveryItem,
  now: number,
): Promise<boolean> {
  if (ref !== undefined) await store.remove(ref.key, ref.version);
  const isWaiting = await updateDocument(store, groupKey, (body) => {
    const stored = body === undefined ? undefined : decodeGroup(body);
    const states = stored?.deliveries[alertId];
    const state = states?.[destination];
    const next = state && requeue(state, now);
    if (stored === undefined || next === undefined) return undefined;
    const changed = {
      ...stored,
      deliveries: { ...stored.deliveries, [alertId]: { ...states, [destination]: next } },
    };
    return { body: encodeGroup(changed), marks: groupMarks(changed), result: true };
  });
  return isWaiting === true;
}
