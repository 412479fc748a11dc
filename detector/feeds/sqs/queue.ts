import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type BatchResultErrorEntry,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Batches } from './batches.js';
import { queueProblem } from './queue-problem.js';

const DEPTH = {
  visible: 'ApproximateNumberOfMessages',
  delayed: 'ApproximateNumberOfMessagesDelayed',
  hidden: 'ApproximateNumberOfMessagesNotVisible',
} as const;

/** A message that was received and that nobody else sees for a while. */
export interface Received {
  readonly id: string;
  /** Names this delivery of it. */
  readonly receipt: string;
  readonly body: string;
  /** In milliseconds since the epoch, where SQS says it. */
  readonly sent: number | undefined;
  /** How often it was delivered, with this time. */
  readonly times: number;
}

/** What waits in a queue, about. */
export interface Depth {
  readonly waiting: number;
  readonly underWay: number;
}

/** The calls of SQS that a feed needs. What they throw is a QueueProblem. */
export class Queue {
  private readonly removals = new Batches<string>((receipts) => this.removeAll(receipts));
  private readonly changes = new Batches<{ receipt: string; seconds: number }>((entries) =>
    this.changeAll(entries),
  );

  constructor(
    private readonly client: SQSClient,
    private readonly url: string,
  ) {}

  /** Waits up to `pollSeconds` for messages. Nothing when the signal ends it. */
  async receive(
    options: { readonly most: number; readonly pollSeconds: number; readonly visibilitySeconds: number },
    signal: AbortSignal,
  ): Promise<readonly Received[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: options.most,
      WaitTimeSeconds: options.pollSeconds,
      VisibilityTimeout: options.visibilitySeconds,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    });
    try {
      const { Messages = [] } = await this.client.send(command, { abortSignal: signal });
      return Messages.map(received);
    } catch (error) {
      if (signal.aborted) return [];
      throw queueProblem(error, 'sqs:ReceiveMessage');
    }
  }

  /** Acknowledges a message. */
  remove(receipt: string): Promise<void> {
    return this.removals.add(receipt);
  }

  /** The message is delivered again after this time, or at once; until then nobody sees it. */
  hide(receipt: string, seconds: number): Promise<void> {
    return this.changes.add({ receipt, seconds });
  }

  async depth(): Promise<Depth> {
    const names = Object.values(DEPTH);
    try {
      const command = new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: names });
      const { Attributes: found = {} } = await this.client.send(command);
      const count = (which: keyof typeof DEPTH): number => Number(found[DEPTH[which]] ?? 0);
      return { waiting: count('visible') + count('delayed'), underWay: count('hidden') };
    } catch (error) {
      throw queueProblem(error, 'sqs:GetQueueAttributes');
    }
  }

  private async removeAll(receipts: readonly string[]): Promise<ReadonlyMap<number, Error>> {
    const entries = receipts.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries: entries });
    try {
      return failures((await this.client.send(command)).Failed, 'sqs:DeleteMessage');
    } catch (error) {
      throw queueProblem(error, 'sqs:DeleteMessage');
    }
  }

  private async changeAll(
    changes: readonly { readonly receipt: string; readonly seconds: number }[],
  ): Promise<ReadonlyMap<number, Error>> {
    const entries = changes.map(({ receipt, seconds }, i) => ({
      ...{ Id: String(i), ReceiptHandle: receipt, VisibilityTimeout: seconds },
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries: entries });
    try {
      return failures((await this.client.send(command)).Failed, 'sqs:ChangeMessageVisibility');
    } catch (error) {
      throw queueProblem(error, 'sqs:ChangeMessageVisibility');
    }
  }
}

function received({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }: Message): Received {
  const sent = Number(Attributes.SentTimestamp ?? NaN);
  const times = Number(Attributes.ApproximateReceiveCount ?? NaN);
  return {
    ...{ id: MessageId, receipt: ReceiptHandle, body: Body },
    sent: Number.isSafeInteger(sent) ? sent : undefined,
    times: Number.isSafeInteger(times) ? times : 1,
  };
}

/** A request that succeeds can have failed for some of its entries. */
function failures(
  failed: readonly BatchResultErrorEntry[] | undefined,
  action: string,
): ReadonlyMap<number, Error> {
  return new Map(
    (failed ?? []).map(({ Id, Code = 'Unknown', Message = '' }) => {
      const cause = new Error(Message);
      cause.name = Code;
      return [Number(Id), queueProblem(cause, action)] as const;
    }),
  );
}
