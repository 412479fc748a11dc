import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group/index.js';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule/index.js';
import { Construct } from 'constructs';
import type { AwsStack } from './aws-stack.js';
import { jsonText } from './json-text.js';
import { forAccount, forResource, policyDocument } from './policy.js';

export interface SweepProps {
  readonly functionArn: string;
}

/** What the schedule sends; `detector/runtimes/lambda` knows it. */
const SWEEP = { tocsin: 'sweep' };

/** Calls the function again and again: deliveries that are due, sources that are silent, what may be forgotten. */
export class Sweep extends Construct {
  constructor(scope: Construct, id: string, stack: AwsStack, { functionArn }: SweepProps) {
    super(scope, id);
    const { base, partition, detector } = stack.topology;
    const { place, config } = detector;
    const at = stack.at(place);
    const name = `${base}-sweep`;
    const group = new SchedulerScheduleGroup(this, 'group', { ...at, name });
    const role = new IamRole(this, 'role', {
      ...at,
      ...stack.boundary(place),
      name,
      description: `Calls the detector of ${base} on schedule`,
      assumeRolePolicy: policyDocument(this, 'trust', at, [
        {
          sid: 'OneGroupOnly',
          actions: ['sts:AssumeRole'],
          principals: [{ service: 'scheduler.amazonaws.com' }],
          // The source is the group, never a schedule in it.
          // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
          conditions: [
            forAccount(place.accountId),
            forResource(
              `arn:${partition}:scheduler:${place.region}:${place.accountId}:schedule-group/${name}`,
            ),
          ],
        },
      ]),
    });
    const calls = new IamRolePolicy(this, 'policy', {
      ...at,
      name: 'call-detector',
      role: role.name,
      // Named and not referred to: with every change of the function, a plan would show one of this policy.
      policy: policyDocument(this, 'calling', at, [
        { sid: 'CallDetector', actions: ['lambda:InvokeFunction'], resources: [detector.function.arn] },
      ]),
    });
    new SchedulerSchedule(this, 'schedule', {
      ...at,
      name,
      groupName: group.name,
      description: `Sweep of the detector of ${base}`,
      scheduleExpression: `rate(${config.sweepMinutes} ${config.sweepMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.arn,
        input: jsonText(SWEEP),
        // By then the next one is there.
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: config.sweepMinutes * 60 },
      },
      dependsOn: [calls],
    });
  }
}
