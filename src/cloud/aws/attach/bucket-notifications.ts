import { setTimeout as pause } from 'node:timers/promises';
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import type { SourcePlan } from '../../../config/aws/topology.js';
import { UsageError } from '../../../errors.js';
import { AwsError, ask } from '../aws-error.js';
import type { AwsClientConfig } from '../clients.js';

/** Milliseconds. A bucket's settings are not the same everywhere at once. */
const READ_AGAIN_AFTER = 1_000;
const MOST_READS = 5;

/** The notifications of one bucket. S3 knows them only as a whole: whoever writes one entry writes all of them. */
export class BucketNotifications {
  private readonly client: S3Client;
  /** Seen in the last reading: writing would lose it. */
  private unknownPart: string | undefined;

  constructor(
    config: AwsClientConfig,
    private readonly source: Pick<SourcePlan, 'bucket' | 'place'>,
    private readonly readAgainAfter = READ_AGAIN_AFTER,
  ) {
    this.client = new S3Client(config);
  }

  close(): void {
    this.client.destroy();
  }

  async read(): Promise<NotificationConfiguration> {
    const { bucket, place } = this.source;
    let xml = '';
    const command = new GetBucketNotificationConfigurationCommand({
      Bucket: bucket.name,
      ExpectedBucketOwner: place.accountId,
    });
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as { body?: unknown };
        const body = await bytesOf(response.body);
        xml = body.toString('utf8');
        response.body = new Uint8Array(body);
        return result;
      },
      // Inside of the SDK's own, which takes only what it knows.
      { step: 'deserialize', priority: 'low', name: 'keepXml' },
    );
    const found = await ask({ action: 's3:GetBucketNotification', on: bucket.arn, place }, () =>
      this.client.send(command),
    );
    this.unknownPart = unknownIn(xml);
    const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations } = found;
    const { EventBridgeConfiguration } = found;
    return withoutEmpty({
      ...{ TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration },
    });
  }

  /**
   * Replaces what was read before.
   * @throws UsageError where that had a part which this program does not know
   */
  async write(configuration: NotificationConfiguration, makesTopic: string): Promise<void> {
    const { bucket, place } = this.source;
    if (this.unknownPart !== undefined) throw unknownPart(this.unknownPart, bucket.name);
    const asked = { action: 's3:PutBucketNotification', on: bucket.arn, place };
    try {
      await ask(asked, () =>
        this.client.send(
          new PutBucketNotificationConfigurationCommand({
            Bucket: bucket.name,
            ExpectedBucketOwner: place.accountId,
            NotificationConfiguration: configuration,
          }),
        ),
      );
    } catch (error) {
      if (!(error instanceof AwsError && /validate the following destination/i.test(error.message)))
        throw error;
      throw new AwsError(
        error.message,
        'failed',
        `Apply the stack ${makesTopic} first: it makes the topic. If it is there, another entry of the bucket tells ` +
          'something that is gone: mend that entry or take it out.',
        { cause: error },
      );
    }
  }

  /** Reads them until they are as they should be, or for some seconds. */
  async readUntil(isThere: (seen: NotificationConfiguration) => boolean): Promise<NotificationConfiguration> {
    for (let reads = 1; ; reads++) {
      const seen = await this.read();
      if (isThere(seen) || reads === MOST_READS) return seen;
      await pause(this.readAgainAfter);
    }
  }
}

const withoutEmpty = (configuration: NotificationConfiguration): NotificationConfiguration =>
  Object.fromEntries(
    Object.entries(configuration).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const parts: Buffer[] = [];
  if (body !== undefined)
    for await (const part of body as AsyncIterable<Uint8Array>) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
const KNOWN_ELEMENTS = new Set([
  ...['TopicConfiguration', 'QueueConfiguration', 'CloudFunctionConfiguration'],
  ...['EventBridgeConfiguration', 'Id', 'Topic', 'Queue', 'CloudFunction', 'Event', 'Filter', 'S3Key'],
  ...['FilterRule', 'Name', 'Value'],
]);

function unknownIn(xml: string): string | undefined {
  const [_root, ...parts] = [...xml.matchAll(/<([A-Za-z][\w.:-]*)/g)].map(([, name = '']) => name);
  return parts.find((name) => !KNOWN_ELEMENTS.has(name));
}

const unknownPart = (name: string, bucket: string): UsageError =>
  new UsageError(
    'UNKNOWN_NOTIFICATIONS',
    `The notifications of the bucket ${bucket} have a part "${name}" that Tocsin does not know and would lose.`,
    'Add the entry yourself, as `tocsin attach` without --apply shows it, or install a newer Tocsin.',
  );
