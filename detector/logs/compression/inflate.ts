import { DecompressError } from './decompress-error.js';
import { ZlibEngine, type Compression } from './zlib-engine.js';
import { ZstdFrames } from './zstd-frames.js';

/**
 * Compressed bytes held for salvage: with damage in a larger stream up to 256 KiB of compressed data before it are
 * lost too, since the decoders drop their output with the write that fails.
 */
const SALVAGE_BYTES = 16 * 1024 * 1024;
/** Content that salvage decodes again at most, in bytes: a bomb with a flaw is not worth it. */
const SALVAGE_CONTENT_BYTES = 512 * 1024 * 1024;
/** Bytes a write when salvaging: the failing piece is found in two passes. */
const SALVAGE_STEPS = [1024, 1];

/**
 * Decompresses a stream of one compression: gzip with any number of members and zero bytes behind each, or zstd with
 * any number of frames. Throws a `DecompressError` behind all the content that can be had before the damage.
 *
 * A zstd frame may ask for a window of up to 128 MiB (the decoder's default limit); others are refused as damaged.
 */
export async function* inflate(
  compression: Compression,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const input = new HeldInput(source);
  let given = 0;
  try {
    for await (const bytes of decode(compression, input)) {
      given += bytes.length;
      yield bytes;
    }
  } catch (error) {
    const damaged = error instanceof DecompressError && error.code === 'corrupt-compression';
    if (damaged && given <= SALVAGE_CONTENT_BYTES) yield* salvage(compression, input.held, given);
    throw error;
  }
}

/** Passes its input on and keeps it at hand, unless it grows too large. */
class HeldInput implements AsyncIterable<Buffer> {
  held: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly source: AsyncIterable<Buffer>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const bytes of this.source) {
      this.bytes += bytes.length;
      if (this.bytes <= SALVAGE_BYTES) this.held.push(bytes);
      else this.held = [];
      yield bytes;
    }
  }
}

const decode = (compression: Compression, input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> =>
  compression === 'gzip' ? gunzip(input) : unzstd(input);

async function* gunzip(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let engine = new ZlibEngine('gzip');
  /** Bytes written to this engine; undefined once it has stopped at zero bytes behind a member. */
  let written: number | undefined = 0;
  try {
    for await (let bytes of input) {
      for (;;) {
        if (written === undefined) {
          bytes = bytes.subarray(leadingZeros(bytes));
          if (bytes.length === 0) break;
          engine.close();
          engine = new ZlibEngine('gzip');
          written = 0;
        }
        yield* engine.write(bytes);
        written += bytes.length;
        if (engine.bytesUsed === written) break;
        bytes = bytes.subarray(bytes.length - (written - engine.bytesUsed));
        written = undefined;
      }
    }
    if (written !== undefined) yield* engine.finish();
  } finally {
    engine.close();
  }
}

function leadingZeros(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.length : first;
}

async function* unzstd(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const engine = new ZlibEngine('zstd');
  const frames = new ZstdFrames();
  try {
    for await (const bytes of input) {
      for (const part of frames.cut(bytes)) yield* engine.write(part);
    }
    if (!frames.complete)
      throw new DecompressError('truncated', 'the compressed data ends inside a zstd frame');
  } finally {
    engine.close();
  }
}

/**
 * Decodes again, in ever smaller writes where it failed, and hands out what lies behind the first `given` bytes. So a
 * small object with one bad byte gives everything before that byte, not nothing.
 */
async function* salvage(compression: Compression, held: Buffer[], given: number): AsyncGenerator<Buffer> {
  let parts = held;
  for (const step of SALVAGE_STEPS) {
    const last = parts.at(-1) ?? Buffer.alloc(0);
    parts = parts.slice(0, -1);
    for (let at = 0; at < last.length; at += step) parts.push(last.subarray(at, at + step));
    const feed = new Feed(parts);
    let seen = 0;
    try {
      for await (const bytes of decode(compression, feed)) {
        const fresh = bytes.subarray(Math.max(0, given - seen));
        seen += bytes.length;
        given = Math.max(given, seen);
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      if (!(error instanceof DecompressError)) throw error;
    }
    parts = parts.slice(0, feed.used);
  }
}

/** Hands out parts and counts them. */
class Feed implements AsyncIterable<Buffer> {
  used = 0;

  constructor(private readonly parts: readonly Buffer[]) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (const part of this.parts) {
      this.used++;
      yield part;
    }
  }
}
