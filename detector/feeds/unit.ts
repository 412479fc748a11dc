/** Thrown by a unit's `open` for what may work later: throttling, a network that is down. Anything else is final. */
export class RetryLaterError extends Error {
  readonly code = 'RETRY_LATER';
}

/** What a feed hands over at once and marks as done: an object, a range of a growing one, or a message. */
export interface Unit {
  /** The object's key, or the file's path: what an event pointer names. */
  readonly name: string;
  /** Size of its bytes as they are stored, compressed or not, where the feed knows it. */
  readonly size?: number;
  /** The bytes as they are stored. Throws what the transport throws when they cannot be read. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** The same in one piece: several times as fast for small objects, where the transport can do it. */
  readonly readAll?: () => Promise<Buffer>;
}
