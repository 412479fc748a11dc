import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target/index.js';
import { Construct } from 'constructs';
import type { EventBridgePlan, SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { EventBus } from './event-bus.js';
import { jsonText } from './json-text.js';

export interface EventBridgeProps {
  readonly source: SourcePlan;
  readonly announcer: EventBridgePlan;
  readonly queueArn: string;
}

/** A bucket that tells EventBridge of its objects already: a rule hands the news of logs to the detector's queue. */
export class EventBridge extends Construct {
  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { source, announcer, queueArn }: EventBridgeProps,
  ) {
    super(scope, id);
    const { rule, bridge } = announcer;
    const eventPattern = newLogs(source);
    const at = stack.at(stack.topology.detector.place);
    const bus =
      bridge === undefined
        ? {}
        : { eventBusName: new EventBus(this, 'bus', stack, { source, bridge, eventPattern }).name };
    const handsOver = new CloudwatchEventRule(this, 'rule', {
      ...{ ...at, ...bus, name: rule.name },
      description: `New logs of ${source.name}`,
      eventPattern,
    });
    new CloudwatchEventTarget(this, 'target', {
      ...{ ...at, ...bus, rule: handsOver.name },
      ...{ targetId: 'queue', arn: queueArn },
      // EventBridge tries for a day.
      deadLetterConfig: { arn: source.deadLetters.arn },
    });
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const newLogs = ({ bucket, keyPrefixes, place }: SourcePlan): string =>
  jsonText({
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    account: [place.accountId],
    detail: {
      bucket: { name: [bucket.name] },
      object: { key: keyPrefixes.map((prefix) => ({ prefix })) },
    },
  });
