import { describe, expect, test } from '@jest/globals';
import { createSplitter } from '../../../detector/logs/split.js';
import { DEFAULT_SPLIT_LIMITS, type Piece } from '../../../detector/logs/record.js';
import { show, shown, splitBytes, splitText } from './split-support.js';

const MIB = 1024 * 1024;

test('a record as large as the limit is a record; one byte more is a fault that says so', () => {
  const record = '{"a":"0123456789"}';
  const limits = { maxRecordBytes: record.length };

  expect(shown(`${record}${record}`, limits)).toEqual([record, record]);
  expect(splitText(`{"b":1}\n{ ${record.slice(1)}\n{"c":1}`, limits)).toEqual([
    expect.objectContaining({ kind: 'record', index: 0 }),
    {
      kind: 'fault',
      reason: 'record-too-large',
      message: 'a record has 19 bytes, over the limit of 18 (maxRecordBytes)',
      index: 1,
      offset: 8,
    },
    expect.objectContaining({ kind: 'record', index: 2, offset: 28 }),
  ]);
});

test('keys before the list of an envelope may be larger than a record', () => {
  const text = `{"a":"${'x'.repeat(100)}","Records":[{"b":1}]}`;

  expect(splitBytes(Buffer.from(text), [30, 60], { maxRecordBytes: 20 }).map(show)).toEqual(['{"b":1}']);
});

describe('more than maxSkippedBytes in one go ends the unit with one fault (#30)', () => {
  const limits = { maxRecordBytes: 20, maxSkippedBytes: 50 };
  const long = (of: string): string => of.repeat(60 / of.length);

  test.each([
    ['a record', `{"a":"${long('x')}"}`],
    ['a record that is not closed', `{"a":[${long('[')}`],
    ['white space', long(' \n')],
    ['commas', long(',')],
    ['a line of garbage', long('x')],
    ['an element of a list', `[${long('1')}`],
    ['a list in a list', `[[${long('1')}`],
    ['a string in a list', `["${long('1')}`],
    ['white space in an envelope', `{"Records":[${long(' ')}`],
    ['white space before the first record of an envelope', `{"Records":${long(' ')}[{}]}`],
    ['the keys before the list of an envelope', `{"a":"${long('x')}","Records":[{}]}`],
    ['the keys behind the list of an envelope', `{"Records":[{}],"a":"${long('x')}"}`.replace('{}', '')],
    ['lines behind a break', `{"a":[}${long('\nx')}`],
  ])('%s', (_, text) => {
    const bytes = Buffer.from(`{"before":1}\n${text}\n{"behind":1}\n`);

    for (const cuts of [[], [20, 40, 60], [...bytes.keys()]]) {
      const pieces = splitBytes(bytes, cuts, limits);

      expect(pieces.map(show)).toEqual(['{"before":1}', '<content-too-large>']);
      expect(pieces[1]).toHaveProperty(
        'message',
        expect.stringMatching(/50 bytes \(maxSkippedBytes\).*20 \(maxRecordBytes\)/),
      );
    }
  });

  test('what is skipped in several goes, or is a record, does not count', () => {
    const text =
      '{"a":1} '.repeat(20) + 'x'.repeat(50) + '\n'.repeat(50) + '{}' + `{"a":"${'x'.repeat(40)}"}`;

    expect(shown(text, limits)).toEqual([
      ...Array.from({ length: 20 }, () => '{"a":1}'),
      '<not-json>',
      '{}',
      '<record-too-large>',
    ]);
    const large = `{"a":"${'x'.repeat(80)}"}`;
    expect(shown(large, { maxRecordBytes: 100, maxSkippedBytes: 50 })).toEqual([large]);
  });
});

describe('memory', () => {
  const limits = { ...DEFAULT_SPLIT_LIMITS, maxRecordBytes: 4 * MIB };

  /** Feeds chunks that are made as they are asked for, and notes the most that the splitter ever held. */
  function feed(chunks: Iterable<Buffer>): { pieces: Piece[]; most: number; last: number } {
    const splitter = createSplitter(limits);
    const pieces: Piece[] = [];
    let most = 0;
    for (const chunk of chunks) {
      pieces.push(...splitter.push(chunk));
      most = Math.max(most, splitter.retainedBytes);
    }
    pieces.push(...splitter.end());
    return { pieces, most, last: splitter.retainedBytes };
  }

  function* around(before: string, chunk: Buffer, times: number, behind: string): Generator<Buffer> {
    yield Buffer.from(before);
    for (let i = 0; i < times; i++) yield chunk;
    yield Buffer.from(behind);
  }

  test('stays bounded on one line of 200 MB, and the neighbours live (#9)', () => {
    const chunk = Buffer.alloc(MIB, 'x');

    const { pieces, most, last } = feed(around('{"a":1}\n{"b":"', chunk, 200, '"}\n{"c":1}\n'));

    expect(pieces.map(show)).toEqual(['{"a":1}', '<record-too-large>', '{"c":1}']);
    expect(pieces[1]).toHaveProperty('message', expect.stringContaining(`${200 * MIB + 8} bytes`));
    expect(most).toBeLessThanOrEqual(2 * limits.maxRecordBytes);
    expect(last).toBeLessThanOrEqual(2 * MIB);
  });

  test('stays bounded on an envelope of 200 MB in one line (#9)', () => {
    const record = `{"a":"${'x'.repeat(1000)}"}`;
    const chunk = Buffer.from(`${record},`.repeat(1000));

    const { pieces, most } = feed(around('{"Records":[', chunk, 200, '{}]}'));

    expect(pieces).toHaveLength(200_001);
    expect(pieces.every((piece) => piece.kind === 'record')).toBe(true);
    expect(most).toBeLessThanOrEqual(MIB);
  });

  test('stays bounded on 64 million brackets that are never closed (#30)', () => {
    const { pieces, most } = feed(around('{"a":1}\n{"b":', Buffer.alloc(MIB, '['), 64, '\n{"c":1}\n'));

    expect(pieces.map(show)).toEqual(['{"a":1}', '<not-json>', '{"c":1}']);
    expect(most).toBeLessThanOrEqual(4 * limits.maxRecordBytes);
  });

  test('stays bounded on many small chunks', () => {
    const { pieces, most } = feed(around('{"b":"', Buffer.from('xyz'), 200_000, '"}'));

    expect(pieces.map((piece) => piece.kind === 'record' && piece.bytes.length)).toEqual([600_008]);
    expect(most).toBeLessThanOrEqual(2 * 600_008);
  });

  test('is given back after a large record', () => {
    const { last } = feed(around('{"b":"', Buffer.alloc(MIB, 'x'), 3, '"}'));

    expect(last).toBeLessThanOrEqual(MIB);
  });
});

test('a record nested 100,000 deep is split, also in small chunks', () => {
  const depth = 100_000;
  const deep = `{"a":${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}}`;
  const bytes = Buffer.from(`{"Records":[${deep},{"b":1}]}`);

  const everySeventh = Array.from({ length: Math.floor(bytes.length / 7) }, (_, i) => 7 * i);

  expect(splitBytes(bytes).map(show)).toEqual([deep, '{"b":1}']);
  expect(splitBytes(bytes, everySeventh).map(show)).toEqual([deep, '{"b":1}']);
});

test('lines that each look like the beginning of the one before are read in linear time', () => {
  const lines = 200_000;

  const pieces = splitText('{"a":\n'.repeat(lines) + '{"b":1}\n');

  expect(pieces.map(show)).toEqual(['<not-json>', '{"b":1}']);
});
