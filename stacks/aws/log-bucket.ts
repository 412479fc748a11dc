import { S3BucketLoggingA } from '@cdktf/provider-aws/lib/s3-bucket-logging/index.js';
import { S3BucketObjectLockConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration/index.js';
import type { Construct } from 'constructs';
import type { NewLogsPlan, SourcePlan, TrailPlan } from '../../src/config/aws/topology.js';
import { accessLogPrefix, AccessLogBucket } from './access-log-bucket.js';
import type { AwsStack } from './aws-stack.js';
import { condition, forResource, type Statement } from './policy.js';
import { PrivateBucket } from './private-bucket.js';

export interface LogBucketProps {
  readonly source: SourcePlan;
  readonly makes: NewLogsPlan;
  readonly kmsKeyArn: string;
}

/** Where CloudTrail puts the files of one trail. */
export class LogBucket extends PrivateBucket {
  constructor(scope: Construct, id: string, stack: AwsStack, { source, makes, kmsKeyArn }: LogBucketProps) {
    const { expireDays, archiveDays, objectLock } = makes.bucket;
    super(scope, id, stack, {
      ...{ place: source.place, bucket: source.bucket, kmsKeyArn, expireDays, archiveDays },
      objectLock: objectLock !== undefined,
      writers: trailWrites(source, makes.trail, stack.topology.config.organization?.id),
    });
    const at = stack.at(source.place);
    if (objectLock !== undefined) {
      const lock = new S3BucketObjectLockConfigurationA(this, 'object-lock', {
        ...{ ...at, bucket: this.bucket.bucket },
        rule: {
          defaultRetention: { mode: objectLock.mode.toUpperCase(), days: objectLock.days },
        },
        dependsOn: [this.versioning],
      });
      stack.keep(lock);
    }
    if (source.bucket.accessLogs !== undefined) {
      const target = new AccessLogBucket(this, 'access-log', stack, {
        ...{ source, bucket: source.bucket.accessLogs, expireDays },
      });
      const logging = new S3BucketLoggingA(this, 'logging', {
        ...{ ...at, bucket: this.bucket.bucket },
        targetBucket: target.bucket.bucket,
        targetPrefix: accessLogPrefix(source),
        dependsOn: [target.policy],
      });
      stack.keep(logging);
    }
  }
}

/**
 * No statement turns away what is not encrypted with the key: the bucket does that to all that comes without, and
 * digests have been written with S3's own key, which such a statement would lose.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
 */
function trailWrites(
  { bucket }: SourcePlan,
  trail: TrailPlan,
  organizationId: string | undefined,
): readonly Statement[] {
  // An organisation's trail writes below the management account too, before and after it is one.
  const owners = [
    trail.place.accountId,
    ...(trail.organization && organizationId !== undefined ? [organizationId] : []),
  ];
  return [
    {
      sid: 'TrailChecksBucket',
      actions: ['s3:GetBucketAcl'],
      resources: [bucket.arn],
      principals: [{ service: 'cloudtrail.amazonaws.com' }],
      conditions: [forResource(trail.arn)],
    },
    {
      sid: 'TrailWritesLogs',
      actions: ['s3:PutObject'],
      resources: owners.map((owner) => `${bucket.arn}/AWSLogs/${owner}/*`),
      principals: [{ service: 'cloudtrail.amazonaws.com' }],
      conditions: [
        forResource(trail.arn),
        condition('StringEquals', 's3:x-amz-acl', 'bucket-owner-full-control'),
      ],
    },
  ];
}
