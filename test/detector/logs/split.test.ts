import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSplitter, splitRecords } from '../../../detector/logs/split.js';
import type { Piece } from '../../../detector/logs/record.js';
import { placesIn, show, shown, splitBytes, splitText } from './split-support.js';

const RECORDS = ['{"a":1}', '{"b":{"c":[2,"}]"]}}'];

describe('records are found in', () => {
  test.each([
    ['an envelope', '{"Records":[{"a":1},{"b":{"c":[2,"}]"]}}]}'],
    ['an envelope in small letters (#16)', '{"records":[{"a":1},{"b":{"c":[2,"}]"]}}]}'],
    ['an envelope in capitals', '{"RECORDS":[{"a":1},{"b":{"c":[2,"}]"]}}]}'],
    ['an envelope with white space', ' {\n "Records" :\t[ \r\n {"a":1} , {"b":{"c":[2,"}]"]}}\n ] \n}\n '],
    [
      'an envelope with other keys before and behind',
      '{"v":"1","n":{"Records":[{"x":1}]},"m":[{"x":1}],"Records":[{"a":1},{"b":{"c":[2,"}]"]}}],"next":{"d":[{"x":1}]}}',
    ],
    ['envelopes, one a line (#21)', '{"Records":[{"a":1}]}\n{"Records":[{"b":{"c":[2,"}]"]}}]}\n'],
    [
      'envelopes, one behind the other',
      '{"Records":[{"a":1}]}{"records":[]}{"records":[{"b":{"c":[2,"}]"]}}]}',
    ],
    ['envelopes among records', '{"records":[{"a":1}]}\n{"b":{"c":[2,"}]"]}}\n'],
    ['a list', '[{"a":1},{"b":{"c":[2,"}]"]}}]'],
    ['a list, one a line', '[\n{"a":1},\n{"b":{"c":[2,"}]"]}}\n]\n'],
    ['a list with the comma first', '[ {"a":1}\n, {"b":{"c":[2,"}]"]}}\n]'],
    ['lists, one a line', '[{"a":1}]\n[]\n[{"b":{"c":[2,"}]"]}}]'],
    ['lines (#21)', '{"a":1}\n{"b":{"c":[2,"}]"]}}\n'],
    ['lines that end with CR LF (#16)', '{"a":1}\r\n{"b":{"c":[2,"}]"]}}\r\n'],
    ['lines behind a byte order mark (#16)', '\uFEFF{"a":1}\n{"b":{"c":[2,"}]"]}}\n'],
    ['lines of joined files, each with a byte order mark', '\uFEFF{"a":1}\n\uFEFF{"b":{"c":[2,"}]"]}}\n'],
    ['lines with blank ones between and no last line break', '\n\n{"a":1}\n \r\n\t\n{"b":{"c":[2,"}]"]}}'],
    ['lines that end with commas', '{"a":1},\n{"b":{"c":[2,"}]"]}},\n'],
    ['objects one behind the other', '{"a":1}{"b":{"c":[2,"}]"]}}'],
  ])('%s', (_, text) => {
    expect(shown(text)).toEqual(RECORDS);
  });

  test('pretty-printed objects, also with brackets at the beginning of lines', () => {
    const indented = '{\n  "a": [\n    {\n      "b": 1\n    }\n  ]\n}';
    const flat = '{\n"a":\n{\n"b":\n[\n{\n}\n,\n[\n]\n]\n}\n}';

    expect(shown(`${indented}\n${flat}\n${indented}`)).toEqual([indented, flat, indented]);
  });
});

describe('an object is a record and no envelope when', () => {
  test.each([
    ['the list under the key begins with no object', '{"records":[1,{"a":1}]}'],
    ['the list under the key begins with a list', '{"records":[\n[{"a":1}]]}'],
    ['the value under the key is an object', '{"Records":{"a":[{"b":1}]}}'],
    ['the key is deeper', '{"detail":{"Records":[{"a":1}]}}'],
    ['the name is only a part', '{"xRecords":[{"a":1}],"Recordsx":[{"a":1}]}'],
    ['the name is a value', '{"name":"Records","list":[{"a":1}]}'],
    ['the name ends an escaped string', '{"x\\"Records":[{"a":1}]}'],
    ['it stands in the list of an envelope', '{"Records":[{"records":[{"a":1}]}]}'],
  ])('%s', (_, text) => {
    const inner = text.startsWith('{"Records":[{') ? text.slice('{"Records":['.length, -2) : text;

    expect(shown(text)).toEqual([inner]);
  });
});

test.each([[''], [' \r\n\t'], ['\n'], ['\uFEFF'], ['{"Records":[]}'], ['[]'], ['[ ]\n{"records":[\n]}']])(
  'content without records has no pieces: %j',
  (text) => {
    expect(splitText(text)).toEqual([]);
  },
);

test.each([
  ['braces and brackets', '{"a":"}]{[","b":"]"}'],
  ['escaped quotes', String.raw`{"a":"\"}","b":"\\","c":"\\\"}{","\"":"\\\\"}`],
  ['an escaped line break', String.raw`{"a":"x\ny\u000a"}`],
  ['lone surrogates, NUL and DEL, escaped or not', '{"a":"\\ud800 \\u0000 \0 \x7f"}'],
])('strings do not confuse it (#11): %s', (_, record) => {
  expect(shown(`{"Records":[${record},{"z":1}]}`)).toEqual([record, '{"z":1}']);
  expect(shown(`${record}\n{"z":1}\n`)).toEqual([record, '{"z":1}']);
});

test('invalid UTF-8 passes through, byte by byte', () => {
  const record = Buffer.from('{"a":"\xff\xfe\xc3","\xa0":1}', 'latin1');

  const pieces = splitBytes(Buffer.concat([record, Buffer.from('\n{}')]), [8, 9]);

  expect(pieces.map((piece) => piece.kind === 'record' && piece.bytes.toString('latin1'))).toEqual([
    record.toString('latin1'),
    '{}',
  ]);
});

test('every piece has its ordinal and its offset in bytes', () => {
  const pieces = splitText('{"ä":1}\nnonsense\n {"b":1}{"c":1}');

  expect(pieces.map(({ index, offset }) => [index, offset])).toEqual([
    [0, 0],
    [1, 9],
    [2, 19],
    [3, 26],
  ]);
});

test('records are views into the chunk, and copies only where they straddle chunks', () => {
  // Memory of its own: Node takes small buffers from a shared pool.
  const chunk = Buffer.alloc(18, '{"a":1}{"b":1}{"c"');
  const splitter = createSplitter();

  const pieces = [...splitter.push(chunk), ...splitter.push(Buffer.from(':1}'))];

  const shared = pieces.map((piece) => piece.kind === 'record' && piece.bytes.buffer === chunk.buffer);
  expect(shared).toEqual([true, true, false]);
  expect(pieces.map(show)).toEqual(['{"a":1}', '{"b":1}', '{"c":1}']);
});

describe('splitRecords', () => {
  async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  }

  test('gives batches as the chunks come, and no empty one', async () => {
    const batches: string[][] = [];

    for await (const batch of splitRecords(chunks('{"a":1}{"b"', ':', ':1}', '', '{"c":1}\n{'))) {
      batches.push(batch.map(show));
    }

    expect(batches).toEqual([['{"a":1}'], ['{"b"::1}'], ['{"c":1}'], ['<truncated>']]);
  });

  test('cuts large chunks into batches of bounded size', async () => {
    let records = 0;
    let largest = 0;

    for await (const batch of splitRecords(chunks('{}'.repeat(256 * 1024)))) {
      records += batch.length;
      largest = Math.max(largest, batch.length);
    }

    expect([records, largest]).toEqual([256 * 1024, 128 * 1024]);
  });

  test('reads no further once it has given up', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read++;
        yield Buffer.alloc(1000, ' ');
      }
    }
    const pieces: Piece[] = [];

    for await (const batch of splitRecords(endless(), { maxRecordBytes: 10, maxSkippedBytes: 9_500 })) {
      pieces.push(...batch);
    }

    expect(pieces.map(show)).toEqual(['<content-too-large>']);
    expect(read).toBe(10);
  });

  test('throws on what is not the fault of the content, such as a lost connection', async () => {
    const lost = new Error('connection reset');
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"a":1}{');
      throw lost;
    }
    const seen: string[] = [];

    const reading = (async () => {
      for await (const batch of splitRecords(failing())) seen.push(...batch.map(show));
    })();

    await expect(reading).rejects.toBe(lost);
    expect(seen).toEqual(['{"a":1}']);
  });
});

describe('splitting equals JSON.parse of the whole', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('Records', 'records', 'RECORDS', '__proto__', '"', '\\', '{', ']', '\n'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(name, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    ),
  }));
  const record = fc.dictionary(name, value, { maxKeys: 6 }) as fc.Arbitrary<Record<string, unknown>>;
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  const gap = fc.constantFrom(undefined, 1, '\t');

  /** What the rule about envelopes makes of one object, read with JSON.parse. */
  const unwrapped = (object: Record<string, unknown>): unknown[] => {
    const lists = Object.entries(object)
      .filter(([key]) => key.toLowerCase() === 'records')
      .map(([, list]) => list)
      .filter((list) => Array.isArray(list) && (list.length === 0 || isPlain(list[0]))) as unknown[][];
    return lists.length === 0
      ? [object]
      : lists.flat().map((item) => (isPlain(item) ? item : 'not-an-object'));
  };
  const isPlain = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && !Array.isArray(item);
  const read = (pieces: Piece[]): unknown[] =>
    pieces.map((piece) =>
      piece.kind === 'record' ? (JSON.parse(piece.bytes.toString()) as unknown) : piece.reason,
    );
  const split = (text: string, fractions: number[]): unknown[] => {
    const bytes = Buffer.from(text);
    return read(splitBytes(bytes, placesIn(bytes.length, fractions)));
  };
  const reparsed = (records: unknown[]): Record<string, unknown>[] =>
    records.map((item) => JSON.parse(JSON.stringify(item)) as Record<string, unknown>);

  test.each([
    ['in lines', '\n', undefined],
    ['in lines that end with CR LF', '\r\n', undefined],
    ['one behind the other', '', undefined],
    ['pretty-printed', '\n', 2],
  ])('%s', (_, separator, indent) => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), cuts, (records, fractions) => {
        const text = records.map((item) => JSON.stringify(item, null, indent)).join(separator);

        expect(split(text, fractions)).toEqual(reparsed(records).flatMap(unwrapped));
      }),
      { numRuns: 300 },
    );
  });

  test('in envelopes with other keys', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ before: record, records: fc.array(record, { maxLength: 4 }), behind: record })),
        gap,
        cuts,
        (parts, indent, fractions) => {
          const envelopes = parts.map(({ before, records, behind }) => ({
            before,
            Records: records,
            behind,
          }));
          const text = envelopes.map((item) => JSON.stringify(item, null, indent)).join('\n');

          expect(split(text, fractions)).toEqual(envelopes.flatMap((item) => reparsed(item.Records)));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('in lists, where anything but an object is one fault', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(record, value), { maxLength: 6 }),
        gap,
        cuts,
        (items, indent, fractions) => {
          const text = JSON.stringify(items, null, indent);
          const wanted = reparsed(items).map((item) => (isPlain(item) ? item : 'not-an-object'));

          expect(split(text, fractions)).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });
});
