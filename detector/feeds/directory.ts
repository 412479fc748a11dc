import { resolve } from 'node:path';
import { globMatches } from '../engine/text.js';
import { StoreError, type StateStore } from '../state/store.js';
import { Claims } from './directory/claims.js';
import { Cursors } from './directory/cursors.js';
import { FileTable } from './directory/file-table.js';
import { Follower } from './directory/follower.js';
import { LookAhead } from './directory/look-ahead.js';
import { Pause, waitByTimer, type Wait } from './pause.js';
import { Places } from './directory/places.js';
import { Problems, type OnProblem } from './problems.js';
import { joinRaw, rawPath, shownPath, type RawPath } from './directory/raw-path.js';
import {
  backOff,
  dueAt,
  recover,
  waitingBytes,
  type IdentityBy,
  type TrackedFile,
} from './directory/tracked-file.js';
import { steadyClock } from './steady-clock.js';
import type { Feed, FeedUnit, UnitOutcome } from './feed.js';

export { FileProblem } from './directory/file-problem.js';
export type { OnProblem } from './problems.js';

const DAY_MS = 24 * 60 * 60_000;
/** A listing takes at most a quarter of the time, however many files there are. */
const REST_PER_LISTING = 3;

export interface DirectoryFeedOptions {
  /** The source's name. Cursors belong to it: under another name everything is read again. */
  readonly name: string;
  /** A folder with everything below it, or one file. It may come later. */
  readonly path: string;
  readonly store: StateStore;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** @default a timer */
  readonly wait?: Wait;
  /** Pause between two listings of the tree, and longer where a listing takes long. @default 1000 */
  readonly pollMs?: number;
  /** A file that has not changed for this long is taken to be complete. @default 10,000 */
  readonly quietMs?: number;
  /** Most bytes of a range, unless one line is longer. @default 8 MiB */
  readonly maxRangeBytes?: number;
  /** Cursors of files that have been gone for this long expire. @default 7 days */
  readonly forgetAfterMs?: number;
  /** Globs of base names, of files and folders, that are left out. @default ['*.tmp', '*.partial', '.*'] */
  readonly exclude?: readonly string[];
  /**
   * What makes a file the same after a rename or a restart, together with its first bytes and those before the cursor:
   * its number in the file system, or its path. `path` is for mounts that number files anew (object stores through
   * FUSE, SMB without server numbers); rotated files are then read again under their new name. @default 'inode'
   */
  readonly identity?: IdentityBy;
  /** Told of what cannot be read, and of the state store when it fails (under the feed's own path). */
  readonly onProblem?: OnProblem;
}

/**
 * A feed of the files in a folder and below it.
 *
 * It asks the file system again and again instead of having itself notified: that works on every file system, network
 * mounts included, and no notification can be lost.
 *
 * - Lines are followed as the file grows, in ranges that end with a line; a last line without an end is taken once the
 *   file is quiet. So are lines that hold an envelope or a list each.
 * - What can only be read as one (gzip, zstd, UTF-16, JSON over several lines) is one unit once the file is quiet, or
 *   was renamed into place from an excluded name. When such a file changes it is another unit, read from its start:
 *   give files that grow one record a line.
 * - A file that is renamed goes on where it was. One that is cut, or replaced, begins anew. A copy is another file, so
 *   rotation by copy, or with compression, is read twice unless the copies are excluded.
 *
 * Where samples of the content leave a doubt, a file is read again rather than skipped.
 *
 * Units of one file come one after the other. A unit that is not settled is out until the process ends; settling one
 * that is not out does nothing. One process at a time watches a folder under one name, and runs one loop over `units`.
 */
export function directoryFeed(options: DirectoryFeedOptions): Feed {
  return new DirectoryFeed(options);
}

class DirectoryFeed implements Feed {
  readonly name: string;
  private readonly steady: () => number;
  private readonly pollMs: number;
  private readonly maxRangeBytes: number;
  private readonly root: RawPath;

  private readonly claims = new Claims();
  private readonly cursors: Cursors;
  private readonly follower: Follower;
  private readonly table: FileTable;
  private readonly problems: Problems;
  private readonly storeProblems: Problems;
  private readonly pause: Pause;

  private readonly work = new LookAhead((file) => this.look(file));
  private readonly flights = new Map<string, TrackedFile>();
  private lastListing: number | undefined;
  private restMs: number;
  private hasSwept = false;

  constructor(options: DirectoryFeedOptions) {
    const { name, store, now = Date.now, onProblem = () => {}, identity = 'inode' } = options;
    const { exclude = ['*.tmp', '*.partial', '.*'], forgetAfterMs = 7 * DAY_MS } = options;
    const { pollMs = 1000, quietMs = 10_000, maxRangeBytes = 8 * 1024 * 1024 } = options;
    this.name = name;
    const steady = (this.steady = steadyClock(now));
    this.pollMs = this.restMs = pollMs;
    this.maxRangeBytes = maxRangeBytes;
    this.pause = new Pause(options.wait ?? waitByTimer);
    this.problems = new Problems(onProblem);
    this.storeProblems = new Problems(onProblem);
    this.cursors = new Cursors(store, name, forgetAfterMs, now, () => this.storeAnswered());

    const root = (this.root = rawPath(resolve(options.path)));
    const places = new Places(this.cursors, this.claims, now);
    this.follower = new Follower(
      {
        root,
        identity,
        quietMs,
        maxRangeBytes,
        now,
        steady,
        onLoss: (path, problem) => onProblem(shownPath(joinRaw(root, path)), problem),
      },
      places,
      this.cursors,
    );
    this.table = new FileTable(
      {
        root,
        identity,
        isExcluded: (base) => exclude.some((glob) => globMatches(glob, base)),
        now: steady,
        onRemoved: (file) => this.follower.removed(file),
      },
      this.problems,
    );
  }

  async *units(signal: AbortSignal): AsyncGenerator<FeedUnit> {
    let isDue = true;
    try {
      while (!signal.aborted) {
        if (isDue || this.isListingDue()) await this.list(signal);
        isDue = false;
        const next = await this.work.next(signal);
        if (next !== undefined) {
          this.flights.set(next.unit.id, next.file);
          yield next.unit;
        } else {
          await this.tidy(signal);
          // What was settled meanwhile may have more.
          if (this.work.isEmpty) isDue = await this.pause.for(this.restMs, signal);
        }
      }
    } finally {
      this.work.clear(this.steady());
    }
  }

  async settle(unit: FeedUnit, outcome: UnitOutcome): Promise<void> {
    const file = this.flights.get(unit.id);
    if (file === undefined) return;
    try {
      if (outcome.kind === 'done') await this.follower.done(file, outcome.end);
      if (outcome.kind === 'done') recover(file);
      else backOff(file, this.steady());
    } catch (error) {
      backOff(file, this.steady());
      throw error;
    } finally {
      this.flights.delete(unit.id);
      file.flight = undefined;
    }
    if (waitingBytes(file) > 0) file.checkAt = Math.min(file.checkAt, this.steady());
    if (dueAt(file) > this.steady()) return;
    this.work.add(file);
    this.pause.end();
  }

  backlog(): { units: number; bytes: number; oldest: number | undefined } {
    let units = 0;
    let bytes = 0;
    let oldest: number | undefined;
    for (const file of this.table.all()) {
      const waiting = waitingBytes(file);
      if (waiting === 0) continue;
      units += file.position?.kind === 'lines' ? Math.ceil(waiting / this.maxRangeBytes) : 1;
      bytes += waiting;
      oldest = Math.min(oldest ?? Infinity, file.mtime);
    }
    return { units, bytes, oldest };
  }

  private isListingDue(): boolean {
    return this.steady() - (this.lastListing ?? -Infinity) >= this.restMs;
  }

  private async list(signal: AbortSignal): Promise<void> {
    const begun = this.steady();
    await this.table.list(signal);
    const ended = this.steady();
    this.lastListing = ended;
    this.restMs = Math.max(this.pollMs, REST_PER_LISTING * (ended - begun));
    this.work.refill(this.table.due(ended));
  }

  private async look(file: TrackedFile): Promise<FeedUnit | undefined> {
    const path = shownPath(joinRaw(this.root, file.path));
    try {
      const unit = await this.follower.look(file);
      this.problems.clear(path);
      return unit;
    } catch (error) {
      backOff(file, this.steady());
      if (error instanceof StoreError) this.storeFailed(error);
      else this.problems.set(path, error);
      return undefined;
    }
  }

  /** Without the store nothing can be handed out; what waits, waits. */
  private storeFailed(error: StoreError): void {
    this.storeProblems.set(shownPath(this.root), error);
    this.work.refill([]);
  }

  private storeAnswered(): void {
    this.storeProblems.clear(shownPath(this.root));
  }

  /** In the pauses: cursors that nobody needs are let go. */
  private async tidy(signal: AbortSignal): Promise<void> {
    try {
      await this.claims.clearLeft((key) => this.cursors.giveUp(key), signal);
      if (this.hasSwept || this.lastListing === undefined || this.table.isClosed('')) return;
      const unread = new Set<string>();
      for (const file of this.table.all()) if (file.position === undefined) unread.add(shownPath(file.path));
      await this.cursors.giveUpAllBut(
        (key) => this.claims.has(key),
        (path) => unread.has(path) || this.table.isClosed(rawPath(path)),
        signal,
      );
      this.hasSwept = !signal.aborted;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.storeFailed(error);
    }
  }
}
