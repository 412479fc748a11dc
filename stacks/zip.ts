import { zipSync, type ZipAttributes } from 'fflate';

/** A zip whose bytes depend on the files alone: not on the order in which they come, the clock or the time zone. */
export const zipped = (files: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(files)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, bytes]) => [name, [bytes, attributes()]]),
    ),
    { level: 9 },
  );

/**
 * Readable by everybody, as Lambda wants it. A zip has the time of a clock on the wall, so that it is the first one that
 * it can tell of the clock here, wherever that is.
 */
const attributes = (): ZipAttributes => ({ mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 });
