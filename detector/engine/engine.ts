import { LOG_TYPES, type LogTypeId, type Rule } from '../rule.js';
import { indexRules, type CandidateIndex } from './candidates.js';
import {
  compileRule,
  compileVocabulary,
  type CompiledRule,
  type RuleFailure,
  type RuleMatch,
  type RuleOptions,
} from './compile-rule.js';
import type { JsonObject } from './json.js';
import { RuleProblemsError, type Problem } from './problem.js';
import { checkRule } from './check-rule.js';
import { scopeOf } from './scope.js';
import { NEEDS_MORE, parsedView, type EventView } from './view.js';
import type { Vocabulary } from './vocabulary.js';

export type { RuleFailure, RuleMatch } from './compile-rule.js';

/** A rule with where it comes from. */
export interface RuleSource extends Partial<RuleOptions> {
  readonly rule: Rule;
  /** The file, for messages about a rule of the user's. */
  readonly file?: string;
}

export interface Evaluation {
  readonly matches: readonly RuleMatch[];
  readonly failures: readonly RuleFailure[];
  /** Some rule looks for events with such values, whether it matches or not. */
  readonly sought?: true;
}

/** All rules, compiled. Pure: no I/O, no clock; the same event gives the same evaluation. */
export interface Engine {
  /** The rules in the order of evaluation, disabled ones left out. */
  readonly rules: readonly Rule[];
  /**
   * @param view what is known of the event without parsing it
   * @param parse gives the whole event; called only when a rule may match or the view does not tell
   */
  evaluate(logType: LogTypeId, parse: () => JsonObject, view?: EventView): Evaluation;
}

const NOTHING: Evaluation = { matches: [], failures: [] };
const SOUGHT = { sought: true } as const;

/**
 * Compiles the enabled rules for every log type.
 * @throws RuleProblemsError with every mistake of every rule, disabled ones included
 */
export function createEngine(
  sources: readonly RuleSource[],
  vocabularies: readonly Vocabulary[],
  options: { readonly includeDisabled?: boolean } = {},
): Engine {
  const problems: (Problem & { rule: string; file?: string })[] = [];
  const report =
    ({ rule, file }: RuleSource) =>
    (problem: Problem): void => {
      const id = idOf(rule) ?? '(without an id)';
      const isKnown = problems.some(
        (known) =>
          known.rule === id &&
          known.file === file &&
          known.at === problem.at &&
          known.message === problem.message,
      );
      if (!isKnown) problems.push({ ...problem, rule: id, ...(file === undefined ? {} : { file }) });
    };
  refuseDuplicates(sources, report);
  const sound = sources.flatMap((source) => {
    const rule = checkRule(source.rule, report(source));
    return rule === undefined ? [] : [{ ...source, rule }];
  });

  const byLogType = new Map<LogTypeId, LogTypeRules>();
  for (const vocabulary of vocabularies) {
    const compiled = compileVocabulary(vocabulary);
    const all = sound
      .filter(({ rule }) => rule.logTypes.includes(vocabulary.id))
      .map((source) =>
        compileRule(
          source.rule,
          compiled,
          { reviewed: source.reviewed ?? false, settings: source.settings ?? {} },
          report(source),
        ),
      );
    const active = all.filter(({ rule }) => options.includeDisabled === true || rule.enabled !== false);
    byLogType.set(vocabulary.id, { rules: active, index: indexRules(active) });
  }
  if (problems.length > 0) throw new RuleProblemsError(problems);

  return {
    rules: sound
      .map(({ rule }) => rule)
      .filter((rule) => options.includeDisabled === true || rule.enabled !== false),
    evaluate: (logType, parse, view) => {
      const known = byLogType.get(logType);
      return known === undefined || known.rules.length === 0 ? NOTHING : evaluate(known, parse, view);
    },
  };
}

interface LogTypeRules {
  readonly rules: readonly CompiledRule[];
  readonly index: CandidateIndex;
}

function evaluate({ rules, index }: LogTypeRules, parse: () => JsonObject, partial?: EventView): Evaluation {
  let record: JsonObject | undefined;
  const whole = (): JsonObject => (record ??= parse());
  let full: EventView | undefined;
  const fullView = (): EventView => (full ??= parsedView(whole()));

  let view = partial ?? fullView();
  let candidates = index.candidates(view);
  if (candidates === NEEDS_MORE) {
    view = fullView();
    candidates = index.candidates(view);
  }
  if (candidates === NEEDS_MORE || candidates.length === 0) return NOTHING;

  const matches: RuleMatch[] = [];
  const failures: RuleFailure[] = [];
  let scope = scopeOf(view);
  for (const position of candidates) {
    const rule = rules[position]!;
    let holds = rule.holds(scope);
    if (holds === NEEDS_MORE) {
      scope = scopeOf(fullView());
      holds = rule.holds(scope);
    }
    if (holds !== true) continue;
    const match = rule.fire(whole(), fullView(), (failure) => failures.push(failure));
    if (match !== undefined) matches.push(match);
  }
  return { matches, failures, ...(candidates === index.always ? {} : SOUGHT) };
}

function refuseDuplicates(
  sources: readonly RuleSource[],
  report: (source: RuleSource) => (problem: Problem) => void,
): void {
  const seen = new Map<string, RuleSource>();
  for (const source of sources) {
    const id = idOf(source.rule);
    if (id === undefined) continue;
    const first = seen.get(id);
    if (first === undefined) seen.set(id, source);
    else {
      report(source)({
        at: 'id',
        message: `"${id}" is already the id of a rule${first.file === undefined ? ' of Tocsin' : ` in ${first.file}`}`,
        fix: 'Give this rule an id of its own.',
      });
    }
  }
}

/** A user's file can hold anything in place of a rule. */
function idOf(rule: unknown): string | undefined {
  const id = typeof rule === 'object' && rule !== null && 'id' in rule ? rule.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

export const isLogType = (text: string): text is LogTypeId => (LOG_TYPES as readonly string[]).includes(text);
