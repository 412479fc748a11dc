import type { DeadLetterDocument } from '../../detector/alerts/dead-letters.js';
import type { StateStore, Version } from '../../detector/state/store.js';
import { documentsOf } from './documents-of.js';

/** A dead letter with what removes it. */
export interface StoredLetter {
  readonly key: string;
  readonly version: Version;
  readonly letter: DeadLetterDocument;
}

export async function* readDeadLetters(
  store: Pick<StateStore, 'get' | 'list'>,
): AsyncGenerator<StoredLetter> {
  for await (const { key, body, version } of documentsOf(store, 'dead-letter')) {
    yield { key, version, letter: JSON.parse(body) as DeadLetterDocument };
  }
}

/** Dead letters of one kind, about one thing, for one reason. */
export interface LetterCount {
  readonly kind: DeadLetterDocument['kind'];
  /** The source, the destination or the rule. */
  readonly about: string;
  readonly reason: string;
  /** Records of units, messages, or events that a rule failed on. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly latest: number;
}

/** Adds letters up, the most frequent first. */
export class LetterCounts {
  /** Letters, each about a unit, a message, or a rule in a unit: what `replay` takes up one by one. */
  letters = 0;
  private readonly counts = new Map<string, LetterCount>();

  add(letter: DeadLetterDocument): void {
    this.letters++;
    for (const [about, reason, count] of partsOf(letter)) {
      const key = JSON.stringify([letter.kind, about, reason]);
      const known = this.counts.get(key);
      this.counts.set(key, {
        ...{ kind: letter.kind, about, reason },
        count: (known?.count ?? 0) + count,
        latest: Math.max(known?.latest ?? 0, letter.at),
      });
    }
  }

  byReason(): readonly LetterCount[] {
    return [...this.counts.values()].sort((a, b) => b.count - a.count || b.latest - a.latest);
  }
}

function partsOf(letter: DeadLetterDocument): readonly (readonly [string, string, number])[] {
  switch (letter.kind) {
    case 'unit':
      return Object.entries(letter.reasons).map(([reason, count]) => [letter.source, reason, count]);
    case 'delivery':
      return [[letter.destination, letter.reason, 1]];
    case 'rule':
      return [[letter.rule, `${letter.hook}: ${letter.error}`, letter.events]];
  }
}
