import { LambdaEventSourceMapping } from '@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { SourcePlan } from '../../src/config/aws/topology.js';
import { regionOf } from './arn.js';
import type { AwsStack } from './aws-stack.js';
import { jsonText } from './json-text.js';
import { BATCHING_WINDOW_SECONDS, FeedQueue } from './queue.js';

export interface FeedProps {
  readonly source: SourcePlan;
  /** The topic that tells of new logs; undefined where EventBridge does. */
  readonly topicArn: string | undefined;
  /** What has to be there before the topic can be subscribed: its policy, where it is another account's. @default none */
  readonly after?: readonly ITerraformDependable[];
}

/** How a source reaches the detector: a queue in the detector's account, which hears of new logs, and what reads it. */
export class Feed extends Construct {
  readonly queueArn: string;
  /** What has to be there before new logs are, so that the queue hears of the first ones. */
  readonly heard: readonly ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    private readonly stack: AwsStack,
    { source, topicArn, after = [] }: FeedProps,
  ) {
    super(scope, id);
    const { announcer } = source;
    const queue = new FeedQueue(this, 'queue', stack, { source, topicArn });
    this.heard =
      topicArn === undefined || announcer.kind === 'eventbridge'
        ? []
        : [this.listen(queue, topicArn, source, regionOf(announcer.topic.arn), after)];
    if (stack.topology.detector.config.runtime === 'lambda') this.consume(queue);
    this.queueArn = queue.queue.arn;
  }

  /**
   * Made by the queue's owner, so that nobody has to confirm it, and in the topic's region.
   * https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
   */
  private listen(
    { queue, deadLetters }: FeedQueue,
    topicArn: string,
    source: SourcePlan,
    topicRegion: string,
    after: readonly ITerraformDependable[],
  ): ITerraformDependable {
    const { place } = this.stack.topology.detector;
    return new SnsTopicSubscription(this, 'subscription', {
      ...this.stack.at({ ...place, region: topicRegion }),
      ...{ topicArn, protocol: 'sqs', endpoint: queue.arn, rawMessageDelivery: true },
      ...(source.config.existing?.notifications.from === 'trail-topic' ? ofTrail(source) : {}),
      // SNS takes a dead-letter queue of the subscription's own region alone. It tries a queue for 23 days, and gives
      // up at once only where it may not send.
      // https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
      ...(topicRegion === place.region
        ? { redrivePolicy: jsonText({ deadLetterTargetArn: deadLetters.arn }) }
        : {}),
      dependsOn: [...after],
    });
  }

  private consume({ queue }: FeedQueue): void {
    const { place, config, function: detector } = this.stack.topology.detector;
    new LambdaEventSourceMapping(this, 'mapping', {
      ...this.stack.at(place),
      ...{ eventSourceArn: queue.arn, functionName: detector.arn, enabled: config.enabled },
      ...{ batchSize: config.batchSize, maximumBatchingWindowInSeconds: BATCHING_WINDOW_SECONDS },
      scalingConfig: { maximumConcurrency: config.maximumConcurrency },
      // One message that fails is tried again without the others.
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
  }
}

/**
 * Of what a trail's topic tells, logs in this bucket. The topic may be that of AWS Config too, which would keep the queue
 * busy with its own and the alarm for a silent source mute; what it delivers into the same bucket has a type.
 * https://docs.aws.amazon.com/sns/latest/dg/attribute-key-matching.html
 */
const ofTrail = ({ bucket }: SourcePlan) => ({
  filterPolicyScope: 'MessageBody',
  filterPolicy: jsonText({ s3Bucket: [bucket.name], messageType: [{ exists: false }] }),
});
