/** Lets so many things through in a second, in the mean. */
export class Pace {
  private due: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number,
    private readonly wait: (ms: number) => Promise<void>,
  ) {
    this.due = now();
  }

  /** Waits until it is time for these. */
  async take(count: number): Promise<void> {
    const now = this.now();
    if (this.due > now) await this.wait(this.due - now);
    // What was not used while something else took long is not made up for in a burst.
    this.due = Math.max(this.due, now) + (count * 1000) / this.perSecond;
  }
}
