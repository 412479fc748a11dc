import type { Redactor } from '../../detector/alerts/redact.js';
import type { EventPointer } from '../../detector/alerts/group.js';
import type { RuleMatch } from '../../detector/engine/engine.js';
import { classifierFor, type Classify } from '../../detector/logs/classify.js';
import { decompress } from '../../detector/logs/decompress.js';
import { identityReader } from '../../detector/logs/identity.js';
import { parseRecord } from '../../detector/logs/parse.js';
import type { RecordPiece, SplitLimits } from '../../detector/logs/record.js';
import { splitRecords } from '../../detector/logs/split.js';
import type { SourceMap } from '../../detector/logs/source-map.js';
import type { JsonObject } from '../../detector/rule.js';
import { readFileRange, readProblem } from './read-file.js';
import { keyBelow, pathBelow } from './source-roots.js';
import type { StoredLog, StoredLogs } from './stored-log.js';

/** An event as its log has it, or why it cannot be read any more. */
export type EventAgain = EventPointer & ({ readonly event: JsonObject } | { readonly problem: string });

export interface EventsAgainOptions {
  readonly logs: StoredLogs;
  readonly sources: SourceMap;
  readonly limits: SplitLimits;
  /** Blots out of events what is blotted out of alerts. */
  readonly redact: Redactor;
}

/**
 * Reads events again that an alert points to, in the order of its pointers within each file. A record is known by its
 * event's id, not by its place: of a file that grows, the place is counted from where that range began.
 */
export async function* readEventsAgain(
  pointers: readonly EventPointer[],
  options: EventsAgainOptions,
): AsyncGenerator<EventAgain> {
  const byUnit = new Map<string, EventPointer[]>();
  for (const pointer of pointers) {
    const known = byUnit.get(pointer.unit);
    if (known === undefined) byUnit.set(pointer.unit, [pointer]);
    else known.push(pointer);
  }
  for (const [unit, wanted] of byUnit) yield* readUnit(unit, wanted, options);
}

async function* readUnit(
  unit: string,
  wanted: readonly EventPointer[],
  options: EventsAgainOptions,
): AsyncGenerator<EventAgain> {
  const log = logOf(unit, options.logs);
  const classify = 'problem' in log ? 'excluded' : classifierFor(log.key, options.sources);
  if ('problem' in log || classify === 'excluded') {
    const problem = 'problem' in log ? log.problem : 'the configuration leaves this file out';
    for (const pointer of wanted) yield { ...pointer, problem };
    return;
  }
  const found = new Map<string, JsonObject>();
  let problem = 'the event is not in the file any more';
  try {
    const ids = new Set(wanted.map(({ eventId }) => eventId));
    for await (const { id, record } of recordsOf(log, classify, options.limits)) {
      if (ids.delete(id)) found.set(id, redacted(record, options.redact));
      if (ids.size === 0) break;
    }
  } catch (error) {
    problem = readProblem(error);
  }
  for (const pointer of wanted) {
    const event = found.get(pointer.eventId);
    yield event === undefined ? { ...pointer, problem } : { ...pointer, event };
  }
}

function logOf(unit: string, { roots, object }: StoredLogs): StoredLog | { readonly problem: string } {
  const found = object(unit);
  if (found !== undefined) return found;
  for (const root of roots.values()) {
    const path = pathBelow(root, unit);
    if (path !== undefined) return { key: keyBelow(unit, path), open: () => readFileRange(unit, 0) };
  }
  return { problem: 'no source of the configuration has a folder with this file' };
}

async function* recordsOf(
  { open }: StoredLog,
  classify: Classify,
  limits: SplitLimits,
): AsyncGenerator<{ readonly id: string; readonly record: JsonObject }> {
  for await (const pieces of splitRecords(decompress(open()), limits)) {
    for (const piece of pieces) {
      const event = piece.kind === 'record' ? eventOf(piece, classify) : undefined;
      if (event !== undefined) yield event;
    }
  }
}

function eventOf({ bytes }: RecordPiece, classify: Classify): { id: string; record: JsonObject } | undefined {
  const parsed = parseRecord(bytes);
  if (!parsed.ok) return undefined;
  const kind = classify(parsed.value);
  if (typeof kind === 'string') return undefined;
  return { id: identityReader(kind.logType).id(parsed.value, bytes), record: parsed.value };
}

function redacted(event: JsonObject, redact: Redactor): JsonObject {
  const shown = { title: '', dedup: '', context: () => event } as unknown as RuleMatch;
  return redact(shown, event).context();
}
