import { readdir, stat } from 'node:fs/promises';
import { RetryLaterError } from '../unit.js';
import { errnoOf, isGone } from './file-problem.js';
import { openFile, readAt, type OpenedFile } from './open-file.js';
import { folderOf, joinRaw, pathBytes, rawPath, shownPath, type RawPath } from './raw-path.js';
import { fileId, isSameVersion, type IdentityBy, type TrackedFile } from './tracked-file.js';

const CHUNK_BYTES = 1024 * 1024;

/** A part of a file, or all of it, as it was when its unit was handed out. */
export interface Section {
  readonly root: RawPath;
  readonly identity: IdentityBy;
  readonly file: TrackedFile;
  readonly start: number;
  readonly end: number;
  /** For a file that is read as one: what it must still be. */
  readonly version?: { readonly size: number; readonly mtime: number };
}

/**
 * @throws RetryLaterError whatever the reason is: when the file is gone, or is not what it was, then the next look at
 * the folder tells what there is instead
 */
export async function* readSection(section: Section): AsyncGenerator<Buffer> {
  const opened = await openSection(section);
  try {
    for (let at = section.start; at < section.end;) {
      const bytes = await readPart(section, opened, at, Math.min(section.end, at + CHUNK_BYTES));
      yield bytes;
      at += bytes.length;
    }
    await checkUnchanged(section, opened);
  } finally {
    await opened.handle.close();
  }
}

/** The same in one piece. */
export async function readWholeSection(section: Section): Promise<Buffer> {
  const opened = await openSection(section);
  try {
    const bytes = await readPart(section, opened, section.start, section.end);
    await checkUnchanged(section, opened);
    return bytes;
  } finally {
    await opened.handle.close();
  }
}

async function readPart(
  section: Section,
  { handle }: OpenedFile,
  start: number,
  end: number,
): Promise<Buffer> {
  const bytes = await readAt(handle, start, end).catch((error: unknown) => {
    throw failure(section, errnoOf(error).message, error);
  });
  if (bytes.length < end - start) throw failure(section, 'it is shorter than it was');
  return bytes;
}

async function openSection(section: Section): Promise<OpenedFile> {
  const { root, identity, file } = section;
  let opened: OpenedFile | undefined;
  try {
    opened = (await openTracked(root, identity, file)) ?? (await openRenamed(root, identity, file));
  } catch (error) {
    throw failure(section, errnoOf(error).message, error);
  }
  if (opened === undefined) throw failure(section, 'it is gone or was replaced');
  try {
    await checkUnchanged(section, opened);
    return opened;
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

/** A document that was written to while it was read may be torn; it will be another unit. */
async function checkUnchanged(section: Section, { handle }: OpenedFile): Promise<void> {
  if (section.version === undefined) return;
  if (!isSameVersion(section.version, await handle.stat({ bigint: true }))) {
    throw failure(section, 'it was changed');
  }
}

const failure = ({ root, file, start, end }: Section, why: string, cause?: unknown): RetryLaterError =>
  new RetryLaterError(
    `Bytes ${start} to ${end} of ${shownPath(joinRaw(root, file.path))} cannot be read: ${why}.`,
    { cause },
  );

/** Opens a file where it was seen last; undefined where it, or any file, is no more. */
export const openTracked = (
  root: RawPath,
  identity: IdentityBy,
  file: TrackedFile,
): Promise<OpenedFile | undefined> => openIfSame(root, identity, file.id, file.path);

/** Log rotation renames a file within its folder, perhaps just now. */
async function openRenamed(
  root: RawPath,
  identity: IdentityBy,
  file: TrackedFile,
): Promise<OpenedFile | undefined> {
  if (identity === 'path' || file.path === '') return undefined;
  const folder = folderOf(file.path);
  for (const name of await readdir(pathBytes(joinRaw(root, folder)), { encoding: 'buffer' }).catch(
    () => [],
  )) {
    const path = joinRaw(folder, rawPath(name));
    const stats = await stat(pathBytes(joinRaw(root, path)), { bigint: true }).catch(() => undefined);
    if (stats?.isFile() !== true || fileId(identity, path, stats) !== file.id) continue;
    const opened = await openIfSame(root, identity, file.id, path);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

async function openIfSame(
  root: RawPath,
  identity: IdentityBy,
  id: string,
  path: RawPath,
): Promise<OpenedFile | undefined> {
  let opened: OpenedFile;
  try {
    opened = await openFile(joinRaw(root, path));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  if (fileId(identity, path, opened.stats) === id) return opened;
  await opened.handle.close();
  return undefined;
}
