import fc from 'fast-check';
import type { Json, JsonObject, Match, Operators, Test } from '../../../detector/rule.js';
import { vocabulary } from './support.js';

/** Random rules and events over so few names and values that they often meet. */
export const smallVocabulary = {
  ...vocabulary,
  fields: {
    who: 'a.x ?? b',
    kind: [{ match: { b: 'p' }, value: 'kind {a.x}' }, { value: '{c}' }],
    chosen: { each: 'l', where: { any: [{ x: 'p' }, { '.': { is: { field: 'b' } } }] } },
  },
  conditions: { succeeded: { c: { empty: true } }, failed: { c: { empty: false } } },
};

const texts = fc.constantFrom('p', 'P', 'pq', 'q', 'qp', '5', '', 'true', 'kind p', '\u212a', 'k');
const scalars = fc.oneof(
  { weight: 3, arbitrary: texts },
  fc.constantFrom<number | boolean>(0, 5, 6, true, false),
);
const oneOrMore = <T>(one: fc.Arbitrary<T>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));

const PATHS = [
  'a',
  'b',
  'c',
  'a.x',
  'a.y',
  'l',
  'l.x',
  'l.y',
  'l.x.y',
  'A.X',
  'B',
  'who',
  'kind',
  'who.x',
  'chosen',
  'chosen.y',
];
const COMPUTED = [
  '["b"]',
  'a ?? b',
  'b.lower()',
  'l[0].x',
  'l[x=p].y',
  'a.x.length()',
  'c.json().x',
  'l.split(p)',
];
const INNER = ['x', 'y', 'X', '.', 'x.y', 'x.lower()', 'y ?? x', '[0]'];

const paths = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PATHS) }, fc.constantFrom(...COMPUTED));
const innerPaths = fc.constantFrom(...INNER);
const references = fc.record(
  { field: fc.constantFrom('a.x', 'b', 'l', 'who'), prefix: fc.constantFrom('p', 'q') },
  { requiredKeys: ['field'] },
);

const operators = (test: fc.Arbitrary<Test>, inner: fc.Arbitrary<Match>): fc.Arbitrary<Operators> =>
  fc.record<Operators, never>(
    {
      is: fc.oneof(oneOrMore(scalars), references),
      like: oneOrMore(fc.oneof(scalars, fc.constantFrom('p*', '*q', '?', '*'))),
      prefix: fc.oneof(oneOrMore(texts), references),
      suffix: oneOrMore(texts),
      contains: oneOrMore(texts),
      glob: oneOrMore(fc.constantFrom('p*', '*', '?', 'q?')),
      regex: oneOrMore(fc.constantFrom('^p', 'q$', 'p?q', '[pq]', 'k')),
      ignoreCase: fc.boolean(),
      gt: fc.constantFrom(0, 5),
      absent: fc.boolean(),
      empty: fc.boolean(),
      truthy: fc.boolean(),
      type: fc.constantFrom<'text' | 'number' | 'list' | 'object'>('text', 'number', 'list', 'object'),
      some: inner,
      every: inner,
      not: test,
      any: fc.array(test, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );

/** Few operators at a time, or hardly any test would ever hold. */
const few = (all: fc.Arbitrary<Operators>): fc.Arbitrary<Operators> =>
  fc.tuple(all, fc.nat(), fc.nat()).map(([object, one, two]) => {
    const names = Object.keys(object).filter((name) => name !== 'ignoreCase') as (keyof Operators)[];
    const chosen = [names[one % names.length], one % 3 === 0 ? names[two % names.length] : undefined];
    const kept = Object.entries(object).filter(
      ([name]) => name === 'ignoreCase' || chosen.includes(name as never),
    );
    return names.length === 0 ? { absent: true } : Object.fromEntries(kept);
  });

const { match } = fc.letrec<{ test: Test; match: Match; inner: Match }>((tie) => {
  const combined = (part: fc.Arbitrary<Match>, names: fc.Arbitrary<string>): fc.Arbitrary<Match> =>
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: fc.dictionary(names, tie('test'), { minKeys: 1, maxKeys: 2 }) },
      fc.record({ all: fc.array(part, { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(part, { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: part }),
      fc.constantFrom<Match>('succeeded', 'failed'),
    );
  return {
    test: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: oneOrMore(scalars) },
      { weight: 2, arbitrary: few(operators(tie('test'), tie('inner'))) },
    ),
    match: combined(tie('match'), paths),
    inner: combined(tie('inner'), innerPaths),
  };
});
export const matches = match;

const values: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: fc.oneof(scalars, fc.constant(null)) },
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'X'), tie('value'), { maxKeys: 2 }),
    fc.constant('{"x":"p"}'),
  ),
})).value;

export const events: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'l', 'A', 'who'),
  values,
  { maxKeys: 5 },
);
