import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount } from '../configs.js';
import { synthesized, type Stack } from '../synth.js';

const pattern = (stack: Stack, path: string): unknown =>
  JSON.parse(String(stack.at(path).values.event_pattern));
const expected = (accountId: string) => ({
  source: ['aws.s3'],
  'detail-type': ['Object Created'],
  account: [accountId],
  detail: { bucket: { name: ['company-logs'] }, object: { key: [{ prefix: 'trails/AWSLogs/' }] } },
});

describe('a bucket beside the queue that tells EventBridge already', () => {
  const existing = {
    bucket: 'company-logs',
    keyPrefixes: ['trails/AWSLogs/'],
    notifications: { from: 'eventbridge' },
  };
  const stack = synthesized(oneAccount({ source: { existing } })).stack('source-trail');

  test('needs one rule, which takes the new objects of this bucket below its prefixes', () => {
    expect(stack.at('event-bridge/rule').values).toMatchObject({ name: 'tocsin-acme-trail-news' });
    expect(pattern(stack, 'event-bridge/rule')).toEqual(expected('111111111111'));
  });

  test('reaches the queue, and the dead letters where the queue is out of reach', () => {
    expect(stack.at('event-bridge/target').values).toEqual({
      rule: stack.at('event-bridge/rule').ref('name'),
      target_id: 'queue',
      arn: stack.outputs.queue_arn,
      dead_letter_config: { arn: 'arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-trail-dead-letters' },
    });
  });

  test('needs neither bus nor role nor topic', () => {
    expect(stack.ofType('aws_cloudwatch_event_bus')).toEqual([]);
    expect(stack.ofType('aws_iam_role').map(({ path }) => path)).toEqual(['reader/role']);
    expect(stack.outputs).not.toHaveProperty('topic_arn');
  });
});

describe('a bucket in another account or region', () => {
  const stack = synthesized(existingBucket({ from: 'eventbridge' })).stack('source-trail');
  const bus = 'arn:aws:events:eu-central-1:333333333333:event-bus/tocsin-acme-trail';

  test('has a rule beside it that puts the same events on a bus beside the queue', () => {
    expect(stack.at('event-bridge/bus/rule')).toMatchObject({
      provider: 'aws',
      values: { name: 'tocsin-acme-trail-news' },
    });
    expect(pattern(stack, 'event-bridge/bus/rule')).toEqual(expected('222222222222'));
    expect(stack.at('event-bridge/bus/target')).toMatchObject({
      provider: 'aws',
      values: {
        rule: stack.at('event-bridge/bus/rule').ref('name'),
        target_id: 'bus',
        arn: stack.at('event-bridge/bus/bus').ref('arn'),
        role_arn: stack.at('event-bridge/bus/role').ref('arn'),
      },
    });
  });

  test('puts them there by a role that this rule alone may use, and that may do nothing else', () => {
    expect(stack.statements('event-bridge/bus/role', 'assume_role_policy')).toEqual([
      {
        sid: 'OneRuleOnly',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['Service:events.amazonaws.com'],
        conditions: {
          'ArnEquals aws:SourceArn': ['arn:aws:events:eu-west-1:222222222222:rule/tocsin-acme-trail-news'],
          'StringEquals aws:SourceAccount': ['222222222222'],
        },
      },
    ]);
    expect(stack.statements('event-bridge/bus/put')).toEqual([
      { sid: 'PutEventsOnBus', effect: 'Allow', actions: ['events:PutEvents'], resources: [bus] },
    ]);
  });

  test('has a bus that takes events of S3 from that role, and nothing from anybody else', () => {
    expect(stack.at('event-bridge/bus/bus')).toMatchObject({
      provider: 'aws.security-eu-central-1',
      values: { name: 'tocsin-acme-trail' },
    });
    expect(stack.statements('event-bridge/bus/policy')).toEqual([
      {
        sid: 'TakeEventsOfBucket',
        effect: 'Allow',
        actions: ['events:PutEvents'],
        resources: [bus],
        principals: ['AWS:arn:aws:iam::222222222222:role/tocsin-acme-trail-bridge'],
        conditions: {
          'ForAllValues:StringEquals events:source': ['aws.s3'],
          'ForAllValues:StringEquals events:detail-type': ['Object Created'],
        },
      },
    ]);
  });

  test('has a rule on the bus that hands them to the queue', () => {
    const rule = stack.at('event-bridge/rule');

    expect(rule).toMatchObject({
      provider: 'aws.security-eu-central-1',
      values: { event_bus_name: stack.at('event-bridge/bus/bus').ref('name') },
    });
    expect(pattern(stack, 'event-bridge/rule')).toEqual(expected('222222222222'));
    expect(stack.at('event-bridge/target').values).toMatchObject({
      event_bus_name: stack.at('event-bridge/bus/bus').ref('name'),
      rule: rule.ref('name'),
      arn: stack.outputs.queue_arn,
    });
  });

  test('crosses regions of one account the same way', () => {
    const existing = { bucket: 'company-logs', notifications: { from: 'eventbridge' } };
    const crossing = synthesized(oneAccount({ source: { region: 'us-east-1', existing } })).stack(
      'source-trail',
    );

    expect(crossing.at('event-bridge/bus/rule').provider).toBe('aws');
    expect(crossing.at('event-bridge/bus/bus').provider).toBe('aws.main-eu-central-1');
  });
});
