import { cutText } from '../../engine/text.js';
import { codeOf, errorOf } from '../s3/error-of.js';
import { RoleError } from '../s3/role-error.js';

const LONGEST_MESSAGE = 500;

/** Why a queue cannot be used. `code` is what the SDK or SQS calls it, such as `QueueDoesNotExist`. */
export class QueueProblem extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** One imperative sentence. */
    readonly fix: string,
    cause: Error,
  ) {
    super(message, { cause });
    this.name = 'QueueProblem';
  }
}

/** @param action what was tried, as IAM names it: `sqs:ReceiveMessage` */
export function queueProblem(thrown: unknown, action: string): QueueProblem {
  const error = errorOf(thrown);
  const code = codeOf(error);
  const fix = error instanceof RoleError ? error.fix : fixFor(code, action);
  const message = `${action} failed: ${code}: ${cutText(error.message, LONGEST_MESSAGE)} → ${fix}`;
  return new QueueProblem(code, message, fix, error);
}

function fixFor(code: string, action: string): string {
  if (code.startsWith('Kms') || code.startsWith('KMS')) {
    return "Allow kms:Decrypt on the key of the queue to the detector, in its own policy and in the key's.";
  }
  switch (code) {
    case 'AccessDenied':
    case 'AccessDeniedException':
      return `Allow ${action} on the queue to the detector.`;
    case 'QueueDoesNotExist':
      return 'Correct the address of the queue, or apply the stack that creates it.';
    case 'CredentialsProviderError':
    case 'InvalidClientTokenId':
    case 'ExpiredToken':
      return 'Give the detector credentials that are valid: a role of its machine, or a token file.';
    default:
      return 'It is tried again until it works.';
  }
}
