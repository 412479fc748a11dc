import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readNotification } from '../../detector/feeds/s3/notification.js';
import { oneAccount } from '../stacks/configs.js';
import { AwsSource } from '../support/aws-source.js';
import { describeWith } from '../support/capabilities.js';
import { SAMPLE_REGION } from '../support/cloudtrail-samples.js';
import { credentialsOf, moto } from '../support/moto.js';
import { Deployment } from '../support/terraform-deployment.js';
import { terraform } from '../support/terraform-tool.js';
import type { Terraform } from '../support/terraform.js';
import { account } from './aws-topologies.js';

const APPLY_MS = 900_000;
const LOG = 'AWSLogs/444455556666/CloudTrail/eu-west-1/2026/03/02/file.json.gz';

const OWNER = '222222222222';
const arn = (service: string, name: string): string => `arn:aws:${service}:${SAMPLE_REGION}:${OWNER}:${name}`;
const TOPIC = arn('sns', 'owners-logs');
const QUEUE = arn('sqs', 'owners-thumbnails');

/** What every bucket here does for its owner already. */
const THUMBNAILS = {
  QueueConfigurations: [
    {
      ...{ Id: 'thumbnails', QueueArn: QUEUE, Events: ['s3:ObjectCreated:*'] },
      Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'images/' }] } },
    },
  ],
} satisfies NotificationConfiguration;

interface Way {
  /** Name of the source, and of its bucket. */
  readonly name: string;
  readonly notifications: object;
  /** What tells of new logs already. */
  readonly already: NotificationConfiguration;
}

const BY_TOPIC: Way = {
  name: 'by-topic',
  notifications: { from: 'topic', topicArn: TOPIC },
  already: {
    TopicConfigurations: [{ Id: 'logs', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] }],
  },
};
const BY_EVENTBRIDGE: Way = {
  ...{ name: 'by-eventbridge', notifications: { from: 'eventbridge' } },
  already: { EventBridgeConfiguration: {} },
};
/** `tocsin attach` adds the entry. */
const NOT_YET: Way = { name: 'not-yet', notifications: { from: 'bucket' }, already: {} };

const WAYS = [BY_TOPIC, BY_EVENTBRIDGE, NOT_YET];

const CONFIG = oneAccount({
  aws: {
    accounts: { logs: account(OWNER), security: account('333333333333') },
    detector: { account: 'security', runtime: 'serve' },
  },
  config: {
    sources: WAYS.map(({ name, notifications }) => ({
      name,
      aws: { account: 'logs', existing: { bucket: name, notifications } },
    })),
  },
});

describeWith(moto, 'AWS', () => {
  describeWith(terraform, 'by Terraform: a bucket that is there already', (tool) => {
    let deployment: Deployment;
    let s3: S3Client;
    let sns: SNSClient;
    let sqs: SQSClient;
    const sources = new Map<string, AwsSource>();
    const before = new Map<string, NotificationConfiguration>();
    // Not the detector's stack: where no function takes the messages, a source's needs nothing of it.
    const all = (work: (stack: Terraform) => Promise<void>): Promise<unknown> =>
      Promise.all(deployment.stacks.slice(1).map(work));

    beforeAll(async () => {
      deployment = await Deployment.of(tool, CONFIG);
      const { moto: aws, topology } = deployment;
      const keys = await aws.keysOf(`arn:aws:iam::${OWNER}:role/owner`);
      const client = { endpoint: aws.url, region: SAMPLE_REGION, credentials: credentialsOf(keys) };
      s3 = new S3Client({ ...client, forcePathStyle: true });
      sns = new SNSClient(client);
      sqs = new SQSClient(client);
      await sns.send(new CreateTopicCommand({ Name: TOPIC.split(':').at(-1) }));
      await sqs.send(new CreateQueueCommand({ QueueName: QUEUE.split(':').at(-1) }));
      for (const { name: Bucket, already } of WAYS) {
        const where = { LocationConstraint: SAMPLE_REGION } as const;
        await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: where }));
        const NotificationConfiguration = { ...THUMBNAILS, ...already };
        await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
      }
      const detector = await aws.keysOf(topology.detector.role.arn);
      for (const plan of topology.sources) {
        const source = new AwsSource(plan, aws.url, { bucket: keys, queue: detector });
        sources.set(plan.name, source);
        before.set(plan.name, await source.notifications());
      }
      await all(async (stack) => {
        await stack.init();
        await stack.plan();
        await stack.apply();
      });
    }, APPLY_MS);

    afterAll(async () => {
      for (const source of sources.values()) source.end();
      for (const client of [s3, sns, sqs]) client.destroy();
      await deployment.moto.stop();
    });

    const sourceOf = ({ name }: Way): AwsSource => {
      const source = sources.get(name);
      if (source === undefined) throw new Error(`There is no source ${name}.`);
      return source;
    };

    /** Keys of the objects of which the source's queue has news. */
    const newsOf = async (way: Way): Promise<readonly string[]> =>
      (await sourceOf(way).receiveAll())
        .flat()
        .flatMap(({ Body = '' }) => readNotification(Body).objects)
        .flatMap(({ bucket, key }) => (bucket === way.name ? [key] : []));

    const put = (way: Way, key: string): Promise<void> =>
      sourceOf(way).put([{ key, bytes: Buffer.from('{}') }]);

    test.each(WAYS)('$name: apply leaves its notifications as they were', async (way) => {
      expect(before.get(way.name)).toMatchObject(THUMBNAILS);
      expect(await sourceOf(way).notifications()).toEqual(before.get(way.name));
    });

    test.each([BY_TOPIC, BY_EVENTBRIDGE])('$name: news of a log reaches the queue', async (way) => {
      await put(way, LOG);
      expect(await newsOf(way)).toEqual([LOG]);
    });

    describe('once it is destroyed', () => {
      beforeAll(() => all((stack) => stack.destroy()), APPLY_MS);

      test.each(WAYS)('$name: the notifications are as they were', async (way) => {
        expect(await sourceOf(way).notifications()).toEqual(before.get(way.name));
      });

      test('the owner still hears of what is his', async () => {
        await put(NOT_YET, 'images/1.png');
        const QueueUrl = `${deployment.moto.url}/${OWNER}/owners-thumbnails`;
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        expect(Messages.filter(({ Body = '' }) => Body.includes('images'))).toHaveLength(1);
      });
    });
  });
});
