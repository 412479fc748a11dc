const NAME = Buffer.from('records');

/**
 * Whether the last string at the top of a value was the key `Records`, in any letter case. A name that is written with
 * escapes does not count.
 */
export class RecordsKey {
  matches = false;
  private readonly head = Buffer.alloc(NAME.length);
  private length = 0;

  clear(): void {
    this.matches = false;
  }

  /** The string between these two places; it goes on where `to` is the end of the chunk. */
  set(chunk: Buffer, from: number, to: number): void {
    this.length = to - from;
    this.matches = this.length === NAME.length && isName(chunk, from);
    if (to === chunk.length && this.length <= NAME.length) chunk.copy(this.head, 0, from, to);
  }

  /** Further bytes of the same string. */
  extend(chunk: Buffer, from: number, to: number): void {
    const length = this.length + to - from;
    if (length <= NAME.length) chunk.copy(this.head, this.length, from, to);
    this.length = length;
    this.matches = length === NAME.length && isName(this.head, 0);
  }
}

function isName(bytes: Buffer, from: number): boolean {
  for (let i = 0; i < NAME.length; i++) {
    // The bit that tells small ASCII letters from capitals.
    if (((bytes[from + i] ?? 0) | 0x20) !== NAME[i]) return false;
  }
  return true;
}
