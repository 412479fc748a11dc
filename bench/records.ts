import { decompress, decompressAll } from '../detector/logs/decompress.js';
import { createSplitter, splitRecords } from '../detector/logs/split.js';
import type { Piece } from '../detector/logs/record.js';

const MOST_AT_ONCE = 64 * 1024 * 1024;
const BATCH_BYTES = 1024 * 1024;

/** The first steps of `evaluateUnit` on their own: the content of a file. */
export function contentOf(bytes: Buffer): Buffer {
  const content = decompressAll(bytes, MOST_AT_ONCE);
  if (content === undefined)
    throw new RangeError('A file of the load is damaged, or over 64 MiB of content.');
  return content;
}

/** ... and its records, in the batches in which they are found. */
export function* batchesOf(content: Buffer): Generator<readonly Piece[]> {
  const splitter = createSplitter();
  for (let at = 0; at < content.length; at += BATCH_BYTES)
    yield splitter.push(content.subarray(at, at + BATCH_BYTES));
  yield splitter.end();
}

/** The bytes of each record of a file. */
export async function* recordsOf(bytes: Buffer): AsyncGenerator<Buffer> {
  const once = async function* () {
    yield bytes;
  };
  for await (const pieces of splitRecords(decompress(once()))) {
    for (const piece of pieces) if (piece.kind === 'record') yield piece.bytes;
  }
}
