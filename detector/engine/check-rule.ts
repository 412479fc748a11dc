import { z } from 'zod';
import { LOG_TYPES, SEVERITIES, type Rule } from '../rule.js';
import { placeOf, type Problem } from './problem.js';
import { show } from './text.js';

/** Highest threshold: the members of a group are kept in one document of a store that allows 60 KB. */
const MOST_THRESHOLD = 1000;
/** Longest window, in minutes: 30 days. */
const LONGEST_WINDOW_MINUTES = 43_200;

const text = z.string().trim().min(1);
const hook = z.custom<() => unknown>((value) => typeof value === 'function', 'expected a function');
const match = z.union([text, z.record(z.string(), z.unknown())]);
const cases = <T extends z.ZodType>(value: T) =>
  z.array(z.strictObject({ value, match: match.optional() })).min(1);
const severity = z.enum(SEVERITIES);

/** The shape of a rule, without the match language: the compiler checks that, with better words. */
const RULE = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/, 'expected lower-case words joined by dots and hyphens'),
  logTypes: z.array(z.enum(LOG_TYPES)).min(1),
  name: text,
  description: text,
  severity,
  severityBy: z.union([cases(severity), hook]).optional(),
  attack: z.array(
    z
      .string()
      .regex(/^TA\d{4}(?::T\d{4}(?:\.\d{3})?)?$/, 'expected a tactic and technique such as TA0007:T1201'),
  ),
  falsePositives: z.array(text),
  runbook: text,
  references: z.array(z.url({ protocol: /^https$/ })).optional(),
  enabled: z.boolean().optional(),
  alert: z.boolean().optional(),
  tags: z.array(text).optional(),
  destinations: z.array(text).max(10).optional(),
  needs: z.array(z.strictObject({ what: text, level: z.enum(['required', 'optional']) })).optional(),
  settings: z.record(z.string(), z.strictObject({ description: text, default: z.unknown() })).optional(),
  fields: z
    .record(z.string(), z.union([text, cases(z.string()), z.strictObject({ each: text, where: match })]))
    .optional(),
  match,
  when: hook.optional(),
  title: z.union([text, cases(text), hook]).optional(),
  dedup: z.union([z.string(), hook]).optional(),
  context: z.union([z.record(z.string(), text), hook]).optional(),
  threshold: z.int().min(1).max(MOST_THRESHOLD).optional(),
  windowMinutes: z.number().positive().max(LONGEST_WINDOW_MINUTES).optional(),
  distinct: text.optional(),
});

/** Parts without which the mistakes in the others cannot be told. */
const INDISPENSABLE: readonly unknown[] = ['logTypes', 'settings', 'fields', 'match', undefined];

/**
 * Checks the shape of a rule, which may come from a user's file.
 * @returns the rule; where parts of it do not fit, what is left of it to be compiled for more mistakes, if anything
 */
export function checkRule(rule: Rule, report: (problem: Problem) => void): Rule | undefined {
  const result = RULE.safeParse(rule);
  for (const issue of result.error?.issues ?? []) {
    const at = placeOf(issue.path) || 'the rule';
    const seen = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      rule,
    );
    const unknownKeys = issue.code === 'unrecognized_keys';
    report({
      at,
      message: unknownKeys ? issue.message : `${show(seen)} does not fit: ${issue.message}`,
      fix: unknownKeys
        ? 'Correct or remove these names; docs/rules.md lists what a rule may have.'
        : `Correct ${at}.`,
    });
  }
  if (result.success) return rule;
  const wrong = new Set<unknown>(
    result.error.issues
      .filter(({ code, path }) => code !== 'unrecognized_keys' || path.length > 0)
      .map(({ path }) => path[0]),
  );
  if (INDISPENSABLE.some((part) => wrong.has(part))) return undefined;
  return Object.fromEntries(Object.entries(rule).filter(([part]) => !wrong.has(part))) as unknown as Rule;
}
