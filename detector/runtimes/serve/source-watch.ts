import { silentSources, type HeardLast, type WatchedSource } from '../../alerts/silence.js';
import { sourceUnhealthy, type SystemEvent } from '../../alerts/system-rules.js';

/**
 * A problem is told once it has lasted this long: files come and go, and most trouble mends itself. Silence is told once
 * the detector has run for this long: what came while it was down has to be read first.
 */
const PATIENCE_MS = 5 * 60_000;
/** A loss is told on for this long: raised again within an hour, it is the same event. */
const LOSS_MS = 3_600_000;

/** Notices sources that cannot be read, and sources that fell silent: what happens there is not detected. */
export class SourceWatch {
  /** By source and place, since when it cannot be read, and why. */
  private readonly problems = new Map<
    string,
    { source: string; place: string; since: number; message: string }
  >();
  private losses: readonly SystemEvent[] = [];
  private readonly heard: Map<string, number>;
  private readonly started: number;

  /** @param heard when each source was heard of last, as the state tells */
  constructor(
    private readonly sources: readonly WatchedSource[],
    heard: HeardLast,
    private readonly now: () => number,
  ) {
    this.heard = new Map(heard);
    this.started = now();
  }

  /** @param message why it cannot be read; undefined once it can be read again */
  problem(source: string, place: string, message: string | undefined): void {
    const key = JSON.stringify([source, place]);
    if (message === undefined) this.problems.delete(key);
    else
      this.problems.set(key, { source, place, message, since: this.problems.get(key)?.since ?? this.now() });
  }

  /** Logs are gone that nobody has read. That is over when it is noticed, and does not become well. */
  lost(source: string, place: string, message: string): void {
    const title = `Logs of ${source} were lost before they were read`;
    // A trouble of its own: while the source is unhealthy in another way, this is news.
    const about = `${source} (lost logs)`;
    const loss = { ...sourceUnhealthy(source, title, { place, problem: message }, this.now()), about };
    this.losses = [...this.losses.filter((other) => other.about !== about), loss];
  }

  /** How many places of a source cannot be read at present. */
  unreadable(name: string): number {
    return [...this.problems.values()].filter(({ source }) => source === name).length;
  }

  /** Something arrived. */
  unit(source: string): void {
    this.heard.set(source, this.now());
  }

  /** What is to be raised now; the same trouble is raised again as long as it lasts, and told once in a while. */
  unhealthy(): readonly SystemEvent[] {
    const now = this.now();
    const silent = now - this.started < PATIENCE_MS ? [] : silentSources(this.sources, this.heard, now);
    this.losses = this.losses.filter(({ at }) => now - at < LOSS_MS);
    return [...this.sources.flatMap(({ name }) => this.lasting(name)), ...this.losses, ...silent];
  }

  private lasting(name: string): readonly SystemEvent[] {
    const now = this.now();
    const lasting = [...this.problems.values()].filter(
      ({ source, since }) => source === name && now - since >= PATIENCE_MS,
    );
    const [first] = lasting;
    if (first === undefined) return [];
    const { place, message } = first;
    const context = { place, problem: message, places: lasting.length };
    return [sourceUnhealthy(name, `Source ${name} cannot be read`, context, now)];
  }
}
