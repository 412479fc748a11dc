import { Construct } from 'constructs';
import { Alarm, type AlarmProps, type Metric } from './alarm.js';
import type { AwsStack } from './aws-stack.js';

const FIVE_MINUTES = 300;

/** What can be wrong with the detector itself. */
export class DetectorAlarms extends Construct {
  constructor(scope: Construct, id: string, stack: AwsStack) {
    super(scope, id);
    const { base, detector } = stack.topology;
    const alarms = [
      ...(detector.config.runtime === 'lambda' ? functionAlarms(stack) : []),
      ...tableAlarms(detector.table.name),
    ];
    for (const { id: name, ...alarm } of alarms)
      new Alarm(this, name, stack, { ...alarm, name: `${base}-${name}` });
  }
}

type Named = Omit<AlarmProps, 'name'> & { readonly id: string };

/** Some trouble in two of the last three periods: what heals by the next try wakes nobody. */
const LASTING = {
  statistic: 'Sum',
  when: { above: 0 },
  periodSeconds: FIVE_MINUTES,
  periods: 3,
  bad: 2,
} as const;

function functionAlarms({ topology: { base, detector } }: AwsStack): readonly Named[] {
  const ofFunction = (name: string): Metric => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: detector.function.name },
  });
  // A rule that comes every hour has to be waited for a little longer than an hour.
  const sweepSeconds = Math.max(FIVE_MINUTES, detector.config.sweepMinutes * 60);
  return [
    {
      id: 'errors',
      says:
        'The detector fails again and again: it ran out of time or memory, or has a fault. Its messages are tried five ' +
        `times and are dead letters then. Read the errors in the log group ${detector.logGroup.name}.`,
      metrics: [ofFunction('Errors')],
      ...LASTING,
    },
    {
      id: 'throttled',
      says:
        'Lambda refuses to run the detector: the concurrency of the account, or what is reserved, is used up. Messages ' +
        'wait meanwhile. See what else runs in the account and region, and ask for a higher quota.',
      metrics: [ofFunction('Throttles')],
      ...LASTING,
    },
    {
      id: 'no-sweep',
      says:
        'The schedule has not called the detector: alerts whose delivery failed are not sent again, and silent sources ' +
        `are not noticed. See whether the schedule ${base}-sweep is there and enabled, and whether its role may call.`,
      metrics: [
        {
          namespace: 'AWS/Scheduler',
          name: 'InvocationAttemptCount',
          dimensions: { ScheduleGroup: `${base}-sweep` },
        },
      ],
      statistic: 'Sum',
      when: { below: 1 },
      periodSeconds: sweepSeconds,
      periods: 3,
      silenceIsBad: true,
    },
    {
      id: 'sweep-refused',
      says:
        'The schedule calls the detector in vain: it may not, or the function is gone. See the role of the schedule ' +
        `${base}-sweep, and whether the function ${detector.function.name} is there.`,
      metrics: [
        {
          namespace: 'AWS/Scheduler',
          name: 'TargetErrorCount',
          dimensions: { ScheduleGroup: `${base}-sweep` },
        },
      ],
      ...LASTING,
    },
  ];
}

const tableAlarms = (table: string): readonly Named[] => [
  {
    id: 'state-throttled',
    says:
      `DynamoDB turns the detector away from the table ${table}: too much at once for one part of it. Messages are ` +
      'tried again. If it goes on, lower maximumConcurrency or look for a rule that makes far too many groups.',
    metrics: [
      { namespace: 'AWS/DynamoDB', name: 'ReadThrottleEvents', dimensions: { TableName: table } },
      { namespace: 'AWS/DynamoDB', name: 'WriteThrottleEvents', dimensions: { TableName: table } },
    ],
    ...LASTING,
  },
  {
    id: 'state-failing',
    says:
      `DynamoDB fails at the table ${table}. Messages are tried again. See the health page of AWS for the region; ` +
      'when it is over, tocsin status shows what is left to replay.',
    metrics: [
      failing(table, 'GetItem'),
      failing(table, 'PutItem'),
      failing(table, 'DeleteItem'),
      failing(table, 'Query'),
    ],
    ...LASTING,
  },
];

const failing = (TableName: string, Operation: string): Metric => ({
  namespace: 'AWS/DynamoDB',
  name: 'SystemErrors',
  dimensions: { TableName, Operation },
});
