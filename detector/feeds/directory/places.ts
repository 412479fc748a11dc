import type { FileHandle } from 'node:fs/promises';
import { NEWLINE, RETURN } from '../../logs/json-bytes.js';
import type { Claims } from './claims.js';
import { contentKind, contentStart } from './content-kind.js';
import type { Cursors, StoredCursor } from './cursors.js';
import { readAt, sampleHash, tailHash } from './open-file.js';
import { shownPath } from './raw-path.js';
import type { LinesPosition, Position, TrackedFile, WholePosition } from './tracked-file.js';

/** Finds out what a file is and how far it was read, and whether it is still the same. */
export class Places {
  constructor(
    private readonly cursors: Cursors,
    private readonly claims: Claims,
    private readonly now: () => number,
  ) {}

  /** Whether the file goes on from its position: what was read is still there, as far as samples show. */
  async isSame(position: Position, file: TrackedFile, handle: FileHandle, head: Buffer): Promise<boolean> {
    if (position.kind === 'whole') return position.size === file.size && position.mtime === file.mtime;
    const { headLength, offset, tail } = position;
    return (
      file.size >= offset &&
      head.length >= headLength &&
      sampleHash(head.subarray(0, headLength)) === position.head &&
      (tail === undefined || (await tailHash(handle, offset)) === tail)
    );
  }

  /** Undefined while more of the file, or a quiet time, is needed to tell. */
  async find(
    file: TrackedFile,
    handle: FileHandle,
    head: Buffer,
    isQuiet: boolean,
  ): Promise<Position | undefined> {
    const kind = await contentKind(head, (end) => readAt(handle, 0, Math.min(end, file.size)), isQuiet);
    if (kind === 'lines') return this.findLines(file, handle, head);
    return kind === 'whole' && isQuiet ? this.findWhole(file, handle, head) : undefined;
  }

  /** The file of this position is gone, or holds something else now. */
  leave(file: TrackedFile): void {
    const { position } = file;
    file.position = undefined;
    if (position === undefined) return;
    this.claims.leave(position.key);
    if (position.kind === 'lines') file.former = { key: position.key, generation: position.generation };
  }

  private async findLines(file: TrackedFile, handle: FileHandle, head: Buffer): Promise<LinesPosition> {
    const headLength = firstLineEnd(head);
    const headHash = sampleHash(head.subarray(0, headLength));
    const key = this.keyOf(file, ['lines', file.lastingId, headHash]);
    const former = file.former?.key === key ? file.former.generation : -1;
    const stored = await this.claimed(
      key,
      file,
      async () => (await this.goingOn(file, handle, key, former)) ?? this.begin(file, key, former),
    );
    const { offset, tail, generation } = stored.cursor;
    return {
      kind: 'lines',
      key,
      version: stored.version,
      generation,
      head: headHash,
      headLength,
      offset,
      tail,
      searched: offset,
      known: file.size,
    };
  }

  /** The stored cursor, where what was read before it is still there. */
  private async goingOn(
    file: TrackedFile,
    handle: FileHandle,
    key: string,
    former: number,
  ): Promise<StoredCursor | undefined> {
    const stored = await this.cursors.load(key);
    if (stored === undefined) return undefined;
    const { offset, tail, generation } = stored.cursor;
    const fits = generation > former && file.size >= offset;
    return fits && (tail === undefined || (await tailHash(handle, offset)) === tail) ? stored : undefined;
  }

  /**
   * A cursor at the start. It is stored before anything is handed out: its generation, which is a time, makes the ids
   * of units differ from those of any file before, also of one whose cursor is forgotten and whose units are not.
   */
  private async begin(file: TrackedFile, key: string, former: number): Promise<StoredCursor> {
    const stored = await this.cursors.load(key);
    const generation = Math.max(this.now(), former + 1, (stored?.cursor.generation ?? -1) + 1);
    const cursor = { path: shownPath(file.path), offset: 0, generation };
    return this.cursors.save(key, cursor, stored?.version);
  }

  private async findWhole(
    file: TrackedFile,
    handle: FileHandle,
    head: Buffer,
  ): Promise<WholePosition | undefined> {
    const { size, mtime, lastingId } = file;
    const tail = await tailHash(handle, size);
    if (tail === undefined) return undefined;
    const key = this.keyOf(file, ['whole', lastingId, `${size}`, `${mtime}`, sampleHash(head), tail]);
    const stored = await this.claimed(key, file, () => this.cursors.load(key));
    return { kind: 'whole', key, version: stored?.version, size, mtime, done: stored !== undefined };
  }

  /** Takes a key at once, since other files are looked at meanwhile. */
  private async claimed<T>(key: string, file: TrackedFile, load: () => Promise<T>): Promise<T> {
    this.claims.take(key, file.id);
    try {
      return await load();
    } catch (error) {
      this.claims.leave(key);
      throw error;
    }
  }

  /** Two files with one key lie on two devices and have the same number and the same head: told apart by their paths. */
  private keyOf(file: TrackedFile, identity: readonly string[]): string {
    const key = this.cursors.keyOf(identity);
    return this.claims.isFreeFor(key, file.id) ? key : this.cursors.keyOf([...identity, file.path]);
  }
}

/** Where the first line that is not blank ends, without its line end: it will not change when the file grows. */
function firstLineEnd(head: Buffer): number {
  const newline = head.indexOf(NEWLINE, contentStart(head));
  const end = newline < 0 ? head.length : newline;
  return head[end - 1] === RETURN ? end - 1 : end;
}
