import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject, Rule, RuleEvent } from '../../../detector/rule.js';
import { engineOf, evaluate, isWhole, LOG_TYPE, ruleWith, unchecked } from './support.js';

const event: JsonObject = {
  name: 'bang',
  who: 'marta',
  caller: { ip: '192.0.2.1' },
  list: ['a', 'b', 'a', 5, null, {}],
};
const STANDARD = { name: 'bang', source: '192.0.2.1' };

const fire = (parts: Readonly<Record<string, unknown>>, on: JsonObject = event) => {
  const { matches, failures } = evaluate(unchecked(parts), on);
  return { match: matches[0], failures };
};

describe('what a match carries', () => {
  test('without hooks', () => {
    const { match, failures } = fire({});

    expect(match).toMatchObject({ severity: 'medium', title: 'Test', dedup: 'Test' });
    expect(match).not.toHaveProperty('distinct');
    expect(match!.context()).toEqual(STANDARD);
    expect(failures).toEqual([]);
  });

  test('with templates and paths', () => {
    const { match } = fire({
      title: '{who} from {source} or {missing}',
      dedup: '{who}:{missing}',
      context: { person: 'who', gone: 'missing', list: 'list[0]' },
      distinct: 'list',
    });

    expect(match).toMatchObject({
      title: 'marta from 192.0.2.1 or unknown',
      dedup: 'marta:',
      distinct: ['a', 'b', '5'],
    });
    expect(match!.context()).toEqual({ ...STANDARD, person: 'marta', list: 'a' });
  });

  test('with functions', () => {
    const { match, failures } = fire({
      when: (e: RuleEvent) => e.text('who') === 'marta',
      title: (e: RuleEvent) => `by ${e.text('who') ?? ''}`,
      dedup: (e: RuleEvent) => e.all('list').length.toString(),
      severityBy: () => 'high',
      context: (e: RuleEvent) => ({ record: e.record, name: 'own' }),
    });

    expect(match).toMatchObject({ title: 'by marta', dedup: '6', severity: 'high' });
    expect(match!.context()).toEqual({ ...STANDARD, name: 'own', record: event });
    expect(failures).toEqual([]);
  });

  test('the title stands in for a dedup that is not given, not for an empty one', () => {
    expect(fire({ title: '{who}' }).match).toMatchObject({ dedup: 'marta' });
    expect(fire({ title: '{who}', dedup: '{missing}' }).match).toMatchObject({ dedup: '' });
  });

  test.each([
    [[{ match: { who: 'eve' }, value: 'high' }, { value: 'low' }], 'low'],
    [[{ match: { who: 'marta' }, value: 'high' }, { value: 'low' }], 'high'],
    [[{ match: { who: 'eve' }, value: 'high' }], 'medium'],
    [[{ match: 'failed', value: 'high' }], 'medium'],
    [() => undefined, 'medium'],
  ])('severity %#', (severityBy, expected) => {
    const { match, failures } = fire({ severityBy });

    expect(match).toMatchObject({ severity: expected });
    expect(failures).toEqual([]);
  });

  test.each([
    [[{ match: { who: 'eve' }, value: 'Eve' }, { value: 'Not Eve: {who}' }], 'Not Eve: marta'],
    [[{ match: { who: 'marta' }, value: '{who} from {missing}' }, { value: 'Other' }], 'marta from unknown'],
    [[{ match: { who: 'eve' }, value: 'Eve' }], 'Test'],
  ])('a title of cases %#', (title, expected) => {
    expect(fire({ title })).toMatchObject({ match: { title: expected, dedup: expected }, failures: [] });
  });

  test('a distinct rule has no values where the event has none', () => {
    expect(fire({ distinct: 'missing' }).match).toMatchObject({ distinct: [] });
  });

  test.each(['title', 'dedup'])(
    '#24 a %s of more than 1,000 characters is cut between characters',
    (hook) => {
      for (let before = 0; before < 3; before++) {
        const long = 'x'.repeat(before) + '😀'.repeat(600);
        for (const written of ['{long}', (e: RuleEvent) => e.text('long')!]) {
          const { match } = fire({ [hook]: written }, { ...event, long });
          const text = match![hook as 'title'];

          expect(text.length).toBeLessThanOrEqual(1000);
          expect(text).toMatch(/… \[cut\]$/);
          expect(isWhole(text)).toBe(true);
        }
      }
    },
  );
});

const boom = (): never => {
  throw new RangeError('boom');
};
const circle: Record<string, unknown> = {};
circle.self = circle;
const unreadable = {
  get value(): never {
    throw new Error('unreadable');
  },
};

/** Code of a user can throw anything. */
const throwing = (thrown: unknown) => (): never => {
  throw thrown;
};

/** What a hook of any kind may do wrong, and what is reported of it. */
const mishaps: readonly [string, () => unknown, string][] = [
  ['throws an error', boom, 'RangeError: boom'],
  ['throws a text', throwing('text'), 'text'],
  ['throws nothing', throwing(undefined), 'undefined'],
  ['throws what has no text', throwing(Object.create(null)), 'an error that cannot be shown'],
  ['returns a number', () => 5, 'returned'],
  ['returns null', () => null, 'returned'],
  ['returns a symbol', () => Symbol('s'), 'returned'],
  ['returns a list', () => ['high'], 'returned'],
  ['returns a function', () => () => 'high', 'returned'],
  ['is async', () => Promise.resolve('high'), 'returned'],
  ['is async and fails', () => Promise.reject(new Error('later')), 'returned'],
  [
    'goes too deep',
    function again(): unknown {
      return again();
    },
    'RangeError',
  ],
];
const object: typeof mishaps = [['returns an object', () => ({ a: 1 }), 'returned']];
const nothing: typeof mishaps = [['returns nothing', () => undefined, 'returned']];
const text: typeof mishaps = [['returns a text', () => 'true', 'returned']];

describe.each<[string, string, typeof mishaps, object]>([
  ['title', 'title', [...mishaps, ...object, ...nothing], { title: 'Test', dedup: 'Test' }],
  ['dedup', 'dedup', [...mishaps, ...object, ...nothing], { title: 'by marta', dedup: 'by marta' }],
  [
    'severity',
    'severityBy',
    [...mishaps, ...object, ['returns an unknown one', () => 'HIGH', 'returned "HIGH" where']],
    { severity: 'medium' },
  ],
])('#7 a %s hook that fails', (hook, property, wrongs, fallback) => {
  test.each(wrongs)('because it %s keeps the match and is reported', (_, run, error) => {
    const { match, failures } = fire({ title: 'by {who}', ...{ [property]: run } });

    expect(match).toMatchObject(fallback);
    expect(failures).toEqual([{ rule: 'aws.cloudtrail.test', hook, error: expect.stringContaining(error) }]);
  });
});

test('a title hook that gives an empty text leaves the name of the rule', () => {
  expect(fire({ title: () => '' })).toMatchObject({ match: { title: 'Test', dedup: 'Test' }, failures: [] });
});

describe('#7 a context hook that fails', () => {
  test.each<(typeof mishaps)[number]>([
    ...mishaps,
    ...nothing,
    ...text,
    ['returns what JSON cannot hold', () => ({ a: 1n }), 'TypeError'],
    ['returns a circle', () => circle, 'TypeError'],
    ['returns what throws when read', () => unreadable, 'Error: unreadable'],
    ['returns what turns itself into no object', () => ({ toJSON: () => 'text' }), 'returned'],
    ['returns what turns itself into nothing', () => ({ toJSON: () => undefined }), 'Error'],
  ])('because it %s leaves the standard context and is reported at once', (_, run, error) => {
    const { match, failures } = fire({ context: run });

    expect(failures).toEqual([
      { rule: 'aws.cloudtrail.test', hook: 'context', error: expect.stringContaining(error) },
    ]);
    expect(match!.context()).toEqual({
      ...STANDARD,
      error: 'The context of this rule could not be computed.',
    });
    expect(failures).toHaveLength(1);
  });

  test('and one that returns more than JSON gives what JSON keeps of it', () => {
    const { match } = fire({ context: () => ({ at: new Date(0), gone: undefined, f: () => 1 }) });

    expect(match!.context()).toEqual({ ...STANDARD, at: '1970-01-01T00:00:00.000Z' });
  });
});

describe('#7 a when that fails', () => {
  test.each([...mishaps, ...object, ...nothing, ...text])(
    'because it %s is no match and is reported',
    (_, run, error) => {
      const { match, failures } = fire({ when: run });

      expect(match).toBeUndefined();
      expect(failures).toEqual([
        { rule: 'aws.cloudtrail.test', hook: 'when', error: expect.stringContaining(error) },
      ]);
    },
  );

  test('runs only where the match holds', () => {
    expect(fire({ when: boom, match: { name: 'other' } })).toEqual({ match: undefined, failures: [] });
  });

  test('leaves the other rules alone', () => {
    const rules: Rule[] = [
      ruleWith({ id: 'first', when: boom }),
      ruleWith({ id: 'second', title: boom, dedup: boom, severityBy: boom, context: boom }),
      ruleWith({ id: 'third' }),
    ];
    const { matches, failures } = engineOf(rules.map((rule) => ({ rule }))).evaluate(LOG_TYPE, () => event);

    expect(matches.map(({ rule }) => rule.id)).toEqual(['second', 'third']);
    expect(failures.map(({ rule, hook }) => `${rule} ${hook}`).sort()).toEqual([
      'first when',
      'second context',
      'second dedup',
      'second severity',
      'second title',
    ]);
  });
});

test('#24 the error of a hook is cut between characters', () => {
  const { failures } = fire({
    title: () => {
      throw new Error('😀'.repeat(1000));
    },
  });

  expect(failures[0]!.error.length).toBeLessThanOrEqual(300);
  expect(isWhole(failures[0]!.error)).toBe(true);
});

describe('what code sees of an event', () => {
  const settings = { limit: { description: 'Limit.', default: 3 } };
  const see = <T>(look: (e: RuleEvent) => T, on: JsonObject = event, set: Record<string, number> = {}): T => {
    let seen: { readonly value: T } | undefined;
    const rule = ruleWith({
      settings,
      fields: { person: 'who' },
      when: (e) => {
        seen = { value: look(e) };
        return true;
      },
    });
    const { failures } = evaluate(rule, { name: 'bang', ...on }, { settings: set });
    expect(failures).toEqual([]);
    return seen!.value;
  };

  test.each<[string, (e: RuleEvent) => unknown, unknown]>([
    ['the first value', (e) => e.get('list'), 'a'],
    ['nothing for a missing value', (e) => e.get('missing'), undefined],
    ['nothing for null', (e) => e.get('list[4]'), undefined],
    ['an object', (e) => e.get('caller'), { ip: '192.0.2.1' }],
    ['a number as text', (e) => e.text('list[3]'), '5'],
    ['no text of an object', (e) => e.text('caller'), undefined],
    ['every value', (e) => e.all('list'), event.list],
    ['no values', (e) => e.all('missing'), []],
    ['a named field of the rule', (e) => e.text('person'), 'marta'],
    ['a named field of the log type', (e) => e.text('source'), '192.0.2.1'],
    ['the default of a setting', (e) => e.setting('limit'), 3],
    ['no setting of another name', (e) => e.setting('toString'), undefined],
    ['no setting of a hostile name', (e) => e.setting('__proto__'), undefined],
    ['the record', (e) => e.record.who, 'marta'],
  ])('%s', (_, look, expected) => {
    expect(see(look)).toEqual(expected);
  });

  test('what the user set', () => {
    expect(see((e) => e.setting('limit'), event, { limit: 9 })).toBe(9);
  });

  test('is total: no event makes it throw', () => {
    const paths = [
      'a',
      'a.b',
      'a[0].b',
      'a[k=v].b',
      'a.json().b',
      'a.split(/)[-1]',
      'a.address()',
      'person',
      '["a b"] ?? a',
    ];
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'who', '__proto__', 'a b'), fc.jsonValue()),
        (odd) => {
          see(
            (e) => {
              for (const path of paths) {
                const all = e.all(path);
                expect(e.get(path)).toEqual(all[0] ?? undefined);
                expect(['string', 'undefined']).toContain(typeof e.text(path));
              }
            },
            odd as Record<string, Json>,
          );
        },
      ),
    );
  });

  test('keeps no more paths than it needs, whatever events are put into them', () => {
    expect(
      see((e) => {
        for (let i = 0; i < 5000; i++) e.get(`tags[key=t${i}].value`);
        return e.text('who');
      }),
    ).toBe('marta');
  });
});
