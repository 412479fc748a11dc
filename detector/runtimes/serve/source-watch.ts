import type { SystemEvent } from '../../alerts/system-rules.js';

/** A problem is told once it has lasted this long: files come and go, and most trouble mends itself. */
const PATIENCE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

export interface WatchedSource {
  readonly name: string;
  /** How long the source may deliver nothing, in milliseconds; undefined: as long as it likes. */
  readonly silentAfterMs?: number | undefined;
}

/** Notices sources that cannot be read, and sources that fell silent: what happens there is not detected. */
export class SourceWatch {
  /** By source and place, since when it cannot be read, and why. */
  private readonly problems = new Map<
    string,
    { source: string; place: string; since: number; message: string }
  >();
  private readonly lastUnit = new Map<string, number>();
  private readonly started: number;

  constructor(
    private readonly sources: readonly WatchedSource[],
    private readonly now: () => number,
  ) {
    this.started = now();
  }

  /** @param message why it cannot be read; undefined once it can be read again */
  problem(source: string, place: string, message: string | undefined): void {
    const key = JSON.stringify([source, place]);
    if (message === undefined) this.problems.delete(key);
    else
      this.problems.set(key, { source, place, message, since: this.problems.get(key)?.since ?? this.now() });
  }

  /** Something arrived. */
  unit(source: string): void {
    this.lastUnit.set(source, this.now());
  }

  /** What is to be raised now; the same trouble is raised again as long as it lasts, and told once in a while. */
  unhealthy(): readonly SystemEvent[] {
    return this.sources.flatMap((source) => [...this.unreadable(source.name), ...this.silent(source)]);
  }

  private unreadable(name: string): readonly SystemEvent[] {
    const lasting = [...this.problems.values()].filter(
      ({ source, since }) => source === name && this.now() - since >= PATIENCE_MS,
    );
    const [first] = lasting;
    if (first === undefined) return [];
    const { place, message } = first;
    const context = { source: name, place, problem: message, places: lasting.length };
    return [this.event(name, `Source ${name} cannot be read`, context)];
  }

  private silent({ name, silentAfterMs }: WatchedSource): readonly SystemEvent[] {
    const last = this.lastUnit.get(name) ?? this.started;
    const silence = this.now() - last;
    if (silentAfterMs === undefined || silence < silentAfterMs) return [];
    const hours = Math.floor((silence / HOUR_MS) * 10) / 10;
    const context = { source: name, hours, last: new Date(last).toISOString() };
    return [this.event(name, `Source ${name} has delivered nothing for ${String(hours)} hours`, context)];
  }

  private event(about: string, title: string, context: SystemEvent['context']): SystemEvent {
    return { rule: 'tocsin.source-unhealthy', about, title, context, at: this.now() };
  }
}
