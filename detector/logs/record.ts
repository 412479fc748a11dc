/** One record as the exact bytes that the log object holds for it: an object from `{` to its `}`, not yet parsed. */
export interface RecordPiece {
  readonly kind: 'record';
  /** Usually a view into the chunk it came in: copy what is kept for long, or the whole chunk stays in memory. */
  readonly bytes: Buffer;
  /** Ordinal in the unit, from 0. Every piece takes one, a fault too. */
  readonly index: number;
  /** Bytes before it in the decompressed content, as UTF-8 without a byte order mark in front. */
  readonly offset: number;
}

/** Something in the content that is no record, told once however much it covers. */
export interface FaultPiece {
  readonly kind: 'fault';
  readonly reason: FaultReason;
  /** What was seen, where, and against which limit. Never holds content of the log. */
  readonly message: string;
  readonly index: number;
  /** Where the trouble begins; for `unreadable`, the byte from which nothing could be read. */
  readonly offset: number;
}

export type Piece = RecordPiece | FaultPiece;

/**
 * Stable codes: dead letters and `status` carry them.
 * - `truncated`: the content, or its compression, ends inside a record or a list of records.
 * - `corrupt-compression`: the compressed bytes are damaged; what came before was read.
 * - `not-json`: a line of garbage, or a record whose brackets and quotes do not fit together.
 * - `not-an-object`: a list element that is no object.
 * - `unreadable`: a break after which no other record could be found.
 * - `record-too-large`: a record over `maxRecordBytes`.
 * - `content-too-large`: more than `maxSkippedBytes` without a record; the rest of the unit was not read.
 */
export type FaultReason =
  | 'truncated'
  | 'corrupt-compression'
  | 'not-json'
  | 'not-an-object'
  | 'unreadable'
  | 'record-too-large'
  | 'content-too-large';

export interface SplitLimits {
  /** Bytes that one record may have; they are held in memory. @default 16 MiB */
  readonly maxRecordBytes: number;
  /** Bytes that may be skipped in one go: an oversize record, garbage, white space. @default 1 GiB */
  readonly maxSkippedBytes: number;
}

export const DEFAULT_SPLIT_LIMITS: SplitLimits = {
  maxRecordBytes: 16 * 1024 * 1024,
  maxSkippedBytes: 1024 * 1024 * 1024,
};
