import { describe, expect, test } from '@jest/globals';
import { neededFields } from '../../../detector/engine/fields-read.js';
import { shownField } from '../../../detector/engine/seen-fields.js';
import type { Match, Rule } from '../../../detector/rule.js';
import { ruleWith, vocabulary } from './support.js';

/** Each field as a path; several of which one would do are joined by `|`. */
const needed = (parts: Partial<Rule>): readonly string[] =>
  neededFields(ruleWith(parts), vocabulary).map((fields) => fields.map(shownField).join('|'));
const ofMatch = (match: Match): readonly string[] => needed({ match });

describe('the fields that a match needs', () => {
  test.each<[string, Match, readonly string[]]>([
    ['those it names', { name: 'x', 'caller.ip': { cidr: '10.0.0.0/8' } }, ['name', 'caller.ip']],
    ['all parts of an all', { all: [{ a: 1 }, { b: { prefix: 'x' } }] }, ['a', 'b']],
    ['one of an any', { any: [{ a: 1 }, { b: 2, c: 3 }] }, ['a|b|c']],
    ['none of an any where one part needs none', { any: [{ a: 1 }, { b: { absent: true } }] }, []],
    ['none of a not', { not: { a: 1 } }, []],
    ['none of a setting', { any: { setting: 'allowed' } }, []],
    ['those of a condition', 'failed', ['error']],
    ['none of a condition that is about an absence', 'succeeded', []],
    ['each once', { all: [{ a: 1 }, { a: { not: 2 }, b: 1 }, { a: 1 }] }, ['a', 'b']],
    ['either of a ??', { 'a ?? b.c': 'x' }, ['a|b.c']],
    ['none where a text stands in', { 'a ?? "none"': 'x' }, []],
    ['names before a function', { 'a.b.json().c[0].d': 'x' }, ['a.b']],
    ['names with dots', { 'claims["schemas.example/upn"]': 'x' }, ['claims["schemas.example/upn"]']],
    ['those of a named field', { source: '10.0.0.1' }, ['caller.ip|caller.name']],
    ['its own where a name is in brackets', { '["source"]': 'x' }, ['source']],
    ['those of elements', { list: { some: { kind: 'a', '.': 'b' } } }, ['list.kind', 'list']],
    ['the list where its elements need none', { list: { some: { kind: { absent: true } } } }, ['list']],
  ])('are %s', (_, match, fields) => {
    expect(ofMatch(match)).toEqual(fields);
  });

  test.each<[string, Match, boolean]>([
    ['absent: true', { a: { absent: true } }, false],
    ['absent: false', { a: { absent: false } }, true],
    ['empty: true', { a: { empty: true } }, false],
    ['empty: false', { a: { empty: false } }, true],
    ['truthy: false', { a: { truthy: false } }, false],
    ['truthy: true', { a: { truthy: true } }, true],
    ['every', { a: { every: { b: 1 } } }, false],
    ['not of a value', { a: { not: 'x' } }, false],
    ['not of an absence', { a: { not: { absent: true } } }, true],
    ['any of values', { a: { any: ['x', { prefix: 'y' }] } }, true],
    ['any with an absence', { a: { any: [0, { absent: true }] } }, false],
    ['a value and ignoreCase', { a: { is: 'x', ignoreCase: true } }, true],
    ['a comparison with another field', { a: { is: { field: 'b' } } }, true],
  ])('with %s in a test: %j', (_, match, isNeeded) => {
    expect(ofMatch(match)).toEqual(isNeeded ? ['a'] : []);
  });
});

describe('the fields that a rule needs', () => {
  test('are also those of its title, its dedup key and distinct', () => {
    expect(
      needed({ title: 'by {caller.name} on {target}', dedup: '{account}', distinct: 'session.id' }),
    ).toEqual(['name', 'caller.name', 'target', 'account', 'session.id']);
  });

  test('are those that its own fields stand for', () => {
    const fields = {
      target: 'request.target ?? request.name',
      who: [{ match: { kind: 'user' }, value: '{caller.name}' }, { value: '{caller.role}' }],
      names: [{ match: { kind: 'all' }, value: 'everyone' }, { value: '{caller.name}' }],
      role: [{ value: 'role {caller.role}' }],
      tags: { each: 'request.tags', where: { key: 'owner' } },
      inner: 'target.id',
    };

    expect(
      needed({
        ...{ match: { target: 'x', tags: { some: { value: 'y' } }, inner: 'z' }, fields },
        title: '{who} {names} {role}',
      }),
    ).toEqual([
      'request.target|request.name',
      'request.tags.value',
      'request.target.id|request.name.id',
      'caller.name|caller.role',
    ]);
  });

  test('are not those of code, of cases and of the context', () => {
    expect(
      needed({
        match: { name: 'x' },
        title: () => 'x',
        dedup: () => 'x',
        context: { extra: 'extra' },
        severityBy: [{ match: { level: 'high' }, value: 'high' }],
      }),
    ).toEqual(['name']);
  });

  test('of a rule with mistakes are those that can be read; fields that go round in circles are none', () => {
    expect(needed({ match: { 'a..b': 1, c: 2 }, title: '{unclosed' })).toEqual(['c']);
    expect(needed({ match: { a: 1 }, fields: { a: 'b', b: 'a' } })).toEqual([]);
  });
});
