import { S3BucketNotification } from '@cdktf/provider-aws/lib/s3-bucket-notification/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import type { LogBucket } from './log-bucket.js';
import type { LogTopic } from './log-topic.js';

export interface AnnouncementsProps {
  readonly source: SourcePlan;
  /** Made here: this replaces whatever notifications a bucket has, so that it must never be somebody else's. */
  readonly bucket: LogBucket;
  readonly topic: LogTopic;
  /** Who has to be there before the first one, to hear of it. */
  readonly after: readonly ITerraformDependable[];
}

/** The bucket tells the topic of every new object below the prefixes of its logs. */
export class Announcements extends Construct {
  readonly notification: S3BucketNotification;

  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { source, bucket, topic, after }: AnnouncementsProps,
  ) {
    super(scope, id);
    this.notification = new S3BucketNotification(this, 'notification', {
      ...stack.at(source.place),
      bucket: bucket.bucket.bucket,
      topic: source.keyPrefixes.map((filterPrefix) => ({
        topicArn: topic.arn,
        events: ['s3:ObjectCreated:*'],
        filterPrefix,
      })),
      dependsOn: [topic.policy, ...after],
    });
  }
}
