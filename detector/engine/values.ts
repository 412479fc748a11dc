import { isList, type Json } from './json.js';
import type { Value } from './view.js';

/** Missing, null, empty text, empty list or empty object. */
export function isEmpty(value: Value): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  return isList(value) ? value.length === 0 : Object.keys(value).length === 0;
}

export const isTruthy = (value: Value): boolean => value !== false && value !== 0 && !isEmpty(value);

/** The elements of a list, a single value as a list of one, nothing for a missing value or null. */
export function elementsOf(value: Value): readonly Json[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}

/** The text of a scalar; undefined for anything else. */
export const textOf = (value: Value): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

const NUMERIC = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const INTEGER = /^\s*[+-]?\d+\s*$/;

/** A number, also from its decimal text; whole numbers beyond 2^53 stay exact as bigint. Undefined for the rest. */
export function numberOf(value: Value): number | bigint | undefined {
  if (typeof value === 'number') return value;
  // Longer texts are no number that a log means, and turning millions of digits into one takes minutes.
  if (typeof value !== 'string' || value.length > 400 || !NUMERIC.test(value)) return undefined;
  const number = Number(value);
  return Math.abs(number) > Number.MAX_SAFE_INTEGER && INTEGER.test(value) ? BigInt(value) : number;
}
