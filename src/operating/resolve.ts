import type { AlertDocument } from '../../detector/alerts/alert-document.js';
import { queue } from '../../detector/alerts/delivery-state.js';
import { updateDocument } from '../../detector/alerts/documents.js';
import { decodeGroup, encodeGroup, groupMarks } from '../../detector/alerts/group-document.js';
import type { StateStore } from '../../detector/state/store.js';

/** Why somebody ended an alert; kept beside its group, which knows only when. */
export interface Resolution {
  readonly v: 1;
  readonly alertId: string;
  readonly reason: string;
  readonly at: number;
}

export interface Resolved {
  /** `forgotten`: its group does not keep it any more, and there is nothing to end. */
  readonly outcome: 'resolved' | 'already' | 'forgotten';
  readonly at?: number;
  /** Destinations that are told. */
  readonly queued: readonly string[];
}

const resolutionKey = (alertId: string): string => `resolution/${alertId}`;

/**
 * Marks an alert as ended, and queues the message about it. A destination that never got the alert is not told, nor one
 * that holds it back. The next escalation opens the alert again.
 * @param keepMs how long the reason is kept
 */
export async function resolveAlert(
  store: StateStore,
  { id, groupKey }: AlertDocument,
  { now, reason, keepMs }: { readonly now: number; readonly reason?: string; readonly keepMs: number },
): Promise<Resolved> {
  if (reason !== undefined) {
    const body = JSON.stringify({ v: 1, alertId: id, reason, at: now } satisfies Resolution);
    const marks = { due: null, expires: Math.ceil(now + keepMs) };
    await updateDocument(store, resolutionKey(id), () => ({ body, marks, result: undefined }));
  }
  let found: Resolved = { outcome: 'forgotten', queued: [] };
  await updateDocument(store, groupKey, (body) => {
    const stored = body === undefined ? undefined : decodeGroup(body);
    if (stored?.group.alerts.some((alert) => alert.id === id) !== true) return undefined;
    const before = stored.resolved[id];
    if (before !== undefined) {
      found = { outcome: 'already', at: before, queued: [] };
      return undefined;
    }
    const queued: string[] = [];
    const states = Object.entries(stored.deliveries[id] ?? {}).map(([name, state]) => {
      const next = queue(state, 'resolved', now);
      if (next !== state) queued.push(name);
      return [name, next] as const;
    });
    const next = {
      ...stored,
      resolved: { ...stored.resolved, [id]: now },
      deliveries: { ...stored.deliveries, [id]: Object.fromEntries(states) },
    };
    found = { outcome: 'resolved', at: now, queued };
    return { body: encodeGroup(next), marks: groupMarks(next), result: undefined };
  });
  return found;
}

/** Why an alert was ended, where somebody said it. */
export async function resolutionOf(
  store: Pick<StateStore, 'get'>,
  alertId: string,
): Promise<Resolution | undefined> {
  const found = await store.get(resolutionKey(alertId));
  return found && (JSON.parse(found.body) as Resolution);
}
