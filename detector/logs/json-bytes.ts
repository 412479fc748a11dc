/** The bytes that give JSON text its structure. */
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

export const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB || byte === RETURN;

export const isWhiteSpace = (byte: number): boolean => isBlank(byte) || byte === NEWLINE;

/**
 * The next quote at or after `from`, escaped or not, else the buffer's length. Eight compares a round: one a round, or
 * the native search, are slower on the short strings of log records.
 */
export function findQuote(bytes: Buffer, from: number): number {
  let at = from;
  for (const last = bytes.length - 8; at <= last; at += 8) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at + 1] === QUOTE) return at + 1;
    if (bytes[at + 2] === QUOTE) return at + 2;
    if (bytes[at + 3] === QUOTE) return at + 3;
    if (bytes[at + 4] === QUOTE) return at + 4;
    if (bytes[at + 5] === QUOTE) return at + 5;
    if (bytes[at + 6] === QUOTE) return at + 6;
    if (bytes[at + 7] === QUOTE) return at + 7;
  }
  while (at < bytes.length && bytes[at] !== QUOTE) at++;
  return at;
}

/** Whether the byte at `at` is escaped: an odd number of backslashes stands before it, none of them before `from`. */
export function isEscaped(bytes: Buffer, from: number, at: number): boolean {
  let before = at - 1;
  while (before >= from && bytes[before] === BACKSLASH) before--;
  return ((at - 1 - before) & 1) === 1;
}
