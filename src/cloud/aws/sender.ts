import { setTimeout as pause } from 'node:timers/promises';
import {
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  type SQSClient,
  type BatchResultErrorEntry,
} from '@aws-sdk/client-sqs';
import { createSqsClient } from '../../../detector/feeds/sqs/client.js';
import type { AwsPlace, NamedArn } from '../../config/aws/topology.js';
import { AwsError, ask } from './aws-error.js';
import type { AwsClientConfig } from './clients.js';

const MOST_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 200;

/** What it takes to put messages into a queue. */
export interface Queue extends NamedArn {
  readonly place: AwsPlace;
  /** The stack that makes it. */
  readonly stack: string;
}

/** Puts messages into a queue. */
export class Sender {
  private readonly client: SQSClient;

  constructor(
    config: AwsClientConfig,
    private readonly queue: Queue,
    /** @default FIRST_PAUSE_MS */
    private readonly firstPauseMs = FIRST_PAUSE_MS,
  ) {
    this.client = createSqsClient(queue.place.region, config);
  }

  close(): void {
    this.client.destroy();
  }

  /** Asked first: without a queue nothing else need be done. */
  async url(): Promise<string> {
    const { name, arn, place, stack } = this.queue;
    try {
      const { QueueUrl = '' } = await ask({ action: 'sqs:GetQueueUrl', on: arn, place }, () =>
        this.client.send(new GetQueueUrlCommand({ QueueName: name })),
      );
      return QueueUrl;
    } catch (error) {
      if (!(error instanceof AwsError && error.problem === 'missing')) throw error;
      throw new AwsError(error.message, 'missing', `Apply the stack ${stack} first: it makes the queue.`, {
        cause: error,
      });
    }
  }

  /** All of them are in the queue when it resolves. @throws AwsError */
  async send(url: string, messages: readonly { readonly body: string }[]): Promise<void> {
    const { arn, place } = this.queue;
    const asked = { action: 'sqs:SendMessage', on: arn, place };
    let left = messages.map((message, i) => ({ Id: String(i), MessageBody: message.body }));
    for (let attempt = 1; ; attempt++) {
      const { Failed = [] } = await ask(asked, () =>
        this.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left })),
      );
      if (Failed.length === 0) return;
      const [refused] = Failed.filter(({ SenderFault }) => SenderFault === true);
      if (refused !== undefined) throw failure(asked, refused, 'failed');
      const [first] = Failed;
      if (attempt === MOST_ATTEMPTS && first !== undefined) throw failure(asked, first, 'throttled');
      // Some of a request can fail while the others are in.
      const ids = new Set(Failed.map(({ Id }) => Id));
      left = left.filter(({ Id }) => ids.has(Id));
      await pause(this.firstPauseMs * 2 ** (attempt - 1));
    }
  }
}

const failure = (
  { on }: { readonly on: string },
  { Code = '', Message = '' }: BatchResultErrorEntry,
  problem: 'failed' | 'throttled',
): AwsError =>
  new AwsError(
    `sqs:SendMessage on ${on} takes a part of the messages only (${Code}: ${Message}).`,
    problem,
    problem === 'throttled'
      ? 'Run the same command again in a minute; it goes on.'
      : 'Correct what the message names.',
  );
