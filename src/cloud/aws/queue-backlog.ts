import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { createSqsClient } from '../../../detector/feeds/sqs/client.js';
import type { Queue } from '../../config/aws/topology.js';
import type { LoadedConfig } from '../../config/load.js';
import type { Backlog } from '../../operating/backlog.js';
import { ask } from './aws-error.js';
import { awsOf } from './configured.js';

/** What waits in the queues of the sources on AWS, and what they gave up. @throws AwsError */
export async function askQueues(config: LoadedConfig, cwd: string): Promise<ReadonlyMap<string, Backlog>> {
  const aws = awsOf(config, cwd);
  if (aws === undefined || aws.topology.sources.length === 0) return new Map();
  const { topology, accounts } = aws;
  const { place } = topology.detector;
  const { credentials } = await accounts.at(place);
  const client = createSqsClient(place.region, { credentials });
  const messagesIn = async ({ arn, url }: Queue): Promise<number> => {
    const { Attributes } = await ask({ action: 'sqs:GetQueueAttributes', on: arn, place }, () =>
      client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
      ),
    );
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
  };
  try {
    return new Map(
      await Promise.all(
        topology.sources.map(async ({ name, queue, deadLetters }): Promise<[string, Backlog]> => {
          const [units, gaveUp] = await Promise.all([messagesIn(queue), messagesIn(deadLetters)]);
          return [name, { units, unreadable: 0, gaveUp }];
        }),
      ),
    );
  } finally {
    client.destroy();
  }
}
