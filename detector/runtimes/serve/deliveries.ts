import pLimit from 'p-limit';

/** Groups whose messages are under way at the same time. */
const GROUPS_AT_ONCE = 32;
/** Groups that wait for it. What finds no place here is due in the store, and a sweep sees to it. */
const MOST_WAITING = 10_000;

/** First attempts, made at once and not waited for. */
export class Deliveries {
  private readonly limit = pLimit(GROUPS_AT_ONCE);
  private readonly waiting = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();

  /** @param attempt sends what is due in a group; never throws */
  constructor(private readonly attempt: (key: string) => Promise<void>) {}

  add(key: string): void {
    if (this.waiting.has(key) || this.waiting.size >= MOST_WAITING) return;
    this.waiting.add(key);
    const done = this.limit(() => {
      this.waiting.delete(key);
      return this.attempt(key);
    });
    this.underWay.add(done);
    void done.finally(() => this.underWay.delete(done));
  }

  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }
}
