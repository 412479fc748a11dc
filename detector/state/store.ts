/**
 * Changes with every write of a document and never comes back for its key, not even after removal; compared, never
 * computed with. The `v` tells it from an outcome; what follows is the store's own.
 */
export type Version = `v${string}`;

export interface StoredDocument {
  /** JSON text as `JSON.stringify` writes it: no NUL, no half of a surrogate pair but escaped. */
  readonly body: string;
  readonly version: Version;
}

/** Largest body of a document, in bytes of UTF-8: Azure Table Storage holds 64 KiB in one property. */
export const MOST_DOCUMENT_BYTES = 60_000;

/** Milliseconds since the epoch, whole numbers. */
export interface DocumentMarks {
  /** When the document wants attention; null: never. */
  readonly due: number | null;
  /**
   * When it may be forgotten; null: never. From then on it may be read, or be gone, until the store gets to it; with
   * some that takes days.
   */
  readonly expires: number | null;
}

/**
 * One shared state, by nothing but compare-and-set on one document. Grouping, manifests, outbox and limiter are
 * written once above it. Several processes may use one store at the same time, except where a store says otherwise.
 *
 * Keys are `<kind>/<rest>` (keys.ts builds and checks them); kinds are lower-case words joined by hyphens, at most 40
 * characters; the rest is at most 200 characters of [A-Za-z0-9._-], the first a letter or digit (Firestore refuses `.`,
 * `..` and `__x__`).
 * Every method may throw StoreError; nothing else.
 */
export interface StateStore {
  get(key: string): Promise<StoredDocument | undefined>;
  /**
   * Writes a document if its version is still the one read; `undefined` as version: if there is none.
   * @returns the new version, or `conflict` when somebody else was first (a fact, not an error)
   */
  put(
    key: string,
    body: string,
    version: Version | undefined,
    marks: DocumentMarks,
  ): Promise<Version | 'conflict'>;
  /** Removes a document if its version is still the one read. */
  remove(key: string, version: Version): Promise<'removed' | 'conflict'>;
  /**
   * Keys of a kind that are due at a time or before, the longest due first; those due together in any order. A shared
   * store can be a moment behind the last writes here: whoever works on a document reads it first.
   */
  listDue(
    kind: string,
    until: number,
    limit: number,
  ): Promise<readonly { readonly key: string; readonly due: number }[]>;
  /** Keys of a kind after another key, in order of keys: for people who look, not for the work itself. */
  list(kind: string, after: string | undefined, limit: number): Promise<readonly string[]>;
  /**
   * Forgets documents whose time is over, at most `limit`.
   * @returns how many; 0 from a store that forgets by itself
   */
  expire(now: number, limit: number): Promise<number>;
  /**
   * Resolves when every write made so far survives a crash. What is acknowledged to a queue waits for it; a store that
   * writes through resolves at once. Where it rejects with `retry` the writes are still held, and asking again tries
   * again.
   */
  durable(): Promise<void>;
  /** Makes everything durable and lets go. Every other call after it is refused. */
  close(): Promise<void>;
}

/** `retry`: throttled or unreachable, the same call may work later. `permanent`: it never will (denied, too large). */
export class StoreError extends Error {
  readonly code = 'STORE_FAILED';
  constructor(
    message: string,
    readonly outcome: 'retry' | 'permanent',
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreError';
  }
}
