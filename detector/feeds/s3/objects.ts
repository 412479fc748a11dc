import type { S3Client } from '@aws-sdk/client-s3';
import { hashOfParts } from '../../hash.js';
import { waitByTimer, type Wait } from '../pause.js';
import type { Unit } from '../unit.js';
import { uriOf, type ObjectRef } from './object-ref.js';
import { readRanges } from './ranged-read.js';
import { readError } from './read-error.js';

const PART_BYTES = 8 * 1024 * 1024;

export interface S3ObjectsOptions {
  readonly client: S3Client;
  /** Bytes of one request; twice as many are in memory at most. @default 8 MiB */
  readonly partBytes?: number;
  /** Account that the bucket must belong to. Twelve digits. */
  readonly owner?: string | undefined;
  /** ARN of the role that the client reads with, for messages. */
  readonly role?: string | undefined;
  /** ARN of the key of the bucket, for messages. */
  readonly kmsKey?: string | undefined;
  /** Before a part that broke off is asked for again. @default a timer */
  readonly wait?: Wait;
}

/**
 * An object as a unit. What it is made of is read when it is opened, and can be another object than the one that was
 * announced, where it was overwritten; never parts of both.
 *
 * It has no `readAll`: a small object is one request anyway, and what is larger than its notification says must not be
 * taken into memory on its word.
 *
 * `open` throws RetryLaterError for what may work later, with the permission that is likely missing, and ObjectError
 * for what never will.
 */
export function s3Unit(ref: ObjectRef, options: S3ObjectsOptions): Unit {
  const name = uriOf(ref);
  const { client, partBytes = PART_BYTES, owner, role, kmsKey, wait = waitByTimer } = options;
  return {
    name,
    ...(ref.size === undefined ? {} : { size: ref.size }),
    async *open() {
      try {
        yield* readRanges(ref, { client, partBytes, owner, wait });
      } catch (error) {
        throw readError(error, { uri: name, role, kmsKey, owner });
      }
    },
  };
}

/**
 * The id of an object's unit: the same for every notification of the same content under the same key.
 *
 * The eTag stands for the content, because it is all that S3, EventBridge and a listing have in common. CloudTrail's own
 * message has none; it never writes a key twice, so the key alone is an id there, but another one than with the eTag:
 * an object that is announced in both ways is read twice, and its events, known by their own ids, count once.
 */
export const unitIdOf = ({ bucket, key, eTag = '' }: Pick<ObjectRef, 'bucket' | 'key' | 'eTag'>): string =>
  `s3-${hashOfParts([bucket, key, eTag])}`;
