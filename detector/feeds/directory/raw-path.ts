import { isUtf8 } from 'node:buffer';
import { sep } from 'node:path';

/**
 * A path as its bytes, one character a byte: the name of a file need not be UTF-8, and a text can be compared and be the
 * key of a map where a buffer cannot.
 */
export type RawPath = string;

/** The raw path of a text, or of the bytes that the file system gives. */
export const rawPath = (path: string | Buffer): RawPath =>
  (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1');

/** What functions of `node:fs` take. */
export const pathBytes = (path: RawPath): Buffer => Buffer.from(path, 'latin1');

const SEPARATOR = rawPath(sep);

export const joinRaw = (folder: RawPath, name: RawPath): RawPath =>
  folder === '' || name === '' || folder.endsWith(SEPARATOR) ? folder + name : `${folder}${SEPARATOR}${name}`;

/** The folder of a path; '' where it names none. */
export const folderOf = (path: RawPath): RawPath => path.slice(0, Math.max(0, path.lastIndexOf(SEPARATOR)));

/** Whether a path, relative to the same root, is below a folder. '' is the root. */
export const isBelow = (path: RawPath, folder: RawPath): boolean =>
  folder === '' || path.startsWith(folder + SEPARATOR);

/** A path for people, pointers and prefixes: UTF-8, with each byte that is none as `\xNN`. */
export function shownPath(path: RawPath): string {
  const bytes = pathBytes(path);
  if (isUtf8(bytes)) return bytes.toString();
  let shown = '';
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    shown +=
      length === 0 ? `\\x${bytes.toString('hex', at, at + 1)}` : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return shown;
}

/** Bytes of the UTF-8 character at a place, 0 where there is none. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

/** The same with `/` between folders, as object keys have it everywhere. */
export const keyOfPath = (path: RawPath): string => shownPath(path).split(sep).join('/');
