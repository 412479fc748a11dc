import { describe, expect, test } from '@jest/globals';
import { parseDuration } from '../../../src/config/duration.js';
import { parseDurationOption, parseSince, shortDuration } from '../../../src/operating/duration.js';
import { NOW } from './support.js';

describe('a duration', () => {
  test.each([
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ...['', '7', 'd', '0d', '-1d', '1.5h', '1w', '7 d', '1d12h', '9999999m', '７d', '7D'].map(
      (text) => [text, undefined] as const,
    ),
  ])('%j is %p ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test('may be as long as the option allows', () => {
    expect(parseDurationOption('--for', '90d', 90)).toBe(90 * 86_400_000);
    expect(() => parseDurationOption('--for', '2161h', 90)).toThrow('longer than 90 days');
    expect(() => parseDurationOption('--for', 'soon', 90)).toThrow('--for "soon" is no duration');
  });

  test.each([
    [-5, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [7_199_999, '119 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('of %d ms is shown as %s', (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });
});

test.each([
  [undefined, undefined],
  ['24h', NOW - 86_400_000],
  ['2026-03-01', Date.parse('2026-03-01T00:00:00Z')],
  ['2026-03-01T08:30:00+02:00', Date.parse('2026-03-01T06:30:00Z')],
])('since %j is %p', (text, at) => {
  expect(parseSince(text, NOW)).toBe(at);
});

test('since anything else is refused', () => {
  expect(() => parseSince('yesterday', NOW)).toThrow('--since "yesterday" is neither');
});
