import { BACKSLASH, CLOSE_LIST, COMMA, NEWLINE, OPEN_LIST, OPEN_OBJECT, QUOTE } from '../json-bytes.js';

/** Finds the end of a list element that begins with neither `{` nor `[`: a number, a string, a word, garbage. */
export class ElementScan {
  private inString = false;
  private escaped = false;

  begin(): void {
    this.inString = false;
    this.escaped = false;
  }

  /** The place of the byte that ends the element, which is not part of it, or -1 when the chunk is used up. */
  next(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      // A raw line break ends a string too: it cannot be JSON, and the line behind it may be.
      if (byte === NEWLINE) return at;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
      } else if (byte === QUOTE) this.inString = true;
      else if (byte === COMMA || byte === CLOSE_LIST || byte === OPEN_OBJECT || byte === OPEN_LIST) return at;
    }
    return -1;
  }
}
