import { describe, expect, test } from '@jest/globals';
import { createRedactor } from '../../../detector/alerts/redact.js';
import type { RuleMatch } from '../../../detector/engine/engine.js';
import type { JsonObject } from '../../../detector/engine/json.js';
import { cutText } from '../../../detector/engine/text.js';
import { testRule } from './world.js';

const match = (more: Partial<RuleMatch> & { shown?: unknown } = {}): RuleMatch => ({
  ...{ rule: testRule('aws.one'), severity: 'low', title: 'T', dedup: 'D' },
  context: () => (more.shown ?? {}) as JsonObject,
  ...more,
});
const redacted = (paths: readonly string[], record: JsonObject, more: Parameters<typeof match>[0]) => {
  const { title, dedup, context } = createRedactor(paths)(match(more), record);
  return { title, dedup, context: context() };
};

describe('a value at a redacted path', () => {
  const record = {
    user: { name: 'Alice Example', id: 4711234, tags: ['blue', 'sky1'] },
    body: '{"password":"sw\\"ord fish"}',
  };

  test.each<[string, readonly string[], string, string]>([
    [
      'inside of a text',
      ['user.name'],
      'by Alice Example, twice: Alice Example',
      'by [redacted], twice: [redacted]',
    ],
    ['in another letter case', ['user.name'], 'by ALICE example', 'by [redacted]'],
    ['that is a number', ['user.id'], 'user 4711234', 'user [redacted]'],
    ['in a list', ['user.tags'], 'sky1 is blue', '[redacted] is [redacted]'],
    ['in an object', ['user'], 'Alice Example 4711234', '[redacted] [redacted]'],
    [
      'inside of JSON in a text',
      ['body.json().password'],
      `it was ${record.body}`,
      'it was {"password":"[redacted]"}',
    ],
    ['that is not there', ['user.email'], 'by Alice Example', 'by Alice Example'],
    [
      'at the end of a title that was cut',
      ['user.name'],
      cutText(`${'x'.repeat(987)} Alice Example`, 1000),
      `${'x'.repeat(987)} [redacted]… [cut]`,
    ],
  ])('%s is blotted out', (_what, paths, title, expected) => {
    expect(redacted(paths, record, { title }).title).toBe(expected);
  });

  test('is blotted out of names, numbers and depths of a context', () => {
    const shown = {
      'Alice Example': [{ deep: ['by alice example'] }],
      id: 4711234,
      big: 4711234n,
      other: 5,
      no: null,
    };

    expect(redacted(['user'], record, { shown }).context).toEqual({
      ...{
        '[redacted]': [{ deep: ['by [redacted]'] }],
        id: '[redacted]',
        big: '[redacted]',
        other: 5,
        no: null,
      },
    });
  });

  test('makes the dedup key a hash: groups stay apart, and the same', () => {
    const of = (name: string) => redacted(['name'], { name }, { dedup: `${name} stopped it` }).dedup;

    expect(of('alice')).toMatch(/^[0-9a-f]{32}$/);
    expect(of('alice')).toBe(of('alice'));
    expect(of('alice')).not.toBe(of('bobby'));
    expect(redacted(['name'], { name: 'alice' }, { dedup: 'somebody' }).dedup).toBe('somebody');
  });

  test('that is short is blotted out where it stands alone, and leaves words whole', () => {
    const short = redacted(['x'], { x: 'a' }, { title: 'a cat sat', shown: { one: 'a', two: 'a cat' } });

    expect(short).toMatchObject({ title: 'a cat sat', context: { one: '[redacted]', two: 'a cat' } });
  });

  test('is text, and no pattern', () => {
    const hostile = '.*+?^${}()|[]\\/-';

    expect(redacted(['x'], { x: hostile }, { title: `<${hostile}> and .*` }).title).toBe(
      '<[redacted]> and .*',
    );
  });

  test('that looks like what replaces it does not eat the replacement', () => {
    const both = redacted(['x', 'y'], { x: 'redacted', y: 'secret one' }, { title: 'secret one redacted' });

    expect(both.title).toBe('[redacted] [[redacted]]'.replace('[[redacted]]', '[redacted]'));
  });

  test('is blotted out of what code throws about the event', () => {
    expect(createRedactor(['user.name']).text('bad value: Alice Example', record)).toBe(
      'bad value: [redacted]',
    );
    expect(createRedactor([]).text('bad value: Alice Example', record)).toBe('bad value: Alice Example');
  });
});

test('no paths change nothing, and a path that cannot be read is refused', () => {
  const one = match();

  expect(createRedactor([])(one, {})).toBe(one);
  expect(() => createRedactor(['a[['])).toThrow();
});
