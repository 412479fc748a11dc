import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limitContext, MOST_CONTEXT_BYTES } from '../../../detector/alerts/context.js';
import type { Json, JsonObject } from '../../../detector/rule.js';

const bytesOf = (context: JsonObject): number => Buffer.byteLength(JSON.stringify(context));

/** A value inside of `levels` lists or objects. */
function nested(levels: number, wrap: (inner: Json) => Json): Json {
  let value: Json = 'the core';
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}

const numbered = (count: number, name: (at: number) => string, value: Json): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), value]));

describe('a context that fits', () => {
  test('is left as it is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 8 },
        text,
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(text, tie('value'), { maxKeys: 5 }),
      ),
    }));
    const contexts = fc
      .dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'truncated', 'constructor')), value)
      .filter((context) => bytesOf(context) < MOST_CONTEXT_BYTES)
      .map((context) => JSON.parse(JSON.stringify(context)) as JsonObject);
    fc.assert(
      fc.property(contexts, (context) => {
        expect(JSON.stringify(limitContext(context))).toBe(JSON.stringify(context));
      }),
      { numRuns: 100 },
    );
  });

  test('may have exactly the size of the limit, and not a byte more', () => {
    const chunks = numbered(8, (at) => `part${String(at)}`, 'x'.repeat(2000));
    const rest = MOST_CONTEXT_BYTES - bytesOf({ ...chunks, rest: '' });
    const exact = { ...chunks, rest: 'x'.repeat(rest) };
    const over = { ...chunks, rest: 'x'.repeat(rest + 1) };

    expect(bytesOf(exact)).toBe(MOST_CONTEXT_BYTES);
    expect(limitContext(exact)).toEqual(exact);
    expect(limitContext(over)).toHaveProperty('truncated');
  });
});

describe('a context that is too large', () => {
  test.each<[string, JsonObject]>([
    ['a text of a megabyte', { user: 'alice', text: 'x'.repeat(1_000_000) }],
    ['many long texts', numbered(100, (at) => `text${String(at)}`, 'y'.repeat(5000))],
    [
      'texts that JSON writes six times as long',
      numbered(20, (at) => `c${String(at)}`, '\u0000'.repeat(2000)),
    ],
    ['lone surrogates', numbered(20, (at) => `s${String(at)}`, '\ud800'.repeat(2000))],
    ['names of lone surrogates', numbered(400, (at) => `${'\udc00'.repeat(90)}${String(at)}`, 1)],
    ['a name of a megabyte', { user: 'alice', ['n'.repeat(1_000_000)]: 1 }],
    ['20,000 small entries', numbered(20_000, (at) => `name-of-an-entry-${String(at)}`, 0)],
    ['a list of a million', { user: 'alice', list: Array.from({ length: 1_000_000 }, (_, at) => at) }],
    ['an object of 100,000', { user: 'alice', object: numbered(100_000, (at) => `n${String(at)}`, 'v') }],
    [
      'wide and deep',
      { user: 'alice', tree: nested(4, (inner) => [inner, inner, inner, inner, inner, inner, inner]) },
    ],
    ['100,000 lists in each other', { user: 'alice', deep: nested(100_000, (inner) => [inner]) }],
    ['100,000 objects in each other', { user: 'alice', deep: nested(100_000, (inner) => ({ inner })) }],
    [
      'an entry named truncated',
      { truncated: 'mine', ...numbered(20, (at) => String(at), 'z'.repeat(1500)) },
    ],
  ])('fits after: %s', (_, context) => {
    const limited = limitContext(context);

    expect(bytesOf(limited)).toBeLessThanOrEqual(MOST_CONTEXT_BYTES);
    if ('user' in context) expect(limited.user).toBe('alice');
  });

  test('loses its largest entries and names them', () => {
    const context = {
      user: 'alice',
      ...numbered(
        5,
        (at) => `large${String(at)}`,
        Array.from({ length: 3 }, () => 'x'.repeat(1500)),
      ),
      region: 'eu-west-1',
    };

    const { truncated, ...kept } = limitContext(context);

    expect(kept).toMatchObject({ user: 'alice', region: 'eu-west-1' });
    expect(truncated).toEqual(Object.keys(context).filter((name) => !(name in kept)));
    expect(truncated).not.toEqual([]);
  });

  test('says how many entries it lost when their names alone would fill it', () => {
    const { truncated } = limitContext(numbered(10_000, (at) => `name-of-an-entry-${String(at)}`, 'v'));

    expect((truncated as readonly string[]).at(-1)).toMatch(/^… \[\d+ more\]$/);
  });

  test('names an entry whose cut name is that of another', () => {
    const long = 'n'.repeat(200);

    const limited = limitContext({ [`${long}1`]: 1, [`${long}2`]: 2 });

    expect(Object.values(limited)).toEqual([1, [`${'n'.repeat(93)}… [cut]`]]);
  });

  test('shows where a text, a list, an object and a depth were cut', () => {
    const limited = limitContext({
      text: 'x'.repeat(3000),
      list: Array.from({ length: 60 }, () => 0),
      object: numbered(60, (at) => `n${String(at)}`, 0),
      deep: nested(20, (inner) => [inner]),
    });

    expect(limited.text).toMatch(/^x{1993}… \[cut\]$/);
    expect((limited.list as readonly Json[]).at(-1)).toBe('… [10 more]');
    expect((limited.object as JsonObject)['…']).toBe('10 more');
    expect(JSON.stringify(limited.deep)).toBe(
      `${'['.repeat(12)}"… [deeper levels left out]"${']'.repeat(12)}`,
    );
  });
});

test('any JSON ends up within the limit and stays JSON', () => {
  const repeated = fc
    .tuple(fc.constantFrom('\ud800', 'é', '"', '\u0007', '😀', 'a'), fc.integer({ min: 0, max: 3000 }))
    .map(([unit, count]) => unit.repeat(count));
  const name = fc.oneof(
    fc.string({ maxLength: 5 }),
    repeated,
    fc.constantFrom('__proto__', '…', 'truncated'),
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      repeated,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
      fc
        .tuple(tie('value'), fc.nat({ max: 70 }))
        .map(([one, count]) => Array.from({ length: count }, () => one)),
      fc
        .tuple(tie('value'), fc.nat({ max: 70 }))
        .map(([one, count]) => numbered(count, (at) => `name-${String(at)}`, one)),
    ),
  }));
  const contexts = fc
    .tuple(fc.dictionary(name, value, { maxKeys: 12 }), fc.nat({ max: 300 }), repeated)
    .map(([context, count, one]) => ({ ...numbered(count, (at) => `entry-${String(at)}`, one), ...context }));
  fc.assert(
    fc.property(contexts, (context) => {
      const limited = limitContext(context);
      const json = JSON.stringify(limited);

      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MOST_CONTEXT_BYTES);
      expect(JSON.stringify(JSON.parse(json))).toBe(json);
      // Nothing vanishes without a word: an entry is there, or a mark is.
      const absent = Object.keys(context).filter((key) => key.length <= 100 && !Object.hasOwn(limited, key));
      if (absent.length > 0) expect(limited).toHaveProperty('truncated');
    }),
    { numRuns: 120 },
  );
});

test('an entry named __proto__ is an entry like any other', () => {
  const context = JSON.parse(
    '{"__proto__":{"polluted":1},"inner":{"__proto__":{"polluted":2}}}',
  ) as JsonObject;

  const limited = limitContext(context);

  expect(JSON.stringify(limited)).toBe(JSON.stringify(context));
  expect(Object.getPrototypeOf(limited)).toBe(Object.prototype);
  expect(limited.polluted).toBeUndefined();
});

test('what a hook returns that is no JSON neither throws nor stays', () => {
  const context = {
    missing: undefined,
    run: () => 1,
    big: 2n ** 70n,
    not: NaN,
    list: [undefined, Symbol('s'), Infinity],
    inner: { missing: undefined, kept: true },
  } as unknown as JsonObject;

  expect(limitContext(context)).toEqual({
    big: '1180591620717411303424',
    not: null,
    list: [null, null, null],
    inner: { kept: true },
  });
});

test('an object that holds itself ends at the deepest level', () => {
  const own: Record<string, unknown> = { name: 'own' };
  own.self = own;

  expect(bytesOf(limitContext(own as JsonObject))).toBeLessThanOrEqual(MOST_CONTEXT_BYTES);
});

test('an object whose branches all lead back to it is not followed for ever', () => {
  const own: Record<string, unknown> = { name: 'own' };
  for (let at = 0; at < 50; at++) own[`self${String(at)}`] = own;

  const limited = limitContext({ user: 'alice', own: own as JsonObject });

  expect(limited).toEqual({ user: 'alice', truncated: ['own'] });
});
