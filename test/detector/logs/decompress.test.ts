import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { inflate } from '../../../detector/logs/compression/inflate.js';
import { toUtf8 } from '../../../detector/logs/compression/utf8.js';
import { ZlibEngine } from '../../../detector/logs/compression/zlib-engine.js';
import { decompress, decompressAll, DecompressError } from '../../../detector/logs/decompress.js';
import { splitRecords } from '../../../detector/logs/split.js';
import { collect, inChunks, show, streamOf } from './split-support.js';

const MIB = 1024 * 1024;
const lines = (count: number): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_, i) => `{"n":${i},"x":"${(i * 7919).toString(36)}"}\n`).join(''),
  );
const TEXT = lines(20_000);
const HALVES = [TEXT.subarray(0, 1000), TEXT.subarray(1000)] as const;
const ZEROS = Buffer.alloc(600_000);
/** A zstd frame that decoders skip (RFC 8878, section 3.1.2). */
const SKIPPED = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);
const EMPTY = Buffer.alloc(0);

const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length + at] = (copy.at(at) ?? 0) ^ 0xff;
  return copy;
};

const streamed = (bytes: Buffer, size: number): Promise<{ bytes: Buffer; error: unknown }> =>
  collect(decompress(streamOf(...inChunks(bytes, size))));

describe('content is read whole', () => {
  test.each<[string, Buffer, Buffer]>([
    ['plain', TEXT, TEXT],
    ['empty', EMPTY, EMPTY],
    ['a single byte', Buffer.from('{'), Buffer.from('{')],
    ['gzip', gzipSync(TEXT), TEXT],
    ['gzip of nothing', gzipSync(EMPTY), EMPTY],
    [
      'gzip of several members',
      Buffer.concat([...HALVES, EMPTY, TEXT].map((part) => gzipSync(part))),
      Buffer.concat([TEXT, TEXT]),
    ],
    ['gzip with zero bytes behind it', Buffer.concat([gzipSync(TEXT), ZEROS]), TEXT],
    ['zstd', zstdCompressSync(TEXT), TEXT],
    ['zstd of nothing', zstdCompressSync(EMPTY), EMPTY],
    [
      'zstd of several frames',
      Buffer.concat([...HALVES, EMPTY, TEXT].map((part) => zstdCompressSync(part))),
      Buffer.concat([TEXT, TEXT]),
    ],
    [
      'zstd with a checksum and a small window',
      zstdCompressSync(TEXT, {
        params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_windowLog]: 10 },
      }),
      TEXT,
    ],
    [
      'zstd with skippable frames before, between and behind',
      Buffer.concat([
        SKIPPED,
        zstdCompressSync(HALVES[0]),
        SKIPPED,
        SKIPPED,
        zstdCompressSync(HALVES[1]),
        SKIPPED,
      ]),
      TEXT,
    ],
    ['zstd of one byte, repeated', zstdCompressSync(Buffer.alloc(2 * MIB, 'x')), Buffer.alloc(2 * MIB, 'x')],
    ['zstd that cannot be compressed', zstdCompressSync(gzipSync(TEXT)), gzipSync(TEXT)],
    ['a byte order mark (#16)', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), TEXT]), TEXT],
    ['nothing but a byte order mark', Buffer.from([0xef, 0xbb, 0xbf]), EMPTY],
    ['what begins like a byte order mark', Buffer.from([0xef, 0xbb]), Buffer.from([0xef, 0xbb])],
    ['UTF-16, little end first (#16)', utf16le('\uFEFF{"ä":"€ 😀"}'), Buffer.from('{"ä":"€ 😀"}')],
    ['UTF-16, big end first (#16)', utf16le('\uFEFF{"ä":"€ 😀"}').swap16(), Buffer.from('{"ä":"€ 😀"}')],
    ['UTF-16, compressed', gzipSync(utf16le('\uFEFF{"ä":"€ 😀"}')), Buffer.from('{"ä":"€ 😀"}')],
    ['UTF-16 with half a surrogate pair', utf16le('\uFEFF"\ud800"'), Buffer.from('"\uFFFD"')],
    ['UTF-16 cut inside a character (#24)', utf16le('\uFEFF{}😀').subarray(0, -1), Buffer.from('{}\uFFFD')],
  ])('%s', async (_, stored, content) => {
    const sizes = stored.length > 5000 ? [MIB, 977] : [MIB, 3, 1];
    for (const size of sizes) {
      const read = await streamed(stored, size);

      expect(read.error).toBeUndefined();
      expect(read.bytes.equals(content)).toBe(true);
    }
    expect(decompressAll(stored, content.length + 10)?.equals(content)).toBe(true);
  });

  test.each([
    ['UTF-8', Buffer.from('\uFEFF{"ä":"€ 😀"}')],
    ['UTF-16, little end first', utf16le('\uFEFF{"ä":"€ 😀"}')],
    ['UTF-16, big end first', utf16le('\uFEFF{"ä":"€ 😀"}').swap16()],
  ])('%s with a byte order mark, a byte at a time', async (_, stored) => {
    const read = await collect(toUtf8(streamOf(...inChunks(stored, 1))));

    expect(read.bytes.toString()).toBe('{"ä":"€ 😀"}');
  });

  test('gzip with zero bytes between members, which only the stream follows', async () => {
    const large = Buffer.alloc(2.5 * MIB, TEXT);
    const stored = Buffer.concat([gzipSync(large), ZEROS, gzipSync(TEXT), ZEROS]);

    for (const size of [MIB, 977]) {
      expect((await streamed(stored, size)).bytes.equals(Buffer.concat([large, TEXT]))).toBe(true);
    }
    expect(decompressAll(stored, 4 * MIB)).toBeUndefined();
  });

  test.each([
    ['gzip', 'members', (part: Buffer) => gzipSync(part)],
    ['zstd', 'frames', (part: Buffer) => zstdCompressSync(part)],
  ] as const)('%s %s, wherever a chunk ends', async (compression, _, compress) => {
    const first = compress(HALVES[0]);
    const all = Buffer.concat([first, compress(Buffer.from('{}'))]);

    // Straight to the decoder: `decompress` joins small chunks.
    for (let cut = 1; cut < all.length; cut++) {
      const chunks = [all.subarray(0, cut), all.subarray(cut)];
      const read = await collect(inflate(compression, streamOf(...chunks)));
      expect([read.error, read.bytes.toString()]).toEqual([undefined, `${HALVES[0].toString()}{}`]);
    }
  });
});

describe('damage is told with its kind, behind everything before it (#20)', () => {
  const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const unfinished = deflateRawSync(TEXT, { finishFlush: constants.Z_SYNC_FLUSH });
  const checked = zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  /** A zstd frame of 9 bytes of content whose block is of the type that does not exist. */
  const badFrame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, 7, 0, 0, 1, 2, 3]);

  test.each<[string, Buffer, string]>([
    ['gzip that ends inside its data', Buffer.concat([gzipHeader, unfinished]), 'truncated'],
    ['gzip that ends inside its trailer', gzipSync(TEXT).subarray(0, -3), 'truncated'],
    [
      'gzip that ends inside the header of a second member',
      Buffer.concat([gzipSync(TEXT), gzipHeader.subarray(0, 1)]),
      'truncated',
    ],
    [
      'gzip with a block of no type',
      Buffer.concat([gzipHeader, unfinished, Buffer.alloc(9, 255)]),
      'corrupt-compression',
    ],
    ['gzip with a wrong checksum', flipped(gzipSync(TEXT), -6), 'corrupt-compression'],
    ['gzip with a wrong size', flipped(gzipSync(TEXT), -1), 'corrupt-compression'],
    [
      'gzip with garbage behind it',
      Buffer.concat([gzipSync(TEXT), Buffer.from('garbage')]),
      'corrupt-compression',
    ],
    [
      'gzip with zero bytes and garbage behind it',
      Buffer.concat([gzipSync(TEXT), ZEROS, Buffer.from('garbage')]),
      'corrupt-compression',
    ],
    ['zstd that ends inside a checksum', checked.subarray(0, -2), 'truncated'],
    [
      'zstd that ends inside the header of a second frame',
      Buffer.concat([zstdCompressSync(TEXT), checked.subarray(0, 3)]),
      'truncated',
    ],
    [
      'zstd that ends inside a skippable frame',
      Buffer.concat([zstdCompressSync(TEXT), SKIPPED.subarray(0, -1)]),
      'truncated',
    ],
    ['zstd with a wrong checksum', flipped(checked, -1), 'corrupt-compression'],
    [
      'zstd with a block of no type',
      Buffer.concat([zstdCompressSync(TEXT), badFrame]),
      'corrupt-compression',
    ],
    [
      'zstd with garbage behind it',
      Buffer.concat([zstdCompressSync(TEXT), Buffer.from('garbage')]),
      'corrupt-compression',
    ],
  ])('%s', async (_, stored, code) => {
    for (const size of [MIB, 977]) {
      const read = await streamed(stored, size);

      expect(read.error).toBeInstanceOf(DecompressError);
      expect(read.error).toMatchObject({ name: 'DecompressError', code });
      expect(read.bytes.length).toBe(TEXT.length);
      expect(read.bytes.equals(TEXT)).toBe(true);
    }
    expect(decompressAll(stored, 2 * TEXT.length)).toBeUndefined();
  });

  test('wherever gzip ends or breaks, it is an error, and what is read is the beginning of the content', async () => {
    const content = lines(8);
    const stored = gzipSync(content);

    for (let at = 2; at < stored.length; at++) {
      const cut = await streamed(stored.subarray(0, at), MIB);
      const broken = await streamed(flipped(stored, at - stored.length), MIB);

      expect(cut.error).toMatchObject({ code: 'truncated' });
      expect(content.subarray(0, cut.bytes.length).equals(cut.bytes)).toBe(true);
      // Bytes 4 to 9 tell time, effort and system: nothing depends on them, and nothing checks them.
      if (at < 4 || at > 9) expect(broken.error).toBeInstanceOf(DecompressError);
    }
  });

  test('damage late in a large object loses nothing before it; in a very large one, at most one read', async () => {
    const late = (bytes: Buffer): Buffer => {
      const data = deflateRawSync(bytes, { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
      return Buffer.concat([gzipHeader, data, Buffer.alloc(MIB, 255)]);
    };
    const large = lines(300_000);
    const veryLarge = Buffer.concat([large, large, large]);

    const read = await streamed(late(large), 64 * 1024);
    const readLess = await streamed(late(veryLarge), 64 * 1024);

    expect([large.length > 5 * MIB, veryLarge.length > 16 * MIB]).toEqual([true, true]);
    expect(read.error).toMatchObject({ code: 'corrupt-compression' });
    expect(read.bytes.equals(large)).toBe(true);
    expect(readLess.error).toMatchObject({ code: 'corrupt-compression' });
    expect(readLess.bytes.equals(veryLarge.subarray(0, readLess.bytes.length))).toBe(true);
    expect(veryLarge.length - readLess.bytes.length).toBeLessThanOrEqual(MIB / 4);
  });

  test('an error of the source is thrown as it is', async () => {
    const lost = new Error('connection reset');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* inChunks(gzipSync(TEXT).subarray(0, 400), 10);
      throw lost;
    }

    expect((await collect(decompress(failing()))).error).toBe(lost);
  });

  test('it becomes one fault behind the records before it', async () => {
    const stored = gzipSync(TEXT).subarray(0, -20);
    const pieces: string[] = [];

    for await (const batch of splitRecords(decompress(streamOf(stored)))) pieces.push(...batch.map(show));

    expect(pieces.length).toBeGreaterThan(19_000);
    expect(`${pieces.slice(0, -1).join('\n')}\n`).toBe(
      TEXT.toString().slice(0, pieces.slice(0, -1).join('\n').length + 1),
    );
    expect(pieces.filter((piece) => piece.startsWith('<'))).toEqual(['<truncated>']);
  });
});

describe('a compression bomb (#30)', () => {
  const bomb = gzipSync(Buffer.alloc(64 * MIB));

  test('comes in chunks of at most 1 MiB, and stops when no more is wanted', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bomb;
      } finally {
        closed = true;
      }
    }
    const sizes: number[] = [];

    for await (const chunk of decompress(source())) {
      sizes.push(chunk.length);
      if (sizes.length === 5) break;
    }

    expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);
    expect(closed).toBe(true);
  });

  test('is decoded only as fast as it is taken', async () => {
    const engine = new ZlibEngine('gzip');
    let most = 0;
    let chunks = 0;

    for await (const chunk of engine.write(bomb)) {
      chunks += chunk.length / MIB;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, engine.waiting);
    }
    engine.close();

    expect(chunks).toBe(64);
    expect(most).toBeLessThanOrEqual(2);
  });

  test.each([
    ['of white space', ' ', [] as string[]],
    ['in a record', '{"a":"', []],
    ['of brackets behind a good record', '{"a":1}\n[[[', ['{"a":1}']],
  ])('%s ends its unit with one fault', async (_, text, records) => {
    const stored = Buffer.concat([Buffer.from(text), Buffer.alloc(64 * MIB, text.at(-1))]);
    const limits = { maxRecordBytes: MIB, maxSkippedBytes: 8 * MIB };
    const pieces: string[] = [];
    let read = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of decompress(streamOf(zstdCompressSync(stored)))) {
        read += chunk.length;
        yield chunk;
      }
    }

    for await (const batch of splitRecords(counted(), limits)) pieces.push(...batch.map(show));

    expect(pieces).toEqual([...records, '<content-too-large>']);
    expect(read).toBeLessThanOrEqual(10 * MIB);
  });

  test('is refused whole, and small content is not', () => {
    expect(decompressAll(bomb, MIB)).toBeUndefined();
    expect(decompressAll(zstdCompressSync(Buffer.alloc(64 * MIB)), MIB)).toBeUndefined();
    expect(decompressAll(Buffer.alloc(11), 10)).toBeUndefined();
    expect(decompressAll(gzipSync(TEXT), TEXT.length)?.equals(TEXT)).toBe(true);
    expect(decompressAll(gzipSync(TEXT), TEXT.length - 1)).toBeUndefined();
  });
});

test('a slow reader holds the source back', async () => {
  const stored = gzipSync(TEXT.subarray(0, 60_000), { level: 0 });
  let read = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 1000; i++) {
      read += stored.length;
      yield stored;
    }
  }

  const chunks = decompress(source());
  await chunks.next();
  await new Promise((resolve) => setImmediate(resolve));

  expect(read).toBeLessThan(2 * MIB);
  await chunks.return(undefined);
});
