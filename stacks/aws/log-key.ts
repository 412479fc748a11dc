import type { Construct } from 'constructs';
import type { SourcePlan, TrailPlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { Key } from './key.js';
import { condition, forResource } from './policy.js';

export interface LogKeyProps {
  readonly source: SourcePlan;
  /** Writes the logs. */
  readonly trail: TrailPlan;
}

const CLOUDTRAIL = { service: 'cloudtrail.amazonaws.com' } as const;

/**
 * Encrypts the logs of one source. CloudTrail may use it for this trail; readers decrypt by their own policies.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
 */
export class LogKey extends Key {
  constructor(scope: Construct, id: string, stack: AwsStack, { source, trail }: LogKeyProps) {
    const trailsOfAccount = `arn:${stack.topology.partition}:cloudtrail:*:${trail.place.accountId}:trail/*`;
    super(scope, id, stack, {
      place: source.place,
      alias: `${source.base}-logs`,
      description: `Logs of ${source.name}`,
      services: [
        {
          sid: 'TrailEncryptsLogs',
          actions: ['kms:GenerateDataKey*'],
          principals: [CLOUDTRAIL],
          conditions: [
            forResource(trail.arn),
            condition('StringLike', 'kms:EncryptionContext:aws:cloudtrail:arn', trailsOfAccount),
          ],
        },
        {
          // Asked for where the bucket has a key of its own between this one and the objects.
          sid: 'TrailUsesBucketKey',
          actions: ['kms:Decrypt'],
          principals: [CLOUDTRAIL],
          conditions: [forResource(trail.arn)],
        },
        {
          sid: 'TrailChecksKey',
          actions: ['kms:DescribeKey'],
          principals: [CLOUDTRAIL],
          conditions: [forResource(trail.arn)],
        },
      ],
    });
    // Without it the logs are lost. Its alias stays: by it whoever deploys is kept from deleting the key.
    stack.keep(this.key, this.alias);
  }
}
