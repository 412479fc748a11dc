import { CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, OPEN_LIST, OPEN_OBJECT } from '../../logs/json-bytes.js';
import { BACKSLASH, isWhiteSpace, NEWLINE, QUOTE } from '../../logs/json-bytes.js';
import { SAMPLE_BYTES } from './open-file.js';

/** `lines`: each line can be read by itself, so the file is followed. `whole`: it can only be read as one. */
export type ContentKind = 'lines' | 'whole';

/** A first line is looked at this far; a longer one is judged by how it begins. */
const LONGEST_HEAD = 1024 * 1024;
const HEADS = [SAMPLE_BYTES, 64 * 1024, LONGEST_HEAD];
const MOST_NESTING = 10_000;

/**
 * What kind of content a file has, by its head: gzip, zstd and UTF-16 are read as one, and so is JSON whose first line
 * leaves a bracket open (an envelope or list over several lines, pretty-printed records). All else is lines, an
 * envelope or list on one line too.
 *
 * @param sample the first bytes
 * @param readHead more of them
 * @param isQuiet nothing was written for a while: what is there is judged as it is
 * @returns undefined where more of the file must be there to tell
 */
export async function contentKind(
  sample: Buffer,
  readHead: (length: number) => Promise<Buffer>,
  isQuiet: boolean,
): Promise<ContentKind | undefined> {
  for (const length of HEADS) {
    const head = length === sample.length || sample.length < SAMPLE_BYTES ? sample : await readHead(length);
    const isAll = head.length < length;
    const kind = kindOfHead(head, isAll && isQuiet);
    if (kind !== undefined) return kind;
    if (isAll) return undefined;
  }
  return /^\s*(?:\[|\{\s*"records"\s*:\s*\[)/i.test(sample.toString('latin1')) ? 'whole' : 'lines';
}

/** @param isAll the file ends with these bytes, and nobody writes on */
export function kindOfHead(head: Buffer, isAll: boolean): ContentKind | undefined {
  if (isPacked(head)) return 'whole';
  const start = contentStart(head);
  const first = head[start];
  if (first === undefined) return isAll ? 'lines' : undefined;
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return head.length < 4 && !isAll ? undefined : 'lines';
  const newline = head.indexOf(NEWLINE, start);
  const shape = lineShape(head.subarray(start, newline < 0 ? head.length : newline));
  if (newline < 0) {
    if (!isAll) return undefined;
    return shape === 'closed' ? 'lines' : 'whole';
  }
  if (shape === 'closed' || shape === 'broken') return 'lines';
  const next = head[skipWhiteSpace(head, newline)];
  if (next === undefined) return isAll ? 'whole' : undefined;
  return goesOn(shape, next) ? 'whole' : 'lines';
}

/** gzip (RFC 1952), zstd and its skippable frames (RFC 8878), UTF-16 with a byte order mark. */
function isPacked(head: Buffer): boolean {
  if (head.length < 2) return false;
  const mark = head.readUInt16BE();
  if (mark === 0x1f8b || mark === 0xfffe || mark === 0xfeff) return true;
  const magic = head.length < 4 ? 0 : head.readUInt32LE();
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5;
}

/** Where the first line that is not blank begins, behind a byte order mark. */
export const contentStart = (head: Buffer): number =>
  skipWhiteSpace(head, head.length >= 3 && head.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0);

function skipWhiteSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && isWhiteSpace(byte); byte = bytes[++at]);
  return at;
}

/** What a line leaves open, and its last byte. */
interface OpenShape {
  readonly innermost: number;
  readonly last: number;
}

function lineShape(line: Buffer): 'closed' | 'broken' | OpenShape {
  const open: number[] = [];
  let inString = false;
  let last = 0;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) open.push(byte);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (open.pop() !== (byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_LIST)) return 'broken';
    }
    if (!isWhiteSpace(byte)) last = byte;
    if (open.length > MOST_NESTING) return 'broken';
  }
  // JSON has no string over two lines.
  if (inString) return 'broken';
  const innermost = open.at(-1);
  return innermost === undefined ? 'closed' : { innermost, last };
}

/** Whether JSON can go on so on the next line; else the first is a torn record, and the next another one. */
function goesOn({ innermost, last }: OpenShape, next: number): boolean {
  if (next !== OPEN_OBJECT && next !== OPEN_LIST) return true;
  return innermost === OPEN_OBJECT ? last === COLON : last === OPEN_LIST || last === COMMA;
}
