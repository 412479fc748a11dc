import { resolve } from 'node:path';
import { groupCommit } from './group-commit.js';
import { checkDocument, checkedKey, checkedKind, checkWhole, listStart } from './keys.js';
import { storeErrorOf } from './sqlite-error.js';
import { openSqliteFile } from './sqlite-file.js';
import { kindOf, openRows, type DueKey, type Row } from './sqlite-rows.js';
import { StoreError, type StateStore, type Version } from './store.js';

export interface SqliteStoreOptions {
  /** The state file, made with its folder where there is none, for this user alone. Beside it lies `<path>-wal`. */
  readonly path: string;
  /** Writes that nobody asked to be durable are committed after this time. @default 1000 */
  readonly commitEveryMs?: number;
  /** After so many writes, or 8 MiB of them, a put resolves only when they are committed. @default 1000 */
  readonly commitEveryPuts?: number;
  /** Largest size of the file; at the limit, writes fail with `retry` until something expires. @default none */
  readonly mostBytes?: number;
}

/**
 * The store of one process, in one file. A second process on the same file is refused.
 *
 * Writes wait in memory, where this process's reads see them, and are committed together: one transaction, one flush
 * to the disk, for everybody who called `durable()` in the same turn of the event loop, and for all writes of one
 * document. A commit that fails loses nothing; the writes wait for the next one, and once too many wait, new ones are
 * refused with `retry`. Writes started in the same turn of the event loop are committed together or not at all; other
 * stores do not promise that, so nothing above may rely on it.
 *
 * A commit blocks the event loop for as long as the disk takes to flush.
 *
 * @throws StoreError when the file is in use, damaged, of a newer version or not ours
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<StateStore> {
  const path = resolve(options.path);
  const { db, generation } = openSqliteFile(path, options.mostBytes);
  const rows = openRows(db);

  let isOpen = true;
  function guarded<T>(work: () => T): T {
    if (!isOpen) {
      throw new StoreError(`The state file ${path} is closed.`, 'permanent', 'Open the store again.');
    }
    try {
      return work();
    } catch (error) {
      throw storeErrorOf(error, path);
    }
  }

  const { commitEveryMs = 1000, commitEveryPuts = 1000 } = options;
  const group = groupCommit((batch) => guarded(() => rows.commit(batch)), commitEveryMs, commitEveryPuts);
  let versions = 0;

  const currentOf = (key: string) => {
    const row = group.waiting.get(key);
    return row === undefined ? rows.read(key) : (row ?? undefined);
  };

  /** What waits overrides what the file says; so the file is asked for as many more, and those are left out. */
  const mostOf = (limit: number) => limit + group.waiting.size;
  const isSettled = (key: string) => !group.waiting.has(key);
  const waitingRows = (): { key: string; row: Row }[] =>
    [...group.waiting].flatMap(([key, row]) => (row ? [{ key, row }] : []));

  return {
    get: async (key) =>
      guarded(() => {
        const found = currentOf(checkedKey(key).key);
        return found && { body: found.body, version: found.version };
      }),

    async put(key, body, version, { due, expires }) {
      const written = guarded(() => {
        checkedKey(key);
        checkDocument(key, body, { due, expires });
        if (currentOf(key)?.version !== version) return 'conflict';
        group.refuseWhenStuck();
        versions += 1;
        const next: Version = `v${generation}.${versions}`;
        group.stage(key, { body, version: next, due, expires });
        return next;
      });
      await group.breathe();
      return written;
    },

    async remove(key, version) {
      const removed = guarded(() => {
        if (currentOf(checkedKey(key).key)?.version !== version) return 'conflict';
        group.stage(key, null);
        return 'removed';
      });
      await group.breathe();
      return removed;
    },

    listDue: async (kind, until, limit) =>
      guarded(() => {
        checkedKind(kind);
        checkWhole('"until"', until);
        checkWhole('"limit"', limit);
        const found: DueKey[] = rows
          .due(kind, until, mostOf(limit))
          .filter(({ key }) => isSettled(key))
          .map(({ key, due }) => ({ key, due }));
        for (const { key, row } of waitingRows()) {
          if (row.due !== null && row.due <= until && kindOf(key) === kind) found.push({ key, due: row.due });
        }
        return found.sort((a, b) => a.due - b.due || byText(a.key, b.key)).slice(0, limit);
      }),

    list: async (kind, after, limit) =>
      guarded(() => {
        const start = listStart(kind, after);
        checkWhole('"limit"', limit);
        const found = rows.keys(kind, start, mostOf(limit)).filter(isSettled);
        for (const { key } of waitingRows()) if (kindOf(key) === kind && key > start) found.push(key);
        return found.sort(byText).slice(0, limit);
      }),

    async expire(now, limit) {
      const count = guarded(() => {
        checkWhole('"now"', now);
        checkWhole('"limit"', limit);
        const found = rows.expired(now, mostOf(limit)).filter(isSettled);
        for (const { key, row } of waitingRows()) {
          if (row.expires !== null && row.expires <= now) found.push(key);
        }
        const keys = found.slice(0, limit);
        for (const key of keys) group.stage(key, null);
        if (rows.hasSurplus()) group.later();
        return keys.length;
      });
      await group.breathe();
      return count;
    },

    async durable() {
      guarded(() => {});
      await group.durable();
    },

    async close() {
      if (!isOpen) return;
      try {
        group.end();
      } finally {
        isOpen = false;
        db.close();
      }
    },
  };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
