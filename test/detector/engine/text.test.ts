import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutText, globMatches, show } from '../../../detector/engine/text.js';
import { numberOf } from '../../../detector/engine/values.js';
import { isWhole } from './support.js';

/** Texts with many surrogate pairs, which is where a cut goes wrong. */
const texts = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '👩‍👩‍👧'), maxLength: 60 });

describe('cutting a text', () => {
  test('leaves a text alone that fits', () => {
    expect(cutText('12345678', 8)).toBe('12345678');
  });

  test('shows the cut', () => {
    expect(cutText('a'.repeat(20), 10)).toBe('aaa… [cut]');
  });

  test('#24 never falls inside of a code point and never gives more than asked for', () => {
    fc.assert(
      fc.property(texts, fc.nat({ max: 70 }), (text, most) => {
        const cut = cutText(text, most);
        expect(isWhole(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(most);
        expect(cut === text).toBe(text.length <= most);
      }),
    );
  });
});

describe('a glob', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'ABC', false],
    ['*', '', true],
    ['?', '', false],
    ['', '', true],
    ['', 'a', false],
    ['a*', 'a', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['*b*', 'abc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a😀c', true],
    ['???', '😀é', false],
    ['*?', '😀', true],
    ['*??', '😀', false],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['a\\*', 'a*', false],
    ['a**?*b', 'axb', true],
    ['*\n*', 'a\nb', true],
  ])('%j covers %j: %p', (glob, text, expected) => {
    expect(globMatches(glob, text)).toBe(expected);
  });

  test('means the same as its regular expression', () => {
    const alphabet = { unit: fc.constantFrom('a', 'b', '😀', '.'), maxLength: 12 };
    const globs = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '.', '*', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(globs, fc.string(alphabet), (glob, text) => {
        const pattern = glob.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(globMatches(glob, text)).toBe(new RegExp(`^${pattern}$`, 'su').test(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('with many stars ends on a long text', () => {
    expect(globMatches(`${'*a'.repeat(50)}*b`, 'a'.repeat(1_000_000))).toBe(false);
  });
});

describe('a number', () => {
  test.each<[unknown, number | bigint | undefined]>([
    [5, 5],
    ['5', 5],
    [' 5 ', 5],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['+7', 7],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['+9007199254740993', 9007199254740993n],
    [' 9007199254740993 ', 9007199254740993n],
    ['', undefined],
    [' ', undefined],
    ['5 apples', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['1_000', undefined],
    ['1'.repeat(401), undefined],
    [true, undefined],
    [null, undefined],
    [['5'], undefined],
  ])('%j is read as %p', (value, expected) => {
    expect(numberOf(value as never)).toBe(expected);
  });

  test('#28 whole numbers of any size keep their order', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        const [x, y] = [numberOf(String(a)), numberOf(String(b))];
        if (x === undefined || y === undefined) return;
        expect(x < y).toBe(a < b);
      }),
    );
  });
});

describe('a value in a message', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  test.each([
    ['a text', '"a text"'],
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [5n, '5n'],
    [[1, null], '[1,null]'],
  ])('%p is shown as %s', (value, expected) => {
    expect(show(value)).toBe(expected);
  });

  test.each([
    ['a circle', circular],
    ['a number inside that JSON does not have', { a: 1n }],
    ['an object without a prototype', Object.create(null) as unknown],
    ['a symbol', Symbol('s')],
    ['a long text', 'x'.repeat(1000)],
    ['a function', () => 'x'],
  ])('%s is shown in at most 80 characters', (_, value) => {
    expect(show(value).length).toBeLessThanOrEqual(80);
  });
});
