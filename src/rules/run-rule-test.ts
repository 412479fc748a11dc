import {
  createEngine,
  type RuleFailure,
  type RuleMatch,
  type RuleSource,
} from '../../detector/engine/engine.js';
import { logTypes } from '../../detector/logs/index.js';
import type { Json, RuleTest } from '../../detector/rule.js';

export interface RuleTestResult {
  readonly rule: string;
  readonly test: string;
  /** What was expected and what was seen, one line each; empty when the test passed. */
  readonly differences: readonly string[];
}

/** Runs the tests of one rule, disabled or not. A hook that throws fails a test that expects a match. */
export function runRuleTests(source: RuleSource, tests: readonly RuleTest[]): readonly RuleTestResult[] {
  return tests.map((test) => ({
    rule: source.rule.id,
    test: test.name,
    differences: differencesOf(source, test),
  }));
}

function differencesOf(source: RuleSource, test: RuleTest): readonly string[] {
  // Tests speak of the rule as it is written: what the user set in tocsin.yaml stays out.
  const engine = createEngine([{ ...source, settings: test.settings ?? {} }], logTypes, {
    includeDisabled: true,
  });
  const logType = test.logType ?? source.rule.logTypes[0];
  if (logType === undefined) return ['the rule names no log type'];
  const { matches, failures } = engine.evaluate(logType, () => test.event);
  const [match] = matches;
  if (test.matches !== (match !== undefined)) {
    return [
      `expected ${test.matches ? 'a match' : 'no match'}, got ${match ? 'one' : 'none'}`,
      ...failures.map(failureLine),
    ];
  }
  return [...(match === undefined ? [] : compare(test, match)), ...failures.map(failureLine)];
}

function compare(test: RuleTest, match: RuleMatch): readonly string[] {
  const pairs: [string, Json | undefined, Json | undefined][] = [
    ['severity', test.severity, match.severity],
    ['title', test.title, match.title],
    ['dedup', test.dedup, match.dedup],
    ['distinct', test.distinct, match.distinct],
  ];
  const context = test.context === undefined ? {} : match.context();
  for (const [name, expected] of Object.entries(test.context ?? {})) {
    pairs.push([`context.${name}`, expected, context[name] ?? null]);
  }
  const written = JSON.stringify([match.title, match.dedup, test.lacks === undefined ? {} : match.context()]);
  const leaked = (test.lacks ?? []).filter((text) => written.includes(JSON.stringify(text).slice(1, -1)));
  const leaks = leaked.map(
    (text) => `${JSON.stringify(text)} stands in the title, the dedup key or the context`,
  );
  const differences = pairs.flatMap(([what, expected, got]) =>
    expected === undefined || JSON.stringify(expected) === JSON.stringify(got)
      ? []
      : [`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`],
  );
  return [...differences, ...leaks];
}

const failureLine = ({ hook, error }: RuleFailure): string => `the ${hook} hook failed: ${error}`;
