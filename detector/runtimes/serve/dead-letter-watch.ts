import type { SystemEvent } from '../../alerts/system-rules.js';
import { failedMessages, type DeadLetterQueue } from '../failed-messages.js';

const EVERY_MS = 60_000;

/** Notices messages that the queues gave up: what these announce was never read. */
export class DeadLetterWatch {
  private askedAt = -Infinity;
  private found: readonly SystemEvent[] = [];

  /** @param ask asks the dead-letter queues; never throws */
  constructor(
    private readonly ask: () => Promise<readonly DeadLetterQueue[]>,
    private readonly now: () => number,
  ) {}

  /** What is to be raised now. Asks once a minute; nobody waits for the answer, which is told with the next call. */
  givenUp(): readonly SystemEvent[] {
    const now = this.now();
    if (now - this.askedAt >= EVERY_MS) {
      this.askedAt = now;
      void this.ask().then((queues) => (this.found = failedMessages(queues, this.now())));
    }
    const { found } = this;
    this.found = [];
    return found;
  }
}
