import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { SyntaxProblem } from '../../../detector/engine/problem.js';
import { compileRegex, requiredLiteral } from '../../../detector/engine/regex.js';

describe('the literal that every match contains', () => {
  test.each([
    ['abc', 'abc'],
    ['^abc$', 'abc'],
    ['ab.*cdef', 'cdef'],
    ['ab?c', 'a'],
    ['ab*cd', 'cd'],
    ['abc+d', 'abc'],
    ['[ab]cde', 'cde'],
    ['[^ab]cde[f]?', 'cde'],
    ['(ab)?cd', 'cd'],
    ['user/admin', 'user/admin'],
  ])('of %s is %s', (pattern, literal) => {
    expect(requiredLiteral(pattern)).toBe(literal);
  });

  test.each([
    ['an alternative', 'abc|def'],
    ['an escape', 'abc\\d'],
    ['a flag', '(?i)abc'],
    ['a count', 'abc{0}'],
    ['groups in groups', '((abc)d)?e'],
    ['a bracket as the first of a class', '[]x[y]'],
    ['a bracket as the first of a negated class', '[^]x[y]'],
    ['a named class inside of a class', '[[:digit:]x[y]'],
    ['a parenthesis inside of a class', '([)]abc)?d'],
  ])('is unknown behind %s: %s', (_, pattern) => {
    expect(requiredLiteral(pattern)).toBe('');
  });
});

/** Patterns out of pieces that the literal's reader could misread; those that RE2 refuses are left out. */
const patterns = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'K', 'ab', '-', 's', 'ſ', 'é', ' ', '\n') },
      fc.constantFrom('.', '*', '+', '?', '|', '^', '$', '(', ')', '[', ']', '{', '}', '\\', '(?:', '(?i)'),
      fc.constantFrom('a?', 'b*', '[ab]', '[^a]', '(ab)?', '(a|b)', 'a{0}', 'a{2}', '[]a]', '[[:alpha:]b]'),
      fc.constantFrom(
        '\\.',
        '\\d',
        '\\Qa*\\E',
        'a*?',
        '[)]',
        '[(]',
        '.*',
        '(?s:.)',
        '[a[b]',
        '[^]a]',
        '[]x[y]',
        '[[:word:]x[y]',
        '[^]x[y]',
      ),
    ),
    { maxLength: 7 },
  )
  .map((pieces) => pieces.join(''));
const subjects = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    'k',
    'K',
    '\u212a',
    's',
    '\u017f',
    '-',
    ' ',
    ']',
    '[',
    '(',
    '*',
    '\n',
    'é',
    'y',
  ),
  maxLength: 10,
});

test.each([false, true])('the literal never hides a match (ignoreCase: %p)', (ignoreCase) => {
  fc.assert(
    fc.property(patterns, fc.array(subjects, { minLength: 1, maxLength: 8 }), (pattern, inputs) => {
      let alone: RE2JS;
      try {
        alone = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
      } catch {
        return;
      }
      const behindLiteral = compileRegex(pattern, { ignoreCase, reviewed: false });
      for (const input of inputs) expect(behindLiteral(input)).toBe(alone.matcher(input).find());
    }),
    { numRuns: 2000 },
  );
});

describe('a pattern is searched anywhere', () => {
  test.each([
    ['adm.n', false, 'the-admin-role', true],
    ['^admin', false, 'the-admin', false],
    ['ADMIN', false, 'admin', false],
    ['ADMIN', true, 'admin', true],
    ['k', true, '\u212a', true],
    ['^.$', false, '😀', true],
    ['', false, 'anything', true],
  ])('%s (ignoreCase: %p) in %j: %p', (pattern, ignoreCase, text, expected) => {
    for (const reviewed of [true, false]) {
      expect(compileRegex(pattern, { ignoreCase, reviewed })(text)).toBe(expected);
    }
  });

  test('the same way each time: no state is kept between texts', () => {
    const holds = compileRegex('a', { ignoreCase: false, reviewed: true });

    expect([holds('ba'), holds('ba'), holds('a')]).toEqual([true, true, true]);
  });
});

describe('a pattern of a user', () => {
  test.each(['(a+)+$', '(a|aa)+$', '(a|a)*b', '(.*a){12}b', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    '%s ends on the text that it was made for',
    (pattern) => {
      const holds = compileRegex(pattern, { ignoreCase: false, reviewed: false });

      expect(holds(`${'a'.repeat(5_000)}!`)).toBe(false);
    },
  );

  test.each(['(?=a)', '(?<!a)b', '(a)\\1', '(', '[a', 'a**', 'a{2,1}'])('%s is refused', (pattern) => {
    const compile = (): unknown => compileRegex(pattern, { ignoreCase: false, reviewed: false });

    expect(compile).toThrow(SyntaxProblem);
    expect(compile).toThrow(`the regular expression "${pattern}" cannot be read`);
  });
});
