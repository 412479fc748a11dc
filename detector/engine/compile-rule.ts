import type { ConditionName, Rule, RuleEvent, Setting, Severity } from '../rule.js';
import { SEVERITIES } from '../rule.js';
import { anchorsOf } from './anchors.js';
import type { Indexed } from './candidates.js';
import { chooseCase, compileCases, compileFieldDefinitions } from './fields.js';
import { isObject, type Json, type JsonObject } from './json.js';
import { compileMatch, refuseSyntax, type MatchContext, type Predicate } from './match.js';
import type { Problem } from './problem.js';
import { ScopedRuleEvent } from './rule-event.js';
import { compilePath, scopeOf, type CompiledPath, type Getter, type Scope } from './scope.js';
import { compileTemplate, type Rendered } from './template.js';
import { compileTest } from './field-test.js';
import { cutText, show } from './text.js';
import { elementsOf, isEmpty, textOf } from './values.js';
import { NEEDS_MORE, type EventView, type NeedsMore } from './view.js';
import type { Vocabulary } from './vocabulary.js';

/** Longest title and dedup key, in characters. */
export const LONGEST_TEXT = 1000;
const UNKNOWN = 'unknown';
const CONTEXT_FAILED: JsonObject = { error: 'The context of this rule could not be computed.' };

/** A hook of a rule that threw or returned nonsense; the match it belongs to is kept. */
export interface RuleFailure {
  readonly rule: string;
  readonly hook: 'when' | 'title' | 'dedup' | 'severity' | 'context';
  readonly error: string;
}

/** One rule firing on one event. */
export interface RuleMatch {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly title: string;
  readonly dedup: string;
  /** The values that a `distinct` rule counts, none where the event has none; absent for other rules. */
  readonly distinct?: readonly string[];
  /** What an alert carries; computed on demand, because most matches only count. */
  readonly context: () => JsonObject;
}

export interface CompiledRule extends Indexed {
  readonly rule: Rule;
  readonly holds: Predicate;
  /** @param record the event in full, which hooks and templates may read anything of */
  readonly fire: (
    record: JsonObject,
    view: EventView,
    fail: (failure: RuleFailure) => void,
  ) => RuleMatch | undefined;
}

export interface RuleOptions {
  /** Ours, whose regular expressions were reviewed. */
  readonly reviewed: boolean;
  /** What the user set for this rule, by name of the setting. */
  readonly settings: Readonly<Record<string, Setting['default']>>;
}

export type CompiledVocabulary = Omit<MatchContext, 'settingNamed' | 'reviewed' | 'report'> & {
  readonly context: readonly (readonly [string, Getter])[];
};

/** Compiles what a log type defines. Its definitions are ours: a mistake in them is a fault of the program. */
export function compileVocabulary(vocabulary: Vocabulary): CompiledVocabulary {
  const context: MatchContext = {
    fieldNamed: () => undefined,
    conditionNamed: (name) =>
      Object.hasOwn(vocabulary.conditions, name) ? vocabulary.conditions[name as ConditionName] : undefined,
    settingNamed: () => undefined,
    reviewed: true,
    inElement: false,
    exact: false,
    report: (problem) => {
      throw new Error(`${vocabulary.id} ${problem.at}: ${problem.message}`);
    },
  };
  const fieldNamed = compileFieldDefinitions(vocabulary.fields, 'fields', context);
  const paths = { fieldNamed, inElement: false, exact: false };
  return {
    ...paths,
    conditionNamed: context.conditionNamed,
    context: Object.entries(vocabulary.context).map(([name, path]) => [name, compilePath(path, paths).get]),
  };
}

/** Compiles one rule for one log type; mistakes are reported, all of them. */
export function compileRule(
  rule: Rule,
  vocabulary: CompiledVocabulary,
  options: RuleOptions,
  report: (problem: Problem) => void,
): CompiledRule {
  const settingNamed = (name: string): Setting['default'] | undefined =>
    Object.hasOwn(options.settings, name) ? options.settings[name] : rule.settings?.[name]?.default;
  const base: MatchContext = { ...vocabulary, settingNamed, reviewed: options.reviewed, report };
  const fieldNamed = compileFieldDefinitions(rule.fields ?? {}, 'fields', base);
  const context: MatchContext = { ...base, fieldNamed };
  const expressions = new Map<string, CompiledPath>();
  const hooks = compileHooks(rule, context, vocabulary.context);
  const isNamed = (name: string): boolean => fieldNamed(name) !== undefined;

  return {
    rule,
    holds: compileMatch(rule.match, 'match', context),
    anchors: anchorsSafely(rule, isNamed),
    compileAnchor: (anchor) => {
      const test = compileTest(anchor.test, 'match', { ...context, report: () => undefined });
      const scope = scopeOf({ read: () => NEEDS_MORE });
      return (value) => test(value, scope) !== false;
    },
    fire: (record, view, fail) => {
      const scope = scopeOf(view);
      const event = new ScopedRuleEvent(record, scope, { context, expressions, settingNamed });
      const attempt = attempts(rule.id, fail);
      if (rule.when !== undefined && !attempt('when', () => requireBoolean(rule.when?.(event)), false))
        return undefined;
      return hooks(scope, event, attempt);
    },
  };
}

type Attempt = <T>(hook: RuleFailure['hook'], run: () => T, fallback: T) => T;

/** Runs a hook; when it throws, the failure is reported and the fallback taken. */
const attempts =
  (rule: string, fail: (failure: RuleFailure) => void): Attempt =>
  (hook, run, fallback) => {
    try {
      return run();
    } catch (error) {
      fail({ rule, hook, error: describe(error) });
      return fallback;
    }
  };

function compileHooks(rule: Rule, context: MatchContext, standard: CompiledVocabulary['context']) {
  const title = compileText(rule.title, 'title', context);
  const dedup = compileText(rule.dedup, 'dedup', context);
  const severity = compileSeverity(rule, context);
  const distinct = rule.distinct === undefined ? undefined : getterAt(rule.distinct, 'distinct', context);
  const own = compileContext(rule, context);

  return (scope: Scope, event: RuleEvent, attempt: Attempt): RuleMatch => {
    const titleText = attempt('title', () => title(scope, event, UNKNOWN), undefined) || rule.name;
    const dedupText = attempt('dedup', () => dedup(scope, event, ''), undefined) ?? titleText;
    const counted = distinct?.(scope);
    // Code can fail and is called right away, while whoever asks for the evaluation still reads its failures.
    const coded =
      typeof rule.context === 'function'
        ? attempt('context', () => own(scope, event), CONTEXT_FAILED)
        : undefined;
    return {
      rule,
      severity: attempt('severity', () => severity(scope, event), undefined) ?? rule.severity,
      title: cutText(titleText, LONGEST_TEXT),
      dedup: cutText(dedupText, LONGEST_TEXT),
      ...(distinct === undefined ? {} : { distinct: counted === NEEDS_MORE ? [] : distinctTexts(counted) }),
      context: () => ({ ...contextOf(standard, scope), ...(coded ?? own(scope, event)) }),
    };
  };
}

type TextHook = (scope: Scope, event: RuleEvent, missing: string) => string | undefined;

function compileText(hook: Rule['title'], at: string, context: MatchContext): TextHook {
  if (typeof hook === 'function') return (_, event) => requireText(hook(event));
  if (hook === undefined) return () => undefined;
  if (typeof hook !== 'string') {
    const cases = compileCases(hook, at, context).map(({ holds, value }, i) => ({
      holds,
      value: compileText(value, `${at}[${String(i)}]`, context),
    }));
    return (scope, event, missing) => {
      const chosen = chooseCase(cases, scope);
      return typeof chosen === 'function' ? chosen(scope, event, missing) : undefined;
    };
  }
  const rendered = guarded<Rendered>(
    at,
    context,
    () => compileTemplate(hook, context),
    () => '',
  );
  return (scope, _, missing) => {
    const text = rendered(scope, missing);
    return text === NEEDS_MORE ? undefined : text;
  };
}

function compileSeverity(rule: Rule, context: MatchContext) {
  const { severityBy } = rule;
  if (severityBy === undefined) return () => undefined;
  if (typeof severityBy === 'function')
    return (_: Scope, event: RuleEvent) => requireSeverity(severityBy(event));
  const cases = compileCases(severityBy, 'severityBy', context);
  return (scope: Scope) => {
    const chosen = chooseCase(cases, scope);
    return chosen === NEEDS_MORE ? undefined : chosen;
  };
}

function compileContext(rule: Rule, context: MatchContext): (scope: Scope, event: RuleEvent) => JsonObject {
  const own = rule.context;
  if (typeof own === 'function') return (_, event) => requireObject(own(event));
  const getters = Object.entries(own ?? {}).map(
    ([name, path]) => [name, getterAt(path, `context.${name}`, context)] as const,
  );
  return (scope) => contextOf(getters, scope);
}

const getterAt = (path: string, at: string, context: MatchContext): Getter =>
  guarded<Getter>(
    at,
    context,
    () => compilePath(path, context).get,
    () => undefined,
  );

function guarded<T>(at: string, context: MatchContext, compile: () => T, instead: T): T {
  try {
    return compile();
  } catch (error) {
    refuseSyntax(error, at, context);
    return instead;
  }
}

function contextOf(getters: readonly (readonly [string, Getter])[], scope: Scope): JsonObject {
  const entries = getters.flatMap(([name, get]): [string, Json][] => {
    const value = get(scope);
    return value === NEEDS_MORE || value === undefined || isEmpty(value) ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

const distinctTexts = (value: Exclude<ReturnType<Getter>, NeedsMore>): readonly string[] => [
  ...new Set(elementsOf(value).flatMap((element) => textOf(element) || [])),
];

/** A match that cannot be read has no anchors; compileMatch reports why. */
function anchorsSafely(rule: Rule, isNamed: (name: string) => boolean): Indexed['anchors'] {
  try {
    return anchorsOf(rule.match, isNamed);
  } catch {
    return [];
  }
}

/** A hook that is async by mistake gives a promise; when that fails too, nobody hears of it, and Node would end. */
function quiet(value: unknown): void {
  if (value instanceof Promise) value.catch(() => undefined);
}

function requireBoolean(value: unknown): boolean {
  quiet(value);
  if (typeof value !== 'boolean')
    throw new TypeError(`returned ${typeof value} where a boolean was expected`);
  return value;
}

function requireText(value: unknown): string {
  quiet(value);
  if (typeof value !== 'string') throw new TypeError(`returned ${typeof value} where a text was expected`);
  return value;
}

function requireSeverity(value: unknown): Severity | undefined {
  quiet(value);
  if (value !== undefined && !SEVERITIES.includes(value as Severity)) {
    throw new TypeError(`returned ${show(value)} where one of ${SEVERITIES.join(', ')} was expected`);
  }
  return value as Severity | undefined;
}

/** A copy as JSON: what cannot be written as JSON would fail later, when the alert is on its way. */
function requireObject(value: unknown): JsonObject {
  quiet(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Promise) {
    throw new TypeError('returned something that is no object');
  }
  const copy = JSON.parse(JSON.stringify(value)) as Json;
  if (!isObject(copy)) throw new TypeError('returned something that is no JSON object');
  return copy;
}

/** Code can throw anything, an object that has no text included. */
function describe(error: unknown): string {
  try {
    return cutText(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 300);
  } catch {
    return 'an error that cannot be shown';
  }
}
