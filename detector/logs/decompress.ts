import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { inflate } from './compression/inflate.js';
import { toUtf8, wholeToUtf8 } from './compression/utf8.js';
import type { Compression } from './compression/zlib-engine.js';
import { ZstdFrames } from './compression/zstd-frames.js';

export { DecompressError } from './compression/decompress-error.js';

/** Input handed to a decoder at once, in bytes; CloudTrail's gzip makes about 1 MiB of it. */
const INPUT_BYTES = 256 * 1024;
const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE_MAGIC = 0x184d2a5;
/** Deflate gives at most 1,032 bytes for one: a trailer that claims more is wrong (zlib.net, technical details). */
const DEFLATE_MAX_RATIO = 1032;

/**
 * The content of an object as UTF-8: gzip, zstd or plain, told by the first bytes. Byte order marks are dropped and
 * UTF-16 with one is transcoded. Chunks are up to 1 MiB, and a slow reader holds the source back. In memory are a few
 * chunks, at most 16 MiB of compressed input in case it turns out damaged, and zstd's window.
 *
 * @throws DecompressError behind all the content that comes before the damage. Errors of the source are thrown on.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = gather(source);
  try {
    const first = await input.next();
    if (first.done === true) return;
    const compression = compressionOf(first.value);
    const all = startingWith(first.value, input);
    yield* toUtf8(compression === undefined ? all : inflate(compression, all));
  } finally {
    await input.return(undefined);
  }
}

/**
 * The same for a small object, at once and without the thread pool. Undefined when the content has more than `maxBytes`
 * or is damaged: `decompress` then gives what there is of it.
 */
export function decompressAll(bytes: Buffer, maxBytes: number): Buffer | undefined {
  const content = decompressSync(bytes, maxBytes);
  if (content === undefined || content.length > maxBytes) return undefined;
  return wholeToUtf8(content);
}

function decompressSync(bytes: Buffer, maxBytes: number): Buffer | undefined {
  try {
    switch (compressionOf(bytes)) {
      case 'gzip':
        return gunzipWhole(bytes, maxBytes);
      case 'zstd':
        return unzstdWhole(bytes, maxBytes);
      case undefined:
        return bytes;
    }
  } catch {
    // Damaged or too large: either way the caller streams it, and learns there what is wrong.
    return undefined;
  }
}

function gunzipWhole(bytes: Buffer, maxBytes: number): Buffer | undefined {
  // The last four bytes tell the size of a single member (RFC 1952). With it, and one byte to spare so that the
  // decoder need not ask for more room, the output is written once and never copied.
  const told = bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4);
  const chunkSize = Math.max(64, Math.min(told, maxBytes, bytes.length * DEFLATE_MAX_RATIO) + 1);
  const result = gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize, info: true });
  // The types do not know what `info` returns.
  const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  // It stops in silence at zero bytes behind a member; whatever else follows them must not be lost.
  return bytes.subarray(engine.bytesWritten).every((byte) => byte === 0) ? buffer : undefined;
}

function unzstdWhole(bytes: Buffer, maxBytes: number): Buffer | undefined {
  const frames = new ZstdFrames();
  const parts: Buffer[] = [];
  let left = maxBytes;
  for (const part of frames.cut(bytes)) {
    const content = zstdDecompressSync(part, { maxOutputLength: left });
    left -= content.length;
    parts.push(content);
  }
  return frames.complete ? Buffer.concat(parts) : undefined;
}

function compressionOf(bytes: Buffer): Compression | undefined {
  if (bytes.length >= 2 && bytes.readUInt16BE() === GZIP_MAGIC) return 'gzip';
  if (bytes.length < 4) return undefined;
  const magic = bytes.readUInt32LE();
  return magic === ZSTD_MAGIC || magic >>> 4 === ZSTD_SKIPPABLE_MAGIC ? 'zstd' : undefined;
}

/** Joins small pieces and cuts large ones. Only the last piece has fewer than `INPUT_BYTES`. */
async function* gather(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let gathered = 0;
  for await (const chunk of source) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (gathered + bytes.length >= INPUT_BYTES) {
      const room = INPUT_BYTES - gathered;
      pieces.push(bytes.subarray(0, room));
      yield joined(pieces);
      pieces = [];
      gathered = 0;
      bytes = bytes.subarray(room);
    }
    pieces.push(bytes);
    gathered += bytes.length;
  }
  if (gathered > 0) yield joined(pieces);
}

const joined = (pieces: Buffer[]): Buffer =>
  pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
