import type { Anchor } from './anchors.js';
import { parseExpression } from './expression.js';
import { elementsOf, textOf } from './values.js';
import { NEEDS_MORE, type EventView, type Name, type NeedsMore } from './view.js';

/** Values of a patterned field whose answer is remembered; more than a day of calls has, small enough to forget. */
const MOST_REMEMBERED = 8192;
/** Longer values are looked up each time: remembering hostile megabyte strings would cost the memory they take. */
const LONGEST_REMEMBERED = 256;

/** One rule as the index sees it: its anchors, and how to test a value against an anchor that is no plain text. */
export interface Indexed {
  readonly anchors: readonly Anchor[];
  readonly compileAnchor: (anchor: Anchor) => (value: string) => boolean;
}

/** Which rules (by position) could match an event. */
export interface CandidateIndex {
  candidates(view: EventView): readonly number[] | NeedsMore;
  /** Those that any event is held against: what `candidates` gives where no rule looks for the event's values. */
  readonly always: readonly number[];
  /** The fields that the index reads, for whoever serves a view from spans. */
  readonly paths: readonly string[];
}

/**
 * Sorts rules under the field values that they need, so that an event is checked against few rules however many there
 * are. Each rule is listed under its best anchor; a rule without one is a candidate for every event.
 */
export function indexRules(rules: readonly Indexed[]): CandidateIndex {
  const popularity = new Map<string, number>();
  for (const { anchors } of rules) {
    for (const path of new Set(anchors.map((anchor) => anchor.path)))
      popularity.set(path, (popularity.get(path) ?? 0) + 1);
  }
  const always: number[] = [];
  const fields = new Map<string, FieldIndex>();
  rules.forEach((rule, position) => {
    const best = bestAnchor(rule.anchors, popularity);
    if (best === undefined) always.push(position);
    else {
      const field = fields.get(best.path) ?? new FieldIndex(best.path);
      fields.set(best.path, field);
      field.add(position, best, rule.compileAnchor);
    }
  });
  const indexes = [...fields.values()];
  return {
    always,
    paths: [...fields.keys()],
    candidates: (view) => {
      let found: Set<number> | undefined;
      for (const field of indexes) {
        const value = view.read(field.names);
        if (value === NEEDS_MORE) return NEEDS_MORE;
        for (const element of elementsOf(value)) {
          // Loose tests take numbers and booleans as text, so the index has to as well.
          const text = textOf(element);
          if (text === undefined) continue;
          for (const position of field.rulesFor(text)) (found ??= new Set(always)).add(position);
        }
      }
      return found === undefined ? always : [...found].sort((a, b) => a - b);
    },
  };
}

/** Plain texts before patterns; then the field that most rules name, so that few fields are read. */
function bestAnchor(anchors: readonly Anchor[], popularity: ReadonlyMap<string, number>): Anchor | undefined {
  const rank = (anchor: Anchor): number =>
    (anchor.texts === undefined ? 0 : 1_000_000) +
    (popularity.get(anchor.path) ?? 0) * 100 -
    (anchor.texts?.length ?? 0) / 100;
  return anchors.reduce<Anchor | undefined>(
    (best, anchor) => (best === undefined || rank(anchor) > rank(best) ? anchor : best),
    undefined,
  );
}

class FieldIndex {
  readonly names: readonly Name[];
  private readonly exact = new Map<string, number[]>();
  private readonly folded = new Map<string, number[]>();
  private readonly patterns: { readonly position: number; readonly holds: (value: string) => boolean }[] = [];
  private readonly remembered = new Map<string, readonly number[]>();

  constructor(path: string) {
    this.names = parseExpression(path)[0]?.names ?? [];
  }

  add(position: number, anchor: Anchor, compile: Indexed['compileAnchor']): void {
    if (anchor.texts === undefined) this.patterns.push({ position, holds: compile(anchor) });
    else
      for (const text of anchor.texts)
        append(anchor.folded ? this.folded : this.exact, anchor.folded ? text.toLowerCase() : text, position);
  }

  rulesFor(value: string): readonly number[] {
    const known = this.remembered.get(value);
    if (known !== undefined) return known;
    const found = [
      ...(this.exact.get(value) ?? []),
      ...(this.folded.size === 0 ? [] : (this.folded.get(value.toLowerCase()) ?? [])),
      ...this.patterns.filter(({ holds }) => holds(value)).map(({ position }) => position),
    ];
    if (value.length <= LONGEST_REMEMBERED) {
      if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
      this.remembered.set(value, found);
    }
    return found;
  }
}

function append(map: Map<string, number[]>, key: string, position: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [position]);
  else if (!list.includes(position)) list.push(position);
}
