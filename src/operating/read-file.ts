import { openFile, readAt } from '../../detector/feeds/directory/open-file.js';
import { rawPath } from '../../detector/feeds/directory/raw-path.js';

const CHUNK_BYTES = 1024 * 1024;

/** A file is shorter than it was. */
export class FileCutError extends Error {
  readonly code = 'FILE_CUT';
}

/**
 * The bytes of a regular file from `start` to `end`, or to where it ends now. Sockets, pipes and devices are refused.
 * @throws FileCutError, and what the file system throws
 */
export async function* readFileRange(path: string, start: number, end?: number): AsyncGenerator<Buffer> {
  const { handle, stats } = await openFile(rawPath(path));
  try {
    const size = Number(stats.size);
    const stop = end ?? size;
    for (let at = start; at < stop;) {
      const bytes = await readAt(handle, at, Math.min(stop, at + CHUNK_BYTES));
      if (bytes.length === 0) throw new FileCutError(`${path} was cut to ${at} bytes; expected ${stop}.`);
      yield bytes;
      at += bytes.length;
    }
  } finally {
    await handle.close();
  }
}

/** Why a file cannot be read, in a few words. */
export function readProblem(error: unknown): string {
  const { code, message = String(error) } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the file is gone, or was renamed';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read the file';
  return message;
}
