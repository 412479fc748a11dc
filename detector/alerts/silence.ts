import type { StateStore } from '../state/store.js';
import { readSources, StatisticsRecorder } from './statistics.js';
import { sourceUnhealthy, type SystemEvent } from './system-rules.js';

const MINUTE_MS = 60_000;

export interface WatchedSource {
  readonly name: string;
  /** How long the source may deliver nothing, in milliseconds; undefined: as long as it likes. */
  readonly silentAfterMs?: number | undefined;
}

/** When a source was heard of last: when it delivered something, before that when it was first watched. */
export type HeardLast = ReadonlyMap<string, number>;

/**
 * Takes note of sources that are watched for the first time, and tells when each was heard of last. It is kept in the
 * state, so that silence counts on over restarts, and between the runs of what has no memory of its own.
 */
export async function heardLast(
  store: StateStore,
  sources: readonly WatchedSource[],
  now: number,
): Promise<HeardLast> {
  const known = await readSources(store);
  const heard = new Map<string, number>();
  const recorder = new StatisticsRecorder();
  for (const { name } of sources) {
    const { lastUnit = 0, watchedSince } = Object.hasOwn(known, name) ? (known[name] ?? {}) : {};
    if (watchedSince === undefined) recorder.watched(name, now);
    heard.set(name, Math.max(lastUnit, watchedSince ?? now));
  }
  await recorder.flush(store, now);
  return heard;
}

/** What is to be raised about sources that were silent for longer than they may be. Pure. */
export const silentSources = (
  sources: readonly WatchedSource[],
  heard: HeardLast,
  now: number,
): readonly SystemEvent[] =>
  sources.flatMap(({ name, silentAfterMs = Infinity }) => {
    const last = heard.get(name) ?? now;
    const silence = now - last;
    if (silence < silentAfterMs) return [];
    const minutes = Math.floor(silence / MINUTE_MS);
    const title = `Source ${name} has delivered nothing for ${inWords(minutes)}`;
    return [sourceUnhealthy(name, title, { minutes, last: new Date(last).toISOString() }, now)];
  });

function inWords(minutes: number): string {
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} hours` : `${Math.floor(minutes / 1440)} days`;
}
