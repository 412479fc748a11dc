import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRecord } from '../../../detector/logs/parse.js';

const parse = (text: string): unknown => {
  const parsed = parseRecord(Buffer.from(text));
  return parsed.ok ? parsed.value : parsed.message;
};

/** What JSON.stringify wrote, with the integers as text that are not exact. */
const withTexts = (_: string, value: unknown): unknown =>
  typeof value === 'number' &&
  Number.isInteger(value) &&
  !Number.isSafeInteger(value) &&
  !String(value).includes('e')
    ? String(value)
    : value;

test('an object is parsed like JSON.parse does', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
      fc.nat(2),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent);

        expect(parse(text)).toEqual(JSON.parse(text, withTexts));
      },
    ),
    { numRuns: 500 },
  );
});

describe('an integer that a number cannot hold is kept as its decimal text', () => {
  test.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1234567890123456789.5', Number('1234567890123456789.5')],
    ['0.1234567890123456789', Number('0.1234567890123456789')],
    ['12345678901234567890e-5', Number('12345678901234567890e-5')],
    ['1e12345678901234567', Infinity],
    ['12345678901234567890E5', Number('12345678901234567890E5')],
    ['"12345678901234567890"', '12345678901234567890'],
    ['"x: 12345678901234567890,"', 'x: 12345678901234567890,'],
    [String.raw`"\": 12345678901234567890,"`, '": 12345678901234567890,'],
    ['[12345678901234567890,-12345678901234567890 ]', ['12345678901234567890', '-12345678901234567890']],
  ])('%s', (text, value) => {
    for (const [before, behind] of [
      ['', ''],
      [' ', '\n'],
      ['\t\r\n', ' \t'],
    ] as const) {
      expect(parse(`{"a":${before}${text}${behind},"b":${before}${text}${behind}}`)).toEqual({
        a: value,
        b: value,
      });
    }
  });

  test('wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
        fc.string(),
        (before, big, behind) => {
          const text = `{${JSON.stringify(before)}:"","n":${big},"l":[{"m":${big}}],"z":${JSON.stringify(behind)}}`;
          const kept =
            BigInt(Number(big)) === big && Number.isSafeInteger(Number(big)) ? Number(big) : String(big);

          expect(parse(text)).toEqual({ ...(JSON.parse(text) as object), n: kept, l: [{ m: kept }] });
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['{12345678901234567890:1}'],
    ['{"a":1,12345678901234567890 :1}'],
    ['{"a":012345678901234567890}'],
    ['{"a":--12345678901234567890}'],
    ['{"a":12345678901234567890x}'],
    ['{"a":12345678901234567890'],
    ['{"a":"x'],
    ['{"a":1234567890123456789012 34567890123456789012}'],
  ])('and what is not JSON does not become JSON: %s', (text) => {
    expect(parse(text)).toMatch(/^not valid JSON/);
  });
});

test.each([
  ['[]', 'valid JSON, but not an object'],
  ['null', 'valid JSON, but not an object'],
  ['"x"', 'valid JSON, but not an object'],
  ['', 'not valid JSON'],
  ['{"secret":}', 'not valid JSON'],
  ['{"a":1 "secret":2}', 'not valid JSON at character 7'],
  ['{"secret":"\n"}', 'not valid JSON at character 11'],
])('what is no JSON object is refused, without quoting it: %j', (text, message) => {
  expect(parse(text)).toBe(message);
});

test('of repeated keys the last one counts', () => {
  expect(parse('{"a":1,"b":2,"a":3}')).toEqual({ a: 3, b: 2 });
});

test('__proto__ and constructor are keys like others', () => {
  const parsed = parseRecord(
    Buffer.from('{"__proto__":{"x":12345678901234567890},"constructor":{"prototype":1}}'),
  );

  expect(parsed.ok && Object.keys(parsed.value)).toEqual(['__proto__', 'constructor']);
  expect(parsed.ok && Object.getPrototypeOf(parsed.value) === Object.getPrototypeOf(JSON.parse('{}'))).toBe(
    true,
  );
  expect(JSON.stringify(parsed.ok && parsed.value)).toContain('{"__proto__":{"x":"12345678901234567890"}');
});

test('lone surrogates, NUL and invalid UTF-8 are read, never thrown on (#24)', () => {
  expect(parse(String.raw`{"a":"\ud800","b":"\u0000"}`)).toEqual({ a: '\ud800', b: '\0' });
  expect(parseRecord(Buffer.from('{"a":"\xff\xe2\x82"}', 'latin1'))).toEqual({
    ok: true,
    value: { a: '\uFFFD\uFFFD' },
  });
  expect(parse('{"a":"\0"}')).toMatch(/^not valid JSON/);
});

test('a record nested 100,000 deep keeps its large integers too', () => {
  const depth = 100_000;

  let value = parse(`{"a":${'['.repeat(depth)}12345678901234567890${']'.repeat(depth)}}`) as Record<
    string,
    unknown
  >;

  let level = 0;
  for (let inner = value.a; Array.isArray(inner); inner = inner[0]) {
    level++;
    value = { a: inner[0] };
  }
  expect([level, value.a]).toEqual([depth, '12345678901234567890']);
});
