import type { StateStore, Version } from '../../detector/state/store.js';

/** Keys of one listing, and documents that are asked for at the same time: at most 4 MB are at hand. */
const PAGE = 1000;
const AT_ONCE = 64;

export interface FoundDocument {
  readonly key: string;
  readonly body: string;
  readonly version: Version;
}

/** Every document of a kind, in order of keys. What is removed meanwhile is left out. */
export async function* documentsOf(
  store: Pick<StateStore, 'get' | 'list'>,
  kind: string,
): AsyncGenerator<FoundDocument> {
  let after: string | undefined;
  for (;;) {
    const keys = await store.list(kind, after, PAGE);
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const found = await Promise.all(
        keys.slice(at, at + AT_ONCE).map(async (key) => ({ key, document: await store.get(key) })),
      );
      for (const { key, document } of found) if (document !== undefined) yield { key, ...document };
    }
    if (keys.length < PAGE) return;
    after = keys.at(-1);
  }
}
