import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { DecompressError } from './decompress-error.js';

/** Output handed out at once, in bytes. With Node's default of 16 KiB a stream is several times slower. */
const OUTPUT_BYTES = 1024 * 1024;

export type Compression = 'gzip' | 'zstd';

/** Errors of the decoders that say nothing about the data. */
const OWN_FAULTS = new Set(['Z_MEM_ERROR', 'Z_STREAM_ERROR', 'ZSTD_error_memory_allocation']);

/**
 * One decoder of node:zlib, fed piece by piece. Unlike an iterated stream it hands out everything that it decoded
 * before an error, and it works only as fast as its output is taken.
 */
export class ZlibEngine {
  private readonly stream: Gunzip | ZstdDecompress;
  private readonly output: Buffer[] = [];
  private error: Error | undefined;
  private ended = false;
  private wake: () => void = () => {};

  constructor(compression: Compression) {
    const options = { chunkSize: OUTPUT_BYTES };
    this.stream = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    this.stream.on('data', (bytes: Buffer) => {
      this.output.push(bytes);
      this.stream.pause();
      this.wake();
    });
    this.stream.on('error', (error) => {
      this.error = error;
      this.wake();
    });
    this.stream.on('end', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** Chunks that were decoded and not yet taken: two at most, however much the input holds. */
  get waiting(): number {
    return this.output.length;
  }

  /** Compressed bytes used so far: fewer than were written when the decoder met zero bytes behind the data. */
  get bytesUsed(): number {
    return this.stream.bytesWritten;
  }

  /** Decodes these bytes. Throws a `DecompressError` behind the output of what came before the damage. */
  async *write(bytes: Buffer): AsyncGenerator<Buffer> {
    let written = false;
    // While the stream flows, output goes straight to `output`; what waits inside the stream is lost with an error.
    this.stream.resume();
    this.stream.write(bytes, (error) => {
      if (error) return;
      written = true;
      this.wake();
    });
    yield* this.take(() => written);
  }

  /** Tells the decoder that there is no more. */
  async *finish(): AsyncGenerator<Buffer> {
    this.stream.end();
    yield* this.take(() => this.ended);
  }

  close(): void {
    this.stream.destroy();
  }

  private async *take(finished: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      const bytes = this.output.shift();
      if (bytes !== undefined) yield bytes;
      else if (this.error !== undefined) throw typed(this.error);
      else if (finished() && this.stream.readableLength === 0) return;
      else {
        this.stream.resume();
        await woken;
      }
    }
  }
}

function typed(error: NodeJS.ErrnoException): Error {
  if (OWN_FAULTS.has(error.code ?? '')) return error;
  return error.code === 'Z_BUF_ERROR'
    ? new DecompressError('truncated', 'the compressed data ends too early', { cause: error })
    : new DecompressError('corrupt-compression', `the compressed data is damaged: ${error.message}`, {
        cause: error,
      });
}
