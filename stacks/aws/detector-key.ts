import type { Construct } from 'constructs';
import type { AwsStack } from './aws-stack.js';
import { Key } from './key.js';
import { condition } from './policy.js';
import { logsService } from './service-names.js';

/** Encrypts what the detector has: its state, its secrets, its log. */
export class DetectorKey extends Key {
  constructor(scope: Construct, id: string, stack: AwsStack) {
    const { base, detector, partition } = stack.topology;
    const { place, logGroup, keyAlias } = detector;
    super(scope, id, stack, {
      place,
      alias: keyAlias,
      description: `State, secrets and log of the detector of ${base}`,
      services:
        detector.config.runtime === 'serve'
          ? []
          : [
              {
                sid: 'LogOfDetector',
                actions: [
                  'kms:Encrypt',
                  'kms:Decrypt',
                  'kms:ReEncrypt*',
                  'kms:GenerateDataKey*',
                  'kms:DescribeKey',
                ],
                // CloudWatch Logs names no source; the log group is bound by what is encrypted for it.
                // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
                principals: [{ service: logsService(partition, place.region) }],
                conditions: [condition('ArnEquals', 'kms:EncryptionContext:aws:logs:arn', logGroup.arn)],
              },
            ],
    });
    // Without it the state cannot be read again. Its alias stays: by it whoever deploys is kept from deleting the key.
    stack.keep(this.key, this.alias);
  }
}
