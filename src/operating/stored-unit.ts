import { join, sep } from 'node:path';
import { openFile, tailHash } from '../../detector/feeds/directory/open-file.js';
import { rawPath } from '../../detector/feeds/directory/raw-path.js';
import { documentKey } from '../../detector/state/keys.js';
import type { StateStore } from '../../detector/state/store.js';
import { readFileRange, readProblem } from './read-file.js';
import { keyBelow, pathBelow } from './source-roots.js';
import type { StoredLog, StoredLogs } from './stored-log.js';

/** Which unit, as a dead letter names it. */
export interface UnitName {
  readonly source: string;
  readonly unitId: string;
  /** Its file, when it was read. */
  readonly unit: string;
}

export type UnitSearch = StoredLog | { readonly problem: string };

/** `<cursor>`, or `<cursor>-<generation>-<start>` for a range of a file that grows; detector/feeds/directory. */
const UNIT_ID = /^([0-9a-f]{48})(?:-(\d{1,16})-(\d{1,16}))?$/;

interface CursorBody {
  readonly path?: unknown;
  readonly offset?: unknown;
  readonly generation?: unknown;
  readonly tail?: unknown;
}

/**
 * Finds a unit again: an object of a cloud by its name, one of a folder by its cursor. A file that was read as one is read as it is now: whoever mended it wants that. Of a
 * file that grows the same range is read, where samples show that it is still the same file; its cursor knows its name
 * when it was renamed.
 */
export async function findUnit(
  { source, unitId, unit }: UnitName,
  { roots, object }: StoredLogs,
  store: Pick<StateStore, 'get'>,
): Promise<UnitSearch> {
  const found = object(unit);
  if (found !== undefined) return found;
  const root = roots.get(source);
  if (root === undefined) return { problem: `the configuration has no source ${source} with a folder` };
  const [, cursorId, generation, start] = UNIT_ID.exec(unitId) ?? [];
  if (cursorId === undefined) return { problem: 'it is no unit of a folder' };
  const cursor = await jsonOf<CursorBody>(store, `cursor/${cursorId}`);
  const renamed = typeof cursor?.path === 'string' ? join(root, cursor.path.split('/').join(sep)) : undefined;
  const path = [renamed, unit].find((one) => one !== undefined && pathBelow(root, one) !== undefined);
  const below = path === undefined ? undefined : pathBelow(root, path);
  if (path === undefined || below === undefined)
    return { problem: 'the file is outside of the folder of its source' };
  const key = keyBelow(path, below);
  try {
    const { handle, stats } = await openFile(rawPath(path));
    try {
      const size = Number(stats.size);
      if (start === undefined) return { key, open: () => readFileRange(path, 0, size) };
      const { offset, tail } = cursor ?? {};
      if (String(cursor?.generation) !== generation || typeof offset !== 'number')
        return { problem: 'the file holds something else now' };
      if (size < offset || (typeof tail === 'string' && (await tailHash(handle, offset)) !== tail))
        return { problem: 'the file was cut or overwritten' };
      const record = await jsonOf<{ end?: unknown }>(store, documentKey('unit', unitId));
      const end = typeof record?.end === 'number' ? record.end : offset;
      return { key, open: () => readFileRange(path, Number(start), Math.min(end, size)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { problem: readProblem(error) };
  }
}

async function jsonOf<T>(store: Pick<StateStore, 'get'>, key: string): Promise<T | undefined> {
  const found = await store.get(key);
  return found && (JSON.parse(found.body) as T);
}
