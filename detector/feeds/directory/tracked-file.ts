import type { BigIntStats } from 'node:fs';
import type { Version } from '../../state/store.js';
import type { RawPath } from './raw-path.js';

/** What tells files apart; `DirectoryFeedOptions.identity` says more. */
export type IdentityBy = 'inode' | 'path';

/** How far a file was read, with what tells that it is still the same file. */
export type Position = LinesPosition | WholePosition;

export interface LinesPosition {
  readonly kind: 'lines';
  /** Of its cursor in the store. */
  readonly key: string;
  version: Version | undefined;
  readonly generation: number;
  /** Hash of the first bytes. */
  readonly head: string;
  readonly headLength: number;
  /** The cursor, and the hash of the bytes before it where it is known. */
  offset: number;
  tail: string | undefined;
  /** There is no line end between the cursor and here. */
  searched: number;
  /** The file's size when it was looked at last. */
  known: number;
}

export interface WholePosition {
  readonly kind: 'whole';
  readonly key: string;
  version: Version | undefined;
  readonly size: number;
  readonly mtime: number;
  done: boolean;
}

/** A unit that is handed out and not settled. */
export interface Flight {
  readonly unit: string;
  readonly start: number;
  readonly end: number;
  readonly tail: string | undefined;
}

/** A file of the tree, over all its names: well under 1 KB, since there may be very many. */
export interface TrackedFile {
  /** Unique among the files that are there. */
  readonly id: string;
  /** What of it lasts over a restart: the number of a device may change with every mount. */
  readonly lastingId: string;
  /** Below the root; '' is the root itself. */
  path: RawPath;
  size: number;
  /** Modification time in milliseconds, with fractions. */
  mtime: number;
  /** When it was first seen as it is now, by our own clock: that of a file server may be wrong. */
  changedAt: number;
  /** It was renamed into place and has not changed since: nobody writes on. */
  isComplete: boolean;
  /** The listing that saw it last. */
  round: number;
  /** When to look at it, if it does not change before. */
  checkAt: number;
  /** Not before this time, even if it changes; and how often in a row it failed. */
  notBefore: number;
  failures: number;
  position: Position | undefined;
  /** The cursor of this key, up to this generation, is of what the file held before. */
  former: { readonly key: string; readonly generation: number } | undefined;
  flight: Flight | undefined;
}

export const fileId = (by: IdentityBy, path: RawPath, { dev, ino }: BigIntStats): string =>
  // Some network drives have no file numbers, and say 0.
  by === 'path' || ino === 0n ? `path ${path}` : `${ino} ${dev}`;

const lastingIdOf = (id: string): string => (id.startsWith('path ') ? id : id.slice(0, id.indexOf(' ')));

const sizeOf = (stats: BigIntStats): number => Number(stats.size);
export const mtimeOf = (stats: BigIntStats): number => Number(stats.mtimeNs) / 1e6;

export const isSameVersion = (
  file: { readonly size: number; readonly mtime: number },
  stats: BigIntStats,
): boolean => file.size === sizeOf(stats) && file.mtime === mtimeOf(stats);

export const newFile = (
  id: string,
  path: RawPath,
  stats: BigIntStats,
  now: number,
  isComplete: boolean,
): TrackedFile => ({
  id,
  lastingId: lastingIdOf(id),
  path,
  size: sizeOf(stats),
  mtime: mtimeOf(stats),
  changedAt: now,
  isComplete,
  round: 0,
  checkAt: now,
  notBefore: 0,
  failures: 0,
  position: undefined,
  former: undefined,
  flight: undefined,
});

/** Takes note of what the file system says of a file. */
export function noteVersion(file: TrackedFile, stats: BigIntStats, now: number): void {
  if (isSameVersion(file, stats)) return;
  file.size = sizeOf(stats);
  file.mtime = mtimeOf(stats);
  file.changedAt = now;
  file.checkAt = now;
  file.isComplete = false;
}

const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 5 * 60_000;

/** Puts a file off, twice as long each time. */
export function backOff(file: TrackedFile, now: number): void {
  file.notBefore = now + Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(file.failures, 20));
  file.failures += 1;
  file.checkAt = now;
}

export function recover(file: TrackedFile): void {
  file.failures = 0;
  file.notBefore = 0;
}

export const dueAt = (file: TrackedFile): number =>
  file.flight === undefined ? Math.max(file.checkAt, file.notBefore) : Infinity;

/** Bytes that are there and not done; all of them where nobody has looked yet. */
export function waitingBytes({ position, size }: TrackedFile): number {
  if (position === undefined) return size;
  if (position.kind === 'whole') return position.done ? 0 : size;
  return Math.max(0, size - position.offset);
}
