import {
  alertKey,
  encodeAlert,
  groupKey,
  type AlertDocument,
} from '../../../detector/alerts/alert-document.js';
import type { DeliveryState } from '../../../detector/alerts/delivery-state.js';
import { encodeGroup, groupMarks, type StoredGroup } from '../../../detector/alerts/group-document.js';
import { emptyGroup, type Alert } from '../../../detector/alerts/group.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';

export const NOW = Date.parse('2026-03-02T12:00:00Z');
export const RULE = 'own.rule';

export const state = (changes: Partial<DeliveryState> = {}): DeliveryState => ({
  ...{ state: 'delivered', kind: 'raised', attempts: 1, next: NOW, since: NOW, fence: 1 },
  ...changes,
});

export const alertWith = (id: string, changes: Partial<Alert> = {}): Alert => ({
  ...{ id, rule: RULE, logType: 'aws.cloudtrail', dedup: id, severity: 'low', title: '', context: {} },
  ...{ start: NOW, end: NOW, firstEventTime: NOW, lastEventTime: NOW, events: 1, pointers: [] },
  ...changes,
});

export const groupWith = (
  alerts: readonly Alert[],
  deliveries: StoredGroup['deliveries'] = {},
): StoredGroup => ({
  group: { ...emptyGroup(RULE, 'aws.cloudtrail', alerts[0]?.dedup ?? ''), alerts },
  ...{ units: [], deliveries, resolved: {}, keepUntil: NOW + 86_400_000 },
});

export const documentWith = (id: string, changes: Partial<AlertDocument> = {}): AlertDocument => ({
  ...{ v: 1, id, groupKey: groupKey(RULE, id), title: `title of ${id}`, context: {} },
  rule: { ...{ id: RULE, name: 'Name', description: '', runbook: '' }, references: [], attack: [] },
  ...{ ruleset: 'r', late: false, raisedAt: NOW, pointers: [] },
  ...changes,
});

/** A store with alerts, each in a group of its own. */
export async function storeWith(
  alerts: Readonly<Record<string, Readonly<Record<string, DeliveryState>>>>,
): Promise<MemoryStore> {
  const store = memoryStore();
  for (const [id, deliveries] of Object.entries(alerts)) await addAlert(store, id, deliveries);
  return store;
}

export async function addAlert(
  store: MemoryStore,
  id: string,
  deliveries: Readonly<Record<string, DeliveryState>> = {},
  changes: Partial<Alert> = {},
): Promise<void> {
  const group = groupWith([alertWith(id, changes)], { [id]: deliveries });
  await store.put(groupKey(RULE, id), encodeGroup(group), undefined, groupMarks(group));
  await store.put(alertKey(id), encodeAlert(documentWith(id)), undefined, { due: null, expires: null });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
