import { describe, expect, test } from '@jest/globals';
import type { Alert } from '../../detector/alerts/group.js';
import { alertLine } from '../../src/detection/writers.js';
import { fakeOutput } from './support.js';

const alert: Alert = {
  id: '0'.repeat(32),
  rule: 'aws.cloudtrail.any',
  logType: 'aws.cloudtrail',
  dedup: 'a',
  severity: 'high',
  title: 'marta opened the bucket larkfield-invoices to the internet',
  context: {},
  start: Date.UTC(2026, 2, 1, 8, 30),
  end: Date.UTC(2026, 2, 1, 8, 30),
  firstEventTime: 0,
  lastEventTime: 0,
  events: 1,
  pointers: [],
};
const head = 'high     2026-03-01 08:30  ';
const indent = ' '.repeat(head.length);

describe('an alert as it comes', () => {
  test('is one line where there is room', () => {
    expect(alertLine(alert, fakeOutput({ isTerminal: true, columns: 120 }))).toBe(
      `${head}${alert.title}  ${alert.rule}\n`,
    );
  });

  test('goes on below its title on a narrower terminal', () => {
    expect(alertLine(alert, fakeOutput({ isTerminal: true, columns: 70 }))).toBe(
      `${head}marta opened the bucket larkfield-invoices\n${indent}to the internet\n${indent}${alert.rule}\n`,
    );
  });

  test('is one line in a file or a pipe, however long', () => {
    expect(alertLine(alert, fakeOutput({ columns: 70 })).split('\n')).toHaveLength(2);
  });

  test('is one line, but for its rule, on a terminal too narrow to indent', () => {
    expect(alertLine(alert, fakeOutput({ isTerminal: true, columns: 40 }))).toBe(
      `${head}${alert.title}\n${indent}${alert.rule}\n`,
    );
  });

  test('lets nothing of a log reach the terminal raw', () => {
    const hostile = { ...alert, title: '\u001b[2J\u202e' };

    expect(alertLine(hostile, fakeOutput({ isTerminal: true }))).toContain('  \\u001b[2J\\u202e  ');
  });
});
