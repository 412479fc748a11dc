import type { Mute } from '../../detector/alerts/mutes.js';
import type { StateStore, Version } from '../../detector/state/store.js';
import { documentsOf } from './documents-of.js';

/** A mute that holds, with the id by which it is ended. */
export interface StoredMute extends Mute {
  /** The first digits of its key. */
  readonly id: string;
  readonly key: string;
  readonly version: Version;
}

const KEY = /^mute\/(.*)$/;

/** The mutes that hold now, those that end first in front. */
export async function readMutes(
  store: Pick<StateStore, 'get' | 'list'>,
  now: number,
): Promise<readonly StoredMute[]> {
  const mutes: StoredMute[] = [];
  for await (const { key, body, version } of documentsOf(store, 'mute')) {
    const mute = JSON.parse(body) as Mute;
    if (mute.until > now) mutes.push({ ...mute, id: KEY.exec(key)?.[1] ?? key, key, version });
  }
  return mutes.sort((a, b) => a.until - b.until || (a.key < b.key ? -1 : 1));
}

export const muteRecord = ({ id, rule, dedup, reason, until }: StoredMute) => ({
  ...{ id, rule, allKeys: dedup === undefined },
  ...(dedup === undefined ? {} : { dedup }),
  ...{ reason, until: new Date(until).toISOString() },
});

/** What `unmute` was given: mutes by the first digits of their id, of a rule, or of the key of an alert. */
export type MuteTarget =
  | { readonly kind: 'id'; readonly prefix: string }
  | { readonly kind: 'rule'; readonly rule: string }
  | { readonly kind: 'alert'; readonly rule: string; readonly dedup: string };

export function mutesOf(mutes: readonly StoredMute[], target: MuteTarget): readonly StoredMute[] {
  switch (target.kind) {
    case 'id':
      return mutes.filter(({ id }) => id.startsWith(target.prefix));
    case 'rule':
      return mutes.filter(({ rule }) => rule === target.rule);
    case 'alert':
      return mutes.filter(({ rule, dedup }) => rule === target.rule && dedup === target.dedup);
  }
}
