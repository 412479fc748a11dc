import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target/index.js';
import { Construct } from 'constructs';
import type { AwsPlace } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import type { Watched } from './changes-watched.js';
import { jsonText } from './json-text.js';

export interface ChangeRuleProps {
  /** Where the calls happen. A trail that records management events there makes them known. */
  readonly place: AwsPlace;
  readonly name: string;
  readonly watched: Watched;
  /** Told of it; in the same account and region. */
  readonly topicArn: string;
}

/** Reports who changed something of ours, when, and from where. */
export class ChangeRule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { place, name, watched, topicArn }: ChangeRuleProps,
  ) {
    super(scope, id);
    const at = stack.at(place);
    const rule = new CloudwatchEventRule(this, 'rule', {
      ...at,
      name,
      description: `Tells when ${watched.says}`,
      eventPattern: jsonText(eventPattern(watched)),
    });
    new CloudwatchEventTarget(this, 'target', {
      ...at,
      rule: rule.name,
      targetId: 'people',
      arn: topicArn,
      inputTransformer: { inputPaths: PATHS, inputTemplate: report(stack.topology.base, watched) },
    });
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
function eventPattern({ sources, calls, about }: Watched) {
  const [only, ...others] = about;
  return {
    source: sources,
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: {
      eventName: calls.map((prefix) => ({ prefix })),
      ...(others.length === 0 ? only : { $or: about }),
    },
  };
}

const PATHS = {
  call: '$.detail.eventName',
  who: '$.detail.userIdentity.arn',
  from: '$.detail.sourceIPAddress',
  when: '$.detail.eventTime',
  error: '$.detail.errorCode',
  event: '$.detail.eventID',
  account: '$.account',
  region: '$.region',
};

/** Every line in quotes of its own, as EventBridge wants text. */
const report = (base: string, { says }: Watched): string =>
  [
    `${base}: ${says}.`,
    'What: <call> in account <account>, <region>',
    'Who: <who>, from <from>',
    'When: <when>',
    'Error, if it was refused: <error>',
    'If it was none of yours: undo it with terraform apply, and see in CloudTrail what else they did; this is event <event>.',
  ]
    .map((line) => `"${line}"`)
    .join('\n');
