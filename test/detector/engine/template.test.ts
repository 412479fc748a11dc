import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SyntaxProblem } from '../../../detector/engine/problem.js';
import { scopeOf } from '../../../detector/engine/scope.js';
import { compileTemplate, templateGetter } from '../../../detector/engine/template.js';
import { NEEDS_MORE, parsedView } from '../../../detector/engine/view.js';
import type { JsonObject } from '../../../detector/rule.js';
import { isWhole } from './support.js';

const paths = { fieldNamed: () => undefined, inElement: false, exact: false };
const render = (template: string, event: JsonObject): unknown =>
  compileTemplate(template, paths)(scopeOf(parsedView(event)), 'unknown');

const event = {
  name: 'marta',
  count: 0,
  on: false,
  empty: '',
  nothing: null,
  list: ['a', 'b', 'a', null, '', 5],
  many: ['1', '2', '3', '4', '5', '6', '7'],
  object: { a: [1] },
  names: { 'a}b': 'brace' },
};

describe('a template renders', () => {
  test.each([
    ['plain text', 'plain text'],
    ['{name} did it', 'marta did it'],
    ['{name}{name}', 'martamarta'],
    ['{count} and {on}', '0 and false'],
    ['{missing}', 'unknown'],
    ['{nothing}, {empty}', 'unknown, unknown'],
    ['{missing ?? name}', 'marta'],
    ['{missing ?? "nobody"}', 'nobody'],
    ['{list}', 'a, b, 5'],
    ['{many}', '1, 2, 3, 4, 5 and 2 more'],
    ['{object}', '{"a":[1]}'],
    ['{{name}}', '{name}'],
    ['{{{name}}}', '{marta}'],
    ['100 %', '100 %'],
  ])('%s as %s', (template, expected) => {
    expect(render(template, event)).toBe(expected);
  });

  test('#11 a quoted brace inside of an expression', () => {
    expect(render('{names["a}b"]} {missing ?? "{}"}', event)).toBe('brace {}');
  });

  test('text from the event as it is, never as a template', () => {
    expect(render('{name}', { name: '{secret} $& {{' })).toBe('{secret} $& {{');
  });

  test('#24 a long object cut between characters', () => {
    for (let before = 0; before < 3; before++) {
      const rendered = String(render('{a}', { a: { b: 'x'.repeat(before) + '😀'.repeat(300) } }));
      expect(rendered.length).toBeLessThanOrEqual(200);
      expect(isWhole(rendered)).toBe(true);
    }
  });

  test('any text without braces as itself, and doubled braces as one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(render(text.replaceAll('{', '{{').replaceAll('}', '}}'), {})).toBe(text);
      }),
    );
  });
});

test.each([['{'], ['{}'], ['a } b'], ['{name'], ['{a{b}}'], ['{name}}']])(
  'a template with braces that do not fit is refused: %s',
  (template) => {
    expect(() => compileTemplate(template, paths)).toThrow(SyntaxProblem);
    expect(() => compileTemplate(template, paths)).toThrow(`in the template "${template}"`);
  },
);

test('a template that renders to no text is no value', () => {
  expect(templateGetter('{missing}', paths)(scopeOf(parsedView({})))).toBeUndefined();
  expect(templateGetter('{a}', paths)(scopeOf(parsedView({ a: 'b' })))).toBe('b');
});

test('a template waits where the view does not tell', () => {
  expect(compileTemplate('{a}', paths)(scopeOf({ read: () => NEEDS_MORE }), '')).toBe(NEEDS_MORE);
});
