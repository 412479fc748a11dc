import type { NotificationConfiguration } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { waysInto } from '../../../../../src/cloud/aws/attach/ways.js';

const own = {
  ...{ id: 'tocsin-acme-trail', topicArn: 'arn:aws:sns:eu-west-1:2:tocsin-acme-trail' },
  prefixes: ['AWSLogs/1/CloudTrail/', 'AWSLogs/2/CloudTrail/'],
};
const TOPIC = 'arn:aws:sns:eu-west-1:2:shared';
const trail = (name: string, topicArn?: string) => ({ arn: name, topicArn, kmsKeyArn: undefined });

const topic = (
  prefix: string,
  { suffix = '', event = 's3:ObjectCreated:*' as const, arn = TOPIC, name = 'prefix' } = {},
): NotificationConfiguration['TopicConfigurations'] => [
  {
    ...{ Id: `${prefix}${suffix}`, TopicArn: arn, Events: [event] },
    Filter: {
      Key: {
        FilterRules: [
          { Name: name as 'prefix', Value: prefix },
          ...(suffix === '' ? [] : [{ Name: 'suffix' as const, Value: suffix }]),
        ],
      },
    },
  },
];
const found = (notifications: NotificationConfiguration, trails: ReturnType<typeof trail>[] = []) =>
  waysInto({ trails, notifications }, own).possible.map((way) =>
    'topicArn' in way ? `${way.from} ${way.topicArn}` : way.from,
  );

test('the way that changes least comes first', () => {
  const notifications = { EventBridgeConfiguration: {}, TopicConfigurations: topic('AWSLogs/') };

  expect(found(notifications, [trail('a', 'T')])).toEqual([
    ...['trail-topic T', 'eventbridge', `topic ${TOPIC}`],
  ]);
  expect(found({})).toEqual(['bucket']);
});

describe("the trail's own topic", () => {
  test.each([
    ['one trail with a topic', [trail('a', 'T')], ['trail-topic T', 'bucket']],
    ['two trails with one topic', [trail('a', 'T'), trail('b', 'T')], ['trail-topic T', 'bucket']],
    ['two trails with two topics', [trail('a', 'T'), trail('b', 'U')], ['bucket']],
    ['a trail without one beside it', [trail('a', 'T'), trail('b')], ['bucket']],
  ])('%s', (_, trails, ways) => {
    expect(found({}, trails)).toEqual(ways);
  });
});

describe('a topic that the bucket tells already', () => {
  test.each<[string, NotificationConfiguration['TopicConfigurations'], string[]]>([
    ['of everything', topic(''), [`topic ${TOPIC}`]],
    ['of what CloudTrail writes', topic('AWSLogs/', { suffix: '.gz' }), [`topic ${TOPIC}`]],
    [
      'of objects that are put',
      topic('', { event: 's3:ObjectCreated:Put' as 's3:ObjectCreated:*' }),
      [`topic ${TOPIC}`],
    ],
    [
      'of each prefix by itself',
      [...(topic('AWSLogs/1/') ?? []), ...(topic('AWSLogs/2/') ?? [])],
      [`topic ${TOPIC}`],
    ],
    ['of one prefix only', topic('AWSLogs/1/'), []],
    ['of a part of a prefix', topic('AWSLogs/1/CloudTrail/eu-west-1/'), []],
    ['of other files', topic('AWSLogs/', { suffix: '.csv' }), []],
    ['of what is deleted', topic('', { event: 's3:ObjectRemoved:*' as 's3:ObjectCreated:*' }), ['bucket']],
    ['by a filter that nobody knows', topic('', { name: 'size' }), []],
    ['which is ours', topic('AWSLogs/', { arn: own.topicArn }), [`topic ${own.topicArn}`]],
  ])('%s', (_, TopicConfigurations, ways) => {
    expect(found({ TopicConfigurations })).toEqual(ways);
  });

  test('two topics that share the prefixes tell nobody of all', () => {
    const entries = [...(topic('AWSLogs/1/') ?? []), ...(topic('AWSLogs/2/', { arn: `${TOPIC}-2` }) ?? [])];

    expect(found({ TopicConfigurations: entries })).toEqual([]);
  });
});

test('what stands in the way of an entry of ours is named', () => {
  const { possible, conflicts } = waysInto(
    {
      trails: [],
      notifications: {
        QueueConfigurations: [
          { Id: 'siem', QueueArn: 'arn:aws:sqs:eu-west-1:2:siem', Events: ['s3:ObjectCreated:Put'] },
        ],
        LambdaFunctionConfigurations: [
          {
            Id: own.id,
            LambdaFunctionArn: 'arn:aws:lambda:eu-west-1:2:function:f',
            Events: ['s3:ObjectRemoved:*'],
          },
        ],
      },
    },
    own,
  );

  expect(possible).toEqual([]);
  expect(conflicts).toMatchObject([
    { kind: 'overlaps', entry: { id: 'siem', target: 'arn:aws:sqs:eu-west-1:2:siem' } },
    { kind: 'id-taken', entry: { id: own.id } },
  ]);
});
