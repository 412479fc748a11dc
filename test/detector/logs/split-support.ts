import { createSplitter } from '../../../detector/logs/split.js';
import { DEFAULT_SPLIT_LIMITS, type Piece, type SplitLimits } from '../../../detector/logs/record.js';

/** A piece as tests compare it: a record by its text, a fault by its reason in angle brackets. */
export const show = (piece: Piece): string =>
  piece.kind === 'record' ? piece.bytes.toString() : `<${piece.reason}>`;

/** Splits bytes that are cut into chunks at these places. */
export function splitBytes(
  bytes: Buffer,
  cuts: readonly number[] = [],
  limits: Partial<SplitLimits> = {},
): Piece[] {
  const splitter = createSplitter({ ...DEFAULT_SPLIT_LIMITS, ...limits });
  const pieces: Piece[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    // A copy, so that nothing can be read across the end of a chunk.
    pieces.push(...splitter.push(Buffer.from(bytes.subarray(from, to))));
    from = to;
  }
  return [...pieces, ...splitter.end()];
}

export const splitText = (text: string, limits: Partial<SplitLimits> = {}): Piece[] =>
  splitBytes(Buffer.from(text), [], limits);

export const shown = (text: string, limits: Partial<SplitLimits> = {}): string[] =>
  splitText(text, limits).map(show);

/** Places to cut at, in order, from any numbers between 0 and 1. */
export const placesIn = (length: number, fractions: readonly number[]): number[] =>
  fractions.map((fraction) => Math.floor(fraction * (length + 1))).sort((a, b) => a - b);

export async function* streamOf<T extends Uint8Array>(...chunks: readonly T[]): AsyncGenerator<T> {
  yield* chunks;
}

/** Cuts bytes into chunks of one size. */
export function* inChunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(chunks: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const all: Buffer[] = [];
  try {
    for await (const chunk of chunks) all.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(all), error };
  }
  return { bytes: Buffer.concat(all), error: undefined };
}
