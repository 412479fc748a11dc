import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { outcomeOfFileError } from './classify.js';
import { DeliveryError, type Destination } from './destination.js';
import { formatted } from './format.js';
import { kindsOf } from './kinds.js';
import type { OptionsOf } from './options.js';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR } = constants;

/**
 * Appends one line of JSON for every message and waits until it is on the disk. A new file has mode 600. Folders are not
 * made, and files are not rotated; the file is opened for every message, so that others may move it away.
 * An attempt that failed late may have left its line: readers drop duplicates by `messageId`.
 */
export function createFile(name: string, options: OptionsOf<'file'>): Destination {
  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      let handle: FileHandle | undefined;
      try {
        // Without O_NONBLOCK a pipe that nobody reads would hold the call for ever.
        handle = await open(options.path, O_APPEND | O_CREAT | O_RDWR | O_NONBLOCK, 0o600);
        await append(handle, `${formatted(options.format, delivery)}\n`);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new DeliveryError(
          `Destination "${name}": the file "${options.path}" cannot be written: ${message}`,
          outcomeOfFileError(code),
          ...([undefined, undefined] as const),
          { cause: error },
        );
      } finally {
        await handle?.close();
      }
      return undefined;
    },
  };
}

async function append(handle: FileHandle, line: string): Promise<void> {
  const torn = await endsInMidLine(handle);
  const bytes = Buffer.from(torn ? `\n${line}` : line);
  // One write: with O_APPEND, lines of several processes do not mix.
  const { bytesWritten } = await handle.write(bytes);
  if (bytesWritten < bytes.length) {
    throw Object.assign(new Error('only a part could be written'), { code: 'ENOSPC' });
  }
  await handle.sync();
}

/** Whether the last writer was interrupted, so that our line would join the rest of its own. */
async function endsInMidLine(handle: FileHandle): Promise<boolean> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw Object.assign(new Error('it is no regular file'), { code: 'EISDIR' });
  if (stats.size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, stats.size - 1);
  return buffer[0] !== 0x0a;
}
