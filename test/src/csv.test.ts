import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvLine } from '../../src/output/csv.js';
import { terminalText } from '../../src/output/terminal-text.js';
import { csvRow } from './support.js';

describe('a line of CSV', () => {
  test('has commas between cells, and ends with CR and LF', () => {
    expect(csvLine(['a', 5, undefined, 'b'])).toBe('a,5,,b\r\n');
  });

  test.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'say "a"', '"say ""a"""'],
    ['a semicolon, which separates cells in other countries', 'a;b', '"a;b"'],
  ])('quotes a cell with %s', (_, cell, shown) => {
    expect(csvLine([cell])).toBe(`${shown}\r\n`);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '|calc', '%0', '＝1', ' =1', '"=1', '\t=1', '\r=1', '\n=1'])(
    'puts a quote before %j, which a spreadsheet would run (#23)',
    (cell) => {
      expect(csvRow(csvLine([cell]))[0]).toMatch(/^'/);
    },
  );

  test('leaves numbers alone: those are ours, and negative ones are no formula', () => {
    expect(csvLine([-1, 0.5])).toBe('-1,0.5\r\n');
  });

  test('writes line breaks and escape sequences as JSON does', () => {
    expect(csvLine(['a\r\nb\u001b[0m'])).toBe('a\\u000d\\u000ab\\u001b[0m\r\n');
  });

  test('gives back every cell, one line a row, whatever the cells hold', () => {
    const cell = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
        const line = csvLine(cells);
        const read = csvRow(line);

        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(read).toHaveLength(cells.length);
        read.forEach((text, i) => {
          expect(text.replace(/^'/, '')).toBe(terminalText(cells[i] ?? '').replace(/^'/, ''));
          expect(text).not.toMatch(/^[=+\-@\t\r\n]/);
        });
      }),
    );
  });
});
