import type { FieldDefinition, FieldDefinitions, Match, Operators, Rule } from '../rule.js';
import { isLogic } from './anchors.js';
import { parseExpression, type PathNode } from './expression.js';
import { isScalar } from './operators.js';
import { SyntaxProblem } from './problem.js';
import { expressionsIn, hasOwnText } from './template.js';
import type { Vocabulary } from './vocabulary.js';

/** Names from the top of an event; a list on the way stands for its elements. */
export type FieldNames = readonly string[];

/** What a rule reads and needs: one of these fields has to have a value. */
export type NeededField = readonly FieldNames[];

/** Definitions use each other; more steps than this are a mistake that is told elsewhere. */
const MOST_STEPS = 20;

/**
 * The fields without which a rule never matches, or matches and says `unknown`: those of its match, its title, its
 * dedup key and `distinct`. Left out are tests that pass where there is no value, the context, which most events have a
 * part of, and what code reads.
 */
export function neededFields(rule: Rule, vocabulary: Vocabulary): readonly NeededField[] {
  const reader = new FieldReader({ ...vocabulary.fields, ...rule.fields }, vocabulary.conditions);
  const texts = [rule.title, rule.dedup].filter((text) => typeof text === 'string');
  const needed = [
    ...reader.ofMatch(rule.match),
    ...texts.flatMap((text) => attempt(() => expressionsIn(text))).flatMap((path) => reader.ofPath(path)),
    ...(rule.distinct === undefined ? [] : reader.ofPath(rule.distinct)),
  ];
  return [...new Map(needed.map((field) => [JSON.stringify(field), field])).values()];
}

class FieldReader {
  constructor(
    private readonly definitions: FieldDefinitions,
    private readonly conditions: Vocabulary['conditions'],
  ) {}

  /** @param at the element that paths start at, inside `some` */
  ofMatch(match: Match, at?: FieldNames): readonly NeededField[] {
    if (typeof match === 'string') {
      const condition = this.conditions[match];
      return condition === undefined ? [] : this.ofMatch(condition);
    }
    if (isLogic(match, 'not')) return [];
    if (isLogic(match, 'all'))
      return (match.all as readonly Match[]).flatMap((part) => this.ofMatch(part, at));
    if (isLogic(match, 'any'))
      return Array.isArray(match.any) ? this.ofAny(match.any as readonly Match[], at) : [];
    return Object.entries(match).flatMap(([path, test]) => this.ofTest(path, test as unknown, at));
  }

  /** One of the fields of any alternative will do, and none where one alternative needs none. */
  private ofAny(parts: readonly Match[], at?: FieldNames): readonly NeededField[] {
    const all = parts.map((part) => this.ofMatch(part, at));
    return all.some((needed) => needed.length === 0) ? [] : [distinctNames(all.flat(2))];
  }

  private ofTest(path: string, test: unknown, at?: FieldNames): readonly NeededField[] {
    if (!needsValue(test)) return [];
    const fields = this.ofPath(path, at);
    const some = isScalar(test) || Array.isArray(test) ? undefined : (test as Operators).some;
    const [[only, ...others] = []] = fields;
    const inner =
      some === undefined || only === undefined || others.length > 0 ? [] : this.ofMatch(some, only);
    return inner.length === 0 ? fields : inner;
  }

  ofPath(path: string, at?: FieldNames, steps = 0): readonly NeededField[] {
    const nodes = attempt(() => parseExpression(path));
    const names = nodes.map((node) => this.ofNode(node, at, steps));
    // Where one alternative always has a value, or tells nothing, no field is needed.
    return names.length === 0 || names.some((some) => some.length === 0) ? [] : [distinctNames(names.flat())];
  }

  private ofNode(node: PathNode, at: FieldNames | undefined, steps: number): readonly FieldNames[] {
    const [first, ...rest] = node.names.map(({ text }) => text);
    if (node.self === true) return at === undefined ? [] : [at];
    if (first === undefined) return [];
    if (at !== undefined) return [[...at, first, ...rest]];
    const isNamed = node.verbatim !== true && Object.hasOwn(this.definitions, first);
    const definition = isNamed ? this.definitions[first] : undefined;
    if (definition === undefined) return [[first, ...rest]];
    return steps > MOST_STEPS ? [] : this.ofDefinition(first, definition, rest, steps + 1);
  }

  private ofDefinition(
    name: string,
    definition: FieldDefinition,
    rest: FieldNames,
    steps: number,
  ): readonly FieldNames[] {
    if (typeof definition === 'string') {
      // A field may be named like the one that it reads.
      if (definition === name) return [[name, ...rest]];
      return this.ofPath(definition, undefined, steps)
        .flat()
        .map((names) => [...names, ...rest]);
    }
    if ('each' in definition) return this.ofPath(definition.each, undefined, steps).flat();
    // With words of its own it has a value whatever the event has.
    if (definition.some(({ value }) => attempt(() => [hasOwnText(value)]).includes(true))) return [];
    return definition
      .flatMap(({ value }) => attempt(() => expressionsIn(value)))
      .flatMap((path) => this.ofPath(path, undefined, steps).flat());
  }
}

/** Whether a test fails where there is no value. */
function needsValue(test: unknown): boolean {
  if (isScalar(test) || Array.isArray(test)) return true;
  const operators = test as Operators;
  return Object.entries(operators).some(([name, operand]: [string, unknown]) => {
    if (name === 'absent' || name === 'empty') return operand === false;
    if (name === 'truthy') return operand === true;
    if (name === 'not') return !needsValue(operand);
    if (name === 'any') return Array.isArray(operand) && operand.every(needsValue);
    return name !== 'every' && name !== 'ignoreCase';
  });
}

const distinctNames = (all: readonly FieldNames[]): NeededField => [
  ...new Map(all.map((names) => [JSON.stringify(names), names])).values(),
];

/** What cannot be read is told when the rule is compiled. */
function attempt<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxProblem) return [];
    throw error;
  }
}
