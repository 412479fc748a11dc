import { mkdtempSync, rmSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { directoryFeed, type DirectoryFeedOptions } from '../../../detector/feeds/directory.js';
import type { Feed, FeedUnit, UnitOutcome } from '../../../detector/feeds/feed.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';

export const POLL_MS = 1000;
export const QUIET_MS = 10_000;

export interface Delivery {
  readonly unit: FeedUnit;
  readonly id: string;
  readonly key: string;
  readonly text: string;
  readonly bytes: Buffer;
  readonly end: number | undefined;
}

export async function bytesOf(unit: FeedUnit): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unit.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A folder, a clock, and a feed that polls when the test says so. */
export class Driver {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-feed-'));
  readonly root = join(this.folder, 'logs');
  now = Date.parse('2026-03-01T12:00:00Z');
  store: MemoryStore = memoryStore();
  /** `path: code`, or `path: well`. Paths below the root are shown without it. */
  readonly problems: string[] = [];
  readonly waits: number[] = [];
  feed!: Feed;
  stop = new AbortController();

  private units!: AsyncIterator<FeedUnit>;
  private pulled: Promise<IteratorResult<FeedUnit>> | undefined;
  private wake: (() => void) | undefined;
  private idle: PromiseWithResolvers<'idle'> = newIdle();

  constructor(private readonly options: Partial<DirectoryFeedOptions> = {}) {
    mkdirSync(this.root);
    this.restart();
  }

  /** A new process with the same store. What the old one had in flight is lost. */
  restart(options: Partial<DirectoryFeedOptions> = {}): void {
    this.stop.abort();
    this.stop = new AbortController();
    this.pulled = undefined;
    this.wake = undefined;
    this.idle = newIdle();
    const { stop } = this;
    this.feed = directoryFeed({
      name: 'folder',
      path: this.root,
      store: this.store,
      now: () => this.now,
      wait: (ms, signal) => {
        if (this.stop !== stop) return Promise.resolve();
        this.waits.push(ms);
        this.idle.resolve('idle');
        return new Promise((resolve) => {
          this.wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
      onProblem: (path, problem) => {
        const shown = path.startsWith(`${this.root}/`) ? path.slice(this.root.length + 1) : path;
        this.problems.push(
          `${shown === this.root ? '.' : shown}: ${problem === undefined ? 'well' : problem.code}`,
        );
      },
      ...this.options,
      ...options,
    });
    this.units = this.feed.units(stop.signal)[Symbol.asyncIterator]();
  }

  cleanup(): void {
    this.stop.abort();
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Writes a file, with a modification time where the order matters. */
  write(name: string, content: string | Buffer, mtimeSeconds?: number): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    if (mtimeSeconds !== undefined) utimesSync(this.path(name), mtimeSeconds, mtimeSeconds);
  }

  /** The next unit that is handed out without another poll; undefined when the feed waits. */
  async take(): Promise<FeedUnit | undefined> {
    this.pulled ??= this.units.next();
    const first = await Promise.race([this.pulled, this.idle.promise]);
    if (first === 'idle') return undefined;
    this.pulled = undefined;
    return first.done === true ? undefined : first.value;
  }

  /** Lets time pass, by one poll if nothing else is said. */
  tick(ms = POLL_MS): void {
    this.now += ms;
    this.idle = newIdle();
    this.wake?.();
    this.wake = undefined;
  }

  /** Settles while the feed waits, which ends its wait. */
  async settle(unit: FeedUnit, outcome: UnitOutcome = { kind: 'done' }): Promise<void> {
    if (outcome.kind === 'done') this.idle = newIdle();
    await this.feed.settle(unit, outcome);
  }

  /** Reads and settles all that is handed out until the feed waits. */
  async drain(outcome: (delivery: Delivery) => UnitOutcome = () => ({ kind: 'done' })): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (let unit = await this.take(); unit !== undefined; unit = await this.take()) {
      const bytes = await bytesOf(unit);
      const delivery = { unit, id: unit.id, key: unit.key, text: bytes.toString(), bytes, end: unit.end };
      deliveries.push(delivery);
      await this.feed.settle(unit, outcome(delivery));
    }
    return deliveries;
  }

  /** Polls once and drains. */
  async poll(ms = POLL_MS): Promise<Delivery[]> {
    this.tick(ms);
    return this.drain();
  }

  /** Polls once and gives the texts by key. */
  async texts(ms = POLL_MS): Promise<string[]> {
    return (await this.poll(ms)).map(({ key, text }) => `${key}: ${text}`);
  }

  /** Polls until what is there has been quiet for long enough. */
  async quiet(): Promise<Delivery[]> {
    return [...(await this.poll()), ...(await this.poll(QUIET_MS)), ...(await this.poll())];
  }
}

const newIdle = () => Promise.withResolvers<'idle'>();
