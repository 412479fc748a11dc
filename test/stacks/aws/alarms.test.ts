import { describe, expect, test } from '@jest/globals';
import { oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const aws = (detector: object = {}, monitoring: object = {}) => ({
  accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
  detector: { account: 'main', ...detector },
  monitoring,
});
const stacks = (detector: object = {}, monitoring: object = {}) =>
  synthesized(oneAccount({ aws: aws(detector, monitoring) }));

describe('alarms of a source', () => {
  const stack = stacks().stack('source-trail');

  test('are raised by the first dead letter', () => {
    expect(stack.at('alarms/dead-letters').values).toMatchObject({
      alarm_name: 'tocsin-acme-trail-dead-letters',
      namespace: 'AWS/SQS',
      metric_name: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: 'tocsin-acme-trail-dead-letters' },
      statistic: 'Maximum',
      comparison_operator: 'GreaterThanThreshold',
      threshold: 0,
      evaluation_periods: 1,
      treat_missing_data: 'notBreaching',
    });
  });

  test('are raised when messages wait for longer than configured', () => {
    const patient = stacks({}, { oldestMessageMinutes: 120 }).stack('source-trail');

    expect(patient.at('alarms/waiting').values).toMatchObject({
      metric_name: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: 'tocsin-acme-trail' },
      comparison_operator: 'GreaterThanThreshold',
      threshold: 7200,
    });
  });

  test.each([1, 6, 24])('are raised when nothing has come for %i hours, no data included', (noDataHours) => {
    const { values } = stacks({}, { noDataHours }).stack('source-trail').at('alarms/silent');

    expect(values).toMatchObject({
      metric_name: 'NumberOfMessagesSent',
      dimensions: { QueueName: 'tocsin-acme-trail' },
      statistic: 'Sum',
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      period: 3600,
      evaluation_periods: noDataHours,
      datapoints_to_alarm: noDataHours,
      treat_missing_data: 'breaching',
    });
  });

  test('are where the queue is', () => {
    const other = synthesized(organization()).stack('source-trail');

    expect(new Set(other.ofType('aws_cloudwatch_metric_alarm').map(({ provider }) => provider))).toEqual(
      new Set(['aws.security-eu-central-1']),
    );
  });
});

describe('alarms of the detector', () => {
  const stack = stacks().stack('detector');

  test.each([
    ['errors', 'Errors'],
    ['throttled', 'Throttles'],
  ])('are raised by lasting %s of the function', (path, metric) => {
    expect(stack.at(`alarms/${path}`).values).toMatchObject({
      namespace: 'AWS/Lambda',
      metric_name: metric,
      dimensions: { FunctionName: 'tocsin-acme-detector' },
      statistic: 'Sum',
      threshold: 0,
      evaluation_periods: 3,
      datapoints_to_alarm: 2,
    });
  });

  test.each([
    [1, 300],
    [60, 3600],
  ])('are raised when a sweep of every %i minutes does not come', (sweepMinutes, period) => {
    expect(stacks({ sweepMinutes }).stack('detector').at('alarms/no-sweep').values).toMatchObject({
      namespace: 'AWS/Scheduler',
      metric_name: 'InvocationAttemptCount',
      dimensions: { ScheduleGroup: 'tocsin-acme-sweep' },
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      period,
      treat_missing_data: 'breaching',
    });
    expect(stack.at('alarms/sweep-refused').values).toMatchObject({ metric_name: 'TargetErrorCount' });
  });

  test.each([
    ['state-throttled', ['ReadThrottleEvents', 'WriteThrottleEvents']],
    ['state-failing', ['SystemErrors', 'SystemErrors', 'SystemErrors', 'SystemErrors']],
  ])('are raised when DynamoDB does not serve the table: %s', (path, metrics) => {
    const [sum, ...parts] = stack.at(`alarms/${path}`).values.metric_query as readonly {
      readonly expression?: string;
      readonly return_data: boolean;
      readonly metric?: Readonly<Record<string, unknown>>;
    }[];

    expect(sum).toMatchObject({ expression: 'SUM(METRICS())', return_data: true });
    expect(parts.map(({ metric }) => metric?.metric_name)).toEqual(metrics);
    for (const { metric, return_data } of parts) {
      expect(return_data).toBe(false);
      expect(metric).toMatchObject({
        namespace: 'AWS/DynamoDB',
        dimensions: { TableName: 'tocsin-acme-state' },
      });
    }
  });

  test('are those of the table alone where there is no function', () => {
    const served = stacks({ runtime: 'serve' }).stack('detector');

    expect(served.ofType('aws_cloudwatch_metric_alarm').map(({ path }) => path)).toEqual([
      'alarms/state-failing',
      'alarms/state-throttled',
    ]);
  });
});

test('every alarm says what it means and what to do first, in a text that CloudWatch and HCL take', () => {
  const all = stacks().all.flatMap((stack) => stack.ofType('aws_cloudwatch_metric_alarm'));

  for (const { values } of all) {
    const says = String(values.alarm_description);
    expect(says.length).toBeGreaterThan(80);
    expect(says.length).toBeLessThanOrEqual(1024);
    expect(says).not.toMatch(/["\n]/);
    // CloudWatch looks back a day at most for shorter periods than an hour, and a week for others.
    const reach = Number(values.evaluation_periods) * Number(values.period ?? 300);
    expect(reach).toBeLessThanOrEqual(Number(values.period ?? 300) < 3600 ? 86_400 : 604_800);
  }
});
