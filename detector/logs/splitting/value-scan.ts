import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  findQuote,
  isEscaped,
  isWhiteSpace,
  NEWLINE,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from '../json-bytes.js';
import { RecordsKey } from './records-key.js';

/**
 * Why a scan stopped.
 * - `more`: the chunk is used up. `closed`: the value is complete.
 * - `records`: behind the `[` of a list under the key `Records`, at the top of the value.
 * - `mismatch`: a closing bracket of the wrong kind. `line-break`: a raw line break inside a string.
 * - `stray`: a line begins with `{` or `[` where JSON could have neither.
 * - `too-deep`: more brackets are open than a record may have bytes.
 */
export type ScanStop = 'more' | 'closed' | 'records' | 'mismatch' | 'line-break' | 'stray' | 'too-deep';

/** A line that begins with an opening bracket: its offset in the content, and the blanks before it. */
export interface LineOpening {
  readonly offset: number;
  readonly indent: number;
}

const FIRST_STACK_BYTES = 64;
const RESTING_STACK_BYTES = 1024 * 1024;

/**
 * Finds the end of one JSON object or list in a stream of chunks by its quotes and brackets alone. The kinds of
 * brackets must match; what stands between them is not looked at. Nesting costs a byte a level and no recursion.
 */
export class ValueScan {
  stop: ScanStop = 'more';
  /** With `stray`: the line that begins there. */
  stray: LineOpening = { offset: 0, indent: 0 };
  /**
   * The last line inside the value that begins with an opening bracket, indented no more than the value itself. JSON
   * allows it there, but should the value turn out broken, then this line was the next record.
   */
  suspect: LineOpening | undefined;

  private closers: Uint8Array = new Uint8Array(FIRST_STACK_BYTES);
  private depth = 0;
  private indent = 0;
  private inString = false;
  private escaped = false;
  private seekRecords = false;
  private readonly key = new RecordsKey();
  /** First line break of the chunk at or behind a place already passed: compared once a string, searched once a line. */
  private lineBreak = -1;
  /** The last byte before this chunk that is no white space, and the offset behind the last line break since, or -1. */
  private edgeByte = 0;
  private edgeLine = -1;

  constructor(private readonly maxDepth: number) {}

  /** Bytes allocated. */
  get capacity(): number {
    return this.closers.length;
  }

  /** Starts behind the bracket that opens the value. */
  begin(closer: number, indent: number, seekRecords: boolean): void {
    if (this.closers.length > RESTING_STACK_BYTES) this.closers = new Uint8Array(FIRST_STACK_BYTES);
    this.closers[1] = closer;
    this.depth = 1;
    this.indent = indent;
    this.inString = false;
    this.seekRecords = seekRecords;
    this.key.clear();
    this.suspect = undefined;
  }

  /** After `records`: the list is a value like others. */
  enterList(): void {
    this.closers[2] = CLOSE_LIST;
    this.depth = 2;
  }

  beginChunk(): void {
    this.lineBreak = -1;
  }

  /** Remembers how the chunk ended, for a line that begins with the next one. */
  endChunk(chunk: Buffer, base: number): void {
    const { byte, line } = this.before(chunk, chunk.length, base);
    this.edgeByte = byte;
    this.edgeLine = line;
  }

  /** Scans on from `from`; `base` is the content's offset of the chunk. Returns where it stopped. */
  scan(chunk: Buffer, from: number, base: number): number {
    const end = chunk.length;
    let at = from;
    if (this.inString) {
      at = this.resumeString(chunk);
      if (at < 0) return this.stop === 'more' ? end : this.lineBreak;
    }
    let depth = this.depth;
    let closers: Uint8Array = this.closers;
    while (at < end) {
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) {
        const open = at + 1;
        let close = findQuote(chunk, open);
        while (chunk[close - 1] === BACKSLASH && close < end && isEscaped(chunk, open, close)) {
          close = findQuote(chunk, close + 1);
        }
        if (close > this.lineBreak && this.breaksBefore(chunk, open, close)) {
          this.depth = depth;
          return this.stopAt('line-break', this.lineBreak);
        }
        if (depth === 1 && this.seekRecords) this.key.set(chunk, open, close);
        if (close === end) {
          this.depth = depth;
          this.inString = true;
          this.escaped = isEscaped(chunk, open, end);
          return this.stopAt('more', end);
        }
        at = close + 1;
      } else if (byte < OPEN_LIST) at++;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if ((at === 0 || (chunk[at - 1] ?? 0) <= SPACE) && this.isStray(chunk, at, base, closers[depth])) {
          this.depth = depth;
          return this.stopAt('stray', at);
        }
        at++;
        if (depth === 1 && byte === OPEN_LIST && this.seekRecords && this.key.matches) {
          return this.stopAt('records', at);
        }
        depth++;
        if (depth >= closers.length) {
          if (depth > this.maxDepth) return this.stopAt('too-deep', at);
          closers = this.grow();
        }
        closers[depth] = byte + 2;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (closers[depth] !== byte) {
          this.depth = depth;
          return this.stopAt('mismatch', at);
        }
        at++;
        if (--depth === 0) return this.stopAt('closed', at);
      } else at++;
    }
    this.depth = depth;
    return this.stopAt('more', end);
  }

  private stopAt(stop: ScanStop, at: number): number {
    this.stop = stop;
    return at;
  }

  /** Reads on in a string that an earlier chunk began: the place behind its end, or -1 with a reason to stop. */
  private resumeString(chunk: Buffer): number {
    const from = this.escaped ? 1 : 0;
    let close = findQuote(chunk, from);
    while (close < chunk.length && isEscaped(chunk, from, close)) close = findQuote(chunk, close + 1);
    if (this.breaksBefore(chunk, 0, close)) {
      this.stop = 'line-break';
      return -1;
    }
    if (this.depth === 1 && this.seekRecords) this.key.extend(chunk, 0, close);
    if (close === chunk.length) {
      this.escaped = isEscaped(chunk, from, close);
      this.stop = 'more';
      return -1;
    }
    this.inString = false;
    return close + 1;
  }

  /** Whether a line break lies in the string from `open` to `close`. */
  private breaksBefore(chunk: Buffer, open: number, close: number): boolean {
    if (this.lineBreak < open) {
      const found = chunk.indexOf(NEWLINE, open);
      this.lineBreak = found < 0 ? Number.MAX_SAFE_INTEGER : found;
    }
    return this.lineBreak < close;
  }

  private isStray(chunk: Buffer, at: number, base: number, closer: number | undefined): boolean {
    const { byte, line } = this.before(chunk, at, base);
    if (line < 0) return false;
    const opening = { offset: base + at, indent: base + at - line };
    const fits = closer === CLOSE_LIST ? byte === OPEN_LIST || byte === COMMA : byte === COLON;
    if (!fits) this.stray = opening;
    else if (opening.indent <= this.indent) this.suspect = opening;
    return !fits;
  }

  /** The last byte before `at` that is no white space, and the offset at which the line of `at` begins, or -1. */
  private before(chunk: Buffer, at: number, base: number): { byte: number; line: number } {
    let line = -1;
    for (let back = at - 1; back >= 0; back--) {
      const byte = chunk[back] ?? 0;
      if (!isWhiteSpace(byte)) return { byte, line };
      if (byte === NEWLINE && line < 0) line = base + back + 1;
    }
    return { byte: this.edgeByte, line: line < 0 ? this.edgeLine : line };
  }

  private grow(): Uint8Array {
    const larger = new Uint8Array(Math.min(2 * this.closers.length, this.maxDepth + 1));
    larger.set(this.closers);
    this.closers = larger;
    return larger;
  }
}
