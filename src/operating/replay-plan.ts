import type { RuleLetter, UnitLetters } from '../../detector/alerts/dead-letters.js';
import { decodeGroup } from '../../detector/alerts/group-document.js';
import { globMatches } from '../../detector/engine/text.js';
import type { StateStore, Version } from '../../detector/state/store.js';
import { readDeadLetters, type StoredLetter } from './dead-letters.js';
import { documentsOf } from './documents-of.js';

export const REPLAY_KINDS = ['unit', 'delivery', 'rule', 'message'] as const;
export type ReplayKind = (typeof REPLAY_KINDS)[number];

export interface ReplayFilter {
  readonly kind?: ReplayKind | undefined;
  /** Glob over rule ids: letters of rules, and deliveries of their alerts. */
  readonly rule?: string | undefined;
  readonly destination?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/** A document that is removed when its work succeeded. */
export interface LetterRef {
  readonly key: string;
  readonly version: Version;
}

export interface DeliveryItem {
  readonly kind: 'delivery';
  readonly at: number;
  readonly groupKey: string;
  readonly alertId: string;
  readonly destination: string;
  readonly reason: string;
  readonly rule: string | undefined;
  readonly ref: LetterRef | undefined;
  /** The message did not stay failed, or its group is gone: only the letter is left. */
  readonly isOver: boolean;
}
export interface UnitItem {
  readonly kind: 'unit';
  readonly at: number;
  readonly letter: UnitLetters;
  readonly ref: LetterRef;
}
export interface RuleItem {
  readonly kind: 'rule';
  readonly at: number;
  readonly letter: RuleLetter;
  readonly ref: LetterRef;
}
/** What the queue of a source gave up after several tries, without a letter of the detector: it had no time or memory. */
export interface MessageItem {
  readonly kind: 'message';
  /** When the queue was asked; it does not say since when they are there. */
  readonly at: number;
  readonly source: string;
  readonly messages: number;
}
/** What the state names. */
export type StoredItem = DeliveryItem | UnitItem | RuleItem;
export type ReplayItem = StoredItem | MessageItem;

/**
 * What can be replayed, the oldest first. For deliveries the groups are asked, which say what failed and stays failed
 * for as long as the alert is kept; a dead letter is gone after 30 days.
 */
export async function planReplay(
  store: Pick<StateStore, 'get' | 'list'>,
  filter: ReplayFilter,
): Promise<readonly StoredItem[]> {
  const stored: StoredLetter[] = [];
  for await (const letter of readDeadLetters(store)) stored.push(letter);
  const deliveries = wants(filter, 'delivery') ? await deliveryItems(store, stored) : [];
  const items: readonly StoredItem[] = [
    ...deliveries,
    ...stored.flatMap(({ key, version, letter }): (UnitItem | RuleItem)[] => {
      const ref = { key, version };
      if (letter.kind === 'unit') return [{ kind: 'unit', at: letter.at, letter, ref }];
      return letter.kind === 'rule' ? [{ kind: 'rule', at: letter.at, letter, ref }] : [];
    }),
  ];
  return items.filter((item) => fits(item, filter)).sort((a, b) => a.at - b.at);
}

export const wants = ({ kind }: ReplayFilter, wanted: ReplayKind): boolean =>
  kind === undefined || kind === wanted;

function fits(item: StoredItem, filter: ReplayFilter): boolean {
  const { rule, destination, since } = filter;
  const ruleOf = item.kind === 'delivery' ? item.rule : item.kind === 'rule' ? item.letter.rule : undefined;
  return (
    wants(filter, item.kind) &&
    (since === undefined || item.at >= since) &&
    (destination === undefined || (item.kind === 'delivery' && item.destination === destination)) &&
    (rule === undefined || (ruleOf !== undefined && globMatches(rule, ruleOf)))
  );
}

async function deliveryItems(
  store: Pick<StateStore, 'get' | 'list'>,
  stored: readonly StoredLetter[],
): Promise<readonly DeliveryItem[]> {
  const idOf = (...parts: readonly string[]): string => JSON.stringify(parts);
  const letters = new Map(
    stored.flatMap(({ key, version, letter }) =>
      letter.kind === 'delivery'
        ? [[idOf(letter.groupKey, letter.alertId, letter.destination), { letter, ref: { key, version } }]]
        : [],
    ),
  );
  const items: DeliveryItem[] = [];
  const rules = new Map<string, string>();
  for await (const { key: groupKey, body } of documentsOf(store, 'group')) {
    const { group, deliveries } = decodeGroup(body);
    rules.set(groupKey, group.rule);
    for (const [alertId, states] of Object.entries(deliveries)) {
      for (const [destination, { state, next, reason = 'unknown' }] of Object.entries(states)) {
        if (state !== 'failed') continue;
        const id = idOf(groupKey, alertId, destination);
        const known = letters.get(id);
        letters.delete(id);
        items.push({
          ...{ kind: 'delivery', at: known?.letter.at ?? next, groupKey, alertId, destination },
          ...{ reason: known?.letter.reason ?? reason, rule: group.rule, ref: known?.ref, isOver: false },
        });
      }
    }
  }
  for (const { letter, ref } of letters.values()) {
    const { at, groupKey, alertId, destination, reason } = letter;
    const rule = rules.get(groupKey);
    items.push({
      ...{ kind: 'delivery', at, groupKey, alertId, destination, reason },
      rule,
      ref,
      isOver: true,
    });
  }
  return items;
}
