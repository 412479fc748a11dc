import { isObject, type Json, type JsonObject } from '../engine/json.js';
import { quoteLargeIntegers } from './large-integers.js';

export type ParsedRecord =
  | { readonly ok: true; readonly value: JsonObject }
  /** What is wrong, without content of the log. */
  | { readonly ok: false; readonly message: string };

/**
 * A record's bytes as a JSON object, whatever its depth.
 * - Integers that a number cannot hold exactly (beyond 2^53 - 1) become their decimal text; other numbers are rounded
 *   as JSON.parse does.
 * - Of repeated keys the last one counts. `__proto__` is a key like others. Invalid UTF-8 becomes U+FFFD.
 */
export function parseRecord(bytes: Buffer): ParsedRecord {
  let value: Json;
  try {
    value = JSON.parse((quoteLargeIntegers(bytes) ?? bytes).toString()) as Json;
  } catch (error) {
    // The message of JSON.parse can quote the text: only the position is taken from it.
    const position = / at position (\d+)/.exec(error instanceof Error ? error.message : String(error))?.[1];
    return {
      ok: false,
      message: `not valid JSON${position === undefined ? '' : ` at character ${position}`}`,
    };
  }
  if (isObject(value)) return { ok: true, value };
  return { ok: false, message: 'valid JSON, but not an object' };
}
