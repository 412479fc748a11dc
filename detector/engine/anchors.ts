import type { Match, Operators } from '../rule.js';
import { parseExpression } from './expression.js';
import { isScalar } from './operators.js';

/** A test on one field that an event must pass for the rule to match: what the index looks rules up by. */
export interface Anchor {
  /** Names from the top of the event, joined by dots. */
  readonly path: string;
  /** Texts of which one must be equal to the field's value. */
  readonly texts?: readonly string[];
  /** Letter case is ignored in `texts`. */
  readonly folded: boolean;
  /** Where there are no `texts`: the test itself. */
  readonly test: Operators;
}

/** `is` is none of them: its texts are looked up, and the index holds no numbers or booleans. */
const PATTERN_OPERATORS = ['prefix', 'suffix', 'contains', 'glob', 'regex', 'like'] as const;

/**
 * The anchors of a match, each of them necessary. Fields behind functions, named fields and tests against other
 * fields or settings give none; a rule without anchors is looked at for every event.
 */
export function anchorsOf(
  match: Match,
  isNamedField: (name: string) => boolean,
  under = '',
): readonly Anchor[] {
  if (typeof match !== 'object') return [];
  if (isLogic(match, 'not')) return [];
  if (isLogic(match, 'all')) {
    return (match.all as readonly Match[]).flatMap((part) => anchorsOf(part, isNamedField, under));
  }
  if (isLogic(match, 'any')) {
    return Array.isArray(match.any)
      ? commonAnchors((match.any as readonly Match[]).map((part) => anchorsOf(part, isNamedField, under)))
      : [];
  }
  return Object.entries(match).flatMap(([path, test]) =>
    anchorsOfField(path, test as unknown, isNamedField, under),
  );
}

function anchorsOfField(
  path: string,
  test: unknown,
  isNamed: (name: string) => boolean,
  under: string,
): readonly Anchor[] {
  const names = plainNames(path);
  if (names === undefined || (under === '' && isNamed(names[0] ?? ''))) return [];
  const place = under === '' ? path : `${under}.${path}`;
  const operators: Operators =
    isScalar(test) || Array.isArray(test) ? { is: test as Operators['is'] & {} } : (test as Operators);
  if (operators.some !== undefined) return anchorsOf(operators.some, () => false, place);
  const folded = operators.ignoreCase === true;
  const is = operandTexts(operators.is);
  if (is !== undefined) return [{ path: place, texts: is, folded, test: { is, ignoreCase: folded } }];
  const patterns = Object.entries(operators).filter(
    ([name, operand]) => PATTERN_OPERATORS.some((pattern) => pattern === name) && isFixed(operand),
  );
  return patterns.length === 0
    ? []
    : [{ path: place, folded, test: { ...Object.fromEntries(patterns), ignoreCase: folded } }];
}

/** Anchors on a field that every alternative has. */
function commonAnchors(alternatives: readonly (readonly Anchor[])[]): readonly Anchor[] {
  const [first = [], ...others] = alternatives;
  return first.flatMap((anchor) => {
    const same = others.map((anchors) => anchors.find((other) => other.path === anchor.path));
    if (!same.every((other) => other !== undefined)) return [];
    const all = [anchor, ...same];
    const texts = all.every((a) => a.texts !== undefined) ? all.flatMap((a) => a.texts ?? []) : undefined;
    const folded = all.some((a) => a.folded);
    return [
      { path: anchor.path, folded, test: { any: all.map((a) => a.test) }, ...(texts ? { texts } : {}) },
    ];
  });
}

function plainNames(path: string): readonly string[] | undefined {
  const [node, ...others] = parseExpression(path);
  const plain = node !== undefined && others.length === 0 && node.steps.length === 0 && node.names.length > 0;
  return plain && !path.includes('[') ? node.names.map((name) => name.text) : undefined;
}

const isFixed = (operand: unknown): boolean =>
  isScalar(operand) || (Array.isArray(operand) && operand.length > 0 && operand.every(isScalar));

function operandTexts(operand: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  return values.length > 0 && values.every((value) => typeof value === 'string') ? values : undefined;
}

export const isLogic = (match: object, key: 'all' | 'any' | 'not'): match is Record<typeof key, unknown> =>
  Object.keys(match).length === 1 && key in match;
