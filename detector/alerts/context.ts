import { isList, type Json, type JsonObject } from '../engine/json.js';
import { cutText } from '../engine/text.js';

/** Most context that an alert carries, in bytes of JSON. */
export const MOST_CONTEXT_BYTES = 16 * 1024;
/** Of these, what the list of left out entries may take. */
const MOST_MARK_BYTES = 2 * 1024;
const LONGEST_NAME = 100;
const LONGEST_STRING = 2000;
const MOST_ELEMENTS = 50;
const DEEPEST = 12;

/**
 * A context that fits an alert: long texts are cut, long lists and deep objects are shortened with a mark, and the
 * largest entries give way last of all. Entries that were left out are named under `truncated`, which replaces an
 * entry of that name. What is no JSON is treated as `JSON.stringify` does; big integers become text.
 */
export function limitContext(context: JsonObject): JsonObject {
  const entries = new Map<string, Json>();
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(context)) {
    const short = cutText(name, LONGEST_NAME);
    const shown = shorten(value, 0, { left: MOST_CONTEXT_BYTES });
    if (entries.has(short)) dropped.push(short);
    else if (shown !== undefined) entries.set(short, shown);
  }
  const sizes = new Map([...entries].map(([name, value]) => [name, bytesOf(name) + bytesOf(value) + 2]));
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 1);
  if (dropped.length > 0 || total > MOST_CONTEXT_BYTES) {
    for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
      if (total <= MOST_CONTEXT_BYTES - MOST_MARK_BYTES) break;
      dropped.push(name);
      entries.delete(name);
      total -= size;
    }
    if (entries.has('truncated')) dropped.push('truncated');
    entries.set('truncated', listed(dropped));
  }
  return Object.fromEntries(entries);
}

/** As many names as fit, and how many more there are. */
function listed(names: readonly string[]): readonly string[] {
  const shown: string[] = [];
  let left = MOST_MARK_BYTES - 100;
  for (const name of names) {
    left -= bytesOf(name) + 1;
    if (left < 0) return [...shown, `… [${String(names.length - shown.length)} more]`];
    shown.push(name);
  }
  return shown;
}

const bytesOf = (value: Json): number => Buffer.byteLength(JSON.stringify(value));

/**
 * @param value JSON, or whatever the hook of a rule returned instead
 * @param budget what is left of an alert's bytes; an entry that is larger gives way, so the rest of it is not looked at
 */
function shorten(value: unknown, depth: number, budget: { left: number }): Json | undefined {
  if (typeof value === 'string') {
    const text = cutText(value, LONGEST_STRING);
    budget.left -= text.length;
    return text;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return cutText(String(value), LONGEST_STRING);
  if (typeof value !== 'object') return undefined;
  if (depth >= DEEPEST) return '… [deeper levels left out]';
  if (isList(value as Json)) {
    const list = value as readonly unknown[];
    const shown = take(list, budget).map((element) => shorten(element, depth + 1, budget) ?? null);
    const left = list.length - shown.length;
    return left === 0 ? shown : [...shown, `… [${String(left)} more]`];
  }
  const names = Object.keys(value);
  const taken = take(names, budget);
  const shown = taken.flatMap((name): [string, Json][] => {
    const short = shorten(value[name as keyof typeof value], depth + 1, budget);
    return short === undefined ? [] : [[cutText(name, LONGEST_NAME), short]];
  });
  const left = names.length - taken.length;
  return Object.fromEntries(left === 0 ? shown : [...shown, ['…', `${String(left)} more`]]);
}

function take<T>(elements: readonly T[], budget: { left: number }): readonly T[] {
  const taken = elements.slice(0, Math.max(0, Math.min(MOST_ELEMENTS, budget.left)));
  budget.left -= taken.length;
  return taken;
}
