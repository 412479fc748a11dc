import type { FileHandle } from 'node:fs/promises';
import { NEWLINE } from '../../logs/json-bytes.js';
import { readAt } from './open-file.js';

const STEP_BYTES = 64 * 1024;

/** A stretch of a file in which whole lines are looked for. */
export interface LineSearch {
  readonly start: number;
  /** Where the file ends. */
  readonly size: number;
  /** A range has no more bytes than this, unless its only line has. */
  readonly maxBytes: number;
  /** There is no line end before this offset. */
  readonly searched: number;
}

/** Behind the last line end that fits in, else behind the first one; undefined where the line has no end yet. */
export async function lineEnd(handle: FileHandle, search: LineSearch): Promise<number | undefined> {
  const limit = Math.min(search.size, search.start + search.maxBytes);
  const from = Math.max(search.start, search.searched);
  return (await lastEnd(handle, from, limit)) ?? (await firstEnd(handle, Math.max(from, limit), search.size));
}

async function lastEnd(handle: FileHandle, from: number, to: number): Promise<number | undefined> {
  for (let end = to; end > from; end -= STEP_BYTES) {
    const start = Math.max(from, end - STEP_BYTES);
    const at = (await readAt(handle, start, end)).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
  }
  return undefined;
}

async function firstEnd(handle: FileHandle, from: number, to: number): Promise<number | undefined> {
  for (let start = from; start < to; start += STEP_BYTES) {
    const at = (await readAt(handle, start, Math.min(to, start + STEP_BYTES))).indexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
  }
  return undefined;
}
