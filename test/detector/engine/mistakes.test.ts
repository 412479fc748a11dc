import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../../detector/engine/engine.js';
import { RuleProblemsError } from '../../../detector/engine/problem.js';
import type { Rule } from '../../../detector/rule.js';
import { engineOf, LOG_TYPE, problemsIn, problemsOf, ruleWith, unchecked, vocabulary } from './support.js';

const circle: Record<string, unknown> = {};
circle.self = circle;

describe('a mistake in a match is reported with its place', () => {
  test.each<[unknown, string, string]>([
    [{ a: { prefx: 'x' } }, 'match.a.prefx', 'there is no operator "prefx"'],
    [{ a: { toString: 'x' } }, 'match.a.toString', 'there is no operator "toString"'],
    [{ a: { constructor: 'x' } }, 'match.a.constructor', 'there is no operator "constructor"'],
    [{ a: null }, 'match.a', 'null is no test'],
    [{ a: undefined }, 'match.a', 'undefined is no test'],
    [{ a: {} }, 'match.a', '{} has no operator'],
    [{ a: { ignoreCase: true } }, 'match.a', 'has no operator'],
    [{ a: { is: 'x', ignoreCase: 'yes' } }, 'match.a', 'has no operator'],
    [{ a: { is: null } }, 'match.a.is', 'null is no value'],
    [{ a: { is: ['x', null] } }, 'match.a.is', 'null is no value'],
    [{ a: { is: { x: 1 } } }, 'match.a.is', '{"x":1} is no value'],
    [{ a: { is: NaN } }, 'match.a.is', 'NaN is no value'],
    [{ a: { is: circle } }, 'match.a.is', 'is no value'],
    [{ a: { prefix: undefined } }, 'match.a.prefix', 'undefined is no value'],
    [{ a: { regex: 5 } }, 'match.a.regex', '5 is no pattern'],
    [{ a: { regex: '(' } }, 'match.a.regex', 'the regular expression "(" cannot be read'],
    [{ a: { cidr: '10.0.0.0/33' } }, 'match.a.cidr', '"10.0.0.0/33" is no network'],
    [{ a: { cidr: 10 } }, 'match.a.cidr', '10 is no network'],
    [{ a: { ip: 'external' } }, 'match.a.ip', '"external" is no class of IP addresses'],
    [{ a: { ip: 'toString' } }, 'match.a.ip', '"toString" is no class of IP addresses'],
    [{ a: { ip: ['public', 'nonsense'] } }, 'match.a.ip', 'is no class of IP addresses'],
    [{ a: { gt: 'five' } }, 'match.a.gt', '"five" is no number'],
    [{ a: { lte: true } }, 'match.a.lte', 'true is no number'],
    [{ a: { absent: 'yes' } }, 'match.a.absent', '"yes" is not true or false'],
    [{ a: { empty: 0 } }, 'match.a.empty', '0 is not true or false'],
    [{ a: { truthy: null } }, 'match.a.truthy', 'null is not true or false'],
    [{ a: { type: 'string' } }, 'match.a.type', '"string" is no JSON type'],
    [{ a: { any: 'x' } }, 'match.a.any', '"x" is no list'],
    [{ a: { any: ['x', { no: 1 }] } }, 'match.a.any[1].no', 'there is no operator "no"'],
    [{ a: { not: { no: 1 } } }, 'match.a.not.no', 'there is no operator "no"'],
    [{ a: { some: { b: { no: 1 } } } }, 'match.a.some.b.no', 'there is no operator "no"'],
    [{ a: { every: 5 } }, 'match.a.every', '5 is no match'],
    [{ a: { is: { field: 'b[' } } }, 'match.a.is', 'in the path "b["'],
    [{ a: { is: { setting: 'none' } } }, 'match.a.is', 'the rule has no setting "none"'],
    [{ a: { cidr: { field: 'b' } } }, 'match.a.cidr', 'is not compared with another field'],
    [{ a: { ip: { field: 'b' } } }, 'match.a.ip', 'is not compared with another field'],
    [{ 'a[': 1 }, 'match.a[', 'in the path "a["'],
    [{ 'a.jsn()': 1 }, 'match.a.jsn()', 'there is no function jsn()'],
    [{}, 'match', 'the match is empty'],
    [{ all: 'x' }, 'match.all', '"x" is no list'],
    [{ all: [] }, 'match.all', 'the list is empty'],
    [{ any: [] }, 'match.any', 'the list is empty'],
    [{ a: { glob: { field: 'b' } } }, 'match.a.glob', 'glob is not compared with another field'],
    [{ a: { like: { field: 'b' } } }, 'match.a.like', 'like is not compared with another field'],
    [{ all: [{ a: 1 }, 5] }, 'match.all[1]', '5 is no match'],
    [{ any: { a: 1 } }, 'match.any', '{"a":1} is no list'],
    [{ any: { setting: 'none' } }, 'match', 'the rule has no setting "none"'],
    [{ all: [{ a: 1 }], b: 1 }, 'match', 'all stands beside b'],
    [{ not: [{ a: 1 }] }, 'match.not', 'is no match'],
    ['suceeded', 'match', 'the log type has no condition "suceeded"'],
    ['toString', 'match', 'the log type has no condition "toString"'],
    ['__proto__', 'match', 'the log type has no condition "__proto__"'],
    [{ all: ['constructor'] }, 'match.all[0]', 'the log type has no condition "constructor"'],
  ])('%p', (match, at, message) => {
    const problems = problemsIn({ match });

    expect(problems).toEqual([
      {
        rule: 'aws.cloudtrail.test',
        at,
        message: expect.stringContaining(message),
        fix: expect.stringMatching(/^[A-Z].*\.$/),
      },
    ]);
  });

  test.each<[unknown, string]>([
    [2 ** 53 + 2, '9007199254740994 is beyond 2^53 and not exact as a number'],
    [9007199254740993n, '9007199254740993n is no value'],
  ])('#28 a whole number that is not exact: %p', (operand, message) => {
    for (const test of [{ is: operand }, { gt: operand }, { is: [1, operand] }]) {
      expect(problemsIn({ match: { a: test } })).toMatchObject([
        { message, fix: expect.stringContaining('text') },
      ]);
    }
  });

  test('#28 also in a setting of the user', () => {
    const rule = ruleWith({
      settings: { most: { description: 'Most.', default: 1 } },
      match: { a: { gt: { setting: 'most' } } },
    });

    expect(problemsOf({ rule, settings: { most: 2 ** 60 } })).toMatchObject([
      { at: 'match.a.gt', message: `${2 ** 60} is beyond 2^53 and not exact as a number` },
    ]);
  });
});

describe('a setting of the user that does not fit is quoted', () => {
  const setting = { description: 'Some.', default: [] };

  test.each<[unknown, string]>([
    [[{ a: 1 }], 'the setting "some" is [{"a":1}], where values were expected'],
    [null, 'the setting "some" is null, where values were expected'],
  ])('%j as values', (some, message) => {
    const rule = ruleWith({ settings: { some: setting }, match: { a: { is: { setting: 'some' } } } });

    expect(problemsOf({ rule, settings: { some: some as string } })).toMatchObject([
      { at: 'match.a.is', message },
    ]);
  });

  test.each<[unknown, string]>([
    ['x', 'the setting "some" is "x", where a list of matches was expected'],
    [null, 'the setting "some" is null, where a list of matches was expected'],
  ])('%j as matches', (some, message) => {
    const rule = ruleWith({ settings: { some: setting }, match: { any: { setting: 'some' } } });

    expect(problemsOf({ rule, settings: { some: some as string } })).toMatchObject([
      { at: 'match', message },
    ]);
  });
});

describe('a mistake beside the match is reported with its place', () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ id: 'AWS Rule' }, 'id', 'expected lower-case words'],
    [{ id: 5 }, 'id', '5 does not fit'],
    [{ logTypes: [] }, 'logTypes', '[] does not fit'],
    [{ severity: 'severe' }, 'severity', '"severe" does not fit'],
    [{ severityBy: [{ value: 'severe' }] }, 'severityBy', 'does not fit'],
    [
      { severityBy: [{ value: 'high', match: { a: { no: 1 } } }] },
      'severityBy[0].match.a.no',
      'no operator "no"',
    ],
    [{ attack: ['T1201'] }, 'attack[0]', 'expected a tactic and technique'],
    [{ references: ['http://a.example'] }, 'references[0]', 'does not fit'],
    [{ name: ' ' }, 'name', '" " does not fit'],
    [{ threshold: 0 }, 'threshold', '0 does not fit'],
    [{ threshold: 1001 }, 'threshold', '1001 does not fit'],
    [{ threshold: 1.5 }, 'threshold', '1.5 does not fit'],
    [{ windowMinutes: 43_201 }, 'windowMinutes', '43201 does not fit'],
    [{ windowMinutes: 0 }, 'windowMinutes', '0 does not fit'],
    [{ when: 'true' }, 'when', 'expected a function'],
    [{ dedupe: '{a}' }, 'the rule', '"dedupe"'],
    [{ needs: [{ what: 'x', level: 'must' }] }, 'needs[0].level', '"must" does not fit'],
    [{ settings: { a: { default: 1 } } }, 'settings.a.description', 'does not fit'],
    [{ title: '{a' }, 'title', 'in the template "{a"'],
    [{ title: [{ value: '{a' }] }, 'title[0]', 'in the template "{a"'],
    [{ title: [{ value: 'a', match: { a: { no: 1 } } }] }, 'title[0].match.a.no', 'no operator "no"'],
    [{ dedup: '{a.jsn()}' }, 'dedup', 'there is no function jsn()'],
    [{ distinct: 'a[' }, 'distinct', 'in the path "a["'],
    [{ context: { x: 'a[' } }, 'context.x', 'in the path "a["'],
    [{ fields: { x: 'a[' } }, 'fields.x', 'in the path "a["'],
    [{ fields: { x: { each: 'a[', where: { a: 1 } } } }, 'fields.x', 'in the path "a["'],
    [{ fields: { x: { each: 'a', where: { a: { no: 1 } } } } }, 'fields.x.where.a.no', 'no operator "no"'],
    [{ fields: { x: [{ value: '{a' }] } }, 'fields.x[0].value', 'in the template "{a"'],
    [
      { fields: { x: [{ value: 'a', match: { a: { no: 1 } } }] } },
      'fields.x[0].match.a.no',
      'no operator "no"',
    ],
  ])('%p', (parts, at, message) => {
    expect(problemsIn(parts)).toMatchObject([
      { at, message: expect.stringContaining(message), fix: expect.stringMatching(/^[A-Z].*\.$/) },
    ]);
  });

  test('#29 a log type that is not known', () => {
    expect(problemsIn({ logTypes: ['aws.cloudtrial'] })).toMatchObject([
      { at: 'logTypes[0]', message: expect.stringContaining('"aws.cloudtrial" does not fit') },
    ]);
  });

  test.each([[null], [undefined], [5], ['rule'], [[]]])('a file whose rule is %p', (rule) => {
    expect(problemsOf({ rule: rule as unknown as Rule, file: 'rules/x.ts' })).toMatchObject([
      { file: 'rules/x.ts', at: 'the rule', message: expect.stringContaining('does not fit') },
    ]);
  });
});

test('all mistakes of all rules are reported at once, disabled rules included', () => {
  const first = unchecked({
    id: 'first',
    severity: 'severe',
    match: { all: [{ a: { no: 1, is: null } }, 'never', { 'b[': 1, c: { gt: 'x' } }] },
    fields: { f: [{ value: '{' }, { value: '{x' }], g: 'a[' },
    title: '{',
    context: { one: 'a[', two: 'b[' },
  });
  const second = unchecked({ id: 'second', enabled: false, match: { a: { cidr: 'x', ip: 'y' } } });

  const problems = problemsOf({ rule: first }, { rule: second });

  expect(problems.map(({ rule, at }) => `${rule} ${at}`).sort()).toEqual([
    'first context.one',
    'first context.two',
    'first fields.f[0].value',
    'first fields.f[1].value',
    'first fields.g',
    'first match.all[0].a.is',
    'first match.all[0].a.no',
    'first match.all[1]',
    'first match.all[2].b[',
    'first match.all[2].c.gt',
    'first severity',
    'first title',
    'second match.a.cidr',
    'second match.a.ip',
  ]);
});

test('a mistake is reported once, not once for each log type', () => {
  const rule = unchecked({ logTypes: ['aws.cloudtrail', 'gcp.audit'], match: { a: { no: 1 } } });
  const create = (): unknown => createEngine([{ rule }], [vocabulary, { ...vocabulary, id: 'gcp.audit' }]);

  expect(create).toThrow(expect.objectContaining({ problems: [expect.anything()] }));
});

describe('two rules with one id', () => {
  const rule = ruleWith();

  test('are refused, with both files', () => {
    expect(problemsOf({ rule, file: 'rules/a.ts' }, { rule, file: 'rules/b.ts' })).toEqual([
      {
        rule: rule.id,
        file: 'rules/b.ts',
        at: 'id',
        message: '"aws.cloudtrail.test" is already the id of a rule in rules/a.ts',
        fix: expect.stringContaining('Give this rule an id of its own'),
      },
    ]);
  });

  test('are refused where the first is ours', () => {
    expect(problemsOf({ rule }, { rule, file: 'rules/b.ts' })).toMatchObject([
      { message: '"aws.cloudtrail.test" is already the id of a rule of Tocsin' },
    ]);
  });

  test('have their own mistakes reported for each file', () => {
    const wrong = unchecked({ match: { a: { no: 1 } } });
    const problems = problemsOf({ rule: wrong, file: 'a.ts' }, { rule: wrong, file: 'b.ts' });

    expect(problems.map(({ file, at }) => `${file} ${at}`).sort()).toEqual([
      'a.ts match.a.no',
      'b.ts id',
      'b.ts match.a.no',
    ]);
  });
});

test('the error names file, rule, place and fix of every mistake', () => {
  const create = (): unknown =>
    engineOf([{ rule: unchecked({ match: { a: { no: 1 }, b: { is: null } } }), file: 'rules/mine.ts' }]);

  expect(create).toThrow(RuleProblemsError);
  expect(create).toThrow(
    'rules/mine.ts: rule aws.cloudtrail.test, match.a.no: there is no operator "no"\n  → Use one of: is, ',
  );
  expect(create).toThrow('rules/mine.ts: rule aws.cloudtrail.test, match.b.is: null is no value\n  → Write ');
});

test('a mistake in what a log type defines is a fault of the program', () => {
  const broken = { ...vocabulary, fields: { bad: 'a[' } };

  expect(() => createEngine([], [broken])).toThrow(`${LOG_TYPE} fields.bad: in the path "a["`);
});

test('disabled rules are left out, unless they are asked for', () => {
  const source = { rule: ruleWith({ enabled: false }) };
  const event = { name: 'bang' };

  expect(createEngine([source], [vocabulary]).evaluate(LOG_TYPE, () => event).matches).toEqual([]);
  expect(createEngine([source], [vocabulary]).rules).toEqual([]);
  expect(
    createEngine([source], [vocabulary], { includeDisabled: true }).evaluate(LOG_TYPE, () => event).matches,
  ).toHaveLength(1);
});
