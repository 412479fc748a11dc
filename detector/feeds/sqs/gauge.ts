import type { Depth, Queue } from './queue.js';

const EVERY_MS = 60_000;

/** Knows what waits in a queue, as of a minute ago at most while somebody calls `refresh`. */
export class Gauge {
  depth: Depth = { waiting: 0, underWay: 0 };
  private askedAt = -Infinity;

  /** @param onAnswer called after each request, with why it failed */
  constructor(
    private readonly queue: Pick<Queue, 'depth'>,
    private readonly now: () => number,
    private readonly onAnswer: (failure: unknown) => void,
  ) {}

  /** Asks, unless that was done a moment ago. Nobody waits for the answer. */
  refresh(): void {
    const now = this.now();
    if (now - this.askedAt < EVERY_MS) return;
    this.askedAt = now;
    this.queue.depth().then(
      (depth) => {
        this.depth = depth;
        this.onAnswer(undefined);
      },
      (failure: unknown) => this.onAnswer(failure),
    );
  }
}
