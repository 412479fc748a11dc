import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSplitter } from '../../../detector/logs/split.js';
import { placesIn, show, shown, splitBytes, splitText } from './split-support.js';

const GOOD = '{"good":[1,"]{"]}';

describe('one broken record in lines is one fault, and its neighbours live', () => {
  test.each([
    ['a raw line break inside a string', '{"a":"x\ny"}'],
    ['several raw line breaks inside a string', '{"a":"x\ny\nz","b":"\n"}'],
    ['a string cut off', '{"a":"x'],
    ['a string cut off behind a backslash', '{"a":"x\\'],
    ['an object cut off behind a value', '{"a":1'],
    ['an object cut off behind a comma', '{"a":1,'],
    ['an object cut off behind a key', '{"a"'],
    ['an object cut off behind a colon', '{"a":'],
    ['a list cut off at its beginning', '{"a":['],
    ['a list cut off behind a comma', '{"a":[{},'],
    ['brackets of the wrong kind', '{"a":[1}'],
    ['an envelope cut off behind a record', '{"Records":[{"a":1'],
    ['an envelope cut off in the keys behind its list', '{"Records":[],"a":'],
    ['a line of garbage', 'nonsense, "and" more {'],
    ['a word', 'true'],
    ['NUL bytes', '\0\0\0'],
    ['a control character and a byte order mark', '\x1b\uFEFF'],
  ])('%s', (_, broken) => {
    expect(shown(`${GOOD}\n${broken}\n${GOOD}\n${GOOD}\n`).filter((piece) => piece === GOOD)).toHaveLength(3);
    expect(shown(`${GOOD}\n${broken}\n${GOOD}\n${GOOD}\n`)).toEqual([
      GOOD,
      expect.stringMatching(/^<not-json>$/),
      GOOD,
      GOOD,
    ]);
  });

  test('each in its place', () => {
    const text = '{"a":1}\nx\n{"b":"\n{"c":1}}\n[1]{"d":1}z\ny y\n';

    expect(shown(text)).toEqual([
      '{"a":1}',
      '<not-json>',
      '<not-json>',
      '{"c":1}',
      '<not-json>',
      '<not-an-object>',
      '{"d":1}',
      '<not-json>',
      '<not-json>',
    ]);
  });

  test('a line of a text log, with brackets or not, is one fault', () => {
    const text =
      '[INFO] [main] started\n[2026-03-01 10:00:00] ok, "go on\n<14>Mar  1 host app[12]: {"a"\n{"a":1}\n';

    expect(shown(text)).toEqual(['<not-an-object>', '<not-an-object>', '<not-json>', '{"a":1}']);
  });
});

describe('an element of a list that is no object is one fault', () => {
  test.each([
    ['numbers and words', '1, true', 2],
    ['a string with brackets and commas', String.raw`"a,]{\"}"`, 1],
    ['a list, however deep', '[{"a":[1]},[[]]]', 1],
    ['garbage', 'foo bar: baz', 1],
    ['an object that is closed twice', '{"x":1}}', 1],
  ])('%s', (_, element, faults) => {
    for (const text of [`[{"a":1},${element},{"b":1}]`, `{"Records":[{"a":1},${element},{"b":1}]}\n`]) {
      const pieces = shown(text);

      expect(pieces[0]).toBe('{"a":1}');
      expect(pieces.at(-1)).toBe('{"b":1}');
      expect(pieces.filter((piece) => piece === '<not-an-object>')).toHaveLength(faults);
      expect(pieces.filter((piece) => piece === '<not-json>')).toEqual([]);
    }
  });
});

describe('a broken envelope or list', () => {
  test('is one fault, and the next line is read (#21)', () => {
    const next = '{"Records":[{"c":1}]}';

    expect(shown(`{"Records":[{"a":1},{"b":[}},{"x":1}]}\n${next}`)).toEqual([
      '{"a":1}',
      '<not-json>',
      '{"c":1}',
    ]);
    expect(shown(`{"Records":[{"a":1},{"b":\n${next}`)).toEqual(['{"a":1}', '<not-json>', '{"c":1}']);
    expect(shown(`{"Records":[{"a":1}\n${next}\n${next}`)).toEqual([
      '{"a":1}',
      '<not-json>',
      '{"c":1}',
      '{"c":1}',
    ]);
    expect(shown(`{"Records":[{"a":1}],"n\n${next}`)).toEqual(['{"a":1}', '<not-json>', '{"c":1}']);
    expect(shown(`[{"a":1}\n[{"c":1}]\n{"d":1}`)).toEqual(['{"a":1}', '<not-json>', '{"c":1}', '{"d":1}']);
  });

  test('leaves what follows in its place: garbage is a line, and a list is a list', () => {
    expect(shown('{"Records":[{"a":1}],"n\n{"c":1}\nx, y\n{"d":1}')).toEqual([
      '{"a":1}',
      '<not-json>',
      '{"c":1}',
      '<not-json>',
      '{"d":1}',
    ]);
    expect(shown('[{"a":[}\n[{"c":1}]\n{"d":1}')).toEqual(['<not-json>', '{"c":1}', '{"d":1}']);
  });

  test('goes on behind a broken record where its records have lines of their own', () => {
    const pretty = (broken: string): string =>
      `{\n  "Records": [\n    {\n      "a": 1\n    },\n    {\n${broken}\n    },\n    {\n      "b": 2\n    }\n  ]\n}\n{"c":1}`;

    for (const broken of [
      '"x": [}',
      '"x": "\n"',
      '      "x": [},\n      "l": [\n        {\n          "m": 1\n        }\n      ]',
      '      "x": {\n        "l": [\n          { "m": ]\n        }',
    ]) {
      expect(splitText(pretty(broken)).map((piece) => show(piece).replaceAll(/\s/g, ''))).toEqual([
        '{"a":1}',
        '<not-json>',
        '{"b":2}',
        '{"c":1}',
      ]);
    }
  });

  test('in one line is unreadable behind a break, and says from which byte on', () => {
    const [first, fault, ...rest] = splitText('{"Records":[{"a":1},{"b":[}},{"c":1}]}');

    expect([first].map((piece) => piece && show(piece))).toEqual(['{"a":1}']);
    expect(fault).toEqual({
      kind: 'fault',
      reason: 'unreadable',
      message:
        'a record breaks off at byte 26: its brackets do not match; from there on no record was found, up to the end',
      index: 1,
      offset: 26,
    });
    expect(rest).toEqual([]);
  });
});

describe('content that ends inside', () => {
  test.each([
    ['an object', '{"a":1}{"b":', ['{"a":1}', '<truncated>']],
    ['a string', '{"a":1}\n{"b":"x', ['{"a":1}', '<truncated>']],
    ['an escape', '{"a":1}\n{"b":"\\', ['{"a":1}', '<truncated>']],
    ['an envelope', '{"Records":[{"a":1},', ['{"a":1}', '<truncated>']],
    ['a record of an envelope', '{"Records":[{"a":1},{', ['{"a":1}', '<truncated>']],
    ['what may be an envelope', '{"Records": [ ', ['<truncated>']],
    ['the keys behind the list', '{"Records":[{"a":1}],"n', ['{"a":1}', '<truncated>']],
    ['a list', '[{"a":1}', ['{"a":1}', '<truncated>']],
    ['an element that is no object', '[{"a":1}, "x', ['{"a":1}', '<truncated>']],
    ['a list in a list', '[[{"a":1}', ['<truncated>']],
  ])('%s gives one fault', (_, text, pieces) => {
    expect(shown(text)).toEqual(pieces);
  });

  test('a byte order mark, or garbage, is not called truncated', () => {
    expect(splitBytes(Buffer.from([0xef, 0xbb])).map(show)).toEqual(['<not-json>']);
    expect(shown('{"a":1}\nnonsense')).toEqual(['{"a":1}', '<not-json>']);
  });

  test('nothing gives what damaged it, once, when the caller knows better', () => {
    const damage = { reason: 'corrupt-compression', message: 'why' } as const;
    const ends = (text: string): string[] => {
      const splitter = createSplitter();
      return [...splitter.push(Buffer.from(text)), ...splitter.end(damage)].map(show);
    };

    expect(ends('{"a":1}\n')).toEqual(['{"a":1}', '<corrupt-compression>']);
    expect(ends('{"a":1}\n{"b":')).toEqual(['{"a":1}', '<corrupt-compression>']);
    expect(ends('[{"a":1},tr')).toEqual(['{"a":1}', '<corrupt-compression>']);
    expect(ends('{"a":1}\nnonse')).toEqual(['{"a":1}', '<corrupt-compression>']);
    expect(ends('{"a":[}\n')).toEqual(['<not-json>', '<corrupt-compression>']);
  });
});

test('a line that was taken for a part of the broken one before it is read again, from earlier chunks too', () => {
  const pieces = splitBytes(Buffer.from('{"a":\n{"bbbbbbbb":1,"c":"x"}\n{"d":1}\n'), [23]);

  expect(pieces.map(show)).toEqual(['<not-json>', '{"bbbbbbbb":1,"c":"x"}', '{"d":1}']);
});

test('after its end a splitter gives nothing more', () => {
  const splitter = createSplitter();
  splitter.end();

  expect(splitter.done).toBe(true);
  expect([...splitter.push(Buffer.from('{}')), ...splitter.end()]).toEqual([]);
});

test('no fault quotes the log', () => {
  const messages = splitText('[secret, {"secret":"secret\n{"secret":[}\nsecret\n').map(
    (piece) => piece.kind === 'fault' && piece.message,
  );

  expect(messages).toHaveLength(3);
  expect(messages.join()).not.toContain('secret');
});

describe('whatever bytes come', () => {
  const token = fc.constantFrom(
    ...['{', '}', '[', ']', '"', '\\', ',', ':', '\n', '\r\n', ' ', '\t', '1', 'null', 'abc', '\0', '\uFEFF'],
    ...[
      '"a"',
      '"a":',
      '{"a":1}',
      '{"b":[1,{"c":"}"}]}',
      '"Records":[',
      '{"Records":[',
      '{"records":[{"x":1}]',
    ],
    ...['\\"', '\\\n', '[]', '{}', '\n{"g":1}\n'],
  );
  const structural = fc.array(token, { maxLength: 20 }).map((tokens) => Buffer.from(tokens.join('')));
  const garbage = fc.oneof(
    { weight: 3, arbitrary: structural },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
  const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

  test('a good line behind them is never lost', () => {
    fc.assert(
      fc.property(
        garbage,
        fc.constantFrom('', '\n', `\n${GOOD}`, '\r\n{"x'),
        fractions,
        (bytes, tail, cuts) => {
          const all = Buffer.concat([bytes, Buffer.from(`\n${GOOD}${tail}`)]);

          const found = splitBytes(all, placesIn(all.length, cuts)).filter((piece) => show(piece) === GOOD);

          expect(found.map((piece) => piece.offset)).toContain(bytes.length + 1);
          expect(found.length).toBeGreaterThanOrEqual(tail.includes(GOOD) ? 2 : 1);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('the pieces do not depend on where the chunks end, whatever the limits', () => {
    const limits = fc.record({
      maxRecordBytes: fc.integer({ min: 1, max: 40 }),
      maxSkippedBytes: fc.integer({ min: 4, max: 80 }),
    });
    fc.assert(
      fc.property(garbage, limits, fractions, (bytes, limit, cuts) => {
        const whole = splitBytes(bytes, [], limit);

        expect(splitBytes(bytes, placesIn(bytes.length, cuts), limit)).toEqual(whole);
        expect(splitBytes(bytes, [...bytes.keys()], limit)).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  test('pieces are numbered in order, and records are where their offsets say', () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        const pieces = splitBytes(bytes);
        let end = 0;
        for (const piece of pieces) {
          if (piece.kind === 'fault') continue;
          expect(piece.offset).toBeGreaterThanOrEqual(end);
          end = piece.offset + piece.bytes.length;
          expect(bytes.subarray(piece.offset, end)).toEqual(piece.bytes);
        }
        expect(pieces.map((piece) => piece.index)).toEqual([...pieces.keys()]);
      }),
      { numRuns: 1_000 },
    );
  });
});
