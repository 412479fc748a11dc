import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  findQuote,
  isEscaped,
  isWhiteSpace,
  OPEN_LIST,
  QUOTE,
} from './json-bytes.js';

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** Digits of 2^53 - 1. */
const MIN_DIGITS = 16;
const QUOTE_MARK = Buffer.from('"');

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/**
 * JSON text with quotes around every integer that is not exact as a number; undefined if there is none. Done on the
 * text, and not with the reviver of JSON.parse, since that recurses and fails on deep records.
 */
export function quoteLargeIntegers(bytes: Buffer): Buffer | undefined {
  if (!mayHoldLargeInteger(bytes)) return undefined;
  const parts: Buffer[] = [];
  let taken = 0;
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === QUOTE) at = stringEnd(bytes, at + 1);
    else if (isDigit(bytes[at])) {
      const first = bytes[at - 1] === MINUS ? at - 1 : at;
      at = digitsEnd(bytes, at);
      if (!isLargeInteger(bytes, first, at)) continue;
      parts.push(bytes.subarray(taken, first), QUOTE_MARK, bytes.subarray(first, at), QUOTE_MARK);
      taken = at;
    } else at++;
  }
  return parts.length === 0 ? undefined : Buffer.concat([...parts, bytes.subarray(taken)]);
}

/** Looks at every sixteenth byte, since a run of sixteen digits cannot lie between two of them. */
function mayHoldLargeInteger(bytes: Buffer): boolean {
  let at = MIN_DIGITS - 1;
  while (at < bytes.length) {
    if (isDigit(bytes[at])) {
      let first = at;
      while (isDigit(bytes[first - 1])) first--;
      const end = digitsEnd(bytes, at);
      if (end - first >= MIN_DIGITS && beginsValue(bytes, first)) return true;
      at = end;
    }
    at += MIN_DIGITS;
  }
  return false;
}

/** Whether a number can begin at these digits, or at the minus before them. */
function beginsValue(bytes: Buffer, first: number): boolean {
  const before = bytes[bytes[first - 1] === MINUS ? first - 2 : first - 1] ?? 0;
  return before === COLON || before === COMMA || before === OPEN_LIST || isWhiteSpace(before);
}

function isLargeInteger(bytes: Buffer, first: number, end: number): boolean {
  const digits = bytes[first] === MINUS ? first + 1 : first;
  if (end - digits < MIN_DIGITS || bytes[digits] === ZERO || !beginsValue(bytes, digits)) return false;
  let next = end;
  while (isWhiteSpace(bytes[next] ?? 0)) next++;
  // Not a fraction, a power or a key: what is no JSON must not become JSON.
  const follows = bytes[next];
  if (follows !== COMMA && follows !== CLOSE_OBJECT && follows !== CLOSE_LIST) return false;
  return !Number.isSafeInteger(Number(bytes.toString('latin1', first, end)));
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at;
}

function stringEnd(bytes: Buffer, from: number): number {
  let close = findQuote(bytes, from);
  while (bytes[close - 1] === BACKSLASH && isEscaped(bytes, from, close)) close = findQuote(bytes, close + 1);
  return close + 1;
}
