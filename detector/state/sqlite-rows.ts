import type { DatabaseSync } from 'node:sqlite';
import { numberOf } from './sqlite-file.js';
import type { Version } from './store.js';

/** A document as it is written. */
export interface Row {
  readonly body: string;
  readonly version: Version;
  readonly due: number | null;
  readonly expires: number | null;
}

/** What to write for each key; null removes it. */
export type Batch = ReadonlyMap<string, Row | null>;

export interface DueKey {
  readonly key: string;
  readonly due: number;
}

/** Free pages that are kept for the next writes, and most that one transaction gives back to the disk. */
const SLACK_PAGES = 256;
const MOST_PAGES_GIVEN_BACK = 2000;

export const kindOf = (key: string): string => key.slice(0, key.indexOf('/'));

/** The documents in the file, and the only place with SQL over them. Throws what node:sqlite throws. */
export function openRows(db: DatabaseSync) {
  const read = db.prepare('SELECT body, version FROM documents WHERE key = ?');
  const due = db.prepare(
    'SELECT key, due FROM documents WHERE kind = ? AND due <= ? ORDER BY due, key LIMIT ?',
  );
  // '0' is the character after '/'.
  const keys = db.prepare("SELECT key FROM documents WHERE key > ? AND key < ? || '0' ORDER BY key LIMIT ?");
  const expired = db.prepare('SELECT key FROM documents WHERE expires <= ? ORDER BY expires, key LIMIT ?');
  const remove = db.prepare('DELETE FROM documents WHERE key = ?');
  const write = db.prepare(
    `INSERT INTO documents (key, kind, body, version, due, expires) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE
     SET body = excluded.body, version = excluded.version, due = excluded.due, expires = excluded.expires`,
  );

  /** Pages to give back: only when more than a quarter of the file is free, for the rest is soon used again. */
  const surplusPages = (): number => {
    const free = numberOf(db, 'PRAGMA freelist_count');
    if (free <= SLACK_PAGES || free * 4 <= numberOf(db, 'PRAGMA page_count')) return 0;
    return Math.min(free - SLACK_PAGES, MOST_PAGES_GIVEN_BACK);
  };

  return {
    read: (key: string) => read.get(key) as Pick<Row, 'body' | 'version'> | undefined,

    due: (kind: string, until: number, limit: number) =>
      due.all(kind, until, limit) as unknown as readonly DueKey[],

    keys: (kind: string, after: string, limit: number) =>
      keys.all(after, kind, limit).map((row) => String(row.key)),

    expired: (now: number, limit: number) => expired.all(now, limit).map((row) => String(row.key)),

    hasSurplus: () => surplusPages() > 0,

    /** Writes a batch in one transaction: all of it, on the disk, or nothing. */
    commit(batch: Batch): void {
      db.exec('BEGIN IMMEDIATE');
      try {
        // First what makes room, so that a full disk recovers by what expires.
        for (const [key, row] of batch) if (!row) remove.run(key);
        for (const [key, row] of batch) {
          if (row) write.run(key, kindOf(key), row.body, row.version, row.due, row.expires);
        }
        const surplus = surplusPages();
        if (surplus > 0) db.exec(`PRAGMA incremental_vacuum(${surplus})`);
        db.exec('COMMIT');
      } catch (error) {
        rollBack(db);
        throw error;
      }
    },
  };
}

export type Rows = ReturnType<typeof openRows>;

/** After some errors, a full disk among them, SQLite may have rolled back by itself. */
function rollBack(db: DatabaseSync): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // Then there is no transaction any more, which is what was asked for.
  }
}
