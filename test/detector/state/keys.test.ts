import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkedKey, documentKey } from '../../../detector/state/keys.js';

describe('documentKey', () => {
  test('makes a key that stores accept, from parts of any content', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (parts) => {
        const key = documentKey('dead-letters', ...parts);
        expect(checkedKey(key)).toEqual({
          key,
          kind: 'dead-letters',
          rest: key.slice('dead-letters/'.length),
        });
      }),
    );
  });

  test('is stable', () => {
    expect(documentKey('groups', 'aws.iam.root-login', 'alice')).toBe(
      'groups/5ed36fcc002511c7f06ae2c31afa8ba7',
    );
  });

  test.each([
    [['a', 'b'], ['ab']],
    [
      ['a', 'b'],
      ['a', 'b', ''],
    ],
    [['1:a'], ['a']],
    [
      ['a', '1:b'],
      ['a1:', 'b'],
    ],
    [[], ['']],
  ])('tells %j from %j', (one, other) => {
    expect(documentKey('groups', ...one)).not.toBe(documentKey('groups', ...other));
  });

  test('refuses what is no kind', () => {
    expect(() => documentKey('Groups', 'a')).toThrow('The kind "Groups" is not lower-case words');
  });
});

describe('a refusal', () => {
  test('quotes a hostile key without its control characters, and not all of a long one', () => {
    const key = `groups/\u001b[2J\n${'a'.repeat(500)}`;

    expect(() => checkedKey(key)).toThrow(/^The key "groups\/\\u001b\[2J\\na{68}\.\.\." is not/);
  });
});
