const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;

/** What comes next: a header, bytes to pass over inside a frame or at its end, or what is no frame at all. */
type Expected = 'magic' | 'skippable-size' | 'descriptor' | 'block' | 'body' | 'tail' | 'foreign';

const HEADERS: ReadonlySet<Expected> = new Set(['magic', 'skippable-size', 'descriptor', 'block']);

/**
 * Follows the frames of a zstd stream by their headers (RFC 8878, section 3.1). Node's decoder needs that: handed two
 * frames in one write it drops the second in silence, and it does not tell a stream that ends inside a frame
 * (nodejs/node issue 64741).
 */
export class ZstdFrames {
  private expected: Expected = 'magic';
  /** Bytes of the header that is being read, and how many it takes. */
  private header: number[] = [];
  private wanted = MAGIC_BYTES;
  private checksumBytes = 0;
  private lastBlock = false;

  /** Whether the bytes so far end where a frame ends. */
  get complete(): boolean {
    return this.expected === 'magic' && this.header.length === 0;
  }

  /** Cuts the next bytes where frames end. What is no frame stays in one part, for the decoder to refuse. */
  cut(bytes: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      const step = Math.min(this.wanted, bytes.length - at);
      if (HEADERS.has(this.expected)) {
        for (let i = 0; i < step; i++) this.header.push(bytes[at + i] ?? 0);
      }
      at += step;
      this.wanted -= step;
      while (this.wanted === 0) {
        if (this.advance()) {
          parts.push(bytes.subarray(from, at));
          from = at;
        }
      }
    }
    if (from < bytes.length) parts.push(bytes.subarray(from));
    return parts;
  }

  /** Goes on behind a header or body that is complete. Returns whether a frame ended. */
  private advance(): boolean {
    const header = Buffer.from(this.header);
    this.header = [];
    switch (this.expected) {
      case 'magic':
        this.readMagic(header.readUInt32LE());
        return false;
      case 'skippable-size':
        this.expect('tail', header.readUInt32LE());
        return false;
      case 'descriptor':
        this.readDescriptor(header.readUInt8());
        return false;
      case 'block':
        this.readBlock(header.readUIntLE(0, BLOCK_HEADER_BYTES));
        return false;
      case 'body':
        if (this.lastBlock) this.expect('tail', this.checksumBytes);
        else this.expect('block', BLOCK_HEADER_BYTES);
        return false;
      case 'tail':
        this.expect('magic', MAGIC_BYTES);
        return true;
      case 'foreign':
        return false;
    }
  }

  private expect(expected: Expected, bytes: number): void {
    this.expected = expected;
    this.wanted = bytes;
  }

  private readMagic(magic: number): void {
    if (magic === FRAME_MAGIC) this.expect('descriptor', 1);
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) this.expect('skippable-size', 4);
    else this.expect('foreign', Number.POSITIVE_INFINITY);
  }

  private readDescriptor(descriptor: number): void {
    const singleSegment = (descriptor & 0x20) !== 0;
    const windowBytes = singleSegment ? 0 : 1;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    this.checksumBytes = (descriptor & 4) === 0 ? 0 : 4;
    this.lastBlock = false;
    // The rest of the frame's header is skipped like a body; the first block follows it.
    this.expect('body', windowBytes + dictionaryBytes + sizeBytes);
  }

  private readBlock(header: number): void {
    this.lastBlock = (header & 1) === 1;
    this.expect('body', ((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
  }
}
