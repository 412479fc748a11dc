import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { progressBar, progressLine } from '../../src/output/progress.js';
import { textWidth } from '../../src/output/wrap.js';
import { fakeOutput } from './support.js';

const DONE = { files: 1829, bytes: 157_000_000, storedBytes: 1, events: 99_681, found: 26 };

describe('the line of the progress bar', () => {
  test.each([
    [
      160,
      '█████████████████████░░░  88 % │ 1,829 files │ 157 MB │ 99,681 events │ 19,936 events/s │ 26 alerts',
    ],
    [95, '███████████░  88 % │ 1,829 files │ 157 MB │ 99,681 events │ 19,936 events/s │ 26 alerts'],
    [80, '█████████████████████░░░  88 % │ 1,829 files │ 99,681 events │ 26 alerts'],
    [61, '███████████░  88 % │ 1,829 files │ 99,681 events │ 26 alerts'],
    [40, '███████████░  88 % │ 26 alerts'],
    [10, ' 88 %'],
  ])('in %d columns is %s', (columns, line) => {
    expect(progressLine(DONE, 0.889, 5, ['alert', 'alerts'], columns)).toBe(line);
  });

  test('always fits, and never shows a negative number or NaN', () => {
    const count = fc.nat();
    fc.assert(
      fc.property(
        fc.record({ files: count, bytes: count, storedBytes: count, events: count, found: count }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 8, max: 300 }),
        (done, part, columns) => {
          const line = progressLine(done, part, 0.001, ['match', 'matches'], columns);

          expect(textWidth(line)).toBeLessThan(columns);
          expect(line).not.toMatch(/NaN|Infinity|-/);
        },
      ),
    );
  });
});

test('without a terminal there is no bar', () => {
  const output = fakeOutput();
  const bar = progressBar(output, { storedBytes: 10, found: ['alert', 'alerts'], now: () => 0 });
  bar.advance({ files: 1, storedBytes: 10 });
  bar.stop();

  expect(output.written()).toBe('');
  expect(output.screen.overlay).toBeUndefined();
});
