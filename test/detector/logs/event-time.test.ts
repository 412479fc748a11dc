import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseEventTime } from '../../../detector/logs/time.js';

describe('the time of an event', () => {
  test.each([
    ['2026-03-01T08:30:00Z', '2026-03-01T08:30:00.000Z', 'CloudTrail'],
    ['2026-03-01T08:30:00.1234567Z', '2026-03-01T08:30:00.123Z', 'Azure, seven decimals'],
    ['2026-03-01T08:30:00.123456789Z', '2026-03-01T08:30:00.123Z', 'Google, nine decimals'],
    ['2026-03-01T08:30:00.9999999Z', '2026-03-01T08:30:00.999Z', 'cut, not rounded into the next second'],
    ['2026-03-01T08:30:00.5Z', '2026-03-01T08:30:00.500Z', 'one decimal'],
    ['2026-03-01 08:30:00', '2026-03-01T08:30:00.000Z', 'a space, and no zone'],
    ['2026-03-01 08:30:00 Z', '2026-03-01T08:30:00.000Z', 'a space before the zone'],
    ['2026-03-01T10:30:00+02:00', '2026-03-01T08:30:00.000Z', 'an offset'],
    ['2026-03-01T10:30:00+0200', '2026-03-01T08:30:00.000Z', 'an offset without its colon'],
    ['2026-03-01t08:30:00z', '2026-03-01T08:30:00.000Z', 'small letters'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z', 'a leap day'],
  ])('%s is %s (%s)', (text, time) => {
    expect(new Date(parseEventTime(text) ?? NaN).toISOString()).toBe(time);
  });

  test.each([
    '',
    'yesterday',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T08:61:00Z',
    '2026-03-01T08:30:61Z',
    '1772353800',
    'Sun, 01 Mar 2026 08:30:00 GMT',
    '2026-03-01T08:30:00+99:99',
    '2026-03-01T08:30:00.Z',
    `2026-03-01T08:30:00${' '.repeat(100_000)}X`,
  ])('%.40j is none', (text) => {
    expect(parseEventTime(text)).toBeUndefined();
  });

  test('every time comes back, whatever its offset', () => {
    const date = fc.date({
      noInvalidDate: true,
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
    });
    fc.assert(
      fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (at, minutes) => {
        const local = new Date(at.getTime() + minutes * 60_000);
        fc.pre(local.getUTCFullYear() >= 1 && local.getUTCFullYear() <= 9999);
        const two = (n: number): string => String(n).padStart(2, '0');
        const size = Math.abs(minutes);
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;

        expect(parseEventTime(local.toISOString().replace('Z', offset))).toBe(at.getTime());
      }),
    );
  });

  test('any text gives a number or nothing, never NaN', () => {
    const digits = fc.constantFrom(...'0123456789-:TZ. +'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: digits, maxLength: 40 }), (text) => {
        expect(parseEventTime(text)).not.toBeNaN();
      }),
    );
  });
});
