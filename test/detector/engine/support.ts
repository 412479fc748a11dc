import { createEngine, type Evaluation, type RuleSource } from '../../../detector/engine/engine.js';
import { RuleProblemsError } from '../../../detector/engine/problem.js';
import { compilePath, scopeOf } from '../../../detector/engine/scope.js';
import { NEEDS_MORE, parsedView, type Value } from '../../../detector/engine/view.js';
import type { Vocabulary } from '../../../detector/engine/vocabulary.js';
import type { Json, JsonObject, Match, Rule, Test } from '../../../detector/rule.js';

export const LOG_TYPE = 'aws.cloudtrail';

/** A log type that is small enough to read in a test; `source` is its only named field. */
export const vocabulary: Vocabulary = {
  id: LOG_TYPE,
  fields: { source: 'caller.ip ?? caller.name' },
  conditions: { succeeded: { error: { empty: true } }, failed: { error: { empty: false } } },
  context: { name: 'name', source: 'source' },
};

/** A sound rule that fires where `name` is "bang". */
export const ruleWith = (parts: Partial<Rule> = {}): Rule => ({
  id: 'aws.cloudtrail.test',
  logTypes: [LOG_TYPE],
  name: 'Test',
  description: 'A rule of a test.',
  severity: 'medium',
  attack: [],
  falsePositives: [],
  runbook: 'Nothing.',
  match: { name: 'bang' },
  ...parts,
});

/** What a rule of a user's file may look like before anything was checked. */
export const unchecked = (parts: Readonly<Record<string, unknown>>): Rule => ruleWith(parts);

export const engineOf = (sources: readonly RuleSource[]) => createEngine(sources, [vocabulary]);

export const evaluate = (rule: Rule, event: JsonObject, source: Omit<RuleSource, 'rule'> = {}): Evaluation =>
  engineOf([{ rule, ...source }]).evaluate(LOG_TYPE, () => event);

/** Whether a rule with this match fires, with all that an engine puts before it. */
export const fires = (match: Match, event: JsonObject, parts: Partial<Rule> = {}): boolean =>
  evaluate(ruleWith({ ...parts, match }), event).matches.length === 1;

/** Whether the value of a field passes a test; `undefined` stands for an event without the field. */
export const passes = (test: Test, value: Json | undefined): boolean =>
  fires({ field: test }, value === undefined ? {} : { field: value });

/** What a path reads from an event. */
export function read(path: string, event: JsonObject): Value {
  const { get } = compilePath(path, {
    fieldNamed: () => undefined,
    inElement: false,
    exact: false,
  });
  const value = get(scopeOf(parsedView(event)));
  if (value === NEEDS_MORE) throw new Error('a parsed event always tells');
  return value;
}

/** The mistakes that an engine finds in rules; none when it takes them. */
export function problemsOf(...sources: readonly RuleSource[]): RuleProblemsError['problems'] {
  try {
    engineOf(sources);
    return [];
  } catch (error) {
    if (error instanceof RuleProblemsError) return error.problems;
    throw error;
  }
}

/** The mistakes in the parts of one rule that differ from a sound one. */
export const problemsIn = (parts: Readonly<Record<string, unknown>>): RuleProblemsError['problems'] =>
  problemsOf({ rule: unchecked(parts) });

/** The same event with its lists and objects opened to so many levels: `{key: {key: ... 1}}`. */
export const nested = (levels: number, wrap: (inner: Json) => Json): Json => {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
};

/** Whether a text holds no half of a character. */
export const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text);
