import { cutText } from '../engine/text.js';
import type { DeadLetter } from '../evaluate-unit.js';
import { documentKey } from '../state/keys.js';
import { MOST_DOCUMENT_BYTES, type StateStore } from '../state/store.js';
import { ensureDocument } from './documents.js';

const RETENTION_MS = 30 * 86_400_000;
const MOST_LETTERS = 100;
const LONGEST_TEXT = 1000;

/** A pointer to work that failed for good, with its reason; the content stays where it is. */
export type DeadLetterDocument = { readonly v: 1; readonly at: number } & (
  UnitLetters | DeliveryLetter | RuleLetter
);

/** What could not be read, parsed or classified in one unit. */
export interface UnitLetters {
  readonly kind: 'unit';
  readonly source: string;
  readonly unitId: string;
  readonly unit: string;
  /** How many, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first 100, or as many of them as there is room for. */
  readonly letters: readonly DeadLetter[];
}

/** A message that a destination refused for good. */
export interface DeliveryLetter {
  readonly kind: 'delivery';
  readonly destination: string;
  readonly alertId: string;
  readonly groupKey: string;
  readonly reason: string;
  /** What the destination answered, cut and without secrets. */
  readonly response?: string;
}

/** A rule that failed on an event. */
export interface RuleLetter {
  readonly kind: 'rule';
  readonly source: string;
  readonly rule: string;
  readonly hook: string;
  readonly error: string;
  readonly unitId: string;
  readonly unit: string;
  /** Events of the unit that it failed on. */
  readonly events: number;
}

/** The same trouble makes one document, however often it is seen. */
export async function recordDeadLetter(
  store: StateStore,
  letter: UnitLetters | DeliveryLetter | RuleLetter,
  now: number,
): Promise<void> {
  await ensureDocument(store, letterKey(letter), encodeLetter({ v: 1, at: now, ...letter }), {
    due: null,
    expires: Math.ceil(now + RETENTION_MS),
  });
}

function letterKey(letter: UnitLetters | DeliveryLetter | RuleLetter): string {
  switch (letter.kind) {
    case 'unit':
      return documentKey('dead-letter', 'unit', letter.unitId);
    case 'delivery':
      return documentKey('dead-letter', 'delivery', letter.destination, letter.alertId);
    case 'rule':
      return documentKey('dead-letter', 'rule', letter.rule, letter.hook, letter.unitId);
  }
}

/** Fits a store: texts are cut, and of the records of a unit as many are listed as there is room for. */
function encodeLetter(document: DeadLetterDocument): string {
  switch (document.kind) {
    case 'rule':
      return JSON.stringify({ ...document, error: cutText(document.error, LONGEST_TEXT) });
    case 'delivery': {
      const { reason, response } = document;
      return JSON.stringify({
        ...{ ...document, reason: cutText(reason, LONGEST_TEXT) },
        ...(response === undefined ? {} : { response: cutText(response, LONGEST_TEXT) }),
      });
    }
    case 'unit': {
      let letters = document.letters
        .slice(0, MOST_LETTERS)
        .map((one) => ({ ...one, message: cutText(one.message, LONGEST_TEXT) }));
      for (;;) {
        const body = JSON.stringify({ ...document, letters });
        if (Buffer.byteLength(body) <= MOST_DOCUMENT_BYTES || letters.length === 0) return body;
        letters = letters.slice(0, Math.floor(letters.length / 2));
      }
    }
  }
}
