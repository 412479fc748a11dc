import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileVocabulary } from '../../../detector/engine/compile-rule.js';
import { createEngine } from '../../../detector/engine/engine.js';
import { compileMatch } from '../../../detector/engine/match.js';
import type { Problem } from '../../../detector/engine/problem.js';
import { scopeOf } from '../../../detector/engine/scope.js';
import { parsedView, type EventView } from '../../../detector/engine/view.js';
import type { JsonObject, Match } from '../../../detector/rule.js';
import { events, matches, smallVocabulary } from './arbitraries.js';
import { engineOf, LOG_TYPE, ruleWith } from './support.js';

const rulesOf = (list: readonly Match[], reviewed: boolean) =>
  list.map((match, i) => ({ rule: ruleWith({ id: `rule-${i}`, match }), reviewed }));

const compiledVocabulary = compileVocabulary(smallVocabulary);

/** Looks at each match by itself, without an index. */
function withoutIndex(list: readonly Match[], reviewed: boolean): (event: JsonObject) => readonly string[] {
  const context = {
    ...compiledVocabulary,
    settingNamed: () => undefined,
    reviewed,
    report: ({ at, message }: Problem) => {
      throw new Error(`${at}: ${message}`);
    },
  };
  const predicates = list.map((match) => compileMatch(match, 'match', context));
  return (event) =>
    predicates.flatMap((holds, i) => (holds(scopeOf(parsedView(event))) === true ? [`rule-${i}`] : []));
}

describe('the index', () => {
  test.each([true, false])('never loses a rule and never adds one (reviewed: %p)', (reviewed) => {
    let fired = 0;
    fc.assert(
      fc.property(
        fc.array(matches, { minLength: 1, maxLength: 8 }),
        fc.array(events, { minLength: 1, maxLength: 6 }),
        (list, several) => {
          const engine = createEngine(rulesOf(list, reviewed), [smallVocabulary]);
          const holding = withoutIndex(list, reviewed);
          for (const event of several) {
            const found = engine.evaluate(LOG_TYPE, () => event).matches.map(({ rule }) => rule.id);
            expect(found).toEqual(holding(event));
            fired += found.length;
          }
        },
      ),
      { numRuns: 600 },
    );

    expect(fired).toBeGreaterThan(500);
  });

  test.each<[string, Match, JsonObject]>([
    ['a number', { n: 5 }, { n: 5 }],
    ['false', { readOnly: false }, { readOnly: false }],
    ['a number among texts', { n: ['x', 5] }, { n: 5 }],
    ['a number that is like a text', { n: { like: '5' } }, { n: 5 }],
    ['a text that is like a number', { n: { like: 5 } }, { n: '5' }],
    ['a text in other letter case', { n: { is: 'ABC', ignoreCase: true } }, { n: 'abc' }],
    ['a name in other letter case', { eventname: 'x' }, { eventName: 'x' }],
    ['an element', { l: 'x' }, { l: ['y', 'x'] }],
    ['an element inside some', { l: { some: { k: 'x', v: 1 } } }, { l: [{ k: 'y' }, { k: 'x', v: 1 }] }],
    ['lists in lists', { l: { some: { k: 'x' } } }, { l: [[{ k: ['x'] }]] }],
    ['one of several alternatives', { any: [{ n: 'x' }, { n: { prefix: 'y' } }] }, { n: 'yz' }],
    [
      'one of several alternatives, of which one ignores letter case',
      { any: [{ n: 'x' }, { n: { is: 'ABC', ignoreCase: true } }] },
      { n: 'abc' },
    ],
    ['alternatives on different fields', { any: [{ n: 'x' }, { m: 'y' }] }, { m: 'y' }],
    ['alternatives, one of them negative', { any: [{ n: 'x' }, { not: { n: 'y' } }] }, { n: 'z' }],
    [
      'a named field that has the name of an event field',
      { source: 'x' },
      { caller: { ip: 'x' }, source: 'y' },
    ],
    ['only a negation', { n: { not: 'x' } }, {}],
    ['only a condition', 'succeeded', {}],
    ['a long text', { n: { suffix: 'x' } }, { n: `${'y'.repeat(10_000)}x` }],
  ])('keeps a rule that looks for %s', (_, match, event) => {
    // A second rule makes the index choose between fields.
    const engine = engineOf([
      { rule: ruleWith({ id: 'other', match: { n: 'other' } }) },
      { rule: ruleWith({ match }) },
    ]);

    expect(engine.evaluate(LOG_TYPE, () => event).matches).toHaveLength(1);
    expect(engine.evaluate(LOG_TYPE, () => event).matches).toHaveLength(1);
  });

  test('answers the same after more values than it remembers', () => {
    const engine = engineOf([{ rule: ruleWith({ match: { name: { prefix: 'p1' } } }) }]);
    const count = (): number => {
      let fired = 0;
      for (let i = 0; i < 10_000; i++) {
        fired += engine.evaluate(LOG_TYPE, () => ({ name: `p${i}` })).matches.length;
      }
      return fired;
    };

    expect([count(), count()]).toEqual([1111, 1111]);
  });
});

describe('what an event costs', () => {
  const reads = (rules: number, event: JsonObject): number => {
    const engine = engineOf(
      Array.from({ length: rules }, (_, i) => ({
        rule: ruleWith({
          id: `rule-${i}`,
          match: { all: ['succeeded', { eventName: `Call${i}`, 'request.id': { prefix: `r${i}` } }] },
        }),
      })),
    );
    const whole = parsedView(event);
    let count = 0;
    const counting: EventView = {
      read: (names) => {
        count++;
        return whole.read(names);
      },
    };
    engine.evaluate(LOG_TYPE, () => event, counting);
    return count;
  };

  test.each<[string, JsonObject]>([
    ['that no rule looks for', { eventName: 'Other', request: { id: 'r5' } }],
    ['that one rule looks for', { eventName: 'Call5', request: { id: 'x' } }],
    ['that one rule fires on', { eventName: 'Call5', request: { id: 'r5' } }],
  ])('does not grow with the number of rules for an event %s', (_, event) => {
    expect(reads(1000, event)).toBe(reads(10, event));
    expect(reads(1000, event)).toBeLessThanOrEqual(4);
  });
});
