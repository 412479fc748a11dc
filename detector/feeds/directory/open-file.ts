import { hash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { FileProblem } from './file-problem.js';
import { pathBytes, shownPath, type RawPath } from './raw-path.js';

/** Bytes at the head of a file, and before the cursor, that tell whether it is still the same file. */
export const SAMPLE_BYTES = 4096;

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

export const notAFile = (path: RawPath): FileProblem =>
  new FileProblem(
    'NOT_A_FILE',
    `${shownPath(path)} is a socket, a pipe or a device; expected a file.`,
    'Exclude it, or keep it out of the folder.',
  );

/**
 * Opens a regular file, and nothing else. Should a pipe take its place between look and open, the open does not wait
 * for a writer.
 */
export async function openFile(path: RawPath): Promise<OpenedFile> {
  if (!(await stat(pathBytes(path))).isFile()) throw notAFile(path);
  const handle = await open(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notAFile(path);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes of a section of a file; fewer where the file ends before. */
export async function readAt(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** 128 bits, hexadecimal, of some bytes of a file. */
export const sampleHash = (bytes: Buffer): string => hash('sha256', bytes, 'hex').slice(0, 32);

/** The hash of the bytes before a place in a file; undefined where the file does not reach there. */
export async function tailHash(handle: FileHandle, end: number): Promise<string | undefined> {
  const start = Math.max(0, end - SAMPLE_BYTES);
  const bytes = await readAt(handle, start, end);
  return bytes.length === end - start ? sampleHash(bytes) : undefined;
}
