import { CloudwatchEventBusPolicy } from '@cdktf/provider-aws/lib/cloudwatch-event-bus-policy/index.js';
import { CloudwatchEventBus } from '@cdktf/provider-aws/lib/cloudwatch-event-bus/index.js';
import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { Construct } from 'constructs';
import type { EventBridgePlan, SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { condition, forAccount, forResource, policyDocument } from './policy.js';

export interface EventBusProps {
  readonly source: SourcePlan;
  readonly bridge: NonNullable<EventBridgePlan['bridge']>;
  /** Which events. */
  readonly eventPattern: string;
}

/**
 * Brings a bucket's events to the account and region of the queue: a rule beside the bucket puts them, by a role of its
 * own, on a bus beside the queue, which takes them from that role alone.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
 */
export class EventBus extends Construct {
  readonly name: string;

  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { source, bridge, eventPattern }: EventBusProps,
  ) {
    super(scope, id);
    const here = stack.at(source.place);
    const there = stack.at(stack.topology.detector.place);
    const bus = new CloudwatchEventBus(this, 'bus', { ...there, name: bridge.bus.name });
    const role = new IamRole(this, 'role', {
      ...{ ...here, ...stack.boundary(source.place), name: bridge.role.name },
      description: `Puts events of the bucket of ${source.name} on the bus beside the detector's queue`,
      assumeRolePolicy: policyDocument(this, 'trust', here, [
        {
          sid: 'OneRuleOnly',
          actions: ['sts:AssumeRole'],
          principals: [{ service: 'events.amazonaws.com' }],
          conditions: [forResource(bridge.rule.arn), forAccount(source.place.accountId)],
        },
      ]),
    });
    new IamRolePolicy(this, 'put', {
      ...{ ...here, name: 'put-events', role: role.name },
      policy: policyDocument(this, 'putting', here, [
        { sid: 'PutEventsOnBus', actions: ['events:PutEvents'], resources: [bridge.bus.arn] },
      ]),
    });
    const taking = new CloudwatchEventBusPolicy(this, 'policy', {
      ...{ ...there, eventBusName: bus.name },
      policy: policyDocument(this, 'taking', there, [
        {
          sid: 'TakeEventsOfBucket',
          actions: ['events:PutEvents'],
          resources: [bridge.bus.arn],
          principals: [{ arn: bridge.role.arn }],
          conditions: [
            condition('ForAllValues:StringEquals', 'events:source', 'aws.s3'),
            condition('ForAllValues:StringEquals', 'events:detail-type', 'Object Created'),
          ],
        },
      ]),
      dependsOn: [role],
    });
    const rule = new CloudwatchEventRule(this, 'rule', {
      ...{ ...here, name: bridge.rule.name },
      description: `New logs of ${source.name}`,
      eventPattern,
    });
    new CloudwatchEventTarget(this, 'target', {
      ...{ ...here, rule: rule.name, targetId: 'bus', arn: bus.arn, roleArn: role.arn },
      dependsOn: [taking],
    });
    this.name = bus.name;
  }
}
