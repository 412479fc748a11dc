import type { AwsPlace } from '../../config/aws/topology.js';
import { readingOf, sdkError } from './sdk-error.js';

/** What a caller can act on. */
export type AwsProblem =
  'denied' | 'no-credentials' | 'missing' | 'wrong-region' | 'throttled' | 'unreachable' | 'failed';

/** AWS refused a request, or could not be asked. Nothing of it is a fault of Tocsin. */
export class AwsError extends Error {
  readonly code = 'AWS_FAILED';
  /** `retry`: the same request may work later. */
  readonly outcome: 'retry' | 'permanent';

  constructor(
    message: string,
    readonly problem: AwsProblem,
    /** One sentence: what to do. */
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AwsError';
    this.outcome = problem === 'throttled' || problem === 'unreachable' ? 'retry' : 'permanent';
  }
}

/** What was asked, for the words of an error. */
export interface Asked {
  /** As a policy names it: `s3:GetBucketNotification`. */
  readonly action: string;
  /** ARN of what it is about, or its name. */
  readonly on: string;
  readonly place: AwsPlace;
}

/** Sends a request; what the SDK throws becomes an AwsError. */
export async function ask<T>(asked: Asked, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsErrorOf(error, asked);
  }
}

/** The same where a thing that is not there is an answer. */
export async function askFor<T>(asked: Asked, send: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask(asked, send);
  } catch (error) {
    if (error instanceof AwsError && error.problem === 'missing') return undefined;
    throw error;
  }
}

export function awsErrorOf(thrown: unknown, asked: Asked): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const seen = sdkError(thrown);
  const { says, problem, fix } = readingOf(seen);
  const { account, accountId, region } = asked.place;
  return new AwsError(
    `${asked.action} on ${asked.on} in the account ${account} (${accountId}, ${region}) ${says} (${seen.detail}).`,
    problem,
    fix(asked, seen),
    { cause: thrown },
  );
}
