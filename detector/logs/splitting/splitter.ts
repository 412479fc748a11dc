import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  isBlank,
  isWhiteSpace,
  NEWLINE,
  OPEN_LIST,
  OPEN_OBJECT,
} from '../json-bytes.js';
import { ElementScan } from './element-scan.js';
import * as faults from './faults.js';
import { Lines, LineSearch } from './lines.js';
import { PieceList } from './piece-list.js';
import type { Piece, SplitLimits } from '../record.js';
import { Surroundings } from './surroundings.js';
import { ValueScan } from './value-scan.js';
import { Window } from './window.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * What is being read; each has its method.
 * - `between`: white space and commas before the next value. `mark`: a byte order mark.
 * - `value`: an object or list, in one of the roles below. `first`: behind `"Records":[`, up to what tells an envelope.
 * - `element`: a list element that begins with neither `{` nor `[`. `line`: a line of garbage.
 * - `lost`: behind a break, up to a line that can begin a record.
 */
type Mode = 'between' | 'mark' | 'value' | 'first' | 'element' | 'line' | 'lost';

/** A possible record; the rest of an envelope behind its list; a list inside a list. */
type Role = 'record' | 'rest' | 'nested';

/**
 * Cuts decompressed content into records; `createSplitter` says what it accepts. One state machine, fed in chunks:
 * what it gives out does not depend on where the chunks end.
 *
 * This file is longer than others, because every mode can lead to every other one: split up, they would be harder to follow.
 *
 * It asks for no comma between values, since a missing one costs no record. It believes line breaks more than
 * brackets: a whole object on a line of its own, from column 0 on, is not lost to what is broken before it.
 */
export class Splitter {
  private readonly out = new PieceList();
  private readonly input = new Window();
  private readonly lines = new Lines();
  private readonly around = new Surroundings();
  private readonly scan: ValueScan;
  private readonly elements = new ElementScan();
  private readonly search = new LineSearch();

  private mode: Mode = 'between';
  private role: Role = 'record';
  private finished = false;
  /** Offset where the value, the gap or the garbage being read began. */
  private start = 0;
  /** Of the value being read: its line's indent, and whether its bytes are no longer kept. */
  private indent = 0;
  private oversize = false;
  /** How and where the last value broke off. */
  private breakBy: faults.Break = 'end';
  private breakAt = 0;

  constructor(private readonly limits: SplitLimits) {
    this.scan = new ValueScan(limits.maxRecordBytes);
  }

  /** Whether no more content is wanted: it was given up, or has ended. */
  get done(): boolean {
    return this.finished;
  }

  /** Bytes allocated for the unfinished record and its nesting: at most 4 times `maxRecordBytes`, mostly none. */
  get retainedBytes(): number {
    return this.input.capacity + this.scan.capacity;
  }

  /** Reads on. Pieces may be views into the chunk, which must not be changed any more. */
  push(chunk: Buffer): Piece[] {
    if (chunk.length > 0 && !this.finished) {
      this.input.enter(chunk);
      this.run();
    }
    return this.out.take();
  }

  /** Ends the content. `damage` says why it ends here, where this is not its real end, and becomes the last fault. */
  end(damage?: faults.Fault): Piece[] {
    while (this.inValue && !this.finished && this.returnToSuspect('end')) this.run();
    if (!this.finished) {
      const unfinished = this.settle(damage !== undefined);
      if (damage !== undefined) this.out.fault(damage, this.input.offset);
      else if (unfinished !== undefined) this.out.fault(faults.truncated(unfinished), this.start);
      this.finish();
    }
    return this.out.take();
  }

  private get inValue(): boolean {
    return this.mode === 'value' || this.mode === 'first';
  }

  private run(): void {
    const { input } = this;
    this.scan.beginChunk();
    while (input.at < input.chunk.length && !this.finished) this[this.mode]();
    if (this.finished || this.givesUp()) return;
    if (this.inValue) this.scan.endChunk(input.chunk, input.base);
    input.leave(this.inValue ? this.keepFrom() : undefined);
  }

  private begin(mode: Mode): void {
    this.mode = mode;
    this.start = this.input.offset;
  }

  private between(): void {
    const { chunk, base } = this.input;
    let at = this.input.at;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === NEWLINE) this.lines.begin(base + at + 1);
      else if (byte === COMMA) this.around.separator = 'given';
      else if (!isBlank(byte)) break;
    }
    this.input.at = at;
    if (at === chunk.length || this.givesUp()) return;
    const byte = chunk[at] ?? 0;
    if (byte === BYTE_ORDER_MARK[0] && this.around.atTop) this.begin('mark');
    else this.beginAt(byte, this.lines.open(base + at));
  }

  private mark(): void {
    const { input } = this;
    const place = input.offset - this.start;
    if (input.chunk[input.at] !== BYTE_ORDER_MARK[place]) {
      this.lines.open(this.start);
      this.mode = 'line';
      return;
    }
    input.at++;
    if (place + 1 < BYTE_ORDER_MARK.length) return;
    this.lines.begin(input.offset);
    this.begin('between');
  }

  /** Begins what this byte begins; `first` on its line or not. */
  private beginAt(byte: number, first: boolean): void {
    const { around } = this;
    const opens = byte === OPEN_OBJECT || byte === OPEN_LIST;
    if (opens && first) this.doubtUnclosedList();
    if (byte === OPEN_OBJECT) this.beginValue('record', CLOSE_OBJECT);
    else if (around.atTop ? opens && !this.lines.faulted : opens && first && around.damaged) this.enterList();
    else if (around.atTop) this.begin('line');
    else if (opens) this.beginValue('nested', CLOSE_LIST);
    else if (byte === CLOSE_LIST && around.place === 'envelope') this.beginValue('rest', CLOSE_OBJECT);
    else if (byte === CLOSE_LIST) this.leaveList();
    else this.beginElement();
  }

  /** In a list, a value on a new line without a comma before it may be the next one at the top. */
  private doubtUnclosedList(): void {
    const { around } = this;
    if (around.atTop || around.separator === 'given') return;
    if (around.separator === 'record' && !around.damaged)
      this.out.fault(faults.unclosedList, this.input.offset);
    around.damaged = true;
  }

  private enterList(): void {
    this.around.enter('list');
    this.input.at++;
    this.begin('between');
  }

  private leaveList(): void {
    this.around.enter('top');
    this.input.at++;
    this.begin('between');
  }

  private beginElement(): void {
    this.begin('element');
    this.elements.begin();
  }

  /** Begins at the opening bracket of a value, or at the `]` that the rest of an envelope follows. */
  private beginValue(role: Role, closer: number): void {
    this.begin('value');
    this.input.at++;
    this.role = role;
    this.oversize = false;
    this.indent = this.lines.indent;
    const seekRecords = role === 'rest' || (role === 'record' && this.around.mayHoldEnvelope);
    this.scan.begin(closer, this.indent, seekRecords);
  }

  private value(): void {
    const { input, scan } = this;
    input.at = scan.scan(input.chunk, input.at, input.base);
    if (scan.stop === 'more' || this.givesUp()) return;
    if (scan.stop === 'closed') this.complete();
    else if (scan.stop === 'records') this.mode = 'first';
    else this.breakOff(scan.stop);
  }

  private first(): void {
    const { input } = this;
    const byte = input.chunk[input.at] ?? 0;
    if (isWhiteSpace(byte)) {
      input.at++;
      if (byte === NEWLINE) this.lines.begin(input.offset);
    } else if (this.givesUp()) return;
    else if (byte === OPEN_OBJECT || byte === CLOSE_LIST) {
      this.around.enter('envelope');
      this.begin('between');
    } else {
      this.scan.enterList();
      this.mode = 'value';
    }
  }

  private complete(): void {
    const size = this.input.offset - this.start;
    this.around.separator = 'record';
    if (this.role === 'rest') this.around.enter('top');
    else if (this.role === 'nested') this.elementFault();
    else if (size > this.limits.maxRecordBytes) {
      this.out.fault(faults.recordTooLarge(size, this.limits), this.start);
    } else {
      this.out.record(this.input.bytesFrom(this.start), this.start);
      this.lines.faulted = false;
    }
    this.begin('between');
  }

  private element(): void {
    const end = this.elements.next(this.input.chunk, this.input.at);
    if (!this.reach(end)) return;
    this.elementFault();
    this.begin('between');
  }

  private elementFault(): void {
    this.out.fault(faults.notAnObject, this.start);
    this.around.separator = 'fault';
    this.lines.faulted = this.around.place === 'list';
  }

  private line(): void {
    const end = this.input.chunk.indexOf(NEWLINE, this.input.at);
    if (!this.reach(end)) return;
    this.lineFault();
    this.begin('between');
  }

  private lineFault(): void {
    if (!this.lines.faulted) this.out.fault(faults.garbageLine(this.input.offset - this.start), this.start);
  }

  private lost(): void {
    const { input, search } = this;
    if (!this.reach(search.next(input.chunk, input.at, input.base))) return;
    this.resume(input.offset, input.offset - search.lineStart);
  }

  /** Goes to a place that was found, or with -1 to the end of the chunk. Returns whether to go on there. */
  private reach(found: number): boolean {
    this.input.at = found < 0 ? this.input.chunk.length : found;
    return found >= 0 && !this.givesUp();
  }

  private breakOff(by: faults.Break): void {
    if (this.returnToSuspect(by)) return;
    this.breakBy = by;
    this.breakAt = this.input.offset;
    if (by === 'stray') this.resume(this.breakAt, this.scan.stray.indent);
    else {
      this.search.begin(this.indent);
      this.mode = 'lost';
    }
  }

  /** When a value breaks off: goes back to the last line in it that can have been the next record. */
  private returnToSuspect(by: faults.Break): boolean {
    const { suspect } = this.scan;
    if (suspect === undefined || this.input.offset - suspect.offset > this.limits.maxRecordBytes)
      return false;
    this.breakBy = by;
    this.breakAt = this.input.offset;
    this.input.rewind(suspect.offset);
    this.scan.beginChunk();
    this.resume(suspect.offset, suspect.indent);
    return true;
  }

  /** Ends a broken value with its fault, and reads on at the opening bracket of a line. */
  private resume(offset: number, indent: number): void {
    this.out.fault(faults.broken(this.breakBy, this.breakAt, offset), this.start);
    if (this.role === 'rest') this.around.enter('top');
    this.around.doubt();
    this.lines.begin(offset - indent);
    this.begin('between');
  }

  /** Gives the faults of what the end of the content completes, and names what it cuts. */
  private settle(damaged: boolean): string | undefined {
    switch (this.mode) {
      case 'between':
        if (this.around.mayHoldEnvelope) return undefined;
        this.start = this.input.offset;
        return 'a list';
      case 'mark':
      case 'line':
        if (!damaged) this.lineFault();
        return undefined;
      case 'lost':
        this.lostFault();
        return undefined;
      case 'element':
        return 'an element of a list';
      case 'value':
      case 'first':
        return this.role === 'record' ? 'a record' : 'a list or an envelope';
    }
  }

  private lostFault(): void {
    const { breakAt, breakBy } = this;
    const alone = this.around.atTop && !this.search.passedText;
    if (alone) this.out.fault(faults.brokenLast(breakBy, breakAt), this.start);
    else this.out.fault(faults.unreadable(breakBy, breakAt), breakAt);
  }

  /** From where on the bytes of an unfinished value must stay at hand. */
  private keepFrom(): number | undefined {
    const { maxRecordBytes } = this.limits;
    const { chunk, base } = this.input;
    const end = base + chunk.length;
    if (end - this.start > maxRecordBytes) this.oversize = true;
    if (this.role === 'record' && !this.oversize) return this.start;
    const { suspect } = this.scan;
    return suspect !== undefined && end - suspect.offset <= maxRecordBytes ? suspect.offset : undefined;
  }

  /** Gives the content up when too much of it was skipped in one go. */
  private givesUp(): boolean {
    const { maxRecordBytes, maxSkippedBytes } = this.limits;
    const bytes = this.input.offset - this.start;
    if (bytes <= maxSkippedBytes) return false;
    if (this.inValue && this.role === 'record' && bytes <= maxRecordBytes) return false;
    this.out.fault(faults.contentTooLarge(this.limits), this.start);
    this.finish();
    return true;
  }

  private finish(): void {
    this.finished = true;
    this.input.leave(undefined);
  }
}
