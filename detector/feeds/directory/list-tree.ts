import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { FileProblem, isGone } from './file-problem.js';
import { notAFile } from './open-file.js';
import { joinRaw, pathBytes, rawPath, shownPath, type RawPath } from './raw-path.js';

/** Files of a folder that are asked for their size at once. */
const STATS_AT_ONCE = 64;

/** What a listing of a tree meets. Paths are relative to its root; '' is the root itself. */
export type Listed =
  | { readonly kind: 'file'; readonly path: RawPath; readonly stats: BigIntStats }
  /** Its name is excluded: not read. */
  | { readonly kind: 'excluded'; readonly path: RawPath; readonly stats: BigIntStats }
  | {
      readonly kind: 'problem';
      readonly path: RawPath;
      readonly error: unknown;
      /** Whatever is below it was not listed. */
      readonly isFolder: boolean;
    };

type Entry = Dirent<Buffer>;

/**
 * One look at a tree, folders in the order of their names. What is gone between two steps is left out: it will be
 * missing in the next listing too. Links to files are followed, links to folders are not.
 */
export async function* listTree(
  root: RawPath,
  isExcluded: (name: string) => boolean,
): AsyncGenerator<Listed> {
  let stats;
  try {
    stats = await stat(pathBytes(root), { bigint: true });
  } catch (error) {
    yield { kind: 'problem', path: '', error, isFolder: true };
    return;
  }
  if (stats.isDirectory()) yield* listFolders(root, isExcluded);
  else if (stats.isFile()) yield { kind: 'file', path: '', stats };
  else yield { kind: 'problem', path: '', error: notAFile(root), isFolder: true };
}

async function* listFolders(root: RawPath, isExcluded: (name: string) => boolean): AsyncGenerator<Listed> {
  const folders: RawPath[] = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Entry[];
    try {
      entries = await readdir(pathBytes(joinRaw(root, folder)), { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      if (folder === '' || !isGone(error)) yield { kind: 'problem', path: folder, error, isFolder: true };
      continue;
    }
    entries.sort((a, b) => Buffer.compare(a.name, b.name));
    for (let from = 0; from < entries.length; from += STATS_AT_ONCE) {
      const some = entries.slice(from, from + STATS_AT_ONCE).filter((entry) => !entry.isDirectory());
      const listed = await Promise.all(some.map((entry) => listEntry(root, folder, entry, isExcluded)));
      for (const each of listed) if (each !== undefined) yield each;
    }
    const below = entries.filter(
      (entry) => entry.isDirectory() && !isExcluded(shownPath(rawPath(entry.name))),
    );
    for (const entry of below.reverse()) folders.push(joinRaw(folder, rawPath(entry.name)));
  }
}

async function listEntry(
  root: RawPath,
  folder: RawPath,
  entry: Entry,
  isExcluded: (name: string) => boolean,
): Promise<Listed | undefined> {
  const name = rawPath(entry.name);
  const path = joinRaw(folder, name);
  const full = joinRaw(root, path);
  const problem = (error: unknown) => ({ kind: 'problem', path, error, isFolder: false }) as const;
  const excluded = isExcluded(shownPath(name));
  if (!entry.isFile() && !entry.isSymbolicLink()) return excluded ? undefined : problem(notAFile(full));
  try {
    const stats = await stat(pathBytes(full), { bigint: true });
    if (excluded) return { kind: 'excluded', path, stats };
    if (stats.isFile()) return { kind: 'file', path, stats };
    return problem(stats.isDirectory() ? linkToFolder(full) : notAFile(full));
  } catch (error) {
    return excluded || (isGone(error) && !(await isThere(full))) ? undefined : problem(error);
  }
}

/** Tells a link that leads nowhere from a file that was removed since its folder was read. */
const isThere = (path: RawPath): Promise<boolean> =>
  lstat(pathBytes(path)).then(
    () => true,
    () => false,
  );

const linkToFolder = (path: RawPath): FileProblem =>
  new FileProblem(
    'LINK_TO_FOLDER',
    `${shownPath(path)} is a link to a folder, and such links are not followed.`,
    'Watch the folder that it leads to by a source of its own.',
  );
