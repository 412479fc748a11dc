import { StoreError } from './store.js';

interface Reading {
  readonly saw: string;
  readonly outcome: StoreError['outcome'];
  readonly fix: (path: string) => string;
}

export const SET_ASIDE =
  'Restore it from a backup, or move it and its "-wal" file aside: state then begins anew, and events that are delivered again may alert again.';

/** Primary result codes, https://www.sqlite.org/rescode.html; what is not here is a bug of ours, and permanent. */
const READINGS: Readonly<Record<number, Reading>> = {
  5: {
    saw: 'is in use by another process',
    outcome: 'permanent',
    fix: () =>
      'Stop the other process, or give each process a state file of its own; several processes need a shared store.',
  },
  7: { saw: 'needs more memory than there is', outcome: 'retry', fix: () => 'Give the process more memory.' },
  8: { saw: 'cannot be written', outcome: 'permanent', fix: (path) => writableFix(path) },
  10: {
    saw: 'cannot be read or written: the disk reports an error',
    outcome: 'retry',
    fix: (path) => `Check the disk, its quota and its mount at ${path}.`,
  },
  11: { saw: 'is damaged', outcome: 'permanent', fix: () => SET_ASIDE },
  13: {
    saw: 'cannot grow: the disk, or its own limit, is full',
    outcome: 'retry',
    fix: (path) => `Free space on the disk of ${path}, or raise the limit; what waits is written then.`,
  },
  14: { saw: 'cannot be opened', outcome: 'permanent', fix: (path) => writableFix(path) },
  26: { saw: 'is not a state file, or its beginning is damaged', outcome: 'permanent', fix: () => SET_ASIDE },
};

const writableFix = (path: string): string =>
  `Let this user write ${path} and the folder it is in, or choose another path.`;

/** Turns what node:sqlite or node:fs threw into a StoreError that names the file; lets everything else pass as it is. */
export function storeErrorOf(thrown: unknown, path: string): unknown {
  const { code, errcode, message } = (thrown ?? {}) as Record<string, unknown>;
  if (thrown instanceof StoreError || typeof code !== 'string') return thrown;
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') {
    const reading = READINGS[errcode & 0xff]; // the rest says where inside SQLite it happened
    if (reading) {
      const detail = `SQLite ${errcode}: ${String(message)}`;
      return new StoreError(
        `The state file ${path} ${reading.saw} (${detail}).`,
        reading.outcome,
        reading.fix(path),
        {
          cause: thrown,
        },
      );
    }
  }
  const text = `The state file ${path} failed unexpectedly: ${String(message)}`;
  return new StoreError(text, 'permanent', writableFix(path), { cause: thrown });
}
