import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteStoreOptions } from '../../../detector/state/sqlite.js';
import type { StateStore } from '../../../detector/state/store.js';
import type { OpenedStore } from './contract.js';

/** A folder of one test. */
export const newFolder = (parent = tmpdir()): string => mkdtempSync(join(parent, 'tocsin-state-'));

/** The contract opens hundreds of small stores, each of which flushes to its disk: in memory where that can be. */
const CONTRACT_PARENT = isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A state file and its log as a process that is killed now leaves them, in another folder. */
export function copyOfFiles(path: string, folder: string): string {
  const copy = join(folder, `after-${String(Math.random()).slice(2)}.db`);
  for (const end of ['', '-wal']) {
    if (existsSync(path + end)) copyFileSync(path + end, copy + end);
  }
  return copy;
}

/** For the contract: a store in a folder of its own. */
export async function openForContract(options: Partial<SqliteStoreOptions> = {}): Promise<OpenedStore> {
  const folder = newFolder(CONTRACT_PARENT);
  const path = join(folder, 'state.db');
  const stores: StateStore[] = [];
  const open = async (at: string) => {
    const store = await openSqliteStore({ ...options, path: at });
    stores.push(store);
    return store;
  };
  const store = await open(path);
  return {
    store,
    reopen: async (how) => {
      if (how === 'crash') return open(copyOfFiles(path, folder));
      await store.close();
      return open(path);
    },
    cleanup: async () => {
      for (const each of stores) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
}
