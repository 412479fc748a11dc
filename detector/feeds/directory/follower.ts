import type { FileHandle } from 'node:fs/promises';
import type { FeedUnit } from '../feed.js';
import type { Cursors } from './cursors.js';
import { FileProblem } from './file-problem.js';
import { lineEnd } from './line-end.js';
import { readAt, SAMPLE_BYTES, tailHash } from './open-file.js';
import type { Places } from './places.js';
import { joinRaw, keyOfPath, shownPath, type RawPath } from './raw-path.js';
import { openTracked, readSection, readWholeSection, type Section } from './read-section.js';
import {
  noteVersion,
  waitingBytes,
  type IdentityBy,
  type LinesPosition,
  type TrackedFile,
  type WholePosition,
} from './tracked-file.js';

export interface FollowSettings {
  readonly root: RawPath;
  readonly identity: IdentityBy;
  readonly quietMs: number;
  readonly maxRangeBytes: number;
  readonly now: () => number;
  /** The same, never set back. */
  readonly steady: () => number;
  /** Told when bytes are lost that nobody has read. */
  readonly onLoss: (path: RawPath, problem: FileProblem) => void;
}

/** Turns what is new in a file into units, one after the other, and moves its cursor. */
export class Follower {
  constructor(
    private readonly settings: FollowSettings,
    private readonly places: Places,
    private readonly cursors: Cursors,
  ) {}

  /**
   * Looks at a file that no unit is out of. Sets when to look again, if no unit comes of it.
   * @throws what the file system says, or StoreError
   */
  async look(file: TrackedFile): Promise<FeedUnit | undefined> {
    const { root, identity, steady, quietMs } = this.settings;
    const opened = await openTracked(root, identity, file);
    if (opened === undefined) {
      // The next listing knows where it is.
      file.checkAt = steady();
      return undefined;
    }
    const { handle, stats } = opened;
    try {
      noteVersion(file, stats, steady());
      file.checkAt = Infinity;
      const head = await readAt(handle, 0, Math.min(SAMPLE_BYTES, file.size));
      if (file.position !== undefined && !(await this.places.isSame(file.position, file, handle, head))) {
        this.replaced(file);
      }
      if (file.size === 0) return undefined;
      const isQuiet = file.isComplete || steady() - file.changedAt >= quietMs;
      const position = (file.position ??= await this.places.find(file, handle, head, isQuiet));
      const unit =
        position?.kind === 'lines'
          ? await this.nextLines(file, position, handle, isQuiet)
          : position && this.wholeFile(file, position);
      const isWaiting = unit === undefined && waitingBytes(file) > 0;
      if (isWaiting) file.checkAt = isQuiet ? steady() : file.changedAt + quietMs;
      return unit;
    } finally {
      await handle.close();
    }
  }

  /** Moves the cursor of a file behind the unit that is out of it. @throws StoreError, or RangeError */
  async done(file: TrackedFile, recordedEnd: number | undefined): Promise<void> {
    const { position, flight } = file;
    if (position === undefined || flight === undefined) return;
    const path = shownPath(file.path);
    if (position.kind === 'whole') {
      const cursor = { path, offset: position.size, generation: 0 };
      position.version = (await this.cursors.save(position.key, cursor, position.version)).version;
      position.done = true;
      return;
    }
    const offset = recordedEnd ?? flight.end;
    if (!Number.isSafeInteger(offset) || offset <= flight.start) {
      throw new RangeError(`A range from ${flight.start} of ${path} cannot end at ${offset}.`);
    }
    const tail = offset === flight.end ? flight.tail : await this.tailAt(file, offset);
    const { generation } = position;
    const saved = await this.cursors.save(position.key, { path, offset, tail, generation }, position.version);
    if (saved.cursor.generation === generation) {
      position.version = saved.version;
      position.offset = position.searched = saved.cursor.offset;
      position.tail = saved.cursor.tail;
    } else file.position = undefined;
  }

  /** The file was removed from the tree. */
  removed(file: TrackedFile): void {
    const unread = waitingBytes(file);
    if (unread > 0) this.lost(file, `was removed with ${unread} bytes unread`);
    this.places.leave(file);
  }

  /** The path holds other content: under the same name and number begins another file. */
  private replaced(file: TrackedFile): void {
    const { position } = file;
    // A document that was written again before it was read is read in its new form: nothing is missing.
    if (position?.kind === 'lines' && position.known > position.offset) {
      this.lost(file, `was cut or overwritten with ${position.known - position.offset} bytes unread`);
    }
    this.places.leave(file);
  }

  private lost(file: TrackedFile, how: string): void {
    const fix = 'Keep files for longer than it takes to read them, and rotate logs by renaming.';
    const message = `${shownPath(joinRaw(this.settings.root, file.path))} ${how}.`;
    this.settings.onLoss(file.path, new FileProblem('UNREAD_BYTES_LOST', message, fix));
  }

  private async nextLines(
    file: TrackedFile,
    position: LinesPosition,
    handle: FileHandle,
    isQuiet: boolean,
  ): Promise<FeedUnit | undefined> {
    const { size } = file;
    const { offset: start, searched } = position;
    position.known = size;
    if (size === start) return undefined;
    const maxBytes = this.settings.maxRangeBytes;
    const found = await lineEnd(handle, { start, size, maxBytes, searched });
    if (found === undefined) position.searched = size;
    const end = found ?? (isQuiet ? size : undefined);
    const tail = end === undefined ? undefined : await tailHash(handle, end);
    // Without a tail the file was cut just now: the next look sees it.
    if (end === undefined || tail === undefined) return undefined;
    const id = `${idOf(position.key)}-${position.generation}-${start}`;
    file.flight = { unit: id, start, end, tail };
    return { ...this.unit(file, { start, end }, id), end };
  }

  private wholeFile(file: TrackedFile, position: WholePosition): FeedUnit | undefined {
    if (position.done) return undefined;
    const { size, mtime } = position;
    const id = idOf(position.key);
    file.flight = { unit: id, start: 0, end: size, tail: undefined };
    return this.unit(file, { start: 0, end: size, version: { size, mtime } }, id);
  }

  private unit(file: TrackedFile, part: Pick<Section, 'start' | 'end' | 'version'>, id: string): FeedUnit {
    const { root, identity, now } = this.settings;
    const section: Section = { root, identity, file, ...part };
    const name = shownPath(joinRaw(root, file.path));
    return {
      id,
      name,
      key: file.path === '' ? name : keyOfPath(file.path),
      arrival: now(),
      isRemembered: true,
      size: part.end - part.start,
      open: () => readSection(section),
      readAll: () => readWholeSection(section),
    };
  }

  /** For an end that another delivery put on record. Where it cannot be read, the check by it is left out. */
  private async tailAt(file: TrackedFile, offset: number): Promise<string | undefined> {
    const { root, identity } = this.settings;
    const opened = await openTracked(root, identity, file).catch(() => undefined);
    if (opened === undefined) return undefined;
    try {
      return await tailHash(opened.handle, offset);
    } catch {
      return undefined;
    } finally {
      await opened.handle.close();
    }
  }
}

const idOf = (key: string): string => key.slice(key.indexOf('/') + 1);
