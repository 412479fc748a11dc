import type { AttemptReport } from '../../detector/alerts/outbox.js';
import type { Log } from './log.js';

const QUIET_MS = 60_000;

/** Says how a destination fares, once a minute at most: one that is down fails with every alert. */
export class DeliveryLog {
  private readonly failing = new Map<string, { saidAt: number; unsaid: number }>();

  constructor(
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  attempt({ destination, alertId, outcome, error = 'failed' }: AttemptReport): void {
    if (outcome === 'failed') {
      this.log('error', `Alert ${alertId} was given up for ${destination}: ${error}`);
      return;
    }
    const known = this.failing.get(destination);
    if (outcome === 'delivered') {
      if (known === undefined) return;
      this.failing.delete(destination);
      this.log('info', `Destination "${destination}" takes alerts again.`);
      return;
    }
    const { saidAt, unsaid } = known ?? { saidAt: -Infinity, unsaid: 0 };
    if (this.now() - saidAt < QUIET_MS) {
      this.failing.set(destination, { saidAt, unsaid: unsaid + 1 });
      return;
    }
    const more = unsaid === 0 ? '' : ` (and ${String(unsaid)} failures before)`;
    this.log('warn', `${error} It will be tried again.${more}`);
    this.failing.set(destination, { saidAt: this.now(), unsaid: 0 });
  }
}
