import { describe, expect, test } from '@jest/globals';
import type { Json, Test } from '../../../detector/rule.js';
import { fires, passes } from './support.js';

type Case = [Test, Json | undefined, boolean];

const BIG = '9007199254740993';

describe('an operator on one value', () => {
  test.each<Case>([
    ['a', 'a', true],
    ['a', 'A', false],
    [5, 5, true],
    [5, '5', false],
    ['5', 5, false],
    [true, true, true],
    [true, 'true', false],
    [false, 0, false],
    [0, -0, true],
    [0, false, false],
    ['', '', true],
    ['', undefined, false],
    [['a', 5, false], 5, true],
    [['a', 5, false], false, true],
    [['a', 5, false], 'a', true],
    [['a', 5, false], 'b', false],
    [{ is: [1, 2] }, 2, true],
    ['a', { a: 'a' }, false],
  ])('is: %j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ like: 'abc' }, 'ABC', true],
    [{ like: 'a*C' }, 'AbbbC', true],
    [{ like: 'a?c' }, 'ABC', true],
    [{ like: 5 }, '5', true],
    [{ like: '5' }, 5, true],
    [{ like: 5 }, 5, true],
    [{ like: '4*' }, 403, true],
    [{ like: true }, 'TRUE', true],
    [{ like: 'false' }, false, true],
    [{ like: ['x', 'Y*'] }, 'yes', true],
    [{ like: 'a' }, null, false],
    [{ like: '*' }, undefined, false],
    [{ like: '*' }, { a: 1 }, false],
    [{ like: 'a' }, 'ab', false],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ prefix: 'arn:' }, 'arn:aws', true],
    [{ prefix: 'arn:' }, 'ARN:aws', false],
    [{ prefix: ['x', 'arn:'] }, 'arn:aws', true],
    [{ prefix: '' }, 'x', true],
    [{ prefix: '' }, undefined, false],
    [{ prefix: '5' }, 50, false],
    [{ suffix: ':root' }, 'arn:root', true],
    [{ suffix: ':root' }, ':root:', false],
    [{ contains: 'min' }, 'admin', true],
    [{ contains: ['x', 'y'] }, 'admin', false],
    [{ contains: '*' }, 'admin', false],
    [{ contains: 'a' }, ['b', 'cad'], true],
    [{ contains: 'a' }, { a: 'a' }, false],
    [{ glob: 'a*n' }, 'admin', true],
    [{ glob: 'a*' }, 'xa', false],
    [{ glob: 'a.min' }, 'admin', false],
    [{ regex: 'd.i' }, 'admin', true],
    [{ regex: '^d' }, 'admin', false],
    [{ regex: ['^x', 'n$'] }, 'admin', true],
    [{ regex: '5' }, 5, false],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ is: 'ADMIN', ignoreCase: true }, 'Admin', true],
    [{ is: ['x', 5], ignoreCase: true }, 5, true],
    [{ is: 'ADMIN', ignoreCase: false }, 'Admin', false],
    [{ prefix: 'ADM', ignoreCase: true }, 'administrator', true],
    [{ suffix: 'MIN', ignoreCase: true }, 'Admin', true],
    [{ contains: 'DMI', ignoreCase: true }, 'admin', true],
    [{ glob: 'A*N', ignoreCase: true }, 'admin', true],
    [{ regex: '^ADMIN$', ignoreCase: true }, 'admin', true],
    [{ contains: 'É', ignoreCase: true }, 'café', true],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ cidr: '10.0.0.0/8' }, '10.1.2.3', true],
    [{ cidr: '10.0.0.0/8' }, '11.1.2.3', false],
    [{ cidr: ['192.0.2.0/24', '2001:db8::/32'] }, '2001:db8::9', true],
    [{ cidr: '10.0.0.0/8' }, 'ec2.amazonaws.com', false],
    [{ cidr: '0.0.0.0/0' }, 167772161, false],
    [{ ip: 'any' }, '2001:db8::9', true],
    [{ ip: 'any' }, 'AWS Internal', false],
    [{ ip: 'public' }, '8.8.8.8', true],
    [{ ip: 'public' }, '10.0.0.1', false],
    [{ ip: 'private' }, '10.0.0.1', true],
    [{ not: { ip: 'public' } }, 'AWS Internal', true],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ gt: 5 }, 6, true],
    [{ gt: 5 }, 5, false],
    [{ gte: 5 }, 5, true],
    [{ lt: 5 }, 4.5, true],
    [{ lte: 5 }, '5.0', true],
    [{ gt: 5 }, '6', true],
    [{ gt: 5 }, 'six', false],
    [{ gt: 5 }, true, false],
    [{ lt: 5 }, undefined, false],
    [{ lt: 5 }, '', false],
    [{ gt: 0, lt: 10 }, 5, true],
    [{ gt: 0, lt: 10 }, 10, false],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ is: BIG }, BIG, true],
    [{ is: BIG }, '9007199254740992', false],
    [{ gt: '9007199254740992' as never }, BIG, true],
    [{ gte: BIG as never }, '9007199254740992', false],
    [{ lt: 1 }, `-${BIG}`, true],
  ])('#28 %j on %j gives %p, exactly', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  const KINDS = ['text', 'number', 'boolean', 'list', 'object'] as const;
  test.each<[Json | undefined, string | undefined]>([
    ['', 'text'],
    ['5', 'text'],
    [0, 'number'],
    [false, 'boolean'],
    [[], 'list'],
    [['a'], 'list'],
    [{}, 'object'],
    [null, undefined],
    [undefined, undefined],
  ])('type tells that %j is of type %s', (value, expected) => {
    expect(KINDS.filter((type) => passes({ type }, value))).toEqual(expected === undefined ? [] : [expected]);
  });

  const missing: (Json | undefined)[] = [undefined, null];
  const empty: (Json | undefined)[] = [...missing, '', [], {}];
  const untrue: (Json | undefined)[] = [...empty, false, 0];
  const all: (Json | undefined)[] = [...untrue, 'x', 1, -1, true, [0], [null], { a: null }, ' ', '0'];
  test.each(all.map((value) => [value]))('absent, empty and truthy tell %j from the others', (value) => {
    const expected = [missing, empty].map((kind) =>
      kind.some((one) => Object.is(one, value) || same(one, value)),
    );
    const truth = !untrue.some((one) => same(one, value));

    expect([passes({ absent: true }, value), passes({ empty: true }, value)]).toEqual(expected);
    expect(passes({ truthy: true }, value)).toBe(truth);
    for (const flag of ['absent', 'empty', 'truthy'] as const) {
      expect(passes({ [flag]: false }, value)).toBe(!passes({ [flag]: true }, value));
    }
  });
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

describe('a list', () => {
  test.each<Case>([
    ['b', ['a', 'b'], true],
    ['c', ['a', 'b'], false],
    ['a', [], false],
    ['a', [['a']], false],
    [{ not: 'b' }, ['a', 'b'], false],
    [{ not: 'c' }, ['a', 'b'], true],
    [{ not: 'a' }, [], true],
    [{ not: 'a' }, undefined, true],
    [{ not: { not: 'a' } }, ['a', 'b'], true],
    [{ not: ['a', 'c'] }, ['a', 'b'], false],
    [{ any: ['x', { prefix: 'b' }] }, ['a', 'bc'], true],
    [{ any: ['x', { absent: true }] }, ['a', 'bc'], false],
    [{ any: [0, { absent: true }] }, undefined, true],
    [{ empty: false }, [null], true],
  ])('%j on %j gives %p: any element, and with not, no element', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test.each<Case>([
    [{ prefix: 'a', suffix: 'z' }, ['a-', '-z'], false],
    [{ prefix: 'a', suffix: 'z' }, ['a-', 'a-z'], true],
    [{ gt: 5, lt: 10 }, [1, 20], false],
    [{ gt: 5, lt: 10 }, [1, 7, 20], true],
    [{ is: ['a', 'b'], not: 'c' }, ['a', 'c'], false],
    [{ ip: 'any', not: { cidr: '10.0.0.0/8' } }, ['x', '192.0.2.1'], true],
  ])('%j on %j gives %p: several operators hold for the same element', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });
});

describe('some and every', () => {
  const granted = { some: { permission: { suffix: '.setIamPolicy' }, granted: true } };

  test('tests of some hold for one and the same element', () => {
    const yes = { permission: 'x.setIamPolicy', granted: true };
    const split = [
      { permission: 'x.setIamPolicy', granted: false },
      { permission: 'x.get', granted: true },
    ];

    expect(passes(granted, [split[0]!, yes])).toBe(true);
    expect(passes(granted, split)).toBe(false);
    expect(passes({ not: granted }, split)).toBe(true);
  });

  test.each<Case>([
    [granted, [], false],
    [granted, undefined, false],
    [granted, null, false],
    [granted, { permission: 'a.setIamPolicy', granted: true }, true],
    [granted, ['a.setIamPolicy', 5, null], false],
    [{ every: { ok: true } }, [{ ok: true }, { ok: true }], true],
    [{ every: { ok: true } }, [{ ok: true }, { ok: false }], false],
    [{ every: { ok: true } }, [{ ok: true }, 'no object'], false],
    [{ every: { ok: true } }, [], true],
    [{ every: { ok: true } }, undefined, true],
    [{ every: { ok: true } }, { ok: true }, true],
    [{ some: { '.': { prefix: 'a' } } }, ['b', 'a1'], true],
    [{ every: { '.': { prefix: 'a' } } }, ['b', 'a1'], false],
    [{ every: { '.': { prefix: 'a' } }, empty: false }, [], false],
    [{ some: { list: { some: { a: 1, b: 2 } } } }, [{ list: [{ a: 1 }, { b: 2 }] }], false],
    [{ some: { list: { some: { a: 1, b: 2 } } } }, [{ list: [{ a: 1, b: 2 }] }], true],
    [{ some: { any: [{ a: 1 }, { not: { b: { absent: true } } }] } }, [{ c: 1 }, { b: 0 }], true],
    [{ some: { '[0]': 'x' } }, [['x']], true],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(passes(operand, value)).toBe(expected);
  });

  test('named fields do not reach into an element, and field() reaches out of it', () => {
    expect(
      fires({ items: { some: { source: 'x' } } }, { items: [{ source: 'x' }], caller: { ip: 'y' } }),
    ).toBe(true);
    expect(
      fires({ items: { some: { owner: { is: { field: 'me' } } } } }, { items: [{ owner: 'a' }], me: 'a' }),
    ).toBe(true);
  });
});

describe('a comparison with another field', () => {
  const event = {
    a: 'user/jack',
    b: 'jack',
    n: 5,
    m: '7',
    list: ['x', 'jack'],
    nothing: null,
    object: { o: 1 },
  };

  test.each<[string, Test, boolean]>([
    ['b', { is: { field: 'list' } }, true],
    ['a', { is: { field: 'b' } }, false],
    ['a', { is: { field: 'b', prefix: 'user/' } }, true],
    ['a', { suffix: { field: 'b', prefix: '/' } }, true],
    ['a', { contains: { field: 'b' } }, true],
    ['a', { prefix: { field: 'missing' } }, false],
    ['a', { prefix: { field: 'nothing', prefix: 'user' } }, false],
    ['a', { prefix: { field: 'missing ?? ""', prefix: 'user' } }, false],
    ['a', { prefix: { field: 'missing ?? "user"', suffix: '/' } }, true],
    ['a', { prefix: { field: 'object', prefix: 'user/' } }, false],
    ['n', { lt: { field: 'm' } }, true],
    ['n', { is: { field: 'm' } }, false],
    ['n', { is: { field: 'n' } }, true],
    ['b', { is: { field: 'list', suffix: '!' } }, false],
    ['b', { is: { field: 'B' }, ignoreCase: true }, true],
    ['object', { is: { field: 'object' } }, false],
    ['a', { not: { suffix: { field: 'missing' } } }, true],
  ])('%s %j: %p', (field, operand, expected) => {
    expect(fires({ [field]: operand }, event)).toBe(expected);
  });
});

describe('a setting', () => {
  const settings = {
    names: { description: 'Names.', default: ['a', 'b'] },
    one: { description: 'One.', default: 'a' },
    networks: { description: 'Networks.', default: ['10.0.0.0/8'] },
    matches: { description: 'Matches.', default: [{ field: 'a', other: 1 }] },
    none: { description: 'None.', default: [] },
    most: { description: 'Most.', default: 10 },
  };

  test.each<[Test, Json, boolean]>([
    [{ is: { setting: 'names' } }, 'b', true],
    [{ is: { setting: 'names' } }, 'c', false],
    [{ prefix: { setting: 'one' } }, 'abc', true],
    [{ cidr: { setting: 'networks' } }, '10.9.9.9', true],
    [{ gt: { setting: 'most' } }, 11, true],
    [{ is: { setting: 'none' } }, 'a', false],
    [{ not: { is: { setting: 'none' } } }, 'a', true],
  ])('%j on %j gives %p', (operand, value, expected) => {
    expect(fires({ field: operand }, { field: value }, { settings })).toBe(expected);
  });

  test('can list matches, of which any holds', () => {
    expect(fires({ any: { setting: 'matches' } }, { field: 'a', other: 1 }, { settings })).toBe(true);
    expect(fires({ any: { setting: 'matches' } }, { field: 'a', other: 2 }, { settings })).toBe(false);
    expect(fires({ any: { setting: 'none' } }, { field: 'a' }, { settings })).toBe(false);
    expect(fires({ not: { any: { setting: 'none' } } }, { field: 'a' }, { settings })).toBe(true);
  });
});
