import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js';
import type { Construct } from 'constructs';
import type { AwsStack } from './aws-stack.js';

export interface Metric {
  /** Such as `AWS/SQS`. */
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface AlarmProps {
  /** Follows the base of the name; its place in the topic's policy. */
  readonly name: string;
  /** What it means, and what to do first. */
  readonly says: string;
  /** Several are added up. */
  readonly metrics: readonly [Metric, ...Metric[]];
  readonly statistic: 'Sum' | 'Maximum';
  readonly when: { readonly above: number } | { readonly below: number };
  readonly periodSeconds: number;
  readonly periods: number;
  /** How many of the periods have to be bad. @default all */
  readonly bad?: number;
  /** Whether no data is bad. @default false */
  readonly silenceIsBad?: boolean;
}

/** Tells the operations topic when a number leaves its bounds, and when it is back. */
export class Alarm extends CloudwatchMetricAlarm {
  constructor(scope: Construct, id: string, stack: AwsStack, props: AlarmProps) {
    const { place, operationsTopic } = stack.topology.detector;
    const { name, says, metrics, statistic, when, periodSeconds, periods, bad = periods } = props;
    const [only, ...others] = metrics;
    super(scope, id, {
      ...stack.at(place),
      alarmName: name,
      alarmDescription: says,
      ...(others.length === 0
        ? {
            namespace: only.namespace,
            metricName: only.name,
            dimensions: only.dimensions,
            statistic,
            period: periodSeconds,
          }
        : { metricQuery: summed(metrics, statistic, periodSeconds) }),
      comparisonOperator: 'above' in when ? 'GreaterThanThreshold' : 'LessThanThreshold',
      threshold: 'above' in when ? when.above : when.below,
      evaluationPeriods: periods,
      datapointsToAlarm: bad,
      treatMissingData: props.silenceIsBad === true ? 'breaching' : 'notBreaching',
      alarmActions: [operationsTopic.arn],
      okActions: [operationsTopic.arn],
    });
  }
}

const summed = (metrics: readonly Metric[], stat: string, period: number) => [
  { id: 'sum', expression: 'SUM(METRICS())', label: 'sum', returnData: true },
  ...metrics.map(({ namespace, name, dimensions }, i) => ({
    id: `m${i}`,
    returnData: false,
    metric: { namespace, metricName: name, dimensions, stat, period },
  })),
];
