import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { table, type Cell, type Column } from '../../src/output/table.js';
import { textWidth } from '../../src/output/wrap.js';
import { fakeOutput } from './support.js';

const COLUMNS: readonly Column[] = [
  { head: 'Severity' },
  { head: 'Events', align: 'right' },
  { head: 'Alert', flexible: true },
];
const linesOf = (rows: readonly (readonly Cell[])[], columns = 100, colors = false): string[] =>
  table(COLUMNS, rows, fakeOutput({ columns, colors })).split('\n').slice(0, -1);

describe('a table', () => {
  test('has a head, columns two spaces apart, and no blanks at the ends of lines', () => {
    expect(
      linesOf([
        ['high', '12', 'root user signed in'],
        ['low', '1', 'a key was made'],
      ]),
    ).toEqual([
      'Severity  Events  Alert',
      'high          12  root user signed in',
      'low            1  a key was made',
    ]);
  });

  test('has a head even without rows', () => {
    expect(linesOf([])).toEqual(['Severity  Events  Alert']);
  });

  test('wraps the flexible column to the width that is left', () => {
    const title = 'somebody opened the bucket larkfield-invoices to the internet';

    expect(linesOf([['high', '1', { text: title, below: 'the.rule' }]], 56)).toEqual([
      'Severity  Events  Alert',
      'high           1  somebody opened the bucket',
      '                  larkfield-invoices to the internet',
      '                  the.rule',
    ]);
  });

  test('breaks a name that is longer than its column, and cuts nothing off', () => {
    const name = `/SUBSCRIPTIONS/${'B5320522-75B8/'.repeat(20)}END`;
    const text = linesOf([['high', '1', name]], 60)
      .join('')
      .replaceAll(/\s/g, '');

    expect(text).toContain(name);
    expect(text).not.toContain('…');
  });

  test('writes rows one below the other where the terminal is too narrow for columns', () => {
    expect(linesOf([['high', '12', { text: 'somebody opened a bucket', below: 'the.rule' }]], 30)).toEqual([
      'high  12',
      '  somebody opened a bucket',
      '  the.rule',
    ]);
  });

  test('styles what it has made safe, line by line', () => {
    const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
    const [, row] = linesOf([['low', '1', { text: 'a\u001b[2Jb', style: red }]], 100, true);

    expect(row).toBe('low            1  \u001b[31ma\\u001b[2Jb\u001b[39m');
  });

  test('has one head, however many rows there are', () => {
    const rows = Array.from({ length: 1200 }, (_, i) => ['low', String(i), 'x']);
    const lines = linesOf(rows);

    expect(lines).toHaveLength(1201);
    expect(lines.filter((line) => line.startsWith('Severity'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('low         1199  x');
  });

  test.each([20, 60, 100, 160])('never is wider than %d columns, whatever the cells hold', (columns) => {
    const cell = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.record({ text: cell, below: cell }), { maxLength: 5 }), (cells) => {
        for (const line of linesOf(
          cells.map((one) => ['critical', '1', one]),
          columns,
        )) {
          expect(textWidth(line)).toBeLessThanOrEqual(Math.max(columns, 'Severity  Events  Alert'.length));
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('has the same text with colours as without', () => {
    const rows: Cell[][] = [['high', '1', { text: 'somebody did something', below: 'the.rule' }]];

    expect(stripVTControlCharacters(linesOf(rows, 60, true).join('\n'))).toBe(linesOf(rows, 60).join('\n'));
  });
});
