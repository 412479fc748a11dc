import { cutText } from '../../engine/text.js';
import { RetryLaterError } from '../unit.js';
import { codeOf, errorOf } from './error-of.js';
import { RoleError } from './role-error.js';

const LONGEST_MESSAGE = 500;

/** An object that cannot be read, now or later. It becomes a dead letter that says what to do. */
export class ObjectError extends Error {
  constructor(
    /** The code that S3 answered, such as `NoSuchKey`. */
    readonly code: string,
    problem: string,
    /** One imperative sentence. */
    readonly fix: string,
  ) {
    super(`${code}: ${problem}. ${fix}`);
    this.name = 'ObjectError';
  }
}

/** What never works, however often it is tried (docs.aws.amazon.com, "Error responses"). Everything else may. */
const FINAL: ReadonlyMap<string, { readonly problem: string; readonly fix: string }> = new Map([
  [
    'NoSuchKey',
    {
      problem: 'the object was deleted, or expired by a lifecycle rule, before it was read',
      fix: 'Restore a version of it, and backfill it.',
    },
  ],
  [
    'InvalidObjectState',
    {
      problem: 'the object is in an archive (Glacier, or an archive tier), where it cannot be read',
      fix: 'Restore it from the archive, and backfill it.',
    },
  ],
  [
    'PreconditionFailed',
    {
      problem: 'the object was overwritten while it was read',
      fix: 'Backfill it, unless the new object was announced by a notification of its own.',
    },
  ],
  [
    'KeyTooLongError',
    { problem: 'no object has such a long key', fix: 'See what sends such messages to the queue.' },
  ],
]);

/** Who reads what, for messages. */
export interface Reading {
  readonly uri: string;
  /** ARN of the role that reads; undefined: the detector's own credentials. */
  readonly role?: string | undefined;
  /** ARN of the key that the object is encrypted with, where it is known. */
  readonly kmsKey?: string | undefined;
  /** Account that the bucket must belong to; undefined: whichever it is. */
  readonly owner?: string | undefined;
}

/**
 * What a failed read means.
 * @returns a `RetryLaterError`, which says what is likely missing, or an `ObjectError`, which is final
 */
export function readError(thrown: unknown, reading: Reading): RetryLaterError | ObjectError {
  const error = errorOf(thrown);
  const final = FINAL.get(error.name);
  if (final !== undefined) return new ObjectError(error.name, final.problem, final.fix);
  const { uri, role } = reading;
  const who = role === undefined ? 'with the credentials of the detector' : `as ${role}`;
  const seen = `${codeOf(error)}: ${cutText(error.message, LONGEST_MESSAGE)}`;
  const hint = error instanceof RoleError ? error.fix : hintFor(error, reading);
  return new RetryLaterError(`${uri} could not be read ${who}: ${seen}${hint === '' ? '' : ` → ${hint}`}`, {
    cause: error,
  });
}

/** What people most often have to change; empty where waiting is all there is to do. */
function hintFor({ name, message }: Error, reading: Reading): string {
  const { role, kmsKey = 'the key of the bucket', owner } = reading;
  const reader = role ?? 'the detector';
  if (name.startsWith('KMS.') || message.includes('kms:')) {
    return `Allow kms:Decrypt on ${kmsKey} to ${reader}, in its own policy and in the policy of the key.`;
  }
  switch (name) {
    case 'AccessDenied':
      return (
        `Allow s3:GetObject on the object to ${reader}, in its own policy and in the policy of the bucket. ` +
        'Without s3:ListBucket S3 answers so for an object that is gone, too' +
        (owner === undefined ? '.' : `; and where the bucket is not account ${owner}'s.`)
      );
    case 'NoSuchBucket':
      return 'Correct the name of the bucket, or remove the source.';
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return 'Correct the region of the bucket in the source.';
    case 'ExpiredToken':
    case 'InvalidAccessKeyId':
    case 'CredentialsProviderError':
      return 'Give the detector credentials that are valid: a role of its machine, or a token file.';
    default:
      return '';
  }
}
