import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textWidth, wrap } from '../../src/output/wrap.js';

describe('the width of a text', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['Zürich …', 8],
    ['東京', 4],
    ['서울', 4],
    ['🔔', 2],
  ])('%j takes %d columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('wrapped text', () => {
  test.each([
    ['short', 10, ['short']],
    ['one two three', 8, ['one two', 'three']],
    ['one two three', 3, ['one', 'two', 'thr', 'ee']],
    ['to arn:aws:iam::1:user/anna', 16, ['to', 'arn:aws:iam::1:', 'user/anna']],
    ['to /a/b/c/d/e/f', 8, ['to', '/a/b/c/', 'd/e/f']],
    ['/a/b/c/d/e/f to', 8, ['/a/b/c/', 'd/e/f to']],
    ['aaaaaaaaaa', 4, ['aaaa', 'aaaa', 'aa']],
    ['東京都庁', 5, ['東京', '都庁']],
    ['🔔🔔', 1, ['🔔', '🔔']],
    ['', 5, ['']],
  ])('%j in %d columns is %j', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });

  test('fits, and loses nothing but spaces', () => {
    const unit = fc.constantFrom('a', 'b', ' ', '-', '/', '東', '🔔');
    fc.assert(
      fc.property(fc.string({ unit }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width);

        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        lines.forEach((line) => expect(textWidth(line.trimEnd())).toBeLessThanOrEqual(width));
      }),
    );
  });

  test('a megabyte without a space takes no more than a pass or two', () => {
    expect(wrap('x'.repeat(1_000_000), 80)).toHaveLength(12_500);
  });
});
