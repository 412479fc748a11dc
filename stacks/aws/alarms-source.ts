import { Construct } from 'constructs';
import type { SourcePlan } from '../../src/config/aws/topology.js';
import { Alarm, type Metric } from './alarm.js';
import type { AwsStack } from './aws-stack.js';

export interface SourceAlarmsProps {
  readonly source: SourcePlan;
}

const FIVE_MINUTES = 300;
const HOUR = 3600;

/** What can be wrong with one source, as its queues show it. */
export class SourceAlarms extends Construct {
  constructor(scope: Construct, id: string, stack: AwsStack, { source }: SourceAlarmsProps) {
    super(scope, id);
    const { noDataHours, oldestMessageMinutes } = stack.topology.config.monitoring;
    const { name, base, queue, deadLetters } = source;
    new Alarm(this, 'dead-letters', stack, {
      name: `${base}-dead-letters`,
      says:
        `Logs of ${name} were announced, and the detector gave up on them: nobody has looked at them. ` +
        'Find the reason with tocsin status, or in the log of the detector; take it away; then tocsin replay.',
      metrics: [depth(deadLetters.name)],
      statistic: 'Maximum',
      when: { above: 0 },
      periodSeconds: FIVE_MINUTES,
      periods: 1,
    });
    new Alarm(this, 'waiting', stack, {
      name: `${base}-waiting`,
      says:
        `Logs of ${name} wait for more than ${oldestMessageMinutes} minutes: alerts about them come late. ` +
        'Look at the alarms of the detector; if it has no errors it is too small: raise maximumConcurrency.',
      metrics: [{ namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimensions: of(queue.name) }],
      statistic: 'Maximum',
      when: { above: oldestMessageMinutes * 60 },
      periodSeconds: FIVE_MINUTES,
      periods: 3,
    });
    new Alarm(this, 'silent', stack, {
      name: `${base}-silent`,
      says:
        `Nothing was heard of new logs of ${name} for ${noDataHours} h. After an installation that ends with the first ` +
        'logs. Later: see whether the trail logs, whether new files come into the bucket, and what it announces them to.',
      metrics: [{ namespace: 'AWS/SQS', name: 'NumberOfMessagesSent', dimensions: of(queue.name) }],
      statistic: 'Sum',
      when: { below: 1 },
      periodSeconds: HOUR,
      periods: noDataHours,
      silenceIsBad: true,
    });
  }
}

const of = (QueueName: string) => ({ QueueName });

const depth = (queue: string): Metric => ({
  namespace: 'AWS/SQS',
  name: 'ApproximateNumberOfMessagesVisible',
  dimensions: of(queue),
});
