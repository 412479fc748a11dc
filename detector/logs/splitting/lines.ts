import { isBlank, NEWLINE, OPEN_LIST, OPEN_OBJECT } from '../json-bytes.js';

/** Follows the lines of the content as far as they are seen between values. */
export class Lines {
  /** Blanks before the first value of the line. */
  indent = 0;
  /** Whether a list that is closed by now has told a fault of this line: `[main] text` is one fault. */
  faulted = false;
  private start = 0;
  private fresh = true;

  /** A line begins at this offset. */
  begin(offset: number): void {
    this.start = offset;
    this.fresh = true;
    this.faulted = false;
  }

  /** A value begins at this offset. Returns whether it is the first on its line. */
  open(offset: number): boolean {
    const first = this.fresh;
    if (first) this.indent = offset - this.start;
    this.fresh = false;
    return first;
  }
}

/** Looks for a line that begins with an opening bracket, indented no more than what broke off before it. */
export class LineSearch {
  /** Offset of the line being looked at. */
  lineStart = 0;
  /** Whether a line was passed that holds something else. */
  passedText = false;
  private atStart = false;
  private maxIndent = 0;

  begin(maxIndent: number): void {
    this.maxIndent = maxIndent;
    this.atStart = false;
    this.passedText = false;
  }

  /** The place of the bracket, or -1 when the chunk holds no such line from `from` on. */
  next(chunk: Buffer, from: number, base: number): number {
    let at = from;
    for (;;) {
      if (!this.atStart) {
        at = chunk.indexOf(NEWLINE, at);
        if (at < 0) return -1;
        this.beginLine(base + ++at);
      }
      for (; at < chunk.length; at++) {
        const byte = chunk[at] ?? 0;
        if (byte === NEWLINE) this.beginLine(base + at + 1);
        else if (!isBlank(byte)) break;
      }
      if (at === chunk.length) return -1;
      const opens = chunk[at] === OPEN_OBJECT || chunk[at] === OPEN_LIST;
      if (opens && base + at - this.lineStart <= this.maxIndent) return at;
      this.atStart = false;
      this.passedText = true;
    }
  }

  private beginLine(offset: number): void {
    this.lineStart = offset;
    this.atStart = true;
  }
}
