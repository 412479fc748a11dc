import { isList, isObject, type Json, type JsonObject } from './json.js';

/** The answer of a view that has not read enough of the event to know. */
export const NEEDS_MORE = Symbol('needs more');
export type NeedsMore = typeof NEEDS_MORE;
export type Value = Json | undefined;
/** Three values: a test on an event that is only partly read may have to wait for the rest. */
export type Truth = boolean | NeedsMore;

/** A name of a path, with its folded form computed once. */
export interface Name {
  readonly text: string;
  readonly lower: string;
}

export const nameOf = (text: string): Name => ({ text, lower: text.toLowerCase() });

/**
 * How the engine reads an event. The parsed object below serves it; so can a reader of byte spans, which answers
 * NEEDS_MORE for what it did not track.
 */
export interface EventView {
  /** The value at a path of plain names from the top; a list on the way is opened. */
  read(names: readonly Name[]): Value | NeedsMore;
}

/** A member by its exact name or, where that is absent, by the same name in other letter case. */
export function member(object: JsonObject, name: Name, exact: boolean): Value {
  if (Object.hasOwn(object, name.text)) return object[name.text];
  if (exact) return undefined;
  for (const key in object) {
    if (key.length === name.text.length && key.toLowerCase() === name.lower) return object[key];
  }
  return undefined;
}

/** Follows names from a value. Lists are opened: the result is then a list, or undefined when no element has it. */
export function follow(value: Value, names: readonly Name[], exact: boolean, from = 0): Value {
  let current = value;
  for (let at = from; at < names.length; at++) {
    if (isObject(current)) current = member(current, names[at]!, exact);
    else if (isList(current)) return followEach(current, names, exact, at);
    else return undefined;
  }
  return current;
}

function followEach(list: readonly Json[], names: readonly Name[], exact: boolean, from: number): Value {
  const found: Json[] = [];
  for (const element of list.some(isList) ? opened(list) : list) {
    const value = follow(element, names, exact, from);
    if (isList(value)) for (const inner of value) found.push(inner);
    else if (value !== undefined) found.push(value);
  }
  return found.length === 0 ? undefined : found;
}

/** The elements of lists in lists. Without recursion: a hostile event nests them deeper than the call stack is. */
function opened(list: readonly Json[]): readonly Json[] {
  const found: Json[] = [];
  const waiting = list.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isList(next)) for (const inner of next.toReversed()) waiting.push(inner);
    else found.push(next);
  }
  return found;
}

/** A view of an event that is parsed in full. */
export const parsedView = (record: JsonObject): EventView => ({
  read: (names) => follow(record, names, false),
});
