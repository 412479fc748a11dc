import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { topologyOf } from '../../../../src/config/aws/of-config.js';
import type { AwsTopology } from '../../../../src/config/aws/topology.js';
import { parseConfig } from '../../../../src/config/load.js';

const example = (name: string): string => readFileSync(`examples/${name}.tocsin.yaml`, 'utf8');

function planned(yaml: string): AwsTopology {
  const found = topologyOf(parseConfig(yaml, 'tocsin.yaml'));
  if (found === undefined) throw new Error('no topology');
  return found;
}

/** A small configuration, with the source's `aws` given. */
const yaml = (
  source: string,
  {
    installation = 'acme',
    name = 'trail',
    more = '',
  }: { installation?: string; name?: string; more?: string } = {},
): string => `
installation: ${installation}
aws:
  accounts:
    main: { id: '111111111111', region: eu-central-1 }
    other: { id: '222222222222', region: eu-west-1 }
  detector: { account: main }
${more}
sources:
  - name: ${name}
    aws: ${source}
`;

const EXISTING = (notifications: string): string =>
  `{ account: other, existing: { bucket: their-logs, notifications: ${notifications} } }`;

describe('one account', () => {
  const aws = planned(example('aws-one-account'));
  const [source] = aws.sources;

  test('names everything after prefix and installation', () => {
    expect(aws.base).toBe('tocsin-acme');
    expect(aws.detector).toMatchObject({
      role: { name: 'tocsin-acme-detector', arn: 'arn:aws:iam::111111111111:role/tocsin-acme-detector' },
      function: { arn: 'arn:aws:lambda:eu-central-1:111111111111:function:tocsin-acme-detector' },
      table: { arn: 'arn:aws:dynamodb:eu-central-1:111111111111:table/tocsin-acme-state' },
    });
    expect(source).toMatchObject({
      bucket: {
        name: 'tocsin-acme-cloudtrail-111111111111',
        arn: 'arn:aws:s3:::tocsin-acme-cloudtrail-111111111111',
        exists: false,
      },
      reader: { arn: 'arn:aws:iam::111111111111:role/tocsin-acme-cloudtrail-reader' },
      trail: {
        arn: 'arn:aws:cloudtrail:eu-central-1:111111111111:trail/tocsin-acme-cloudtrail',
        organization: false,
        isNew: true,
      },
      queue: {
        url: 'https://sqs.eu-central-1.amazonaws.com/111111111111/tocsin-acme-cloudtrail',
        arn: 'arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-cloudtrail',
      },
      announcer: { kind: 'new-topic' },
    });
  });

  test('keeps digests away by the prefix', () => {
    expect(source?.keyPrefixes).toEqual(['AWSLogs/111111111111/CloudTrail/']);
  });

  test('lists each secret once, its name told apart by installation', () => {
    expect(aws.detector.secrets.map(({ reference }) => reference)).toEqual(['slack-token', 'pagerduty-key']);
    const other = planned(example('aws-one-account').replace('installation: acme', 'installation: test'));
    const names = [aws, other].map(({ detector }) => detector.secrets[0]?.name ?? '');
    expect(names[0]).toMatch(/^tocsin-acme\/slack-token-[0-9a-f]{8}$/);
    expect(names[0]?.slice(-8)).not.toBe(names[1]?.slice(-8));
  });

  test('has one stack for the detector and one for the source', () => {
    expect(aws.stacks.detector).toBe('tocsin-acme-detector');
    expect(aws.stacks.source('cloudtrail')).toBe('tocsin-acme-source-cloudtrail');
  });
});

describe('an organisation', () => {
  const [source] = planned(example('aws-organization')).sources;

  test('has its trail in the management account, its bucket with the logs, its queue with the detector', () => {
    expect(source).toMatchObject({
      place: { accountId: '222222222222' },
      trail: { place: { accountId: '111111111111' }, organization: true },
      reader: { arn: 'arn:aws:iam::222222222222:role/tocsin-acme-organization-reader' },
      queue: { arn: 'arn:aws:sqs:eu-central-1:333333333333:tocsin-acme-organization' },
    });
  });

  test('reads below the id of the organisation', () => {
    expect(source?.keyPrefixes).toEqual(['AWSLogs/o-a1b2c3d4e5/']);
  });
});

describe('a bucket that is there', () => {
  test.each([
    [
      "{ from: trail-topic, topicArn: 'arn:aws:sns:eu-west-1:222222222222:theirs' }",
      {
        kind: 'existing-topic',
        topic: { name: 'theirs', arn: 'arn:aws:sns:eu-west-1:222222222222:theirs' },
      },
    ],
    ['{ from: eventbridge }', { kind: 'eventbridge' }],
    [
      '{ from: bucket }',
      {
        kind: 'new-topic',
        topic: {
          name: 'tocsin-acme-trail-news',
          arn: 'arn:aws:sns:eu-west-1:222222222222:tocsin-acme-trail-news',
        },
      },
    ],
  ])('is announced by what it says: %s', (notifications, announcer) => {
    const [source] = planned(yaml(EXISTING(notifications))).sources;

    expect(source).toMatchObject({ announcer, bucket: { exists: true }, keyPrefixes: ['AWSLogs/'] });
    expect(source?.trail).toBeUndefined();
  });

  test('knows its trail where it is in one of the accounts', () => {
    const trailArn = 'arn:aws:cloudtrail:us-east-1:111111111111:trail/theirs';
    const source = `{ account: other, existing: { bucket: their-logs, trailArn: '${trailArn}', notifications: { from: eventbridge } } }`;

    expect(planned(yaml(source)).sources[0]?.trail).toMatchObject({
      ...{ name: 'theirs', arn: trailArn, isNew: false },
      place: { account: 'main', region: 'us-east-1' },
    });
  });
});

describe('external ids', () => {
  const idOf = (text: string): string | undefined => planned(text).sources[0]?.reader.externalId;

  test('are the same each time, and another for another installation, source or account', () => {
    const ids = [
      yaml('{ account: main }'),
      yaml('{ account: main }', { installation: 'test' }),
      yaml('{ account: main }', { name: 'second' }),
      yaml('{ account: other }'),
    ].map(idOf);

    expect(idOf(yaml('{ account: main }'))).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toMatch(/^tocsin-acme-[0-9a-f]{32}$/);
  });

  test('can be given', () => {
    expect(idOf(yaml('{ account: main, externalId: given-by-them }'))).toBe('given-by-them');
  });
});

test('names that are too long are cut, and stay different', () => {
  const long = 'a-source-with-a-name-that-goes-on-and-on-until-nobody-can-read-it';
  const [one, two] = [`${long}-1`, `${long}-2`].map(
    (name) => planned(yaml('{ account: main }', { name, installation: 'installation-longest' })).sources[0],
  );

  expect(one?.bucket.name).not.toBe(two?.bucket.name);
  expect(`${one?.bucket.name}-access`.length).toBeLessThanOrEqual(63);
  expect(one?.reader.name).not.toBe(two?.reader.name);
  expect(one?.reader.name.length).toBeLessThanOrEqual(64);
  expect(one?.topic.name).not.toBe(two?.topic.name);
  // Of a rule, which is called the same.
  expect(one?.topic.name.length).toBeLessThanOrEqual(64);
});

test.each([
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
])('the partition %s has its own ARNs and addresses', (partition, region, domain) => {
  const text = yaml('{ account: main }', { more: `  partition: ${partition}` })
    .replaceAll('eu-central-1', region)
    .replaceAll('eu-west-1', region);
  const aws = planned(text);

  expect(aws.detector.role.arn).toBe(`arn:${partition}:iam::111111111111:role/tocsin-acme-detector`);
  expect(aws.sources[0]?.bucket.arn).toMatch(new RegExp(`^arn:${partition}:s3:::`));
  expect(aws.sources[0]?.queue.url).toBe(`https://sqs.${region}.${domain}/111111111111/tocsin-acme-trail`);
});

test('without `aws` there is nothing', () => {
  expect(topologyOf(parseConfig('sources: []', 'tocsin.yaml'))).toBeUndefined();
});
