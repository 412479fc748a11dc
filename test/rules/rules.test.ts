import { describe, expect, test } from '@jest/globals';
import { rules } from '../../rules/index.js';
import { tests } from '../../rules/tests.js';
import { runRuleTests } from '../../src/rules/run-rule-test.js';

describe.each(rules.map((rule) => ({ id: rule.id, rule })))('rule $id', ({ id, rule }) => {
  test.each(runRuleTests({ rule, reviewed: true }, tests[id] ?? []))('$test', ({ differences }) => {
    expect(differences).toEqual([]);
  });
});
