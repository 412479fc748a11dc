import { DeleteMessageCommand, ReceiveMessageCommand, type Message } from '@aws-sdk/client-sqs';
import { createSqsClient } from '../../../detector/feeds/sqs/client.js';
import type { LoadedConfig } from '../../config/load.js';
import { ask, AwsError } from './aws-error.js';
import { awsIn, sourceNamed } from './configured.js';
import { Sender } from './sender.js';

/** Nobody else gets a message meanwhile. */
const HIDDEN_SECONDS = 60;
/** Asked for so long, every server of the queue is asked; at once, only some are. */
const POLL_SECONDS = 1;
const MOST_AT_ONCE = 10;

export interface PutBack {
  readonly messages: number;
  /** Why the others are where they were. */
  readonly problem?: string;
}

/**
 * Puts what the queue of a source gave up back into it, so that the detector tries it again. A message is in the queue
 * before it is gone from where it was: one that is put back twice names the same objects, which count once.
 */
export async function putBack(config: LoadedConfig, cwd: string, name: string): Promise<PutBack> {
  const { topology, accounts } = awsIn(config, cwd);
  const { queue, deadLetters } = sourceNamed(topology, name);
  const { place } = topology.detector;
  const asked = (action: string) => ({ action, on: deadLetters.arn, place });
  const access = await accounts.at(place);
  const client = createSqsClient(place.region, access);
  const sender = new Sender(access, { ...queue, place, stack: topology.stacks.source(name) });
  const QueueUrl = deadLetters.url;
  let messages = 0;
  const move = async ({ Body: body = '', ReceiptHandle }: Message): Promise<void> => {
    await sender.send(queue.url, [{ body }]);
    const command = new DeleteMessageCommand({ QueueUrl, ReceiptHandle });
    await ask(asked('sqs:DeleteMessage'), () => client.send(command));
    messages++;
  };
  try {
    for (;;) {
      const command = new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: MOST_AT_ONCE },
        ...{ VisibilityTimeout: HIDDEN_SECONDS, WaitTimeSeconds: POLL_SECONDS },
      });
      const { Messages = [] } = await ask(asked('sqs:ReceiveMessage'), () => client.send(command));
      if (Messages.length === 0) return { messages };
      const results = await Promise.allSettled(Messages.map(move));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }
  } catch (error) {
    if (error instanceof AwsError) return { messages, problem: `${error.message} ${error.fix}` };
    throw error;
  } finally {
    sender.close();
    client.destroy();
  }
}
