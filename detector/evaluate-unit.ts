import type { Redactor } from './alerts/redact.js';
import type { Engine, RuleFailure, RuleMatch } from './engine/engine.js';
import type { JsonObject } from './engine/json.js';
import { cutText } from './engine/text.js';
import { parsedView } from './engine/view.js';
import { RetryLaterError, type Unit } from './feeds/unit.js';
import { classifierFor, type Classify } from './logs/classify.js';
import { decompress, decompressAll } from './logs/decompress.js';
import { identityReader } from './logs/identity.js';
import type { LogType } from './logs/log-type.js';
import { parseRecord } from './logs/parse.js';
import type { FaultReason, Piece, SplitLimits } from './logs/record.js';
import { createSplitter, splitRecords } from './logs/split.js';
import type { SourceMap } from './logs/source-map.js';
import type { LogTypeId } from './rule.js';

/** Objects up to this size, in bytes as stored, are read whole: a stream costs more than the object. */
export const SMALL_OBJECT_BYTES = 1024 * 1024;
const SMALL_CONTENT_BYTES = 64 * 1024 * 1024;
/** Content that is split at once, in bytes: bounds the pieces at hand where records are tiny, `{}` after `{}`. */
const BATCH_BYTES = 64 * 1024;
/** Of a record that nobody knows, so many of its names are told, each up to this length. */
const MOST_KEYS = 12;
const LONGEST_KEY = 40;
const LONGEST_MESSAGE = 500;

/** A pointer to what could not be processed, and why. The content stays where it is. */
export interface DeadLetter {
  readonly reason: FaultReason | 'unreadable' | 'unknown-log-type' | 'internal';
  readonly message: string;
  readonly unit: string;
  /** Which record of the unit, from 0; absent when the unit as a whole failed. */
  readonly index?: number;
  /** Where it starts in the decompressed content, in bytes. */
  readonly offset?: number;
}

/** A rule firing on an event of a unit. */
export interface FoundMatch {
  readonly match: RuleMatch;
  readonly logType: LogTypeId;
  readonly unit: string;
  readonly index: number;
  readonly eventId: string;
  /** Milliseconds since the epoch; the time of arrival where the event names none, or one that is still to come. */
  readonly eventTime: number;
}

export interface UnitSink {
  readonly match: (found: FoundMatch) => void;
  readonly deadLetter: (letter: DeadLetter) => void;
  readonly ruleFailure: (failure: RuleFailure) => void;
  /**
   * Called with events to look at more closely: of each chunk the last, and the last that some rule looks for; of the
   * unit the first that a rule fires on.
   */
  readonly sample?: (logType: LogTypeId, event: JsonObject) => void;
  /**
   * Called after each chunk with what it held, for progress. What it returns is waited for: a sink that cannot keep up
   * holds the unit back.
   */
  readonly progress?: (events: number, bytes: number) => void | Promise<void>;
}

export interface UnitOptions {
  readonly engine: Engine;
  readonly sources: SourceMap;
  readonly limits: SplitLimits;
  /** When the unit arrived, in milliseconds since the epoch. */
  readonly arrival: number;
  /** Every record is of this type, whatever its shape. */
  readonly logType?: LogTypeId;
  /** Events outside of these times (milliseconds, inclusive) are left out. */
  readonly from?: number;
  readonly to?: number;
  /** Blots out of matches what must not leave. */
  readonly redact?: Redactor;
}

export interface UnitCounts {
  /** Records that are events, matched or not. */
  events: number;
  /** Decompressed bytes. */
  bytes: number;
  /**
   * About the time of the newest event, in milliseconds since the epoch: one event of each chunk is looked at. Never
   * after the arrival, whatever an event says.
   */
  newest: number | undefined;
  /** Known records that are no events, such as digests. */
  notEvents: number;
  /** Events outside of `from` and `to`. */
  outside: number;
  deadLetters: number;
  /** The configuration leaves this object out. */
  excluded: boolean;
}

/**
 * Reads a unit to its end and checks every event against the rules. Never throws for what is in the unit: what cannot
 * be read is a dead letter, and its neighbours are evaluated.
 * @throws RetryLaterError when the transport says that reading may work later
 * @param key what the prefixes of the configured sources are compared with
 */
export async function evaluateUnit(
  unit: Unit,
  key: string,
  options: UnitOptions,
  sink: UnitSink,
): Promise<UnitCounts> {
  const counts: UnitCounts = {
    events: 0,
    bytes: 0,
    notEvents: 0,
    outside: 0,
    deadLetters: 0,
    excluded: false,
    newest: undefined,
  };
  const classify = classifierFor(key, options.sources, options.logType);
  if (classify === 'excluded') return { ...counts, excluded: true };

  const evaluation = new UnitEvaluation(unit, classify, options, sink, counts);
  try {
    for await (const pieces of piecesOf(unit, options.limits, counts)) {
      const waiting = evaluation.take(pieces);
      if (waiting !== undefined) await waiting;
    }
  } catch (error) {
    if (error instanceof RetryLaterError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    evaluation.deadLetter({
      reason: 'unreadable',
      message: `${unit.name} could not be read: ${message}`,
      unit: unit.name,
    });
  }
  return counts;
}

async function* piecesOf(
  unit: Unit,
  limits: SplitLimits,
  counts: UnitCounts,
): AsyncGenerator<readonly Piece[]> {
  const small =
    unit.size !== undefined && unit.size <= SMALL_OBJECT_BYTES ? await readSmall(unit) : undefined;
  if (small !== undefined) {
    const splitter = createSplitter(limits);
    for (let at = 0; at < small.length; at += BATCH_BYTES) {
      counts.bytes += Math.min(BATCH_BYTES, small.length - at);
      yield splitter.push(small.subarray(at, at + BATCH_BYTES));
    }
    yield splitter.end();
    return;
  }
  yield* splitRecords(counted(decompress(unit.open()), counts), limits);
}

/** The content of a small object; undefined when it is damaged or larger than it looked, so that it is streamed. */
async function readSmall(unit: Unit): Promise<Buffer | undefined> {
  const bytes = await (unit.readAll === undefined ? collect(unit) : unit.readAll());
  return bytes === undefined || bytes.length > SMALL_OBJECT_BYTES
    ? undefined
    : decompressAll(bytes, SMALL_CONTENT_BYTES);
}

async function collect(unit: Unit): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of unit.open()) {
    size += chunk.length;
    if (size > SMALL_OBJECT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* counted(chunks: AsyncIterable<Buffer>, counts: UnitCounts): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    counts.bytes += chunk.length;
    yield chunk;
  }
}

interface ReadEvent {
  readonly logType: LogType;
  readonly record: JsonObject;
}

class UnitEvaluation {
  private reportedEvents = 0;
  private reportedBytes = 0;
  /** The events read last in this chunk: of all, and of those that some rule looks for. */
  private latest: ReadEvent | undefined;
  private sought: ReadEvent | undefined;
  private readonly fired = new Set<string>();

  constructor(
    private readonly unit: Unit,
    private readonly classify: Classify,
    private readonly options: UnitOptions,
    private readonly sink: UnitSink,
    private readonly counts: UnitCounts,
  ) {}

  take(pieces: readonly Piece[]): void | Promise<void> {
    for (const piece of pieces) {
      if (piece.kind === 'fault') this.deadLetter({ ...pick(piece), unit: this.unit.name });
      else this.record(piece);
    }
    this.sample();
    const events = this.counts.events - this.reportedEvents;
    const bytes = this.counts.bytes - this.reportedBytes;
    this.reportedEvents = this.counts.events;
    this.reportedBytes = this.counts.bytes;
    return this.sink.progress?.(events, bytes);
  }

  private sample(): void {
    const { latest, sought } = this;
    this.latest = this.sought = undefined;
    if (latest === undefined) return;
    const time = identityReader(latest.logType).time(latest.record);
    const { newest = -Infinity } = this.counts;
    if (time !== undefined) this.counts.newest = Math.max(newest, Math.min(time, this.options.arrival));
    for (const event of new Set([latest, sought ?? latest])) {
      this.sink.sample?.(event.logType.id, event.record);
    }
  }

  deadLetter(letter: DeadLetter): void {
    this.counts.deadLetters++;
    this.sink.deadLetter(letter);
  }

  private record({ bytes, index, offset }: Extract<Piece, { kind: 'record' }>): void {
    const at = { unit: this.unit.name, index, offset };
    const parsed = parseRecord(bytes);
    if (!parsed.ok) {
      this.deadLetter({ reason: 'not-json', message: parsed.message, ...at });
      return;
    }
    const kind = this.classify(parsed.value);
    if (kind === 'unknown') {
      this.deadLetter({
        reason: 'unknown-log-type',
        message: `keys: ${keysOf(parsed.value)}`,
        ...at,
      });
    } else if (kind === 'not-an-event') this.counts.notEvents++;
    else {
      try {
        this.event(kind.logType, parsed.value, bytes, index);
      } catch (error) {
        this.deadLetter({ reason: 'internal', message: cutText(String(error), LONGEST_MESSAGE), ...at });
      }
    }
  }

  private event(logType: LogType, record: JsonObject, bytes: Buffer, index: number): void {
    const { engine, arrival, from = -Infinity, to = Infinity } = this.options;
    const identity = identityReader(logType);
    const read: ReadEvent = { logType, record };
    this.latest = read;
    const bounded = from !== -Infinity || to !== Infinity;
    const timeOf = (): number => Math.min(identity.time(record) ?? arrival, arrival);
    if (bounded && (timeOf() < from || timeOf() > to)) {
      this.counts.outside++;
      return;
    }
    this.counts.events++;
    const evaluation = engine.evaluate(logType.id, () => record, parsedView(record));
    const { matches, failures } = evaluation;
    if (evaluation.sought === true) this.sought = read;
    failures.forEach(this.sink.ruleFailure);
    if (matches.length === 0) return;
    const found = {
      logType: logType.id,
      unit: this.unit.name,
      index,
      eventId: identity.id(record, bytes),
      eventTime: timeOf(),
    };
    const { redact } = this.options;
    for (const match of matches) {
      if (!this.fired.has(match.rule.id)) {
        this.fired.add(match.rule.id);
        this.sink.sample?.(logType.id, record);
      }
      this.sink.match({ match: redact === undefined ? match : redact(match, record), ...found });
    }
  }
}

function keysOf(record: JsonObject): string {
  const keys = Object.keys(record);
  const shown = keys.slice(0, MOST_KEYS).map((key) => cutText(key, LONGEST_KEY));
  return [...shown, ...(keys.length > MOST_KEYS ? ['…'] : [])].join(', ');
}

const pick = ({ reason, message, index, offset }: Extract<Piece, { kind: 'fault' }>) => ({
  reason,
  message,
  index,
  offset,
});
