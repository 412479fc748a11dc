import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { Wait } from '../pause.js';
import { errorOf } from './error-of.js';
import type { ObjectRef } from './object-ref.js';

/** Handed out at once, in bytes: what the decoders take well. */
const SLICE_BYTES = 1024 * 1024;
/** A part whose connection breaks is asked for again from the byte reached; so often without a byte more. */
const MOST_BREAKS = 4;
const BREAK_PAUSE_MS = 200;

export interface RangedReadOptions {
  readonly client: S3Client;
  /** Bytes of one request. At most two parts are in memory: one that is used up, and the next one. */
  readonly partBytes: number;
  /** Account that the bucket must belong to: a bucket that was deleted can be anybody's next. */
  readonly owner?: string | undefined;
  readonly wait: Wait;
}

interface Part {
  readonly bytes: Buffer;
  /** Of the whole object. */
  readonly total: number;
  readonly eTag: string | undefined;
}

/**
 * The bytes of an object, in parts by range. The next part is on its way while one is used up. All parts are of the
 * object that answered first: when it is overwritten meanwhile, S3 refuses with `PreconditionFailed`.
 *
 * A small object is one request.
 */
export async function* readRanges(
  object: Pick<ObjectRef, 'bucket' | 'key'>,
  options: RangedReadOptions,
): AsyncGenerator<Buffer> {
  const reader = new PartReader(object, options);
  try {
    let next: Promise<Part> | undefined = reader.read(0, undefined);
    for (let at = 0; next !== undefined;) {
      const { bytes, total, eTag }: Part = await next;
      at += bytes.length;
      next = at < total ? reader.read(at, eTag) : undefined;
      // A failure shows when it is this part's turn.
      next?.catch(() => undefined);
      for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
        yield bytes.subarray(start, start + SLICE_BYTES);
      }
    }
  } finally {
    reader.stop();
  }
}

class PartReader {
  private readonly stopped = new AbortController();

  constructor(
    private readonly object: Pick<ObjectRef, 'bucket' | 'key'>,
    private readonly options: RangedReadOptions,
  ) {}

  /** Ends what is on its way. */
  stop(): void {
    this.stopped.abort();
  }

  /** @param eTag of the object that the part must be of */
  async read(start: number, eTag: string | undefined): Promise<Part> {
    const end = start + this.options.partBytes;
    const first = await this.ask(start, end, eTag);
    if (first === 'empty') return { bytes: Buffer.alloc(0), total: 0, eTag };
    const total = totalOf(first);
    const bytes = Buffer.allocUnsafe(Math.min(end, total) - start);
    const filled = await this.fill(bytes, first, start, eTag ?? first.ETag);
    return { bytes: filled, total, eTag: eTag ?? first.ETag };
  }

  private async fill(
    bytes: Buffer,
    first: GetObjectCommandOutput,
    start: number,
    eTag: string | undefined,
  ): Promise<Buffer> {
    let answer = first;
    let at = 0;
    for (let breaks = 0; ;) {
      const before = at;
      let broken = new Error('The answer is shorter than what was asked for.');
      try {
        for await (const chunk of bodyOf(answer)) at += put(chunk, bytes, at);
      } catch (error) {
        broken = errorOf(error);
      }
      if (at === bytes.length) return bytes;
      breaks = at === before ? breaks + 1 : 0;
      if (broken instanceof TooLongError || breaks === MOST_BREAKS || this.stopped.signal.aborted) {
        throw broken;
      }
      await this.options.wait(BREAK_PAUSE_MS * 2 ** breaks, this.stopped.signal);
      const rest = await this.ask(start + at, start + bytes.length, eTag);
      if (rest === 'empty') throw new Error('The object is shorter than it was.');
      answer = rest;
    }
  }

  private async ask(
    start: number,
    end: number,
    eTag: string | undefined,
  ): Promise<GetObjectCommandOutput | 'empty'> {
    const { client, owner } = this.options;
    const command = new GetObjectCommand({
      ...{ Bucket: this.object.bucket, Key: this.object.key, Range: `bytes=${start}-${end - 1}` },
      ...(eTag === undefined ? {} : { IfMatch: eTag }),
      ...(owner === undefined ? {} : { ExpectedBucketOwner: owner }),
    });
    try {
      return await client.send(command, { abortSignal: this.stopped.signal });
    } catch (error) {
      // An object without a byte has no range.
      if (start === 0 && errorOf(error).name === 'InvalidRange') return 'empty';
      throw error;
    }
  }
}

/** Something between here and S3 sends what nobody asked for. */
class TooLongError extends Error {}

function put(chunk: Uint8Array, into: Buffer, at: number): number {
  if (at + chunk.length > into.length) {
    throw new TooLongError(`The answer has more than the ${into.length} bytes that were asked for.`);
  }
  into.set(chunk, at);
  return chunk.length;
}

function totalOf({ ContentRange }: GetObjectCommandOutput): number {
  const total = Number(/^bytes \d+-\d+\/(\d+)$/.exec(ContentRange ?? '')?.[1]);
  if (Number.isSafeInteger(total)) return total;
  throw new Error(
    `The answer names no range that it is of: Content-Range is ${JSON.stringify(ContentRange)}.`,
  );
}

function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  if (Body !== undefined && Symbol.asyncIterator in Body) return Body;
  throw new Error('The answer has no body that can be streamed.');
}
