import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTimeOption } from '../../src/detection/time-option.js';
import { UsageError } from '../../src/errors.js';

describe('a bound on event time (#22)', () => {
  test.each([
    ['2026-03-01', 'start', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01', 'end', '2026-03-01T23:59:59.999Z'],
    ['2024-02-29', 'end', '2024-02-29T23:59:59.999Z'],
    ['2026-03-01T08:30:00Z', 'start', '2026-03-01T08:30:00.000Z'],
    ['2026-03-01T08:30:00Z', 'end', '2026-03-01T08:30:00.000Z'],
    ['2026-03-01t08:30:00z', 'start', '2026-03-01T08:30:00.000Z'],
    ['2026-03-01 08:30:00Z', 'start', '2026-03-01T08:30:00.000Z'],
    ['2026-03-01T08:30:00.123456789Z', 'start', '2026-03-01T08:30:00.123Z'],
    ['2026-03-01T08:30:00+02:00', 'start', '2026-03-01T06:30:00.000Z'],
    ['2026-03-01T08:30:00-09:30', 'start', '2026-03-01T18:00:00.000Z'],
  ] as const)('%s as a %s is %s', (text, edge, time) => {
    expect(new Date(parseTimeOption('--from', text, edge)).toISOString()).toBe(time);
  });

  test.each([
    '',
    'yesterday',
    '20260301',
    '2026-3-1',
    '2026-03',
    '2026-02-30',
    '2026-13-01',
    '2025-02-29',
    '2026-02-30T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T08:60:00Z',
    '2026-03-01T08:30:00',
    '2026-03-01T08:30Z',
    '2026-03-01T08:30:00+0200',
    '2026-03-01T08:30:00+99:00',
    '03/01/2026',
    '1772353800',
    ' 2026-03-01',
    '2026-03-01\n',
  ])('%j is refused, with what to write', (text) => {
    expect(() => parseTimeOption('--from', text, 'start')).toThrow(
      expect.objectContaining({
        code: 'BAD_TIME',
        message: expect.stringContaining(`--from "${text}"`),
        fix: expect.stringContaining('2026-03-01T08:30:00Z'),
      }),
    );
  });

  test('every time that a clock can show is taken as it is', () => {
    const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T00:00:00Z') });
    fc.assert(
      fc.property(date, (at) => {
        expect(parseTimeOption('--to', at.toISOString(), 'end')).toBe(at.getTime());
      }),
    );
  });

  test('any text gives a time or a UsageError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseTimeOption('--to', text, 'end')).not.toBeNaN();
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
