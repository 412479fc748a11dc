import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createEngine } from '../../../detector/engine/engine.js';
import { NEEDS_MORE, parsedView, type EventView } from '../../../detector/engine/view.js';
import type { JsonObject, Match } from '../../../detector/rule.js';
import { events, matches, smallVocabulary } from './arbitraries.js';
import { LOG_TYPE, ruleWith } from './support.js';

const engineFor = (list: readonly Match[]) =>
  createEngine(
    list.map((match, i) => ({
      rule: ruleWith({ id: `rule-${i}`, match, title: '{who} {kind}', dedup: '{b}', distinct: 'l.x' }),
    })),
    [smallVocabulary],
  );

/** Tells the truth about some paths and nothing about the others. */
const partly = (event: JsonObject, hidden: (path: string) => boolean): EventView => ({
  read: (names) =>
    hidden(names.map(({ lower }) => lower).join('.')) ? NEEDS_MORE : parsedView(event).read(names),
});

const shown = ({ matches: found, failures }: ReturnType<ReturnType<typeof engineFor>['evaluate']>) => ({
  failures,
  matches: found.map(({ rule, context, ...rest }) => ({ ...rest, id: rule.id, context: context() })),
});

describe('an event of which only a part is known', () => {
  test('gives the same evaluation as the whole, whatever the part is', () => {
    fc.assert(
      fc.property(
        fc.array(matches, { minLength: 1, maxLength: 5 }),
        events,
        fc.func(fc.boolean()),
        (list, event, hidden) => {
          const engine = engineFor(list);
          const whole = engine.evaluate(LOG_TYPE, () => event);
          const part = engine.evaluate(LOG_TYPE, () => event, partly(event, hidden));

          expect(shown(part)).toEqual(shown(whole));
        },
      ),
      { numRuns: 600 },
    );
  });

  test('is never parsed where the part tells all and no rule fires', () => {
    fc.assert(
      fc.property(fc.array(matches, { minLength: 1, maxLength: 5 }), events, (list, event) => {
        const parse = jest.fn(() => event);
        const { matches: found } = engineFor(list).evaluate(
          LOG_TYPE,
          parse,
          partly(event, () => false),
        );

        expect(parse).toHaveBeenCalledTimes(found.length === 0 ? 0 : 1);
      }),
    );
  });

  test.each<[string, Match, JsonObject, readonly string[], boolean]>([
    ['the index excludes every rule', { name: 'x', other: 1 }, { name: 'y' }, ['other'], false],
    [
      'a known part excludes the rule',
      { name: 'x', flag: true, other: 1 },
      { name: 'x', flag: false },
      ['other'],
      false,
    ],
    [
      'an unknown part stands before a false one',
      { all: [{ other: 1 }, { flag: true }] },
      { flag: false },
      ['other'],
      false,
    ],
    [
      'an unknown part may make it true',
      { any: [{ other: 1 }, { flag: true }] },
      { flag: false },
      ['other'],
      true,
    ],
    ['an unknown part is negated', { not: { other: 1 } }, { other: 1 }, ['other'], true],
    ['the index needs more', { name: 'x' }, { name: 'y' }, ['name'], true],
    ['another field is compared with', { name: { is: { field: 'other' } } }, { name: 'y' }, ['other'], true],
    [
      'an element fails before the comparison',
      { l: { some: { a: 1, b: { is: { field: 'other' } } } } },
      { l: [{ a: 2 }] },
      ['other'],
      false,
    ],
  ])('%s: parsed %p', (_, match, event, hidden, expected) => {
    const parse = jest.fn(() => event);
    const { matches: found } = engineFor([match]).evaluate(
      LOG_TYPE,
      parse,
      partly(event, (path) => hidden.includes(path)),
    );

    expect(found).toEqual([]);
    expect(parse).toHaveBeenCalledTimes(expected ? 1 : 0);
  });

  test('is parsed once, however many rules need it', () => {
    const event = { name: 'x', other: 1 };
    const parse = jest.fn(() => event);
    const list: Match[] = [{ other: 1 }, { other: 1, name: 'x' }, { not: { other: 2 } }];

    const { matches: found } = engineFor(list).evaluate(
      LOG_TYPE,
      parse,
      partly(event, () => true),
    );

    expect(found).toHaveLength(3);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('is never parsed for a log type without rules', () => {
    const parse = jest.fn(() => ({}));

    expect(engineFor([{ a: 1 }]).evaluate('gcp.audit', parse)).toEqual({ matches: [], failures: [] });
    expect(parse).not.toHaveBeenCalled();
  });
});
