import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { contentKind, kindOfHead } from '../../../detector/feeds/directory/content-kind.js';

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

describe('content is read', () => {
  test.each<[string, string | Buffer, 'lines' | 'whole']>([
    ['a record a line', '{"n":1}\n{"n":2}\n', 'lines'],
    ['a record a line, CRLF', '{"n":1}\r\n{"n":2}\r\n', 'lines'],
    ['a record a line behind a byte order mark and blank lines', '\ufeff\n\r\n{"n":1}\n', 'lines'],
    ['several records a line', '{"n":1} {"n":2}\n', 'lines'],
    ['an envelope a line', '{"records":[{"n":1},{"n":2}]}\n', 'lines'],
    ['a list a line', '[{"n":1},{"n":2}]\n', 'lines'],
    ['brackets and quotes in texts', '{"n":"}{[\\"]\\\\"}\n', 'lines'],
    ['text', 'no JSON at all\n', 'lines'],
    ['a first record that is torn, another behind it', '{"n":{"m":1\n{"n":2}\n', 'lines'],
    ['a first record that is torn in a text', '{"n":"half\n{"n":2}\n', 'lines'],
    ['brackets that do not match', '{"n":[1}]\n{"n":2}\n', 'lines'],
    ['a pretty-printed record', '{\n  "n": 1\n}\n', 'whole'],
    ['a pretty-printed list', '[\n{"n":1},\n{"n":2}\n]\n', 'whole'],
    ['a list that breaks behind a comma', '[{"n":1},\n{"n":2}]\n', 'whole'],
    ['an envelope over several lines', '{"Records":[\n{"n":1}\n]}', 'whole'],
    ['an object below its name', '{"n":\n{"m":1}}\n', 'whole'],
    ['gzip', gzipSync('{"n":1}\n'), 'whole'],
    ['zstd', zstdCompressSync('{"n":1}\n'), 'whole'],
    ['a skippable frame of zstd', Buffer.from('5a2a4d1804000000', 'hex'), 'whole'],
    ['UTF-16', utf16('{"n":1}\n'), 'whole'],
  ])('%s', (_what, content, kind) => {
    expect(kindOfHead(Buffer.from(content as string), false)).toBe(kind);
  });

  test.each<[string, string, 'lines' | 'whole']>([
    ['nothing but blanks', ' \n\n', 'lines'],
    ['a record without a line end', '{"n":1}', 'lines'],
    ['an envelope without a line end', '{"Records":[{"n":1}]}', 'lines'],
    ['half a record', '{"n":', 'whole'],
    ['the first line of a pretty-printed record', '{\n', 'whole'],
    ['less than a magic number', '(', 'lines'],
  ])('%s: decided only when nobody writes on', (_what, content, kind) => {
    expect(kindOfHead(Buffer.from(content), false)).toBeUndefined();
    expect(kindOfHead(Buffer.from(content), true)).toBe(kind);
  });

  const long = 'x'.repeat(1024 * 1024 + 10);
  test.each([
    ['a record', `{"n":"${long}"}`, 'lines'],
    ['a list', `[{"n":"${long}"}]`, 'whole'],
    ['an envelope', ` {"Records": [{"n":"${long}"}]}`, 'whole'],
  ] as const)(
    'a first line over 1 MiB that begins like %s: by its beginning',
    async (_what, content, kind) => {
      const bytes = Buffer.from(content);
      const reads: number[] = [];
      const readHead = async (length: number) => {
        reads.push(length);
        return bytes.subarray(0, length);
      };

      expect(await contentKind(bytes.subarray(0, 4096), readHead, false)).toBe(kind);
      expect(Math.max(...reads)).toBe(1024 * 1024);
    },
  );

  test('every cut of a head leaves it undecided or decided as the whole', () => {
    for (const [content, kind] of [
      ['{"n":{"m":[1,2]}}\n{"n":2}\n', 'lines'],
      ['\ufeff[\n {"n":1}\n]\n', 'whole'],
      ['{"Records":[\n{"n":1}\n]}', 'whole'],
    ] as const) {
      const bytes = Buffer.from(content);
      for (let end = 0; end <= bytes.length; end++) {
        expect([undefined, kind]).toContain(kindOfHead(bytes.subarray(0, end), false));
      }
    }
  });
});
