import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonLine, terminalLines, terminalText } from '../../src/output/terminal-text.js';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const anyText = fc.string({ unit: 'binary' });

describe('text from a log on a terminal', () => {
  test.each([
    ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['an operating system command', '\u001b]52;c;aGk=\u0007', '\\u001b]52;c;aGk=\\u0007'],
    ['the one-byte form of ESC [', '\u009b2J', '\\u009b2J'],
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['NUL, backspace and DEL', 'a\0\b\u007f', 'a\\u0000\\u0008\\u007f'],
    ['a right-to-left override', 'exe\u202egnp.txt', 'exe\\u202egnp.txt'],
    ['an isolate and its end', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['an invisible joiner', 'ad\u200bmin', 'ad\\u200bmin'],
    ['a soft hyphen', 'ad\u00admin', 'ad\\u00admin'],
    ['a tag of two units', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['a Hangul filler, which is drawn as nothing', 'a\u3164', 'a\\u3164'],
    ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ])('%s is written out', (_, text, shown) => {
    expect(terminalText(text)).toBe(shown);
  });

  test.each([['ASCII: ~!"#$'], ['Zürich, Łódź, Ἀθῆναι'], ['東京 서울 القاهرة'], ['🔔 a bell']])(
    '%s stays as it is',
    (text) => {
      expect(terminalText(text)).toBe(text);
    },
  );

  test('whatever the text, nothing is left that moves, hides or rings', () => {
    fc.assert(fc.property(anyText, (text) => !UNSAFE.test(terminalText(text))));
  });

  test('lines of our own stay lines', () => {
    expect(terminalLines('one\ntwo \u001b[0m')).toBe('one\ntwo \\u001b[0m');
  });
});

describe('a line of JSON', () => {
  test('is one line, without control characters, and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = jsonLine(value);

        expect(line.endsWith('\n')).toBe(true);
        expect(line.slice(0, -1)).not.toMatch(UNSAFE);
        expect(JSON.stringify(JSON.parse(line))).toBe(JSON.stringify(value));
      }),
    );
  });
});
