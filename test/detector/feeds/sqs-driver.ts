import { jest } from '@jest/globals';
import type { Feed, FeedUnit, UnitOutcome } from '../../../detector/feeds/feed.js';
import { s3Clients, type SourceBucket } from '../../../detector/feeds/s3/clients.js';
import type { Skipped } from '../../../detector/feeds/s3/notification.js';
import { sqsFeed, type SqsFeedOptions } from '../../../detector/feeds/sqs.js';
import { REGION, TEST_KEYS, type FauxAws } from '../../support/fauxqs.js';

/** Only what time it is is faked, for the emulator too: what waits for a timer or the network goes on. */
export function fakeClock(): void {
  const doNotFake = [
    ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] as const),
    ...(['clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const),
  ];
  jest.useFakeTimers({ now: Date.parse('2026-03-02T12:00:00Z'), doNotFake });
}

export function pass(seconds: number): void {
  jest.setSystemTime(Date.now() + seconds * 1000);
}

export const TRAIL: SourceBucket = { bucket: 'trail', region: REGION, prefixes: ['AWSLogs/'] };
/** Twice in these seconds the heart beats. */
export const VISIBILITY = 100;
const BEAT_MS = VISIBILITY * 500;

/** A queue of the emulator, and a feed of it that goes on when the test says so. */
export class SqsDriver {
  readonly url: string;
  /** `call: code`, or `call: well`. */
  readonly problems: string[] = [];
  readonly unreadable: string[] = [];
  readonly skipped: Skipped[] = [];
  /** Pauses of the loop, in milliseconds. */
  readonly pauses: number[] = [];
  feed!: Feed;
  stop = new AbortController();

  private units!: AsyncIterator<FeedUnit>;
  private pulled: Promise<IteratorResult<FeedUnit>> | undefined;
  private idle = Promise.withResolvers<'idle'>();
  private wake: (() => void) | undefined;
  private beats: (() => void)[] = [];

  constructor(
    readonly aws: FauxAws,
    readonly queue: string,
    private readonly options: Partial<SqsFeedOptions> = {},
  ) {
    this.url = aws.queue(queue);
    this.restart();
  }

  /** A new process. What the old one held it goes on to hold, but its heart stands still. */
  restart(): void {
    this.stop = new AbortController();
    this.pulled = undefined;
    this.beats = [];
    this.idle = Promise.withResolvers();
    const { stop } = this;
    const s3 = { endpoint: this.aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS, maxAttempts: 1 };
    this.feed = sqsFeed({
      source: { name: 'trail', queueUrl: this.url, buckets: [TRAIL] },
      ...{ client: this.aws.sqs, clients: s3Clients({ s3 }), pollSeconds: 0, visibilitySeconds: VISIBILITY },
      wait: (ms, signal) =>
        new Promise((resolve) => {
          const end = (): void => {
            this.beats = this.beats.filter((beat) => beat !== end);
            resolve();
          };
          signal.addEventListener('abort', end, { once: true });
          if (this.stop !== stop) return;
          if (ms === BEAT_MS) this.beats.push(end);
          else this.rest(ms, resolve);
        }),
      onProblem: (place, problem) => {
        const call = /\((.*)\)$/.exec(place)?.[1];
        this.problems.push(`${call}: ${problem === undefined ? 'well' : String(problem.code)}`);
      },
      onUnreadable: (id, error) => this.unreadable.push(`${id}: ${error.code}`),
      onSkipped: (skipped) => this.skipped.push(skipped),
      ...this.options,
    });
    this.units = this.feed.units(stop.signal)[Symbol.asyncIterator]();
  }

  send(body: string): string {
    return this.aws.emulator.sendMessage(this.queue, body).messageId;
  }

  /** The next unit that is handed out without a pause; undefined when the feed makes one, or has ended. */
  async take(): Promise<FeedUnit | undefined> {
    this.pulled ??= this.units.next();
    const first = await Promise.race([this.pulled, this.idle.promise]);
    if (first === 'idle') return undefined;
    this.pulled = undefined;
    return first.done === true ? undefined : first.value;
  }

  async takeAll(): Promise<FeedUnit[]> {
    const taken: FeedUnit[] = [];
    for (let unit = await this.take(); unit !== undefined; unit = await this.take()) taken.push(unit);
    return taken;
  }

  /** Ends the pause of the loop, and takes. */
  next(): Promise<FeedUnit | undefined> {
    this.idle = Promise.withResolvers();
    this.wake?.();
    this.wake = undefined;
    return this.take();
  }

  done(unit: FeedUnit | undefined): Promise<void> {
    return this.settle(unit, { kind: 'done' });
  }

  retry(unit: FeedUnit | undefined): Promise<void> {
    return this.settle(unit, { kind: 'retry', reason: 'the test wants it' });
  }

  get isHeartBeating(): boolean {
    return this.beats.length > 0;
  }

  /** Lets half the time of the messages pass, and the heart beat once; waits until that is done. */
  async beat(): Promise<void> {
    pass(VISIBILITY / 2);
    const { length } = this.aws.proxy.of('ChangeMessageVisibilityBatch');
    for (const end of this.beats.splice(0)) end();
    while (this.beats.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.aws.proxy.of('ChangeMessageVisibilityBatch').length === length)
      throw new Error('No heart beats.');
  }

  /** Ends the feed. Resolves when its loop has ended. */
  async end(): Promise<void> {
    this.stop.abort();
    while ((await this.take()) !== undefined);
  }

  private settle(unit: FeedUnit | undefined, outcome: UnitOutcome): Promise<void> {
    if (unit === undefined) throw new Error('There is no unit to settle.');
    return this.feed.settle(unit, outcome);
  }

  private rest(ms: number, resolve: () => void): void {
    this.pauses.push(ms);
    this.wake = resolve;
    this.idle.resolve('idle');
  }
}

export async function textOf(unit: FeedUnit | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (unit !== undefined) for await (const chunk of unit.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
