import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SET_ASIDE, storeErrorOf } from './sqlite-error.js';
import { StoreError } from './store.js';

/** "TOCS": tells our files from other programs'. */
const APPLICATION_ID = 0x544f4353;

const PAGE_BYTES = 4096;

/** The write-ahead log is cut back to this after a checkpoint, which comes every 1000 pages (SQLite's default). */
const MOST_IDLE_LOG_BYTES = 4 * 1024 * 1024;

/**
 * From each version of the file to the next; `user_version` counts the steps taken. Steps are only ever added.
 *
 * `kind` repeats the beginning of `key` for the index; bodies are often larger than a tenth of a page, hence a table
 * with row ids (https://www.sqlite.org/withoutrowid.html, section 4).
 */
export const STEPS: readonly string[] = [
  `CREATE TABLE generation (number INTEGER NOT NULL) STRICT;
   INSERT INTO generation VALUES (0);
   CREATE TABLE documents (
     key TEXT NOT NULL PRIMARY KEY,
     kind TEXT NOT NULL,
     body TEXT NOT NULL,
     version TEXT NOT NULL,
     due INTEGER,
     expires INTEGER
   ) STRICT;
   CREATE INDEX documents_due ON documents (kind, due, key) WHERE due IS NOT NULL;
   CREATE INDEX documents_expires ON documents (expires, key) WHERE expires IS NOT NULL;`,
];

export interface SqliteFile {
  readonly db: DatabaseSync;
  /** How often the file has been opened; part of each version, so that none comes back after a crash. */
  readonly generation: number;
}

/**
 * Opens a state file, makes it if there is none, and keeps every other process out until `db.close()` or the end of
 * this one, however it ends: the lock is the operating system's. File systems without locks (some network shares) do
 * not keep others out.
 *
 * Reads the whole file once, to find damage before it is relied on: about half a second a gigabyte.
 *
 * @param path absolute
 * @throws StoreError when the file is in use, damaged, of a newer version or not ours
 */
export function openSqliteFile(
  path: string,
  mostBytes?: number,
  steps: readonly string[] = STEPS,
): SqliteFile {
  let db: DatabaseSync | undefined;
  try {
    prepareFile(path);
    db = new DatabaseSync(path);
    // A lock taken in this mode is never given back. Not in shared memory either, which some containers lack.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0');
    checkIdentity(db, path, steps.length);
    checkHealth(db, path);
    // Has an effect only before there are tables.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    db.exec(`PRAGMA journal_size_limit = ${MOST_IDLE_LOG_BYTES}`);
    if (mostBytes !== undefined) {
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(mostBytes / PAGE_BYTES))}`);
    }
    // The write takes the lock for good.
    db.exec('BEGIN IMMEDIATE');
    migrate(db, steps);
    const generation = numberOf(db, 'UPDATE generation SET number = number + 1 RETURNING number');
    db.exec('COMMIT');
    return { db, generation };
  } catch (error) {
    db?.close();
    throw storeErrorOf(error, path);
  }
}

/**
 * Never opens a file that exists: closing it again would drop the locks that another store of this process holds on
 * it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  }
}

function checkIdentity(db: DatabaseSync, path: string, newest: number): void {
  const application = numberOf(db, 'PRAGMA application_id');
  const version = numberOf(db, 'PRAGMA user_version');
  const isEmpty = numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (application !== APPLICATION_ID && !isEmpty) {
    throw new StoreError(
      `The file ${path} is a SQLite database of another program (application id ${application}, expected ${APPLICATION_ID}).`,
      'permanent',
      'Choose another path for the state file.',
    );
  }
  if (version > newest) {
    throw new StoreError(
      `The state file ${path} has version ${version}; this release of Tocsin knows ${newest} and older.`,
      'permanent',
      'Run the release that wrote it, or a newer one.',
    );
  }
}

function checkHealth(db: DatabaseSync, path: string): void {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (found === 'ok') return;
  throw new StoreError(`The state file ${path} is damaged: ${String(found)}.`, 'permanent', SET_ASIDE);
}

/** Takes the steps that are missing, all or none. Inside a transaction. */
function migrate(db: DatabaseSync, steps: readonly string[]): void {
  for (const step of steps.slice(numberOf(db, 'PRAGMA user_version'))) db.exec(step);
  db.exec(`PRAGMA user_version = ${steps.length}; PRAGMA application_id = ${APPLICATION_ID}`);
}

/** The one number that a query answers. */
export const numberOf = (db: DatabaseSync, sql: string): number =>
  Number(Object.values(db.prepare(sql).get() ?? {})[0]);
