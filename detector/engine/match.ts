import type { Match, Setting } from '../rule.js';
import { isObject, type Json } from './json.js';
import { SyntaxProblem, type Problem } from './problem.js';
import { compilePath, type PathContext, type Scope } from './scope.js';
import { compileTest } from './field-test.js';
import { show } from './text.js';
import { NEEDS_MORE, type Truth } from './view.js';

/** Whether an event holds, as far as its view tells. */
export type Predicate = (scope: Scope) => Truth;

/** What the compiler of a match may use, and where it reports mistakes; it never throws itself. */
export interface MatchContext extends PathContext {
  readonly conditionNamed: (name: string) => Match | undefined;
  readonly settingNamed: (name: string) => Setting['default'] | undefined;
  /** The rule is one of ours: its regular expressions were reviewed and run on RegExp. */
  readonly reviewed: boolean;
  readonly report: (problem: Problem) => void;
}

const NEVER: Predicate = () => false;
const COMBINATIONS = new Set(['all', 'any', 'not']);

/** @param at position inside the rule, for messages */
export function compileMatch(match: Match, at: string, context: MatchContext): Predicate {
  if (typeof match === 'string') return compileCondition(match, at, context);
  if (!isObject(match as Json)) {
    return refuse(context, at, `${show(match)} is no match`, 'Write fields with tests, or all, any, not.');
  }
  const keys = Object.keys(match);
  const combination = keys.find((key) => COMBINATIONS.has(key));
  if (combination === undefined) return compileFields(match as Record<string, unknown>, at, context);
  if (keys.length > 1) {
    return refuse(
      context,
      at,
      `${combination} stands beside ${keys.filter((k) => k !== combination).join(', ')}`,
      `Put all of them into one all: [...] list; a field named ${combination} is written ["${combination}"].`,
    );
  }
  const inner = (match as Record<string, unknown>)[combination];
  if (combination === 'not') return negate(compileMatch(inner as Match, `${at}.not`, context));
  if (combination === 'any' && isSettingReference(inner)) {
    return anyOf(settingMatches(inner.setting, at, context));
  }
  if (!Array.isArray(inner)) {
    return refuse(context, `${at}.${combination}`, `${show(inner)} is no list`, 'Write a list of matches.');
  }
  if (inner.length === 0) {
    return refuse(context, `${at}.${combination}`, 'the list is empty', 'Name at least one match.');
  }
  const parts = inner.map((part: Match, i) =>
    compileMatch(part, `${at}.${combination}[${String(i)}]`, context),
  );
  return combination === 'all' ? allOf(parts) : anyOf(parts);
}

function compileFields(fields: Record<string, unknown>, at: string, context: MatchContext): Predicate {
  const entries = Object.entries(fields);
  if (entries.length === 0) return refuse(context, at, 'the match is empty', 'Name at least one field.');
  return allOf(
    entries.map(([path, test]) => {
      const place = `${at}.${path}`;
      try {
        const { get, exact } = compilePath(path, context);
        const holds = compileTest(test, place, { ...context, exact });
        return (scope: Scope): Truth => {
          const value = get(scope);
          return value === NEEDS_MORE ? value : holds(value, scope);
        };
      } catch (error) {
        return refuseSyntax(error, place, context);
      }
    }),
  );
}

function compileCondition(name: string, at: string, context: MatchContext): Predicate {
  const condition = context.conditionNamed(name);
  if (condition === undefined) {
    return refuse(
      context,
      at,
      `the log type has no condition "${name}"`,
      'Use succeeded or failed, or name a field.',
    );
  }
  return compileMatch(condition, `${at}(${name})`, { ...context, inElement: false, exact: false });
}

function settingMatches(name: string, at: string, context: MatchContext): readonly Predicate[] {
  const value = context.settingNamed(name);
  if (!Array.isArray(value)) {
    const refused =
      value === undefined
        ? refuse(context, at, `the rule has no setting "${name}"`, 'Declare it under settings.')
        : refuse(
            context,
            at,
            `the setting "${name}" is ${show(value)}, where a list of matches was expected`,
            'Set it to a list of matches.',
          );
    return [refused];
  }
  return value.map((match: Match, i) => compileMatch(match, `settings.${name}[${String(i)}]`, context));
}

export const isSettingReference = (value: unknown): value is { readonly setting: string } =>
  typeof value === 'object' && value !== null && 'setting' in value && typeof value.setting === 'string';

export function refuse(context: MatchContext, at: string, message: string, fix: string): Predicate {
  context.report({ at, message, fix });
  return NEVER;
}

export function refuseSyntax(error: unknown, at: string, context: MatchContext): Predicate {
  if (!(error instanceof SyntaxProblem)) throw error;
  return refuse(context, at, error.message, error.fix);
}

/** False as soon as one part is false, even where an earlier part could not tell yet. */
function allOf(parts: readonly Predicate[]): Predicate {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (scope) => {
    let truth: Truth = true;
    for (const part of parts) {
      const found = part(scope);
      if (found === false) return false;
      if (found === NEEDS_MORE) truth = NEEDS_MORE;
    }
    return truth;
  };
}

function anyOf(parts: readonly Predicate[]): Predicate {
  return (scope) => {
    let truth: Truth = false;
    for (const part of parts) {
      const found = part(scope);
      if (found === true) return true;
      if (found === NEEDS_MORE) truth = NEEDS_MORE;
    }
    return truth;
  };
}

const negate =
  (part: Predicate): Predicate =>
  (scope) => {
    const found = part(scope);
    return found === NEEDS_MORE ? found : !found;
  };
