import type { SQSClient } from '@aws-sdk/client-sqs';
import { Pause, waitByTimer, type Wait } from './pause.js';
import { Problems, type OnProblem } from './problems.js';
import { steadyClock } from './steady-clock.js';
import type { Feed, FeedUnit, UnitOutcome } from './feed.js';
import type { S3Clients } from './s3/clients.js';
import { NotificationError, type Skipped } from './s3/notification.js';
import { Gauge } from './sqs/gauge.js';
import { HeartBeat } from './sqs/heart-beat.js';
import { Holdings, type Again, type Held } from './sqs/holdings.js';
import { unitsOfMessage, type MessageUnits, type SqsSource } from './sqs/message.js';
import { Queue, type Received } from './sqs/queue.js';

export { unitsOfMessage, type MessageUnits, type SqsSource } from './sqs/message.js';
export { QueueProblem } from './sqs/queue-problem.js';

/** SQS hands out so many messages at once. */
const MOST_AT_ONCE = 10;
/** Between requests to a queue that has nothing, or that fails: then twice as long after each. */
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Until a message that failed comes back, twice as long after each delivery. */
const SHORTEST_BACK_OFF_SECONDS = 30;
const LONGEST_BACK_OFF_SECONDS = 15 * 60;
/** Ids of unreadable messages that are remembered, so that each is told once. */
const MOST_TOLD = 10_000;

export interface SqsFeedOptions {
  readonly source: SqsSource;
  /** Of the queue's region. */
  readonly client: SQSClient;
  /** How the buckets of the source are read. */
  readonly clients: S3Clients;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** @default a timer */
  readonly wait?: Wait;
  /** How long one request waits for messages: 0 to 20. @default 20 */
  readonly pollSeconds?: number;
  /**
   * For how long a message is hidden from others, again and again while it is worked on. What a process held when it was
   * killed comes back after this time. @default 120
   */
  readonly visibilitySeconds?: number;
  /** Told of the queue when it fails, and when it is well again. Places are its address with the call. */
  readonly onProblem?: OnProblem;
  /** Told once of a message that is no notification. */
  readonly onUnreadable?: (messageId: string, error: NotificationError) => void;
  /** Told of what a message names and is not read, each time it is delivered. */
  readonly onSkipped?: (skipped: Skipped) => void;
  /** Told when the queue had nothing. */
  readonly onEmpty?: () => void;
}

/**
 * A feed of the objects that are announced in a queue.
 *
 * - A message is acknowledged when all of its objects are done. When one is to be tried again, the message comes back
 *   after a while; the ledger knows that the others are done.
 * - Messages are taken as the consumer asks for units: ten at a time, and one at a time where it is slow, so that other
 *   detectors on the queue get theirs. An object that several messages announce is handed out once at a time.
 * - What is no notification is left alone until the queue makes it a dead letter, and blocks nothing. The queue needs a
 *   redrive policy for that.
 * - When the signal ends it, what was not handed out goes back at once; what was is kept until it is settled.
 *
 * It runs one loop over `units`.
 */
export function sqsFeed(options: SqsFeedOptions): Feed {
  return new SqsFeed(options);
}

class SqsFeed implements Feed {
  readonly name: string;
  private readonly steady: () => number;
  private readonly visibilitySeconds: number;

  private readonly queue: Queue;
  private readonly holdings = new Holdings();
  private readonly heartBeat: HeartBeat;
  private readonly gauge: Gauge;
  private readonly problems: Problems;
  private readonly pause: Pause;

  /** Units that were not handed out yet. */
  private readonly ready: FeedUnit[] = [];
  /** When the messages came that these are of. */
  private receivedAt: number | undefined;
  private failures = 0;
  private readonly told = new Set<string>();

  constructor(private readonly options: SqsFeedOptions) {
    const { source, client, now = Date.now, wait = waitByTimer, onProblem = () => {} } = options;
    const { visibilitySeconds = 120 } = options;
    this.name = source.name;
    this.visibilitySeconds = visibilitySeconds;
    const steady = (this.steady = steadyClock(now));
    this.problems = new Problems(onProblem);
    this.pause = new Pause(wait);
    const queue = (this.queue = new Queue(client, source.queueUrl));
    this.gauge = new Gauge(queue, steady, (failure) => this.note('sqs:GetQueueAttributes', failure));
    this.heartBeat = new HeartBeat(queue, this.holdings, {
      ...{ visibilitySeconds, wait, now: steady },
      onBeat: (failure) => {
        this.note('sqs:ChangeMessageVisibility', failure);
        this.gauge.refresh();
      },
    });
  }

  async *units(signal: AbortSignal): AsyncGenerator<FeedUnit> {
    try {
      while (!signal.aborted) {
        const unit = this.ready.shift();
        if (unit === undefined) await this.receive(signal);
        else yield unit;
      }
    } finally {
      // Where that fails, they come back when their time is over.
      await Promise.allSettled(this.ready.splice(0).map((unit) => this.release(unit, 'now')));
    }
  }

  settle(unit: FeedUnit, outcome: UnitOutcome): Promise<void> {
    return this.release(unit, outcome.kind === 'done' ? 'never' : 'later');
  }

  /** A queue tells neither sizes nor times: bytes are those at hand, the oldest is of the messages that it gave. */
  backlog(): { units: number; bytes: number; oldest: number | undefined } {
    const times = this.holdings.all().flatMap(({ sent }) => sent ?? []);
    return {
      units: this.gauge.depth.waiting + this.ready.length,
      bytes: this.ready.reduce((sum, { size = 0 }) => sum + size, 0),
      oldest: times.length === 0 ? undefined : Math.min(...times),
    };
  }

  /** Fills what is ready; waits where there is nothing, or the queue fails. */
  private async receive(signal: AbortSignal): Promise<void> {
    this.gauge.refresh();
    const { pollSeconds = 20 } = this.options;
    const most = this.isConsumerSlow() ? 1 : MOST_AT_ONCE;
    let messages;
    try {
      messages = await this.queue.receive(
        { most, pollSeconds, visibilitySeconds: this.visibilitySeconds },
        signal,
      );
    } catch (error) {
      this.note('sqs:ReceiveMessage', error);
      await this.pause.for(Math.min(SHORTEST_PAUSE_MS * 2 ** this.failures++, LONGEST_PAUSE_MS), signal);
      return;
    }
    if (signal.aborted && messages.length === 0) return;
    this.failures = 0;
    this.note('sqs:ReceiveMessage', undefined);
    this.receivedAt = messages.length === 0 ? undefined : this.steady();
    if (messages.length === 0) await this.rest(signal);
    const over = messages.flatMap((message) => this.accept(message));
    if (over.length > 0) await this.finishQuietly(over);
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const { pollSeconds, onEmpty } = this.options;
    onEmpty?.();
    // The queue did not wait.
    if (pollSeconds === 0) await this.pause.for(SHORTEST_PAUSE_MS, signal);
  }

  /** It took long to take what the last request brought. */
  private isConsumerSlow(): boolean {
    return this.receivedAt !== undefined && this.steady() - this.receivedAt > this.visibilitySeconds * 500;
  }

  /** @returns the message where there is nothing to do for it */
  private accept(message: Received): readonly Held[] {
    const now = this.steady();
    if (this.holdings.renew(message, now)) return [];
    const { held, fresh } = this.holdings.hold(message, this.read(message), now);
    this.ready.push(...fresh);
    this.heartBeat.changed();
    return held.open.size === 0 ? [held] : [];
  }

  private read({ id, body, sent }: Received): MessageUnits {
    const { source, clients, now = Date.now, onUnreadable, onSkipped } = this.options;
    try {
      const found = unitsOfMessage(body, source, clients, sent ?? now());
      for (const skipped of found.skipped) onSkipped?.(skipped);
      return found;
    } catch (error) {
      if (!(error instanceof NotificationError)) throw error;
      if (!this.told.has(id)) onUnreadable?.(id, error);
      if (this.told.size === MOST_TOLD) this.told.clear();
      this.told.add(id);
      return { units: [], skipped: [], isDamaged: true };
    }
  }

  private async release(unit: FeedUnit, again: Again): Promise<void> {
    const over = this.holdings.release(unit.id, again);
    this.heartBeat.changed();
    await this.finish(over);
  }

  private async finish(messages: readonly Held[]): Promise<void> {
    const results = await Promise.allSettled(
      messages.map(({ receipt, again, times }) => {
        if (again === 'never') return this.queue.remove(receipt);
        return this.queue.hide(receipt, again === 'now' ? 0 : backOffSeconds(times));
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** For messages without units: nobody settles them. What fails comes back when its time is over. */
  private async finishQuietly(messages: readonly Held[]): Promise<void> {
    const failure: unknown = await this.finish(messages).catch((error: unknown) => error);
    this.note('sqs:DeleteMessage', failure);
  }

  private note(call: string, failure: unknown): void {
    const place = `${this.options.source.queueUrl} (${call})`;
    if (failure === undefined) this.problems.clear(place);
    else this.problems.set(place, failure);
  }
}

const backOffSeconds = (times: number): number =>
  Math.min(SHORTEST_BACK_OFF_SECONDS * 2 ** (times - 1), LONGEST_BACK_OFF_SECONDS);
