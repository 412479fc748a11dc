import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bindFunction } from '../../../detector/engine/functions.js';
import { SyntaxProblem } from '../../../detector/engine/problem.js';
import type { Json } from '../../../detector/rule.js';
import { read } from './support.js';

const RESOURCE = '/subscriptions/s-1/resourceGroups/Prod/providers/Microsoft.KeyVault/vaults/keys';

describe('a function behind a path', () => {
  test.each<[string, Json, Json | undefined]>([
    ['json()', '{"a":[1]}', { a: [1] }],
    ['json()', { a: 1 }, { a: 1 }],
    ['json()', '{"a":', undefined],
    ['json()', 5, undefined],
    ['split(/)', 'a/b//c', ['a', 'b', '', 'c']],
    ['split(/)[-1]', 'a/b/c', 'c'],
    ['split(/)[1]', ['a/b', 'c/d'], 'b'],
    ['split(/)', 'whole', ['whole']],
    ['split(", ")', 'a, b', ['a', 'b']],
    ['after(:)', 'id:session:1', 'session:1'],
    ['after(:)', 'none', undefined],
    ['after(:)', 'end:', ''],
    ['after(")")', 'f(x)y', 'y'],
    ['afterLast(/)', 'a/b/c', 'c'],
    ['afterLast(/)', 'a', undefined],
    ['before(/)', 'a/b/c', 'a'],
    ['before(/)', 'a', undefined],
    ['segment(vaults)', RESOURCE, 'keys'],
    ['segment(resourcegroups)', RESOURCE, 'Prod'],
    ['segment(disks)', RESOURCE, undefined],
    ['segment(keys)', RESOURCE, undefined],
    ['query(sp)', 'https://a.example/x?sv=1&sp=rw%20l&sp=2', 'rw l'],
    ['query(sp)', 'https://a.example/x?sp', ''],
    ['query(sp)', 'https://a.example/x', undefined],
    ['query(sp)', '?sp=%zz', '%zz'],
    ['query(sp)', 'https://a.example/x?sv=1&sp=r#wd', 'r'],
    ['query(sp)', 'https://a.example/x#?sp=w', undefined],
    ['lower()', 'ÄBC', 'äbc'],
    ['lower()', 5, undefined],
    ['length()', ['a', 'b'], 2],
    ['length()', [], 0],
    ['length()', 'abc', 3],
    ['length()', { a: 1 }, undefined],
    ['unique()', ['b', 'a', null, 'b'], ['b', 'a']],
    ['unique()', ['a', 'a', null], 'a'],
    ['unique()', [1, '1'], [1, '1']],
    ['unique()', [null], undefined],
    ['unique()', [], undefined],
    ['unique()', 'a', 'a'],
    ['unique()', { a: 1 }, { a: 1 }],
    ['address()', '203.0.113.7:443', '203.0.113.7'],
    ['address()', '203.0.113.7', '203.0.113.7'],
    ['address()', '[2001:db8::1]:443', '2001:db8::1'],
    ['address()', '[2001:db8::1]', '2001:db8::1'],
    ['address()', '2001:db8::1', '2001:db8::1'],
    ['address()', '::ffff:203.0.113.7', '203.0.113.7'],
    ['address()', '[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['address()', '::FFFF:cb00:7107', '203.0.113.7'],
    ['address()', '64:ff9b::203.0.113.7', '64:ff9b::203.0.113.7'],
    ['address()', '::203.0.113.7', '::203.0.113.7'],
    ['address()', 'ec2.amazonaws.com', undefined],
    ['address()', '', undefined],
  ])('%s of %j gives %j', (call, value, expected) => {
    expect(read(`field.${call}`, { field: value })).toEqual(expected);
  });

  test('works on each element of a list and leaves out what has no value', () => {
    expect(read('field.after(:)', { field: ['a:1', 'none', 7, null, 'b:2'] })).toEqual(['1', '2']);
    expect(read('field.after(:)', { field: ['none'] })).toBeUndefined();
  });

  test('has no value where the field has none', () => {
    expect(read('field.length()', {})).toBeUndefined();
    expect(read('field.length()', { field: null })).toBeUndefined();
  });

  test('can follow another one', () => {
    expect(read('field.after(:).before(@).lower()', { field: 'id:Marta@example.com' })).toBe('marta');
  });
});

test.each([
  ['there is no function jsn()', 'jsn', ''],
  ['there is no function toString()', 'toString', ''],
  ['there is no function __proto__()', '__proto__', ''],
  ['json() takes no argument, but has "x"', 'json', 'x'],
  ['split() needs an argument', 'split', ''],
])('a wrong call is refused: %s', (message, name, argument) => {
  expect(() => bindFunction(name, argument)).toThrow(SyntaxProblem);
  expect(() => bindFunction(name, argument)).toThrow(message);
});

test('every function is total: any JSON gives a value or none', () => {
  const calls = ['json', 'lower', 'length', 'unique', 'address'].map((name) => bindFunction(name, ''));
  const named = ['split', 'after', 'afterLast', 'before', 'segment', 'query'];
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (value, argument) => {
      const all = [...calls, ...named.map((name) => bindFunction(name, argument))];
      for (const apply of all) expect(() => apply(value as Json)).not.toThrow();
    }),
  );
});
