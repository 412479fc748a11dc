import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatBytes, formatCount, plural } from '../../src/output/numbers.js';

describe('numbers for people', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.00 KB'],
    [4210, '4.21 KB'],
    [9994, '9.99 KB'],
    [9999, '10.0 KB'],
    [99_949, '99.9 KB'],
    [99_951, '100 KB'],
    [999_499, '999 KB'],
    [999_999, '1.00 MB'],
    [41_251_230, '41.3 MB'],
    [999_999_999, '1.00 GB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  test('bytes never show more than three digits below a petabyte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_000_000_000_000 }), (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^(?:\d{1,3}|\d\.\d\d|\d\d\.\d) [KMGT]?B$/);
      }),
    );
  });

  test('counts have their thousands apart, whatever the language of the machine', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
  });

  test.each([
    [0, '0 matches'],
    [1, '1 match'],
    [2, '2 matches'],
  ])('%d is written %s', (count, shown) => {
    expect(plural(count, 'match', 'matches')).toBe(shown);
  });
});
