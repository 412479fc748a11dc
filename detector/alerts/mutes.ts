import { documentKey } from '../state/keys.js';
import type { StateStore } from '../state/store.js';
import { updateDocument } from './documents.js';

/** Somebody wants no more messages about one key of one rule, for a while. Alerts are still raised and listed. */
export interface Mute {
  readonly rule: string;
  /** The dedup key; undefined mutes every key of the rule. */
  readonly dedup?: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

const muteKey = (rule: string, dedup: string | undefined): string =>
  dedup === undefined ? documentKey('mute', rule) : documentKey('mute', rule, dedup);

export async function mute(store: StateStore, wanted: Mute): Promise<void> {
  await updateDocument(store, muteKey(wanted.rule, wanted.dedup), () => ({
    body: JSON.stringify(wanted),
    marks: { due: null, expires: Math.max(0, Math.ceil(wanted.until)) },
    result: undefined,
  }));
}

/** The mute that covers an alert now, if there is one. */
export async function muteFor(
  store: StateStore,
  rule: string,
  dedup: string,
  now: number,
): Promise<Mute | undefined> {
  const keys = [muteKey(rule, dedup), muteKey(rule, undefined)];
  for (const found of await Promise.all(keys.map((key) => store.get(key)))) {
    const mute = found === undefined ? undefined : (JSON.parse(found.body) as Mute);
    if (mute !== undefined && mute.until > now) return mute;
  }
  return undefined;
}
