import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy/index.js';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { Construct } from 'constructs';
import type { NamedArn, SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { Key } from './key.js';
import { condition, forAccount, forResource, policyDocument, tlsOnly, type Statement } from './policy.js';

export interface LogTopicProps {
  readonly source: SourcePlan;
  readonly topic: NamedArn;
}

const S3 = { service: 's3.amazonaws.com' } as const;

/**
 * The bucket tells this topic of new objects, and the detector's queue listens. Its key is its own, so that S3 is given
 * nothing on the key of the logs.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
export class LogTopic extends Construct {
  readonly arn: string;
  /** S3 tries the topic when it is named in a bucket's notifications, and needs this first. */
  readonly policy: SnsTopicPolicy;

  constructor(scope: Construct, id: string, stack: AwsStack, { source, topic }: LogTopicProps) {
    super(scope, id);
    const at = stack.at(source.place);
    const forBucket = [forResource(source.bucket.arn), forAccount(source.place.accountId)];
    const key = new Key(this, 'key', stack, {
      place: source.place,
      alias: `${source.base}-topic`,
      description: `Notifications of new logs of ${source.name}`,
      services: [
        {
          sid: 'BucketEncryptsNotifications',
          actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
          principals: [S3],
          conditions: forBucket,
        },
      ],
    });
    const made = new SnsTopic(this, 'topic', { ...at, name: topic.name, kmsMasterKeyId: key.arn });
    this.arn = made.arn;
    this.policy = new SnsTopicPolicy(this, 'policy', {
      ...{ ...at, arn: made.arn },
      policy: policyDocument(this, 'statements', at, [
        tlsOnly('sns:Publish', [topic.arn]),
        {
          sid: 'BucketNotifies',
          actions: ['sns:Publish'],
          resources: [topic.arn],
          principals: [S3],
          conditions: forBucket,
        },
        ...subscription(stack, source, topic),
      ]),
    });
  }
}

/** The queue's owner subscribes it; within one account that needs no word of the topic. */
function subscription(
  { topology }: AwsStack,
  { place, queue }: SourcePlan,
  topic: NamedArn,
): readonly Statement[] {
  const { accountId } = topology.detector.place;
  if (accountId === place.accountId) return [];
  return [
    {
      sid: 'DetectorSubscribesItsQueue',
      actions: ['sns:Subscribe'],
      resources: [topic.arn],
      principals: [{ arn: `arn:${topology.partition}:iam::${accountId}:root` }],
      conditions: [
        condition('StringEquals', 'sns:Protocol', 'sqs'),
        condition('StringEquals', 'sns:Endpoint', queue.arn),
      ],
    },
  ];
}
