import type { DocumentMarks, StateStore } from '../state/store.js';

/** A document as an update sees it, and what it becomes. */
export interface Update<T> {
  readonly body: string;
  readonly marks: DocumentMarks;
  readonly result: T;
}

/** Somebody else kept writing the same document; the work can be tried again later. */
export class ContentionError extends Error {
  readonly code = 'CONTENTION';
}

/** Attempts before giving way: with a handful of writers on one group the first few succeed. */
const MOST_ATTEMPTS = 50;

/**
 * Changes one document by compare-and-set: reads it, lets `change` compute what it becomes, writes it if nobody else
 * did meanwhile, and starts anew otherwise. `change` runs once for each attempt: what else it does must be idempotent.
 * @param change returns undefined to leave the document as it is
 * @throws ContentionError after 50 attempts
 */
export async function updateDocument<T>(
  store: StateStore,
  key: string,
  change: (body: string | undefined) => Update<T> | undefined | Promise<Update<T> | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const found = await store.get(key);
    const update = await change(found?.body);
    if (update === undefined) return undefined;
    const written = await store.put(key, update.body, found?.version, update.marks);
    if (written !== 'conflict') return update.result;
  }
  throw new ContentionError(`The document ${key} was written by others ${MOST_ATTEMPTS} times in a row.`);
}

/** Writes a document if there is none; one that is there is left as it is. */
export async function ensureDocument(
  store: StateStore,
  key: string,
  body: string,
  marks: DocumentMarks,
): Promise<void> {
  if ((await store.put(key, body, undefined, marks)) !== 'conflict') return;
  await updateDocument(store, key, (found) =>
    found === undefined ? { body, marks, result: undefined } : undefined,
  );
}
