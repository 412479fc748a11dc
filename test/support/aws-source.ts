import {
  GetBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import type { SourcePlan } from '../../src/config/aws/topology.js';
import type { TrailFile } from './cloudtrail-samples.js';
import { credentialsOf, type AwsEnv } from './moto.js';
import type { LambdaInstance } from './lambda.js';

/** SQS gives so many at once, and a function takes them. */
const BATCH = 10;

export type Batch = readonly Message[];

/** The two ends of a source that was made: its bucket and its queue. */
export class AwsSource {
  private readonly s3: S3Client;
  private readonly sqs: SQSClient;

  constructor(
    private readonly plan: SourcePlan,
    endpoint: string,
    /** Of the accounts that own them. */
    keys: { readonly bucket: AwsEnv; readonly queue: AwsEnv },
  ) {
    this.s3 = new S3Client({
      ...{ endpoint, region: plan.place.region, forcePathStyle: true },
      credentials: credentialsOf(keys.bucket),
    });
    const [, , , region = ''] = plan.queue.arn.split(':');
    this.sqs = new SQSClient({
      ...{ endpoint, region, useQueueUrlAsEndpoint: false },
      credentials: credentialsOf(keys.queue),
    });
  }

  get name(): string {
    return this.plan.name;
  }

  /** As CloudTrail delivers them. */
  async put(files: readonly TrailFile[]): Promise<void> {
    for (const { key: Key, bytes: Body } of files)
      await this.s3.send(new PutObjectCommand({ Bucket: this.plan.bucket.name, Key, Body }));
  }

  /** What the bucket tells of its objects, and whom. */
  async notifications(): Promise<NotificationConfiguration> {
    const { $metadata: _, ...all } = await this.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: this.plan.bucket.name }),
    );
    return all;
  }

  /** One batch of what waits; empty when nothing does. */
  async receive(): Promise<Batch> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl: this.plan.queue.url, MaxNumberOfMessages: BATCH },
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages;
  }

  /** Everything that waits, in batches. Nobody else sees it from now on. */
  async receiveAll(): Promise<readonly Batch[]> {
    const batches: Batch[] = [];
    for (;;) {
      const batch = await this.receive();
      if (batch.length === 0) return batches;
      batches.push(batch);
    }
  }

  /** What SQS does when the time of whoever has them is over. */
  async release(messages: Batch): Promise<void> {
    for (const { ReceiptHandle } of messages)
      await this.sqs.send(
        new ChangeMessageVisibilityCommand({
          ...{ QueueUrl: this.plan.queue.url, ReceiptHandle, VisibilityTimeout: 0 },
        }),
      );
  }

  /** What SQS does with messages that nobody ever answers for. */
  async giveUp(): Promise<void> {
    for (let left = 1; left > 0; left = (await this.left()).waiting)
      for (const batch of await this.receiveAll()) await this.release(batch);
  }

  async remove(messages: Batch): Promise<void> {
    for (const { ReceiptHandle } of messages)
      await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.plan.queue.url, ReceiptHandle }));
  }

  /** The same news once more. */
  async repeat(messages: Batch): Promise<void> {
    for (const { Body: MessageBody } of messages)
      await this.sqs.send(new SendMessageCommand({ QueueUrl: this.plan.queue.url, MessageBody }));
  }

  /** Messages that wait, that somebody has, and that were given up. */
  async left(): Promise<{ readonly waiting: number; readonly held: number; readonly deadLetters: number }> {
    const { queue, deadLetters } = this.plan;
    const [ours, dead] = await Promise.all([queue, deadLetters].map(({ url }) => this.depthOf(url)));
    return {
      waiting: Number(ours?.ApproximateNumberOfMessages),
      held: Number(ours?.ApproximateNumberOfMessagesNotVisible),
      deadLetters: Number(dead?.ApproximateNumberOfMessages),
    };
  }

  private async depthOf(QueueUrl: string) {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await this.sqs.send(command)).Attributes;
  }

  /** What an event source mapping does: hands what waits to the function, and deletes what it answers for. */
  async feed(instance: LambdaInstance): Promise<readonly Batch[]> {
    const batches = await this.receiveAll();
    for (const batch of batches) {
      const failed = await this.deliver(instance, batch);
      await this.remove(batch.filter((message) => !failed.includes(message)));
    }
    return batches;
  }

  /** Calls the function with a batch. @returns the messages that it does not answer for */
  async deliver(instance: LambdaInstance, batch: Batch): Promise<Batch> {
    const answer = await instance.invoke({ Records: batch.map((message) => this.record(message)) });
    const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return batch.filter(({ MessageId = '' }) => failed.has(MessageId));
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
  private record({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Message): object {
    const { arn } = this.plan.queue;
    return {
      ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes },
      ...{ messageAttributes: {}, md5OfBody: MD5OfBody, eventSource: 'aws:sqs', eventSourceARN: arn },
      awsRegion: arn.split(':')[3],
    };
  }

  end(): void {
    this.s3.destroy();
    this.sqs.destroy();
  }
}
