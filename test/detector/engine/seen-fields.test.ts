import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEngine } from '../../../detector/engine/engine.js';
import { neededFields } from '../../../detector/engine/fields-read.js';
import { fieldKey, FieldWatch } from '../../../detector/engine/seen-fields.js';
import type { JsonObject, Rule } from '../../../detector/rule.js';
import { events, matches, smallVocabulary } from './arbitraries.js';
import { LOG_TYPE, ruleWith, vocabulary } from './support.js';

/** The keys of fields that have a value in events. */
function seenIn(rules: readonly Rule[], ...events: readonly JsonObject[]): readonly string[] {
  const tally = new FieldWatch(rules, [vocabulary]).begin();
  for (const event of events) tally.look(LOG_TYPE, event);
  return [...(tally.seen.get(LOG_TYPE)?.fields ?? [])].sort();
}

const rule = ruleWith({ match: { name: 'x', 'caller.ip': 'y', 'list.kind': 'z', other: 1 } });

describe('a field is seen', () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ['where it has a value', { name: 'x', caller: { ip: '10.0.0.1', port: 1 } }, ['caller.ip', 'name']],
    ['in any element of a list', { list: [{ size: 1 }, null, 'x', { kind: 'a' }] }, ['list.kind']],
    ['in any letter case', { Name: 'x', CALLER: { Ip: 'y' } }, ['caller.ip', 'name']],
    [
      'where it is false, 0 or empty',
      { name: '', caller: { ip: false }, other: 0 },
      ['caller.ip', 'name', 'other'],
    ],
    ['in lists of lists', { list: [[{ kind: 'a' }]] }, ['list.kind']],
    ['in a list of nulls, which is a list all the same', { list: [{ kind: null }, {}] }, ['list.kind']],
    ['not where it is null or missing', { name: null, caller: {}, list: [null, {}] }, []],
    ['not where something else is', { caller: 'text', list: [[], 'kind'] }, []],
  ])('%s', (_, event, fields) => {
    expect(seenIn([rule], event)).toEqual(fields);
  });
});

test('events are counted by log type, where rules have any', () => {
  const watch = new FieldWatch([rule], [vocabulary, { ...vocabulary, id: 'gcp.audit' }]);
  const tally = watch.begin();
  for (const event of [{ name: 'x' }, {}, { other: 1 }]) tally.look(LOG_TYPE, event);
  tally.look('gcp.audit', { name: 'x' });

  expect([...tally.seen]).toEqual([[LOG_TYPE, { events: 3, fields: new Set(['name', 'other']) }]]);
});

test('whatever event a rule fires on, all that it needs is seen there', () => {
  let fired = 0;
  fc.assert(
    fc.property(matches, events, (match, event) => {
      const one = ruleWith({ match, title: 'x', dedup: 'y' });
      if (
        createEngine([{ rule: one }], [smallVocabulary]).evaluate(LOG_TYPE, () => event).matches.length === 0
      )
        return;
      fired++;
      const tally = new FieldWatch([one], [smallVocabulary]).begin();
      tally.look(LOG_TYPE, event);
      const seen = tally.seen.get(LOG_TYPE)?.fields ?? new Set();
      for (const needed of neededFields(one, smallVocabulary)) {
        expect(needed.some((names) => seen.has(fieldKey(names)))).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
  expect(fired).toBeGreaterThan(100);
});

test('looking at an event takes as many steps with ten rules as with a thousand', () => {
  const reads = (count: number): number => {
    const rules = Array.from({ length: count }, (_, i) =>
      ruleWith({ id: `aws.rule-${i}`, match: { name: 'x', [`field${i}.inner`]: 'y' } }),
    );
    let read = 0;
    const event = new Proxy<JsonObject>(
      { name: 'x', field3: { inner: 'y' }, unknown: 1 },
      {
        get: (target, name) => {
          read++;
          return Reflect.get(target, name) as unknown;
        },
      },
    );
    expect(seenIn(rules, event)).toEqual(['field3.inner', 'name']);
    return read;
  };

  expect(reads(1000)).toBe(reads(10));
});

test('a hostile event is looked at for a while, and no longer', () => {
  let deep: JsonObject = { caller: {} };
  for (let i = 0; i < 100_000; i++) deep = { caller: deep };
  let nested: unknown = 'x';
  for (let i = 0; i < 100_000; i++) nested = [nested];
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]));

  expect(
    seenIn(
      [rule],
      deep,
      { list: nested } as JsonObject,
      { ...wide, name: 'x' },
      JSON.parse('{"__proto__":{"name":"x"}}') as JsonObject,
    ),
  ).toEqual([]);
});
