import { DecompressError } from './compression/decompress-error.js';
import { DEFAULT_SPLIT_LIMITS, type Piece, type SplitLimits } from './record.js';
import { Splitter } from './splitting/splitter.js';

export type { Splitter };

/** Content handed to the splitter at once, in bytes: bounds a batch where records are tiny, `{}` after `{}`. */
const BATCH_BYTES = 256 * 1024;

/**
 * A splitter for content that is fed in chunks: `push` each, then `end`. It is detected, not configured, what it reads:
 * - envelopes `{"Records":[...]}` or `{"records":[...]}` (name in any letter case; other keys before and behind are
 *   ignored), one or many, whole or one a line. An object is an envelope if the list under that key, at its top, is
 *   empty or begins with an object;
 * - lists `[...]` of objects;
 * - objects: one a line (LF or CRLF, blank lines, byte order marks), pretty-printed, or one right behind the other.
 *
 * Records are found by quotes and brackets and handed out unparsed. What is broken becomes one fault, with its
 * neighbours intact; `FaultReason` lists the kinds. Any bytes may be pushed; nothing throws.
 */
export const createSplitter = (limits: SplitLimits = DEFAULT_SPLIT_LIMITS): Splitter => new Splitter(limits);

/**
 * Splits a stream of content into batches of pieces, none of them empty. Damaged compression becomes one last fault
 * behind the records that came before it. Other errors of the stream, such as a lost connection, are thrown on: the
 * unit can be read again later.
 */
export async function* splitRecords(
  chunks: AsyncIterable<Buffer>,
  limits: SplitLimits = DEFAULT_SPLIT_LIMITS,
): AsyncGenerator<Piece[]> {
  const splitter = createSplitter(limits);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !splitter.done; at += BATCH_BYTES) {
        const pieces = splitter.push(chunk.subarray(at, at + BATCH_BYTES));
        if (pieces.length > 0) yield pieces;
      }
      if (splitter.done) return;
    }
  } catch (error) {
    if (!(error instanceof DecompressError)) throw error;
    yield splitter.end({ reason: error.code, message: error.message });
    return;
  }
  const pieces = splitter.end();
  if (pieces.length > 0) yield pieces;
}
