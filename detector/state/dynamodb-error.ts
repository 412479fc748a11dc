import { DYNAMO_ACTIONS, DYNAMO_TABLE } from './dynamodb-table.js';
import { StoreError } from './store.js';

interface Reading {
  readonly saw: string;
  readonly outcome: StoreError['outcome'];
  readonly fix: string;
}

const { partitionKey, sortKey, index } = DYNAMO_TABLE;

const THROTTLED: Reading = {
  saw: 'takes no more requests at the moment',
  outcome: 'retry',
  fix: 'Let fewer workers run at the same time, or raise the capacity of the table or the quotas of the account.',
};
const NO_CREDENTIALS: Reading = {
  saw: 'cannot be asked: credentials are missing or have expired',
  outcome: 'retry',
  fix: 'Give this process valid credentials.',
};
const BAD_CREDENTIALS: Reading = {
  saw: 'does not accept the credentials',
  outcome: 'permanent',
  fix: 'Give this process valid credentials, and set its clock.',
};
const BROKEN: Reading = {
  saw: 'failed by itself',
  outcome: 'retry',
  fix: 'Look at the AWS Health Dashboard if it stays so.',
};
const SILENT: Reading = {
  saw: 'does not answer',
  outcome: 'retry',
  fix: 'Check what lies between this process and DynamoDB: names, routes, proxies, endpoints.',
};
const UNKNOWN: Reading = {
  saw: 'failed unexpectedly',
  outcome: 'permanent',
  fix: 'Correct what the message names.',
};

/**
 * By name of the error: what DynamoDB says, and what its client says without having asked it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const READINGS: Readonly<Record<string, Reading>> = {
  ProvisionedThroughputExceededException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  ThrottlingException: THROTTLED,
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: NO_CREDENTIALS,
  ExpiredTokenException: NO_CREDENTIALS,
  InvalidSignatureException: BAD_CREDENTIALS,
  MissingAuthenticationTokenException: BAD_CREDENTIALS,
  UnrecognizedClientException: BAD_CREDENTIALS,
  AccessDeniedException: {
    saw: 'refuses this process',
    outcome: 'permanent',
    fix: `Allow its role ${DYNAMO_ACTIONS.table.join(', ')} on the table, ${DYNAMO_ACTIONS.index.join(', ')} on its index "${index.name}", and the use of its KMS key.`,
  },
  ResourceNotFoundException: {
    saw: 'is not there',
    outcome: 'permanent',
    fix: 'Create it with `tocsin apply`, or correct its name and region.',
  },
  ValidationException: {
    saw: 'is made for something else',
    outcome: 'permanent',
    fix: `Name a table that Tocsin made: its keys are "${partitionKey.name}" and "${sortKey.name}", its index is "${index.name}".`,
  },
  // Who answers is a proxy, a load balancer, a login page.
  SyntaxError: { ...SILENT, saw: 'is not what answers' },
};

const LONGEST_DETAIL = 500;

/** What errors of the client have in common. */
interface Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Of Node's: an answer that broke off. */
  readonly code?: unknown;
  /** Of a call that was made. The status is that of its answer, if there was one. */
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Turns what the client of DynamoDB threw into a StoreError that names the table. */
export function storeErrorOf(thrown: unknown, table: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const failure: Failure = Object(thrown) as object;
  const { saw, outcome, fix } = readingOf(failure);
  // Further lines are for who debugs the client.
  const detail = `${String(failure.name)}: ${String(failure.message).split('\n', 1)[0] ?? ''}`;
  const text = `The DynamoDB table "${table}" ${saw} (${detail.slice(0, LONGEST_DETAIL)}).`;
  return new StoreError(text, outcome, fix, { cause: thrown });
}

function readingOf({ name, code, $metadata }: Failure): Reading {
  const known = Object.hasOwn(READINGS, String(name)) ? READINGS[String(name)] : undefined;
  if (known !== undefined) return known;
  if ($metadata === undefined) return UNKNOWN;
  const { httpStatusCode: status } = $metadata;
  if (status === undefined || typeof code === 'string') return SILENT;
  return status >= 500 ? BROKEN : UNKNOWN;
}
