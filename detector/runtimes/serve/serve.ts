import type { Outbox } from '../../alerts/outbox.js';
import type { Feed, FeedUnit, UnitOutcome } from '../../feeds/feed.js';
import type { Processor } from '../../processor.js';
import type { StateStore } from '../../state/store.js';
import { ByteBudget } from './byte-budget.js';
import { Deliveries } from './deliveries.js';

/** A unit whose size the feed does not know counts as this many bytes. */
const UNKNOWN_SIZE = 1024 * 1024;
/** Units that are worked on at the same time, however small they are: each takes its share of the bytes at least. */
const MOST_UNITS = 64;
const SWEEP_EVERY_MS = 5_000;
const GROUPS_PER_SWEEP = 200;
const EXPIRE_EVERY_SWEEPS = 60;
const EXPIRED_AT_ONCE = 2_000;
/** A feed that broke is asked again after this time. */
const FEED_PAUSE_MS = 5_000;

export interface ServeOptions {
  readonly feeds: readonly Feed[];
  readonly processor: Pick<Processor, 'process'>;
  readonly outbox: Pick<Outbox, 'attempt' | 'sweep'>;
  readonly store: Pick<StateStore, 'durable' | 'expire'>;
  readonly now: () => number;
  /** Waits, or less where the signal ends it. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Stored bytes that are worked on at the same time. */
  readonly mostBytesAtOnce: number;
  /** How long the end waits for what is under way. */
  readonly graceMs: number;
  /** Called once in a sweep: statistics. */
  readonly chores?: () => Promise<void>;
  /** Told of the source of every unit that is handed out. */
  readonly looked?: (source: string) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/**
 * Consumes feeds until the signal ends it: each unit is evaluated, counted, made durable, acknowledged, and only then
 * are its alerts sent. Many units share one commit. A sweep sends what is due again and forgets what is old.
 * @returns whether everything under way was finished within the grace period
 */
export async function serve(options: ServeOptions, signal: AbortSignal): Promise<boolean> {
  const session = new Session(options, signal);
  const finished = session.run().then(() => true);
  const isOver = await Promise.race([finished, session.graceOver().then(() => false)]);
  session.isOver = true;
  return isOver;
}

class Session {
  /** What is still under way is none of our business any more. */
  isOver = false;

  private readonly budget: ByteBudget;
  private readonly units = new Set<Promise<void>>();
  private readonly deliveries = new Deliveries((key) => this.deliver(key));
  private readonly finished = new AbortController();

  constructor(
    private readonly options: ServeOptions,
    private readonly signal: AbortSignal,
  ) {
    this.budget = new ByteBudget(options.mostBytesAtOnce);
  }

  /** Until the signal, and then until nothing is under way. */
  async run(): Promise<void> {
    await Promise.all([...this.options.feeds.map((feed) => this.consume(feed)), this.sweepUntilEnd()]);
    while (this.units.size > 0) await Promise.all(this.units);
    await this.deliveries.idle();
    this.finished.abort();
  }

  /** The grace period begins with the signal, whatever hangs then. */
  async graceOver(): Promise<void> {
    await aborted(this.signal);
    await this.options.wait(this.options.graceMs, this.finished.signal);
  }

  private async consume(feed: Feed): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      try {
        for await (const unit of feed.units(signal)) await this.take(feed, unit);
      } catch (error) {
        this.log('error', `The feed of ${feed.name} broke and begins anew: ${describe(error)}`);
        await this.options.wait(FEED_PAUSE_MS, signal);
      }
    }
  }

  /** Returns when there is room for the unit: a slow evaluation holds the feed back. */
  private async take(feed: Feed, unit: FeedUnit): Promise<void> {
    const { looked, mostBytesAtOnce } = this.options;
    looked?.(feed.name);
    const least = Math.ceil(mostBytesAtOnce / MOST_UNITS);
    const giveBack = await this.budget.take(Math.max(unit.size ?? UNKNOWN_SIZE, least));
    const done = this.handle(feed, unit).finally(giveBack);
    this.units.add(done);
    void done.finally(() => this.units.delete(done));
  }

  private async sweepUntilEnd(): Promise<void> {
    const { outbox, store, now, wait, chores } = this.options;
    const { signal } = this;
    for (let sweep = 0; !signal.aborted; sweep++) {
      // One that fails does not keep the others from being done.
      await this.attempt('Sending what is due', () => outbox.sweep(GROUPS_PER_SWEEP));
      if (sweep % EXPIRE_EVERY_SWEEPS === 0) {
        await this.attempt('Forgetting what is old', () => store.expire(now(), EXPIRED_AT_ONCE));
      }
      await this.attempt('Writing statistics', async () => chores?.());
      await wait(SWEEP_EVERY_MS, signal);
    }
  }

  private async handle(feed: Feed, unit: FeedUnit): Promise<void> {
    const { processor, store } = this.options;
    let outcome: UnitOutcome;
    let touched: readonly string[] = [];
    try {
      ({ outcome, touched } = await processor.process(unit, feed.name));
      await store.durable();
      if (outcome.kind === 'retry') this.log('warn', `${unit.name} will be tried again: ${outcome.reason}`);
    } catch (error) {
      this.log('error', `${unit.name} will be tried again: ${describe(error)}`);
      outcome = { kind: 'retry', reason: messageOf(error) };
    }
    await this.attempt(`Acknowledging ${unit.name}`, () => feed.settle(unit, outcome));
    for (const key of touched) this.deliveries.add(key);
  }

  /** The first attempt follows at once; what fails is due again, and the sweep sees to it. */
  private deliver(key: string): Promise<void> {
    return this.attempt('A delivery', () => this.options.outbox.attempt(key));
  }

  private async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log('error', `${what} failed and will be tried again: ${describe(error)}`);
    }
  }

  private log(level: 'warn' | 'error', message: string): void {
    if (!this.isOver) this.options.log(level, message);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Errors with a fix of their own are for people; of the others the stack is what helps. */
const describe = (error: unknown): string =>
  error instanceof Error && !('code' in error) && !(error instanceof AggregateError)
    ? (error.stack ?? error.message)
    : messageOf(error);
