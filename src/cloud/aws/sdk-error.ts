import type { Asked, AwsProblem } from './aws-error.js';

/** What the SDK threw, in the parts that tell what it means. */
export interface SdkError {
  readonly name: string;
  readonly message: string;
  /** Name and message in one line. */
  readonly detail: string;
  readonly status: number;
  /** Of a socket or a name server: `ECONNREFUSED`. */
  readonly system: string | undefined;
  /** Where S3 says that the bucket is. */
  readonly region: string | undefined;
}

const LONGEST_DETAIL = 500;
const SYSTEM_CODE = /\bE(?:CONN[A-Z]+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)\b/;

export function sdkError(thrown: unknown): SdkError {
  const error = (thrown instanceof Error ? thrown : new Error(String(thrown))) as Error & {
    readonly code?: unknown;
    readonly Region?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region'];
  // The client adds lines for who debugs it; an error of all addresses of a name has no message of its own.
  const [line = ''] = error.message.split('\n', 1);
  return {
    name: error.name,
    message: line,
    detail: `${error.name}: ${line || String(error.code)}`.slice(0, LONGEST_DETAIL),
    status: error.$metadata?.httpStatusCode ?? 0,
    // The SDK keeps the code of what it wraps in its text only.
    system: typeof error.code === 'string' ? error.code : SYSTEM_CODE.exec(line)?.[0],
    region: typeof region === 'string' ? region : undefined,
  };
}

export interface Reading {
  /** What the request did. */
  readonly says: string;
  readonly problem: AwsProblem;
  readonly fix: (asked: Asked, seen: SdkError) => string;
}

const credentialsOf = ({ place }: Asked): string => `aws.accounts.${place.account}.credentials`;

const DENIED: Reading = {
  says: 'is refused',
  problem: 'denied',
  // What is refused may be another action than the one that was asked for, such as the way into the account.
  fix: (asked, { message }) => {
    const [, action = asked.action] = /not authorized to perform: ([\w-]+:\w+)/.exec(message) ?? [];
    const [, on = asked.on] = /on resource: (\S+)/.exec(message) ?? [];
    return action.startsWith('sts:Assume')
      ? `Allow ${action} on ${on}, in the trust of that role too, or correct ${credentialsOf(asked)}.`
      : `Allow ${action} on ${on} to whoever runs this, or use other credentials (${credentialsOf(asked)}).`;
  },
};
const NO_CREDENTIALS: Reading = {
  says: 'cannot be asked: there are no valid credentials',
  problem: 'no-credentials',
  fix: (asked, { message }) => {
    const { profile = process.env.AWS_PROFILE } = asked.place.credentials;
    return /\bsso\b/i.test(message)
      ? `Log in again: aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`
      : `Log in to AWS again, or say in ${credentialsOf(asked)} how to get into the account.`;
  },
};
const MISSING: Reading = {
  says: 'finds nothing',
  problem: 'missing',
  fix: () => 'Apply the stack that makes it, or correct its name, account and region in tocsin.yaml.',
};
const THROTTLED: Reading = {
  says: 'is throttled',
  problem: 'throttled',
  fix: () => 'Run the same command again in a minute.',
};
const UNREACHABLE: Reading = {
  says: 'gets no answer',
  problem: 'unreachable',
  fix: () => 'Check what lies between this machine and AWS: names, routes, proxies, AWS_ENDPOINT_URL.',
};
const WRONG_REGION: Reading = {
  says: 'is asked in the wrong region',
  problem: 'wrong-region',
  fix: (_, { region }) =>
    `Correct the region in tocsin.yaml${region === undefined ? '' : `: the bucket is in ${region}`}.`,
};
const BROKEN: Reading = {
  says: 'fails on the side of AWS',
  problem: 'unreachable',
  fix: () => 'Run the same command again; look at the AWS Health Dashboard if it stays so.',
};
const WRONG_CLOCK: Reading = {
  says: 'is refused for its time',
  problem: 'failed',
  fix: () => 'Set the clock of this machine.',
};
const FAILED: Reading = {
  says: 'fails',
  problem: 'failed',
  fix: () => 'Correct what the message names.',
};

/**
 * By name of the error. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const READINGS: Readonly<Record<string, Reading>> = {
  ...named(DENIED, 'AccessDenied', 'AccessDeniedException', 'AuthorizationErrorException', 'Forbidden'),
  ...named(DENIED, 'KmsAccessDenied', 'UnauthorizedOperation', 'NotAuthorized', 'UnauthorizedException'),
  ...named(NO_CREDENTIALS, 'CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
  ...named(NO_CREDENTIALS, 'ExpiredToken', 'ExpiredTokenException', 'InvalidToken', 'RequestExpired'),
  ...named(NO_CREDENTIALS, 'InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidAccessKeyId'),
  ...named(NO_CREDENTIALS, 'SignatureDoesNotMatch', 'InvalidSignatureException', 'AuthFailure'),
  ...named(NO_CREDENTIALS, 'MissingAuthenticationToken', 'InvalidIdentityToken', 'IDPRejectedClaim'),
  ...named(MISSING, 'NoSuchEntity', 'NoSuchEntityException', 'NoSuchBucket', 'NotFound'),
  ...named(MISSING, 'ServerSideEncryptionConfigurationNotFoundError'),
  ...named(MISSING, 'NotFoundException', 'ResourceNotFoundException', 'TrailNotFoundException'),
  ...named(MISSING, 'QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
  ...named(THROTTLED, 'Throttling', 'ThrottlingException', 'ThrottledException', 'TooManyRequestsException'),
  ...named(THROTTLED, 'RequestThrottled', 'RequestThrottledException', 'RequestLimitExceeded', 'SlowDown'),
  ...named(THROTTLED, 'KmsThrottled', 'TransactionInProgressException'),
  ...named(UNREACHABLE, 'TimeoutError', 'AbortError'),
  ...named(WRONG_REGION, 'PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraint'),
  ...named(WRONG_CLOCK, 'RequestTimeTooSkewed', 'RequestInTheFuture'),
};

function named(reading: Reading, ...names: readonly string[]): Readonly<Record<string, Reading>> {
  return Object.fromEntries(names.map((name) => [name, reading]));
}

/** What an error means to whoever asked. */
export function readingOf({ name, status, system }: SdkError): Reading {
  const known = Object.hasOwn(READINGS, name) ? READINGS[name] : undefined;
  if (known !== undefined) return known;
  if (status === 429) return THROTTLED;
  if (status === 403) return DENIED;
  if (status === 301) return WRONG_REGION;
  if (status >= 500) return BROKEN;
  return system === undefined ? FAILED : UNREACHABLE;
}
