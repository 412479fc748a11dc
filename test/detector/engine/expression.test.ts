import { describe, expect, test } from '@jest/globals';
import { parseExpression } from '../../../detector/engine/expression.js';
import { SyntaxProblem } from '../../../detector/engine/problem.js';
import type { Json } from '../../../detector/rule.js';
import { read } from './support.js';

const event = {
  name: 'first',
  Owner: { Id: 'o-1', id: 'exact' },
  tags: [{ key: 'a', value: 'x' }, { key: 'b', value: ['y', 'z'] }, 'no object', null],
  list: ['p', 'q', 'r'],
  nested: [[{ id: 1 }], [[{ id: 2 }], { id: 3 }]],
  claims: { 'http://schemas.example/upn': 'marta@example.com', '@type': 'claims', 'two words': 'yes' },
  policy: '{"Statement":[{"Effect":"Allow"},{"effect":"deny"}],"Note":"a } and a { inside"}',
  empty: '',
  nothing: null,
  zero: 0,
};

describe('a path reads', () => {
  test.each<[string, string, Json | undefined]>([
    ['a name', 'name', 'first'],
    ['a name in a name', 'Owner.Id', 'o-1'],
    ['a name in other letter case where the exact one is absent', 'OWNER.ID', 'o-1'],
    ['the exact name before one in other letter case', 'Owner.id', 'exact'],
    ['nothing where a name is missing', 'Owner.name', undefined],
    ['nothing below a text', 'name.length', undefined],
    ['nothing below null', 'nothing.id', undefined],
    ['null as null', 'nothing', null],
    ['a name that holds dots', 'claims["http://schemas.example/upn"]', 'marta@example.com'],
    ['a name that holds blanks', 'claims["two words"]', 'yes'],
    ['a quoted name in other letter case', 'claims["TWO WORDS"]', 'yes'],
    ['a name with a mark', 'claims.@type', 'claims'],
    ['a quoted name at the top', '["name"]', 'first'],
    ['an element by its position', 'list[1]', 'q'],
    ['an element from the end', 'list[-1]', 'r'],
    ['nothing beyond the list', 'list[3]', undefined],
    ['nothing at a position of a text', 'name[0]', undefined],
    ['the elements with a text at a name', 'tags[key=b].value', ['y', 'z']],
    ['the elements with a quoted text', 'tags[key="a"].value', ['x']],
    ['nothing where no element has the text', 'tags[key=c].value', undefined],
    ['every element of a list, lists in it opened', 'tags.value', ['x', 'y', 'z']],
    ['through lists in lists, in order', 'nested.id', [1, 2, 3]],
    ['the first alternative that is not empty', 'missing ?? nothing ?? empty ?? name', 'first'],
    ['a zero as a value', 'zero ?? name', 0],
    ['the last alternative where all are empty', 'missing ?? empty', ''],
    ['a literal as the last resort', 'missing ?? "nobody"', 'nobody'],
    ['an escaped literal', '"a \\"quote\\" \\u00e9"', 'a "quote" é'],
    ['with blanks around', '  missing  ??  name  ', 'first'],
    ['below json()', 'policy.json().Statement[0].Effect', 'Allow'],
  ])('%s: %s %s', (_, path, expected) => {
    expect(read(path, event)).toEqual(expected);
  });

  test('the event itself at a dot', () => {
    expect(read('.', event)).toBe(event);
  });

  test('names exactly below json(), where a policy may have both spellings', () => {
    expect(read('policy.json().Statement.Effect', event)).toEqual(['Allow']);
    expect(read('policy.json().statement', event)).toBeUndefined();
    expect(read('policy.json()["statement"]', event)).toBeUndefined();
    expect(read('policy.json().Statement[effect=deny].effect', event)).toEqual(['deny']);
  });

  test('#11 braces inside of texts as what they are', () => {
    expect(read('policy.json().Note', event)).toBe('a } and a { inside');
  });
});

describe('a path that cannot be read is refused with the place', () => {
  test.each([
    ['', 'its end at position 0 is no name'],
    ['a.', 'its end at position 2 is no name'],
    ['a..b', '".b" at position 2 is no name'],
    ['.a', '".a" at position 0 is no name'],
    ['a b', '"b" at position 2 was not expected here'],
    ['a]', '"]" at position 1 was not expected here'],
    ['a[', 'its end at position 2 is no index and no name'],
    ['a["b"', 'its end at position 5 should be ]'],
    ['a[b]', '"]" at position 3 should be ='],
    ['a[b=c', 'its end at position 5 should be ]'],
    ['a ??', 'its end at position 4 is no name'],
    ['json()', '")" at position 5 is a function without a value before it'],
    ['a.after(x', 'its end at position 9 should be )'],
    ['a["\\x"]', 'is no quoted text'],
    ['{a}', '"{a}" at position 0 is no name'],
  ])('%p', (path, place) => {
    const reading = (): unknown => parseExpression(path);

    expect(reading).toThrow(SyntaxProblem);
    expect(reading).toThrow(place);
    expect(reading).toThrow(`"${path}"`);
  });

  test('#24 and the message never quotes half a character', () => {
    expect(() => parseExpression(`a ${'x'.repeat(19)}😀😀`)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/[\uD800-\uDFFF](?![\uDC00-\uDFFF])/u) }),
    );
  });
});
