import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FauxAws, REGION } from '../../support/fauxqs.js';
import { existingBucket, oneAccount } from '../configs.js';
import { synthesized } from '../synth.js';

const topicArn = `arn:aws:sns:${REGION}:222222222222:aws-controltower-AllConfigNotifications`;
const values = (notifications: object) =>
  synthesized(existingBucket({ ...notifications }))
    .stack('source-trail')
    .at('feed/subscription').values;

const KEY = 'o-exampleorgid/AWSLogs/210987654321/CloudTrail/eu-west-1/2026/03/02/a.json.gz';
/** docs.aws.amazon.com, "Configuring Amazon SNS notifications for CloudTrail". */
const logs = (s3Bucket: string, ...s3ObjectKey: string[]): string =>
  JSON.stringify({ s3Bucket, s3ObjectKey });
/** docs.aws.amazon.com, "Notifications that AWS Config sends to an Amazon SNS topic". */
const ofConfig = (messageType: string, more: object): string =>
  JSON.stringify({ ...more, messageType, recordVersion: '1.1' });

describe("a trail's topic that AWS Config tells too", () => {
  let aws: FauxAws;
  let shared: string;

  beforeAll(async () => {
    aws = await FauxAws.start();
    aws.queue('news');
    const { filter_policy_scope, filter_policy } = values({ from: 'trail-topic', topicArn });
    shared = aws.emulator.createTopic('shared').topicArn;
    aws.emulator.subscribe({
      ...{ topic: 'shared', queue: 'news' },
      attributes: {
        RawMessageDelivery: 'true',
        FilterPolicyScope: String(filter_policy_scope),
        FilterPolicy: String(filter_policy),
      },
    });
  });
  afterAll(() => aws.stop());

  const arrived = async (Message: string): Promise<readonly string[]> => {
    const before = aws.messages('news').ready.length;
    await aws.sns.send(new PublishCommand({ TopicArn: shared, Message }));
    return aws.messages('news').ready.slice(before);
  };

  test.each([
    ['one file', logs('company-logs', KEY)],
    ['several files', logs('company-logs', KEY, `${KEY}.2`)],
  ])('brings what CloudTrail tells of logs in the bucket: %s', async (_, message) => {
    expect(await arrived(message)).toEqual([message]);
  });

  test.each([
    ['logs in another bucket', logs('other-logs', KEY)],
    ['what CloudTrail sends as a test', 'CloudTrail validation message.'],
    ['an item that was changed', ofConfig('ConfigurationItemChangeNotification', { configurationItem: {} })],
    [
      'a history in the same bucket',
      ofConfig('ConfigurationHistoryDeliveryCompleted', { s3Bucket: 'company-logs', s3ObjectKey: 'a' }),
    ],
    [
      'an event',
      JSON.stringify({ source: 'aws.config', 'detail-type': 'Config Rules Compliance Change', detail: {} }),
    ],
  ])('keeps the queue free of %s', async (_, message) => {
    expect(await arrived(message)).toEqual([]);
  });
});

test.each([
  ['a topic that the bucket tells', values({ from: 'topic', topicArn })],
  ['a topic of ours', synthesized(oneAccount()).stack('source-trail').at('feed/subscription').values],
])('of %s everything reaches the queue', (_, subscription) => {
  expect(subscription).not.toHaveProperty('filter_policy');
  expect(subscription).not.toHaveProperty('filter_policy_scope');
});
