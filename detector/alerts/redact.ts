import { isList, isObject, type Json, type JsonObject } from '../engine/json.js';
import type { RuleMatch } from '../engine/engine.js';
import { compilePath, scopeOf } from '../engine/scope.js';
import { elementsOf } from '../engine/values.js';
import { NEEDS_MORE, parsedView } from '../engine/view.js';
import { hashOfParts } from '../hash.js';

const BLOT = '[redacted]';
/** Shorter values are blotted out only where they stand alone: a letter occurs in every word. */
const SHORTEST_PART = 4;
/** The end of a title that was cut, perhaps in the middle of a value (engine/text.ts). */
const CUT_MARK = '… [cut]';
const DEEPEST = 20;

/** Removes what must not leave from a match, for one event. */
export interface Redactor {
  (match: RuleMatch, record: JsonObject): RuleMatch;
  /** The same for a text about an event, such as what a rule's code threw. */
  readonly text: (text: string, record: JsonObject) => string;
}

/**
 * Blots the values at some paths of an event out of title and context, wherever they stand there: without regard to
 * case, inside of JSON in a text, and cut at the end of a title. A dedup key that holds one becomes its hash, so that
 * groups stay the same. What code makes of a value (a part of it, another encoding) cannot be recognised; nor is it
 * looked for in what points to the event: its id and the name of its object.
 * @throws SyntaxProblem for a path that cannot be read
 */
export function createRedactor(paths: readonly string[]): Redactor {
  const context = { fieldNamed: () => undefined, inElement: false, exact: false };
  const getters = paths.map((path) => compilePath(path, context).get);
  const blotFor = (record: JsonObject): Blot | undefined => {
    const scope = scopeOf(parsedView(record));
    const values = new Set<string>();
    for (const get of getters) {
      const value = get(scope);
      if (value !== NEEDS_MORE) for (const element of elementsOf(value)) collectTexts(element, values);
    }
    values.delete('');
    return values.size === 0 ? undefined : blotter(values);
  };
  const redact = (match: RuleMatch, record: JsonObject): RuleMatch => {
    const blot = blotFor(record);
    if (blot === undefined) return match;
    return {
      ...match,
      title: blot(match.title),
      dedup: blot(match.dedup) === match.dedup ? match.dedup : hashOfParts([match.dedup]),
      context: () => blotValue(match.context(), blot, 0) as JsonObject,
    };
  };
  const text = (of: string, record: JsonObject): string => blotFor(record)?.(of) ?? of;
  return Object.assign(redact, { text });
}

type Blot = (text: string) => string;

/** An object at a path means every text and number in it. */
function collectTexts(value: Json, into: Set<string>, depth = 0): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'number') into.add(String(value));
  else if (depth < DEEPEST && isList(value))
    for (const element of value) collectTexts(element, into, depth + 1);
  else if (depth < DEEPEST && isObject(value))
    for (const inner of Object.values(value)) collectTexts(inner, into, depth + 1);
}

/** One pass over a text, the longest value first: what was blotted out is not looked at again. */
function blotter(values: ReadonlySet<string>): Blot {
  const whole = new Set([...values].map((value) => value.toLowerCase()));
  const spellings = new Set([...values].flatMap((value) => [value, inJson(value), inJson(inJson(value))]));
  const parts = [...spellings].filter((value) => value.length >= SHORTEST_PART);
  parts.sort((a, b) => b.length - a.length);
  const anywhere = parts.length === 0 ? undefined : new RegExp(parts.map(escaped).join('|'), 'gi');
  return (text) => {
    if (whole.has(text.toLowerCase())) return BLOT;
    if (anywhere === undefined) return text;
    const blotted = text.replace(anywhere, BLOT);
    return blotted.endsWith(CUT_MARK) ? withoutCutPart(blotted, parts) : blotted;
  };
}

/** As it stands in a JSON text. */
const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);
const escaped = (value: string): string => value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function withoutCutPart(text: string, values: readonly string[]): string {
  const shown = text.slice(0, -CUT_MARK.length).toLowerCase();
  for (const value of values) {
    const start = value.toLowerCase();
    for (let length = Math.min(value.length - 1, shown.length); length >= SHORTEST_PART; length--) {
      if (shown.endsWith(start.slice(0, length)))
        return text.slice(0, shown.length - length) + BLOT + CUT_MARK;
    }
  }
  return text;
}

/** @param value JSON, or whatever the hook of a rule returned instead */
function blotValue(value: unknown, blot: Blot, depth: number): Json {
  if (typeof value === 'string') return blot(value);
  if (typeof value === 'number' || typeof value === 'bigint')
    return blot(String(value)) === String(value) ? (value as number) : BLOT;
  if (typeof value !== 'object' || value === null) return value as Json;
  if (depth >= DEEPEST) return '… [deeper levels left out]';
  if (isList(value as Json))
    return (value as readonly unknown[]).map((element) => blotValue(element, blot, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [blot(name), blotValue(inner, blot, depth + 1)]),
  );
}
