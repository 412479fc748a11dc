import type { UnitLetters } from '../../detector/alerts/dead-letters.js';
import type { Redactor } from '../../detector/alerts/redact.js';
import type { Engine, RuleFailure } from '../../detector/engine/engine.js';
import { evaluateUnit, type DeadLetter } from '../../detector/evaluate-unit.js';
import type { FeedUnit } from '../../detector/feeds/feed.js';
import { decompress } from '../../detector/logs/decompress.js';
import type { SplitLimits } from '../../detector/logs/record.js';
import { splitRecords } from '../../detector/logs/split.js';
import type { SourceMap } from '../../detector/logs/source-map.js';
import { documentKey } from '../../detector/state/keys.js';
import type { StateStore } from '../../detector/state/store.js';
import type { StoredLog } from './stored-log.js';

/** Which records of a unit; undefined: all of them. */
export type RecordChoice = ((index: number) => boolean) | undefined;

/** What nobody looked at behind such a letter. */
const NOT_READ_ON: ReadonlySet<DeadLetter['reason']> = new Set([
  ...(['truncated', 'corrupt-compression', 'unreadable', 'content-too-large'] as const),
]);

/** The records that a dead letter is about, with those behind a place where reading ended; all where it names none. */
export function recordsOfLetters({
  letters,
  reasons,
}: Pick<UnitLetters, 'letters' | 'reasons'>): RecordChoice {
  const total = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  const named = new Set<number>();
  let from = Infinity;
  for (const { index, reason } of letters) {
    if (index === undefined) return undefined;
    named.add(index);
    if (NOT_READ_ON.has(reason)) from = Math.min(from, index);
  }
  if (named.size === 0) return undefined;
  // Only the first of many are listed: behind the last one there can be more, and they come in order.
  if (total > letters.length) from = Math.min(from, Math.max(...named) + 1);
  return (index) => named.has(index) || index >= from;
}

export interface TrialOptions {
  readonly engine: Engine;
  readonly sources: SourceMap;
  readonly limits: SplitLimits;
  readonly redact: Redactor;
  readonly arrival: number;
}

export interface Trial {
  readonly events: number;
  readonly excluded: boolean;
  /** The first ones with their messages. */
  readonly deadLetters: readonly DeadLetter[];
  /** Failures of rules, and the first of them. */
  readonly failures: number;
  readonly failure: RuleFailure | undefined;
}

/** The message of each of a million broken records would fill the memory. */
const MOST_MESSAGES = 100;

/** Evaluates a unit and keeps nothing: what would still fail? */
export async function tryUnit(name: string, found: StoredLog, options: TrialOptions): Promise<Trial> {
  const deadLetters: DeadLetter[] = [];
  const told: { failures: number; failure: RuleFailure | undefined } = { failures: 0, failure: undefined };
  const unit = { name, open: found.open };
  const { events, excluded } = await evaluateUnit(unit, found.key, options, {
    match: () => undefined,
    deadLetter: (letter) =>
      void deadLetters.push(deadLetters.length < MOST_MESSAGES ? letter : { ...letter, message: '' }),
    ruleFailure: (failure) => {
      told.failures++;
      told.failure ??= failure;
    },
  });
  return { events, excluded, deadLetters, ...told };
}

/** A unit of its own, of some records of another, one a line. Pointers name the file; events are known by their ids. */
export function replayUnit(
  id: string,
  name: string,
  found: StoredLog,
  options: { readonly arrival: number; readonly limits: SplitLimits; readonly records: RecordChoice },
): FeedUnit {
  const { arrival, limits, records } = options;
  return {
    ...{ id, name, key: found.key, arrival },
    open: records === undefined ? found.open : () => chosenRecords(found.open(), limits, records),
  };
}

const NEWLINE = Buffer.from('\n');

async function* chosenRecords(
  bytes: AsyncIterable<Uint8Array>,
  limits: SplitLimits,
  isChosen: (index: number) => boolean,
): AsyncGenerator<Buffer> {
  for await (const pieces of splitRecords(decompress(bytes), limits)) {
    for (const piece of pieces) {
      if (piece.kind === 'record' && isChosen(piece.index)) yield Buffer.concat([piece.bytes, NEWLINE]);
    }
  }
}

const MOST_REPLAYS = 1000;

/** An id that no finished unit has. One that a crash left open is taken up again, and nothing counts twice. */
export async function replayId(
  store: Pick<StateStore, 'get'>,
  unitId: string,
  what: string,
): Promise<string> {
  for (let n = 1; n < MOST_REPLAYS; n++) {
    const id = `${unitId}#replay-${what}-${n}`;
    const found = await store.get(documentKey('unit', id));
    if (found === undefined || (JSON.parse(found.body) as { state?: unknown }).state !== 'done') return id;
  }
  throw new Error(`The unit ${unitId} was replayed ${MOST_REPLAYS} times.`);
}
