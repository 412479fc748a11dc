import { named, together, type Kind } from './grant.js';
import { keyThrough } from './keys.js';

/** S3 and DynamoDB: what holds logs and state. `destroy` leaves it, so that nothing here is ever deleted. */
const part = (
  reads: readonly string[],
  writes: readonly string[],
  deletes: readonly string[] = writes,
): Kind => named('Buckets', { reads, writes, deletes });

/** A refresh asks a bucket for everything that it could have, whether or not it is used. */
const bucket = part(
  [
    // HeadBucket
    's3:ListBucket',
    ...['s3:GetAccelerateConfiguration', 's3:GetBucketAcl', 's3:GetBucketCORS', 's3:GetBucketLogging'],
    ...['s3:GetBucketObjectLockConfiguration', 's3:GetBucketPolicy', 's3:GetBucketRequestPayment'],
    ...['s3:GetBucketTagging', 's3:GetBucketVersioning', 's3:GetBucketWebsite'],
    ...['s3:GetEncryptionConfiguration', 's3:GetLifecycleConfiguration', 's3:GetReplicationConfiguration'],
  ],
  ['s3:CreateBucket', 's3:PutBucketTagging'],
  ['s3:DeleteBucket'],
);

/** Asked for by CreateBucket too, for a bucket whose objects can be locked. */
const LOCKABLE = ['s3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning'];

export const STORAGE: Readonly<Record<string, Kind>> = {
  aws_s3_bucket: together(bucket, (made) =>
    made.isTrue('object_lock_enabled') ? part([], LOCKABLE)(made) : [],
  ),
  aws_s3_bucket_lifecycle_configuration: part(
    ['s3:GetLifecycleConfiguration'],
    ['s3:PutLifecycleConfiguration'],
  ),
  aws_s3_bucket_logging: part(['s3:GetBucketLogging'], ['s3:PutBucketLogging']),
  aws_s3_bucket_notification: part(['s3:GetBucketNotification'], ['s3:PutBucketNotification']),
  aws_s3_bucket_object_lock_configuration: part(['s3:GetBucketObjectLockConfiguration'], LOCKABLE),
  aws_s3_bucket_ownership_controls: part(
    ['s3:GetBucketOwnershipControls'],
    ['s3:PutBucketOwnershipControls'],
  ),
  aws_s3_bucket_policy: part(['s3:GetBucketPolicy'], ['s3:PutBucketPolicy'], ['s3:DeleteBucketPolicy']),
  aws_s3_bucket_public_access_block: part(
    ['s3:GetBucketPublicAccessBlock'],
    ['s3:PutBucketPublicAccessBlock'],
  ),
  aws_s3_bucket_server_side_encryption_configuration: part(
    ['s3:GetEncryptionConfiguration'],
    ['s3:PutEncryptionConfiguration'],
  ),
  aws_s3_bucket_versioning: part(['s3:GetBucketVersioning'], ['s3:PutBucketVersioning']),
  aws_dynamodb_table: together(
    named('Tables', {
      reads: [
        ...['dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTable', 'dynamodb:DescribeTimeToLive'],
        'dynamodb:ListTagsOfResource',
      ],
      writes: [
        ...['dynamodb:CreateTable', 'dynamodb:TagResource', 'dynamodb:UntagResource'],
        ...['dynamodb:UpdateContinuousBackups', 'dynamodb:UpdateTable', 'dynamodb:UpdateTimeToLive'],
      ],
      deletes: ['dynamodb:DeleteTable'],
    }),
    // https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
    keyThrough('dynamodb', {
      attribute: 'server_side_encryption.kms_key_arn',
      uses: [
        ...['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
        ...['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      ],
      lends: true,
    }),
  ),
};
