import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');

describe('notifications of a new bucket', () => {
  const stack = source(oneAccount());

  test('tell the topic of every new object below the prefix of the logs', () => {
    expect(stack.at('announcements/notification').values).toEqual({
      bucket: stack.at('log-bucket/bucket').ref('bucket'),
      topic: [
        {
          topic_arn: stack.at('log-topic/topic').ref('arn'),
          events: ['s3:ObjectCreated:*'],
          filter_prefix: 'AWSLogs/111111111111/CloudTrail/',
        },
      ],
      depends_on: [
        `aws_sns_topic_policy.${stack.at('log-topic/policy').name}`,
        // Who makes the bucket first loses the first logs.
        `aws_sns_topic_subscription.${stack.at('feed/subscription').name}`,
      ],
    });
  });

  test('leave out digests, which lie beside the logs of one account under the same suffix', () => {
    const [topic] = stack.at('announcements/notification').values.topic as readonly {
      readonly filter_prefix: string;
    }[];

    expect('AWSLogs/111111111111/CloudTrail-Digest/eu-central-1/2026/01/02/x.json.gz').not.toMatch(
      new RegExp(`^${topic?.filter_prefix}`),
    );
  });

  test("begin where an organisation's logs begin", () => {
    expect(source(organization()).at('announcements/notification').values.topic).toMatchObject([
      { filter_prefix: 'AWSLogs/o-a1b2c3d4e5/' },
    ]);
  });
});

test.each([
  { from: 'bucket' },
  { from: 'eventbridge' },
  { from: 'topic', topicArn: 'arn:aws:sns:eu-west-1:222222222222:uploads' },
  { from: 'trail-topic', topicArn: 'arn:aws:sns:eu-west-1:222222222222:trail' },
])('those of an existing bucket are never replaced: $from', (notifications) => {
  expect(source(existingBucket(notifications)).ofType('aws_s3_bucket_notification')).toEqual([]);
});
