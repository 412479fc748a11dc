import { describe, expect, test } from '@jest/globals';
import type { JsonObject, Match } from '../../../detector/rule.js';
import { evaluate, fires, ruleWith } from './support.js';

describe('a match', () => {
  test.each<[string, Match, JsonObject, boolean]>([
    ['all fields hold', { a: 1, b: 2 }, { a: 1, b: 2 }, true],
    ['one field does not hold', { a: 1, b: 2 }, { a: 1, b: 3 }, false],
    ['all', { all: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 2 }, true],
    ['all, one does not hold', { all: [{ a: 1 }, { b: 2 }] }, { a: 1 }, false],
    ['any', { any: [{ a: 1 }, { b: 2 }] }, { b: 2 }, true],
    ['any, none holds', { any: [{ a: 1 }, { b: 2 }] }, { a: 2 }, false],
    ['not', { not: { a: 1 } }, { a: 2 }, true],
    ['not, of several fields: not all of them', { not: { a: 1, b: 2 } }, { a: 1 }, true],
    ['not of not', { not: { not: { a: 1 } } }, { a: 1 }, true],
    ['deep', { all: [{ any: [{ not: { a: 1 } }, { b: 2 }] }, { c: 3 }] }, { a: 1, b: 2, c: 3 }, true],
    ['a condition', 'succeeded', { error: '' }, true],
    ['a condition that does not hold', 'succeeded', { error: 'x' }, false],
    ['a condition in a list', { all: ['failed', { a: 1 }] }, { error: 'x', a: 1 }, true],
    [
      'a condition inside some reads the event',
      { l: { some: 'failed' } },
      { l: [{ a: 1 }], error: 'x' },
      true,
    ],
    ['a field named all', { '["all"]': 'x' }, { all: 'x' }, true],
    ['a field named any', { '["any"]': ['x'] }, { any: 'x' }, true],
    ['a field named not', { '["not"]': { absent: true } }, {}, true],
    ['a field below a name that holds dots', { 'a["b.c"].d': 1 }, { a: { 'b.c': { d: 1 } } }, true],
    ['dots mean levels without quotes', { 'a.b': 1 }, { 'a.b': 1 }, false],
    ['names in other letter case', { 'A.bC': 1 }, { a: { Bc: 1 } }, true],
    ['values in other letter case', { a: 'X' }, { a: 'x' }, false],
    ['a path through a list', { 'a.b': 1 }, { a: [{ b: 2 }, { b: 1 }] }, true],
    ['an index', { 'a[1].b': 1 }, { a: [{ b: 1 }, { b: 2 }] }, false],
    [
      'a selector',
      { 'a[k=x].v': 1 },
      {
        a: [
          { k: 'y', v: 1 },
          { k: 'x', v: 2 },
        ],
      },
      false,
    ],
    ['an alternative', { 'a ?? b': 1 }, { a: '', b: 1 }, true],
    ['a function', { 'a.split(/)[-1]': 'c' }, { a: 'x/c' }, true],
    ['a function without a value', { 'a.after(:)': { absent: true } }, { a: 'x' }, true],
  ])('%s', (_, match, event, expected) => {
    expect(fires(match, event)).toBe(expected);
  });
});

describe('below json() names are exact', () => {
  const event = { policy: '{"Statement":[{"Effect":"Allow","effect":"Deny"}],"NOTE":1}' };

  test.each<[string, Match, boolean]>([
    ['in the path', { 'policy.json().NOTE': 1 }, true],
    ['in the path, other case', { 'policy.json().note': 1 }, false],
    ['the field itself is found without case', { 'POLICY.json().NOTE': 1 }, true],
    ['inside some', { 'policy.json().Statement': { some: { Effect: 'Allow' } } }, true],
    ['inside some, other case', { 'policy.json().Statement': { some: { EFFECT: { absent: true } } } }, true],
    ['inside some, the other spelling', { 'policy.json().Statement': { some: { effect: 'Deny' } } }, true],
    ['inside not and some', { 'policy.json().Statement': { not: { some: { EFFECT: 'Allow' } } } }, true],
  ])('%s', (_, match, expected) => {
    expect(fires(match, event)).toBe(expected);
  });

  test.each<[string, Match, boolean]>([
    ['below a named field', { 'document.NOTE': 1 }, true],
    ['below a named field, other case', { 'document.note': 1 }, false],
    ['below a name for a part of it, other case', { 'statements.EFFECT': 'Allow' }, false],
    ['inside some of a named field, other case', { statements: { some: { EFFECT: 'Allow' } } }, false],
    ['inside some of a named field', { statements: { some: { Effect: 'Allow' } } }, true],
  ])('%s', (_, match, expected) => {
    const fields = { document: 'policy.json()', statements: 'document.Statement' };

    expect(fires(match, event, { fields })).toBe(expected);
  });
});

describe('a named field', () => {
  const fields = {
    who: 'user.name ?? user.id',
    greeting: [
      { match: { who: 'root' }, value: 'The root user' },
      { match: { who: { absent: false } }, value: 'User {who}' },
    ],
  } as const;

  test.each<[Match, JsonObject, boolean]>([
    [{ who: 'marta' }, { user: { name: 'marta' } }, true],
    [{ who: '7' }, { user: { id: '7' } }, true],
    [{ greeting: 'The root user' }, { user: { id: 'root' } }, true],
    [{ greeting: 'User marta' }, { user: { name: 'marta' } }, true],
    [{ greeting: { absent: true } }, {}, true],
    [{ source: '192.0.2.1' }, { caller: { ip: '192.0.2.1' } }, true],
    [{ '["who"]': 'event' }, { who: 'event' }, true],
    [{ who: 'event' }, { who: 'event' }, false],
  ])('in %j on %j: %p', (match, event, expected) => {
    expect(fires(match, event, { fields })).toBe(expected);
  });

  test('of a rule can stand for one of the log type that it uses itself', () => {
    expect(fires({ source: 'x' }, { other: 'x' }, { fields: { source: 'source ?? other' } })).toBe(true);
  });
});

describe('a selection of elements', () => {
  const fields = {
    open: { each: 'rules', where: { all: [{ ports: { some: { '.': 22 } } }, { action: 'allow' }] } },
    first: 'open[0].id',
  } as const;
  const event = {
    me: 'a',
    l: [
      { owner: 'a', v: 'x' },
      { owner: 'b', v: 'y' },
    ],
    rules: [
      { id: 1, ports: [22], action: 'deny' },
      { id: 2, ports: [80, 22], action: 'allow' },
      { id: 3, ports: [22], action: 'allow' },
      'no rule',
    ],
  };

  test.each<[Match, boolean]>([
    [{ 'open.id': 3 }, true],
    [{ 'open.id': 1 }, false],
    [{ 'open.length()': 2 }, true],
    [{ first: 2 }, true],
    [{ open: { every: { action: 'allow' } } }, true],
    [{ open: { absent: false } }, true],
  ])('%j: %p', (match, expected) => {
    expect(fires(match, event, { fields })).toBe(expected);
  });

  test('has no value where no element holds', () => {
    expect(fires({ open: { absent: true } }, { rules: [] }, { fields })).toBe(true);
    expect(fires({ open: { absent: true } }, {}, { fields })).toBe(true);
  });

  test('compares elements with fields of the event', () => {
    const mine = { each: 'l', where: { owner: { is: { field: 'me' } } } };

    expect(fires({ 'mine.v': 'x' }, event, { fields: { mine } })).toBe(true);
    expect(fires({ 'mine.v': 'y' }, event, { fields: { mine } })).toBe(false);
  });
});

test('rules fire in the order in which they were given, only those of the log type', () => {
  const rule = ruleWith({ match: { a: 1 } });
  const { matches, failures } = evaluate(rule, { a: 1, name: 'x', caller: { name: 'me' } });

  expect(matches).toHaveLength(1);
  expect(matches[0]).toMatchObject({ rule, severity: 'medium', title: 'Test', dedup: 'Test' });
  expect(matches[0]!.context()).toEqual({ name: 'x', source: 'me' });
  expect(failures).toEqual([]);
});
