import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject, Match, Rule } from '../../../detector/rule.js';
import { engineOf, evaluate, fires, LOG_TYPE, nested, passes, read, ruleWith } from './support.js';

/** As it comes from a log: `__proto__` is a key of its own there. */
const parsed = (json: string): JsonObject => JSON.parse(json) as JsonObject;
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', 'length'];

describe('names that every object has', () => {
  test.each(NAMES)('%s is missing where the event does not have it', (name) => {
    expect(read(name, {})).toBeUndefined();
    expect(read(`a.${name}.b`, { a: {}, b: 1 })).toBeUndefined();
    expect(read(`a.json().${name}`, { a: '{}' })).toBeUndefined();
    expect(read(name.toUpperCase(), {})).toBeUndefined();
    expect(
      fires(
        { [`["${name}"]`]: { absent: true }, list: { some: { [`["${name}"]`]: { absent: true } } } },
        { list: [{}, 'x'] },
      ),
    ).toBe(true);
  });

  test.each(NAMES)('%s is an ordinary name where the event has it', (name) => {
    const event = parsed(`{"${name}": {"${name}": "x"}, "list": [{"${name}": "x"}]}`);

    expect(read(`${name}.${name}`, event)).toBe('x');
    expect(read(`list.${name.toUpperCase()}`, event)).toEqual(['x']);
    expect(fires({ [`${name}.${name}`]: 'x' }, event)).toBe(true);
    expect(fires({ list: { some: { [`["${name}"]`]: 'x' } } }, event)).toBe(true);
  });

  test.each(NAMES)('%s as a value is a text like any other', (name) => {
    const rule = ruleWith({ match: { name }, title: '{name}', dedup: '{name}', distinct: 'name' });

    expect(evaluate(rule, { name }).matches).toMatchObject([{ title: name, dedup: name, distinct: [name] }]);
    expect(fires({ name: 'x' }, { name })).toBe(false);
  });

  test('an event cannot change what other objects have', () => {
    const rule = ruleWith({
      match: { a: { absent: false } },
      fields: { proto: '["__proto__"]' },
      context: JSON.parse('{"__proto__": "a", "own": "proto"}') as Record<string, string>,
    });
    const { matches } = evaluate(rule, parsed('{"a": {"polluted": true}, "__proto__": {"polluted": true}}'));

    const context = matches[0]!.context();
    expect(Object.keys(context)).toEqual(['__proto__', 'own']);
    expect(Object.getPrototypeOf(context)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

const DEEP = 100_000;
const deepList = nested(DEEP, (inner) => [inner]);
const deepObject = nested(DEEP, (inner) => ({ a: inner }));
const deepText = '['.repeat(DEEP) + ']'.repeat(DEEP);

describe('an event nested 100,000 levels deep', () => {
  const tests: Match[] = [
    { 'a.a.a': 'x' },
    { a: { some: { a: { some: { a: 'x' } } } } },
    { a: { every: { a: { absent: true } } } },
    { 'a.json().a': 'x' },
    { 'a.length()': 1 },
    { 'a[0][0].a': 'x' },
    { 'a[a=x].a': 'x' },
    { text: { contains: 'x' } },
    { a: { is: { field: 'a' } } },
    { a: { empty: false }, 'a.a': { truthy: true } },
    { a: { type: 'list' } },
  ];

  test.each<[string, Json]>([
    ['lists', deepList],
    ['objects', deepObject],
    ['lists in a text', deepText],
    ['objects at the end of lists', nested(DEEP, (inner) => [inner, { a: 1 }])],
  ])('of %s is evaluated like any other', (_, deep) => {
    const hooks: Partial<Rule> = {
      fields: { text: [{ value: '{a}' }] },
      title: '{a} {text}',
      context: { a: 'a' },
      distinct: 'a',
    };
    const sources = [...tests, ...tests.map((match) => ({ not: match }))].map((match, i) => ({
      rule: ruleWith({ id: `rule-${i}`, match, ...hooks }),
    }));

    const { matches, failures } = engineOf(sources).evaluate(LOG_TYPE, () => ({ a: deep }));

    expect(matches).toHaveLength(tests.length);
    expect(failures).toEqual([]);
    for (const match of matches) expect(match.context()).toHaveProperty('a');
  });

  test('keeps every value, in order', () => {
    const value = nested(DEEP, (inner) => [{ k: 'a' }, inner, { k: 'b' }]);
    const found = read('a.k', { a: value }) as string[];

    expect(found).toHaveLength(2 * DEEP);
    expect(found.slice(0, DEEP).every((each) => each === 'a')).toBe(true);
    expect(found.slice(DEEP).every((each) => each === 'b')).toBe(true);
  });
});

describe('texts of megabytes', () => {
  const long = 'a'.repeat(2_000_000);

  test.each<[string, Match, boolean]>([
    ['is', { field: long }, true],
    ['contains', { field: { contains: 'aab' } }, false],
    ['a glob of many stars', { field: { glob: `${'*a'.repeat(40)}*b*` } }, false],
    ['a like of many stars and question marks', { field: { like: `${'*?a'.repeat(20)}b` } }, false],
    ['a number', { field: { gt: 5 } }, false],
    ['an address', { field: { ip: 'any' } }, false],
    ['a network', { field: { cidr: '10.0.0.0/8' } }, false],
    ['json()', { 'field.json().a': 'x' }, false],
    ['split()', { 'field.split(a).length()': 2_000_001 }, true],
    ['segment()', { 'field.segment(a)': 'x' }, false],
    ['query()', { 'field.query(a)': 'x' }, false],
    ['address()', { 'field.address()': { absent: true } }, true],
    ['lower()', { 'field.lower()': { is: long, ignoreCase: true } }, true],
  ])('are held against %s', (_, match, expected) => {
    expect(fires(match, { field: long })).toBe(expected);
  });

  test('of digits are no number', () => {
    expect(passes({ gt: 0 }, '9'.repeat(2_000_000))).toBe(false);
  });

  test('render to titles and dedup keys of 1,000 characters', () => {
    const { matches } = evaluate(ruleWith({ match: { field: { prefix: 'a' } }, title: '{field}' }), {
      field: long,
    });

    expect(matches[0]!.title).toHaveLength(1000);
    expect(matches[0]!.dedup).toHaveLength(1000);
  });

  test('as a name are a name that is missing', () => {
    expect(fires({ field: 'x' }, { [long]: 'x', field: 'x' })).toBe(true);
  });
});

describe('a pattern of a user on the text that it is slow for', () => {
  test.each([
    ['(a+)+$', `${'a'.repeat(20_000)}!`],
    ['^(a|a)*$', `${'a'.repeat(20_000)}!`],
    ['(.*a){10}$', `${'a'.repeat(2_000)}!`],
    ['^([a-z]+)+@$', 'a'.repeat(20_000)],
    ['(?i)(a+)+b', 'A'.repeat(20_000)],
  ])('%s', (regex, field) => {
    expect(fires({ field: { regex } }, { field })).toBe(false);
    expect(fires({ field: { regex, ignoreCase: true } }, { field })).toBe(false);
  });
});

test('no event makes an evaluation throw', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '\u0000', '{', '[1', '1e999', '::1', 'a?b=%'),
  );
  const value = fc.jsonValue({ stringUnit: 'binary' });
  const engine = engineOf(
    [
      { a: { prefix: 'x', glob: '*x', regex: 'x' } },
      { 'a.json()': { some: { a: { gt: 1 } } } },
      { 'a.split(x)[0].query(y)': { absent: true } },
      { any: [{ a: { like: '*' } }, { b: { is: { field: 'a', prefix: 'x' } } }] },
      { b: { cidr: '::/0' } },
      { 'a.address()': { ip: 'public' } },
      { not: { 'a.b.c': { every: { '.': { truthy: true } } } } },
    ].map((match, i) => ({
      rule: ruleWith({
        id: `rule-${i}`,
        match: match as Match,
        title: '{a} {b.json()}',
        dedup: '{b}',
        distinct: 'a',
        context: { a: 'a' },
      }),
    })),
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('a', 'A', 'b', '__proto__', 'name', 'caller'),
        fc.oneof(odd, value) as fc.Arbitrary<Json>,
      ),
      (event) => {
        const { matches, failures } = engine.evaluate(LOG_TYPE, () => event);
        for (const match of matches) JSON.stringify(match.context());
        expect(failures).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
