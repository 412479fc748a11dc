import { hashOfParts } from '../hash.js';
import { MOST_DOCUMENT_BYTES, StoreError, type DocumentMarks } from './store.js';

const KIND = /^(?=.{1,40}$)[a-z]+(?:-[a-z]+)*$/;
const REST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** `<kind>/<hash of the parts>`: a key of fixed length from parts of any content, user input included. */
export const documentKey = (kind: string, ...parts: readonly string[]): string =>
  `${checkedKind(kind)}/${hashOfParts(parts)}`;

/** What every store does first with a kind. @throws StoreError, permanent */
export function checkedKind(kind: string): string {
  if (KIND.test(kind)) return kind;
  throw new StoreError(
    `The kind ${quote(kind)} is not lower-case words joined by hyphens, at most 40 characters.`,
    'permanent',
    'Name the kind so, as in "groups".',
  );
}

/** What every store does first with a key. @throws StoreError, permanent */
export function checkedKey(key: string): {
  readonly key: string;
  readonly kind: string;
  readonly rest: string;
} {
  const slash = key.indexOf('/');
  const kind = key.slice(0, Math.max(slash, 0));
  const rest = key.slice(slash + 1);
  if (KIND.test(kind) && REST.test(rest)) return { key, kind, rest };
  throw new StoreError(
    `The key ${quote(key)} is not "<kind>/<rest>", the rest at most 200 of A-Z, a-z, 0-9, ".", "_" and "-" after a letter or digit.`,
    'permanent',
    'Build keys with documentKey(kind, ...parts).',
  );
}

/** Where a listing begins: what it lists comes after this text. @throws StoreError, permanent */
export function listStart(kind: string, after: string | undefined): string {
  if (after === undefined) return `${checkedKind(kind)}/`;
  if (checkedKey(after).kind === checkedKind(kind)) return after;
  throw new StoreError(
    `The key ${quote(after)} is not of the kind ${quote(kind)}.`,
    'permanent',
    'Continue a listing after a key that it gave.',
  );
}

/** What every store does first with a document, so that all of them take and refuse the same. @throws StoreError, permanent */
export function checkDocument(key: string, body: string, marks: DocumentMarks): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > MOST_DOCUMENT_BYTES) {
    throw new StoreError(
      `The document ${quote(key)} has ${bytes} bytes; ${MOST_DOCUMENT_BYTES} is the most.`,
      'permanent',
      'Cap the lists inside the document, or split it over several keys.',
    );
  }
  // Stores end text at a NUL or replace a lone surrogate, each in its own way; JSON.stringify escapes both.
  if (body === '' || body.includes('\0') || !body.isWellFormed()) {
    throw new StoreError(
      `The body of ${quote(key)} is empty, or has a NUL or half of a surrogate pair: not JSON text.`,
      'permanent',
      'Write bodies with JSON.stringify, which escapes them.',
    );
  }
  for (const [name, time] of [['due', marks.due] as const, ['expires', marks.expires] as const]) {
    if (time !== null) checkWhole(`"${name}" of ${quote(key)}`, time);
  }
}

/** What every store does first with a time or a limit. @throws StoreError, permanent */
export function checkWhole(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new StoreError(
    `The value of ${what} is ${value}; expected a whole number of 0 or more.`,
    'permanent',
    'Round it, and use null for a time that never comes.',
  );
}

/** Keys may come from anywhere: no control characters in messages, and not more than fits a line. */
const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
