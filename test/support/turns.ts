import { setImmediate as settled } from 'node:timers/promises';

/**
 * Makes concurrent work deterministic: whoever calls `wait` goes on only when it is its turn, and whose turn it is, is
 * chosen by the test. Nothing but microtasks may lie between two waits.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Gives turns until `isOver` says so. @param choose from 0 to the number before `count` */
  async run(isOver: () => boolean, choose: (count: number) => number): Promise<void> {
    for (;;) {
      await settled();
      if (isOver()) return;
      if (this.waiting.length === 0) throw new Error('Nobody waits for a turn, and it is not over.');
      const [next] = this.waiting.splice(choose(this.waiting.length), 1);
      next?.();
    }
  }
}
