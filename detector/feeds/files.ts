import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { joinRaw, keyOfPath, pathBytes, rawPath, shownPath, type RawPath } from './directory/raw-path.js';
import type { Unit } from './unit.js';

/** One read of a file, in bytes: streams of 1 MiB run several times as fast as the default of 64 KiB. */
const CHUNK_BYTES = 1024 * 1024;

/** A file found below a path, or why something there could not be read. */
export type FoundFile =
  | { readonly unit: Unit; readonly key: string }
  | { readonly path: string; readonly error: NodeJS.ErrnoException };

/**
 * The files at a path: the file itself, or every file below a folder in the order of their names. What cannot be read
 * is handed out as an error in its place, and the walk goes on. Links to folders are not followed. Names that are no
 * UTF-8 are opened by their bytes, and shown with `\xNN` for each that is no character.
 */
export async function* filesAt(path: string): AsyncGenerator<FoundFile> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) yield* filesBelow(rawPath(path), '');
    else if (found.isFile()) yield { unit: fileUnit(rawPath(path), found.size), key: path };
    // A pipe (`<(zcat …)`) or a device has no size, and can be read only once.
    else yield { unit: { name: path, open: () => streamOf(rawPath(path)) }, key: path };
  } catch (error) {
    yield { path, error: error as NodeJS.ErrnoException };
  }
}

async function* filesBelow(root: RawPath, folder: RawPath): AsyncGenerator<FoundFile> {
  const full = joinRaw(root, folder);
  let entries;
  try {
    entries = await readdir(pathBytes(full), { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    yield { path: shownPath(full), error: error as NodeJS.ErrnoException };
    return;
  }
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  for (const entry of entries) {
    const path = joinRaw(folder, rawPath(entry.name));
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else if (entry.isFile() || entry.isSymbolicLink()) yield* fileIn(root, path);
  }
}

async function* fileIn(root: RawPath, path: RawPath): AsyncGenerator<FoundFile> {
  const full = joinRaw(root, path);
  try {
    const found = await stat(pathBytes(full));
    if (found.isFile()) yield { unit: fileUnit(full, found.size), key: keyOfPath(path) };
  } catch (error) {
    yield { path: shownPath(full), error: error as NodeJS.ErrnoException };
  }
}

const streamOf = (path: RawPath): AsyncIterable<Uint8Array> =>
  createReadStream(pathBytes(path), { highWaterMark: CHUNK_BYTES });

const fileUnit = (path: RawPath, size: number): Unit => ({
  name: shownPath(path),
  size,
  open: () => streamOf(path),
  readAll: () => readFile(pathBytes(path)),
});
