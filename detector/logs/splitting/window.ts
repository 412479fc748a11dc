/** What stays allocated between two records that straddle chunks. */
const RESTING_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * The chunk of the content that is being read, and a copy of what must be kept from the chunks before it. The copy is
 * one block that grows by doubling, so that many small chunks cost no more than a few large ones.
 */
export class Window {
  chunk: Buffer = NOTHING;
  /** Offset of the chunk in the content. */
  base = 0;
  /** Place in the chunk. */
  at = 0;

  private kept: Buffer = NOTHING;
  private keptBytes = 0;
  private keptFrom = 0;

  /** Offset of the place in the content. */
  get offset(): number {
    return this.base + this.at;
  }

  /** Bytes allocated for the copy. */
  get capacity(): number {
    return this.kept.length;
  }

  enter(chunk: Buffer): void {
    this.chunk = chunk;
    this.at = 0;
  }

  /** The bytes from an offset, which must have been kept or lie in the chunk, up to the place: a view where possible. */
  bytesFrom(offset: number): Buffer {
    return offset >= this.base
      ? this.chunk.subarray(offset - this.base, this.at)
      : this.joined(offset, this.chunk.subarray(0, this.at));
  }

  /** Goes back to an offset, which must have been kept or lie in the chunk. */
  rewind(offset: number): void {
    if (offset >= this.base) this.at = offset - this.base;
    else {
      this.chunk = this.joined(offset, this.chunk);
      this.base = offset;
      this.at = 0;
    }
  }

  /** Leaves the chunk. Bytes from this offset on stay at hand; none if undefined. */
  leave(keepFrom: number | undefined): void {
    const { chunk, base } = this;
    this.chunk = NOTHING;
    this.base = base + chunk.length;
    this.at = 0;
    if (keepFrom === undefined || keepFrom >= base) this.drop();
    if (keepFrom === undefined) return;
    if (keepFrom >= base) this.keptFrom = keepFrom;
    else this.dropBefore(keepFrom);
    this.append(chunk.subarray(Math.max(0, keepFrom - base)));
  }

  private joined(offset: number, more: Buffer): Buffer {
    return Buffer.concat([this.kept.subarray(offset - this.keptFrom, this.keptBytes), more]);
  }

  private drop(): void {
    this.keptBytes = 0;
    if (this.kept.length > RESTING_BYTES) this.kept = NOTHING;
  }

  private dropBefore(offset: number): void {
    const cut = offset - this.keptFrom;
    if (cut === 0) return;
    this.kept.copyWithin(0, cut, this.keptBytes);
    this.keptBytes -= cut;
    this.keptFrom = offset;
  }

  private append(bytes: Buffer): void {
    const needed = this.keptBytes + bytes.length;
    if (needed > this.kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.kept.length));
      this.kept.copy(larger, 0, 0, this.keptBytes);
      this.kept = larger;
    }
    bytes.copy(this.kept, this.keptBytes);
    this.keptBytes = needed;
  }
}
