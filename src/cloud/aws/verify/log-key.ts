import { GetBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3';
import type { SourcePlan } from '../../../config/aws/topology.js';
import { askFor } from '../aws-error.js';
import type { AwsClientConfig } from '../clients.js';
import type { Finding } from './finding.js';

/** The key that a bucket encrypts with unless it is told another; undefined where it has none of its own. */
export async function bucketKey(
  config: AwsClientConfig,
  { bucket, place }: SourcePlan,
): Promise<string | undefined> {
  const client = new S3Client(config);
  try {
    const found = await askFor({ action: 's3:GetEncryptionConfiguration', on: bucket.arn, place }, () =>
      client.send(
        new GetBucketEncryptionCommand({ Bucket: bucket.name, ExpectedBucketOwner: place.accountId }),
      ),
    );
    const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  } finally {
    client.destroy();
  }
}

/** The key that the reader needs, and what is wrong with it. */
export function readerKey(
  { bucket }: SourcePlan,
  seen: string | undefined,
): { readonly kmsKeyArn: string | undefined; readonly findings: readonly Finding[] } {
  if (!bucket.exists) {
    const missing: Finding = {
      problem: 'key',
      says: `the bucket ${bucket.name} is not there, or does not encrypt with a key of its own`,
    };
    return { kmsKeyArn: seen, findings: seen === undefined ? [missing] : [] };
  }
  const { kmsKeyArn } = bucket;
  // A trail may name another key than the bucket does: what the configuration says is not held against the bucket.
  if (kmsKeyArn !== undefined || seen === undefined) return { kmsKeyArn, findings: [] };
  const unread: Finding = {
    problem: 'key',
    says: `the bucket ${bucket.name} encrypts with ${seen}, and the reader may not decrypt with it`,
    fix: `Write the key's ARN as existing.kmsKeyArn of the source, and apply its stack again.`,
  };
  return { kmsKeyArn: undefined, findings: [unread] };
}
