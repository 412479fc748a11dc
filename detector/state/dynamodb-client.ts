import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { createGate } from './gate.js';

export interface DynamoClientOptions extends Pick<
  DynamoDBClientConfig,
  'region' | 'endpoint' | 'credentials'
> {
  /** How long one attempt may take; DynamoDB answers within milliseconds. @default 5000 */
  readonly answerMs?: number;
}

const CONNECT_MS = 1_000;
const ANSWER_MS = 5_000;
/** Where the table is throttled, they wait up to 0.5, 1 and 2 seconds for each other. */
const MOST_ATTEMPTS = 4;
const CONNECTIONS = 50;

/**
 * The client of a store. It gives up within seconds, so that the work goes back to its queue while there is time.
 * Connections are kept open, at most 50; as many calls are made at the same time, and more wait.
 */
export function createDynamoClient({
  answerMs = ANSWER_MS,
  ...options
}: DynamoClientOptions): DynamoDBClient {
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  const client = new DynamoDBClient({
    ...options,
    retryMode: 'standard',
    maxAttempts: MOST_ATTEMPTS,
    requestHandler: {
      ...{ connectionTimeout: CONNECT_MS, requestTimeout: answerMs, httpAgent: agent, httpsAgent: agent },
      // Without it the client only logs that the time is over.
      throwOnRequestTimeout: true,
    },
  });
  // A request that waits for a connection would wait on its time-outs, and be sent again by those who wait already.
  const gate = createGate(CONNECTIONS);
  client.middlewareStack.add((next) => (args) => gate(() => next(args)), {
    step: 'initialize',
    name: 'gate',
  });
  return client;
}
