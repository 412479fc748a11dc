import type { Path } from '../rule.js';
import { parseExpression, type PathNode } from './expression.js';
import { isEmpty } from './values.js';
import { follow, NEEDS_MORE, type EventView, type NeedsMore, type Value } from './view.js';

/** Reads a value for the event at hand. */
export type Getter = (scope: Scope) => Value | NeedsMore;

/** One event being evaluated: the view of it, the element inside `some`, and named fields computed so far. */
export interface Scope {
  readonly view: EventView;
  /** The element that `some` or `every` is at; paths start there. */
  readonly element?: { readonly value: Value };
  readonly computed: Map<Getter, Value>;
}

export const scopeOf = (view: EventView): Scope => ({ view, computed: new Map() });

/** A path that was read, or a named field, which stands for one. */
export interface CompiledPath {
  readonly get: Getter;
  /** Its values come from behind json(), so names that follow them keep their letter case. */
  readonly exact: boolean;
}

/** Resolves the first name of a path to a named field of the rule or of the log type. */
export type FieldLookup = (name: string) => CompiledPath | undefined;

export interface PathContext {
  readonly fieldNamed: FieldLookup;
  /** The paths stand inside `some` or `every` and start at the element. */
  readonly inElement: boolean;
  /** Names keep their letter case, as behind json(). */
  readonly exact: boolean;
}

/** Reads a path. @throws SyntaxProblem */
export function compilePath(text: Path, context: PathContext): CompiledPath {
  const alternatives = parseExpression(text, context.exact).map((node) => {
    const named = namedField(node, context);
    const exact = context.exact || node.exact === true || named?.exact === true;
    return { get: getterOf(node, named, context), exact };
  });
  const [only, ...others] = alternatives;
  if (only !== undefined && others.length === 0) return only;
  return {
    get: firstFull(alternatives.map(({ get }) => get)),
    exact: alternatives.some(({ exact }) => exact),
  };
}

/** The first value that is not empty, else the last one. */
function firstFull(getters: readonly Getter[]): Getter {
  return (scope) => {
    let value: Value;
    for (const getter of getters) {
      const got = getter(scope);
      if (got === NEEDS_MORE) return NEEDS_MORE;
      value = got;
      if (!isEmpty(value)) break;
    }
    return value;
  };
}

/** A path in an element starts there, where no name is a field's. */
function namedField({ names, verbatim }: PathNode, context: PathContext): CompiledPath | undefined {
  const [first] = names;
  return context.inElement || verbatim === true || first === undefined
    ? undefined
    : context.fieldNamed(first.text);
}

function getterOf(
  { names, steps, literal }: PathNode,
  named: CompiledPath | undefined,
  context: PathContext,
): Getter {
  if (literal !== undefined) return () => literal;
  if (context.inElement) {
    return (scope) => takeSteps(follow(scope.element?.value, names, context.exact), steps);
  }
  if (named !== undefined) {
    return (scope) => {
      const value = named.get(scope);
      return value === NEEDS_MORE ? value : takeSteps(follow(value, names, named.exact, 1), steps);
    };
  }
  if (steps.length === 0) return (scope) => scope.view.read(names);
  return (scope) => {
    const value = scope.view.read(names);
    return value === NEEDS_MORE ? value : takeSteps(value, steps);
  };
}

function takeSteps(start: Value, steps: PathNode['steps']): Value {
  let value = start;
  for (const step of steps) value = step(value);
  return value;
}

/** Computes a named field once an event. */
export const remembered = (getter: Getter): Getter => {
  const once: Getter = (scope) => {
    if (scope.computed.has(once)) return scope.computed.get(once);
    const value = getter(scope);
    if (value !== NEEDS_MORE) scope.computed.set(once, value);
    return value;
  };
  return once;
};
