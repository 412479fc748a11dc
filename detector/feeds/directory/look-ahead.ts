import type { FeedUnit } from '../feed.js';
import { byAge } from './file-table.js';
import { dueAt, type TrackedFile } from './tracked-file.js';

/** Files that are looked at together: opening them one after the other is slow, most of all on network mounts. */
const LOOKS_AT_ONCE = 16;

interface Ready {
  readonly file: TrackedFile;
  readonly unit: FeedUnit;
}

/** The order of work: files to look at and units to hand out, those of the oldest file first. */
export class LookAhead {
  /** The oldest last. */
  private queue: TrackedFile[] = [];
  /** The oldest first. */
  private readonly ready: Ready[] = [];

  /** @param look never rejects */
  constructor(private readonly look: (file: TrackedFile) => Promise<FeedUnit | undefined>) {}

  /** @param files the oldest last */
  refill(files: TrackedFile[]): void {
    this.queue = files;
  }

  /** A file that may have more, in its place by age. */
  add(file: TrackedFile): void {
    const younger = this.queue.findLastIndex((other) => byAge(other, file) < 0);
    this.queue.splice(younger + 1, 0, file);
  }

  async next(signal: AbortSignal): Promise<Ready | undefined> {
    while (!signal.aborted) {
      const [first] = this.ready;
      const oldest = this.queue.at(-1);
      if (first !== undefined && (oldest === undefined || byAge(oldest, first.file) < 0)) {
        return this.ready.shift();
      }
      if (oldest === undefined) return undefined;
      await this.lookAtSome();
    }
    return undefined;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.ready.length === 0;
  }

  /** Takes back what was not handed out. */
  clear(now: number): void {
    this.queue = [];
    for (const { file } of this.ready.splice(0)) {
      file.flight = undefined;
      file.checkAt = now;
    }
  }

  private async lookAtSome(): Promise<void> {
    const most = Math.max(1, LOOKS_AT_ONCE - this.ready.length);
    const some = this.queue.splice(-most).filter((file) => dueAt(file) < Infinity);
    const units = await Promise.all(some.map((file) => this.look(file)));
    for (const [i, file] of some.entries()) {
      const unit = units[i];
      if (unit !== undefined) this.ready.push({ file, unit });
    }
    this.ready.sort((a, b) => byAge(b.file, a.file));
  }
}
