import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { literal, literalText } from '../../stacks/literal.js';

/** What Terraform makes of a text in JSON that has no templates left in it. */
const asTerraformReads = (text: string): string =>
  text.replaceAll('$${', () => '${').replaceAll('%%{', () => '%{');

describe('a literal text', () => {
  test.each([
    ['${aws_iam_role.x.arn}', '$${aws_iam_role.x.arn}'],
    ['%{ for x in y }', '%%{ for x in y }'],
    ['100 % of $5 {}', '100 % of $5 {}'],
  ])('%s is %s', (text, expected) => {
    expect(literalText(text)).toBe(expected);
  });

  test('is escaped wherever it is in a value, names of keys included', () => {
    expect(literal({ '${a}': ['${b}', { c: '%{d}' }, 1, null, true] })).toEqual({
      '$${a}': ['$${b}', { c: '%%{d}' }, 1, null, true],
    });
  });

  test('begins no template, whatever it was, and reads as it was', () => {
    const parts = fc.array(fc.constantFrom('a', '{', '}', '${', '%{', ' '), { maxLength: 12 });

    fc.assert(
      fc.property(parts, (all) => {
        const text = all.join('');
        const escaped = literalText(text);

        expect(escaped).not.toMatch(/(?<!\$)\$\{|(?<!%)%\{/);
        expect(asTerraformReads(escaped)).toBe(text);
      }),
    );
  });
});
