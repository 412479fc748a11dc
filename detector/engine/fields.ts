import type { Cases, FieldDefinition, FieldDefinitions, Match, Selection, Template } from '../rule.js';
import type { Json } from './json.js';
import { compileMatch, refuseSyntax, type MatchContext, type Predicate } from './match.js';
import {
  compilePath,
  remembered,
  type CompiledPath,
  type FieldLookup,
  type Getter,
  type Scope,
} from './scope.js';
import { templateGetter } from './template.js';
import { elementsOf } from './values.js';
import { NEEDS_MORE, type NeedsMore } from './view.js';

/**
 * Compiles named fields in the order they are written; each may use those before it and those of `context`.
 * @returns a lookup of all of them
 */
export function compileFieldDefinitions(
  definitions: FieldDefinitions,
  at: string,
  context: MatchContext,
): FieldLookup {
  const fields = new Map<string, CompiledPath>();
  const lookup: FieldLookup = (name) => fields.get(name) ?? context.fieldNamed(name);
  for (const [name, definition] of Object.entries(definitions)) {
    const { get, exact } = compileDefinition(definition, `${at}.${name}`, { ...context, fieldNamed: lookup });
    fields.set(name, { get: remembered(get), exact });
  }
  return lookup;
}

function compileDefinition(definition: FieldDefinition, at: string, context: MatchContext): CompiledPath {
  try {
    if (typeof definition === 'string') return compilePath(definition, context);
    return 'each' in definition
      ? compileSelection(definition, at, context)
      : { get: casesGetter(definition, at, context), exact: false };
  } catch (error) {
    refuseSyntax(error, at, context);
    return { get: () => undefined, exact: false };
  }
}

function casesGetter(cases: Cases<Template>, at: string, context: MatchContext): Getter {
  const compiled = compileCases(cases, at, context).map(({ holds, value }, i) => ({
    holds,
    get: templateAt(value, `${at}[${String(i)}].value`, context),
  }));
  return (scope) => {
    for (const { holds, get } of compiled) {
      const truth = holds(scope);
      if (truth === NEEDS_MORE) return NEEDS_MORE;
      if (truth) return get(scope);
    }
    return undefined;
  };
}

function templateAt(text: string, at: string, context: MatchContext): Getter {
  try {
    return templateGetter(text, context);
  } catch (error) {
    refuseSyntax(error, at, context);
    return () => undefined;
  }
}

function compileSelection({ each, where }: Selection, at: string, context: MatchContext): CompiledPath {
  const { get, exact } = compilePath(each, context);
  const holds = compileMatch(where, `${at}.where`, { ...context, exact, inElement: true });
  const select: Getter = (scope) => {
    const value = get(scope);
    if (value === NEEDS_MORE) return NEEDS_MORE;
    const chosen: Json[] = [];
    for (const element of elementsOf(value)) {
      const truth = holds({ ...scope, element: { value: element } });
      if (truth === NEEDS_MORE) return NEEDS_MORE;
      if (truth) chosen.push(element);
    }
    return chosen.length === 0 ? undefined : chosen;
  };
  return { get: select, exact };
}

interface CompiledCase<T> {
  readonly value: T;
  readonly holds: Predicate;
}

export function compileCases<T>(
  cases: readonly { readonly value: T; readonly match?: Match }[],
  at: string,
  context: MatchContext,
): readonly CompiledCase<T>[] {
  return cases.map(({ value, match }, i) => ({
    value,
    holds: match === undefined ? () => true : compileMatch(match, `${at}[${String(i)}].match`, context),
  }));
}

/** The value of the first case that holds. */
export function chooseCase<T>(cases: readonly CompiledCase<T>[], scope: Scope): T | undefined | NeedsMore {
  for (const { value, holds } of cases) {
    const truth = holds(scope);
    if (truth === NEEDS_MORE) return NEEDS_MORE;
    if (truth) return value;
  }
  return undefined;
}
