import { Pause, type Wait } from '../pause.js';
import type { Holdings } from './holdings.js';
import type { Queue } from './queue.js';

/** From its delivery on, nobody can keep a message longer (docs.aws.amazon.com, "Amazon SQS visibility timeout"). */
const LONGEST_SECONDS = 12 * 60 * 60;

export interface HeartBeatOptions {
  readonly visibilitySeconds: number;
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
  readonly wait: Wait;
  /** Called after each beat. */
  readonly onBeat: (failure: unknown) => void;
}

/** Keeps messages hidden from others while they are held: twice in the time for which they are hidden. */
export class HeartBeat {
  private readonly pause: Pause;
  private readonly signal = new AbortController().signal;
  private isBeating = false;

  constructor(
    private readonly queue: Pick<Queue, 'hide'>,
    private readonly holdings: Pick<Holdings, 'size' | 'all'>,
    private readonly options: HeartBeatOptions,
  ) {
    this.pause = new Pause(options.wait);
  }

  /** Called when something came to be held, or is not any more. */
  changed(): void {
    if (this.holdings.size === 0) this.pause.end();
    else if (!this.isBeating) void this.beatOn();
  }

  private async beatOn(): Promise<void> {
    this.isBeating = true;
    while (this.holdings.size > 0) {
      if (await this.pause.for(this.options.visibilitySeconds * 500, this.signal)) await this.beat();
    }
    this.isBeating = false;
  }

  private async beat(): Promise<void> {
    const { visibilitySeconds, now, onBeat } = this.options;
    const beats = this.holdings.all().flatMap(({ receipt, since }) => {
      const left = LONGEST_SECONDS - Math.ceil((now() - since) / 1000);
      return left <= 0 ? [] : [this.queue.hide(receipt, Math.min(visibilitySeconds, left))];
    });
    const results = await Promise.allSettled(beats);
    onBeat(results.find((result) => result.status === 'rejected')?.reason);
  }
}
