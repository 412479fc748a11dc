import type { AwsSourceSettings } from '../../settings.js';
import type { SqsSource } from './message.js';

/** A source of the settings, as its queue and its bucket are read. */
export const sqsSourceOf = (name: string, aws: AwsSourceSettings): SqsSource => ({
  name,
  queueUrl: aws.queueUrl,
  buckets: [
    {
      bucket: aws.bucket,
      region: aws.region,
      owner: aws.account,
      prefixes: aws.keyPrefixes,
      roleArn: aws.readerRoleArn,
      externalId: aws.externalId,
      ...(aws.kmsKeyArn === undefined ? {} : { kmsKeyArn: aws.kmsKeyArn }),
    },
  ],
});
