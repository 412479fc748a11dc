import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

const CONNECT_TIMEOUT_MS = 5_000;
/** Without a byte. A request for messages is silent for 20 seconds where there are none. */
const IDLE_TIMEOUT_MS = 40_000;

/**
 * The client of queues. It asks the endpoint of the region, or the one that the environment names, like the clients of
 * all other services; by default this one alone would go where the address of the queue says.
 * @param more such as credentials of a role
 */
export const createSqsClient = (region: string, more: SQSClientConfig = {}): SQSClient =>
  new SQSClient({
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
    ...more,
    region,
  });
