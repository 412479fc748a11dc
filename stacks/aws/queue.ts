import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { throughServices } from '../../src/config/aws/service-domain.js';
import type { NamedArn, SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { jsonText } from './json-text.js';
import { Key } from './key.js';
import {
  condition,
  forAccount,
  forResource,
  policyDocument,
  tlsOnly,
  type Condition,
  type Statement,
} from './policy.js';
import { regionOf } from './arn.js';
import { snsService } from './service-names.js';

export interface FeedQueueProps {
  readonly source: SourcePlan;
  /** The topic that tells of new logs; undefined where EventBridge does. */
  readonly topicArn: string | undefined;
}

/** Who may put messages into the queue, and for which resource of theirs. */
interface Sender {
  readonly principal: { readonly service: string };
  readonly conditions: readonly Condition[];
}

/** Seconds: as long as SQS keeps anything. */
const FOURTEEN_DAYS = 1_209_600;
/** How often a message is tried before it is a dead letter. */
const MOST_TRIES = 5;
/** Lambda's advice: a batch that is throttled or retried must not come into sight again meanwhile. */
const TIMEOUTS_HIDDEN = 6;

/** Seconds that Lambda waits for a fuller batch: the files of one delivery come within moments of each other. */
export const BATCHING_WINDOW_SECONDS = 5;

/**
 * Where news of a source's logs wait for the detector, and where those go that it cannot work on. Both have a key of
 * their own, which SNS or EventBridge use for this source and nobody else for anything.
 */
export class FeedQueue extends Construct {
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;

  constructor(scope: Construct, id: string, stack: AwsStack, { source, topicArn }: FeedQueueProps) {
    super(scope, id);
    const { partition, detector } = stack.topology;
    const { place, config, role } = detector;
    const at = stack.at(place);
    const sender = senderOf(stack, source, topicArn);
    const key = new Key(this, 'key', stack, {
      place,
      alias: `${source.base}-queue`,
      description: `News of logs of ${source.name}`,
      services: [
        {
          sid: 'SenderEncrypts',
          actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
          principals: [sender.principal],
          conditions: sender.conditions,
        },
        {
          sid: 'DetectorDecryptsThroughSqs',
          actions: ['kms:Decrypt'],
          principals: [{ arn: role.arn }],
          conditions: [
            condition('StringEquals', 'kms:ViaService', ...throughServices(partition, place.region, 'sqs')),
          ],
        },
      ],
    });
    const common = { ...at, kmsMasterKeyId: key.arn, messageRetentionSeconds: FOURTEEN_DAYS };
    this.deadLetters = new SqsQueue(this, 'dead-letters', {
      ...common,
      name: source.deadLetters.name,
      // The provider takes another spelling of the same JSON for a change here.
      redriveAllowPolicy: Fn.jsonencode({
        ...{ redrivePermission: 'byQueue', sourceQueueArns: [source.queue.arn] },
      }),
      // Takes what could not be put into the queue, too.
      policy: policyDocument(this, 'dead-letters-policy', at, sendingTo(source.deadLetters, sender)),
    });
    this.queue = new SqsQueue(this, 'queue', {
      ...common,
      name: source.queue.name,
      visibilityTimeoutSeconds: TIMEOUTS_HIDDEN * config.timeoutSeconds + BATCHING_WINDOW_SECONDS,
      redrivePolicy: jsonText({ deadLetterTargetArn: this.deadLetters.arn, maxReceiveCount: MOST_TRIES }),
      policy: policyDocument(this, 'policy', at, sendingTo(source.queue, sender)),
    });
  }
}

function senderOf({ topology }: AwsStack, source: SourcePlan, topicArn: string | undefined): Sender {
  const { place } = topology.detector;
  const { announcer } = source;
  if (announcer.kind === 'eventbridge')
    return {
      principal: { service: 'events.amazonaws.com' },
      conditions: [forResource(announcer.rule.arn), forAccount(place.accountId)],
    };
  const region = regionOf(announcer.topic.arn);
  return {
    principal: { service: snsService(region, place.region) },
    // The topic's ARN names its account.
    conditions: [forResource(topicArn ?? announcer.topic.arn)],
  };
}

const sendingTo = ({ arn }: NamedArn, { principal, conditions }: Sender): readonly Statement[] => [
  tlsOnly('sqs:*', [arn]),
  {
    sid: 'SenderSends',
    actions: ['sqs:SendMessage'],
    resources: [arn],
    principals: [principal],
    conditions,
  },
];
