import type { Construct } from 'constructs';
import type { NamedArn, SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { forAccount, forResource } from './policy.js';
import { PrivateBucket } from './private-bucket.js';

export interface AccessLogBucketProps {
  readonly source: SourcePlan;
  readonly bucket: NamedArn;
  readonly expireDays: number;
}

/**
 * Takes the access log of the bucket of logs: who read them, or tried to. It has no access log itself, since that
 * would record its own writing for ever, and no customer's key and no lock, since S3 delivers into neither.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export class AccessLogBucket extends PrivateBucket {
  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { source, bucket, expireDays }: AccessLogBucketProps,
  ) {
    super(scope, id, stack, {
      place: source.place,
      bucket,
      expireDays,
      writers: [
        {
          sid: 'S3WritesAccessLog',
          actions: ['s3:PutObject'],
          resources: [`${bucket.arn}/${accessLogPrefix(source)}*`],
          principals: [{ service: 'logging.s3.amazonaws.com' }],
          conditions: [forResource(source.bucket.arn), forAccount(source.place.accountId)],
        },
      ],
    });
  }
}

export const accessLogPrefix = ({ bucket }: SourcePlan): string => `${bucket.name}/`;
