import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { Construct } from 'constructs';
import type { AwsPlace, NamedArn } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { modernTlsOnly, policyDocument, tlsOnly, type Statement } from './policy.js';

export interface PrivateBucketProps {
  readonly place: AwsPlace;
  readonly bucket: NamedArn;
  /** Customer's key. @default S3's own */
  readonly kmsKeyArn?: string;
  readonly expireDays: number;
  /** When objects move to Glacier Instant Retrieval. @default never */
  readonly archiveDays?: number | null;
  /** Objects can be locked; only a new bucket can be made so. @default false */
  readonly objectLock?: boolean;
  /** Who may write. */
  readonly writers: readonly Statement[];
}

/** What is deleted or overwritten can be had back for so long. */
const UNDELETE_DAYS = 30;
const ABORT_UPLOAD_DAYS = 7;

/** A bucket that nothing makes public, whose objects are encrypted, versioned and expire. `destroy` leaves it. */
export class PrivateBucket extends Construct {
  readonly bucket: S3Bucket;
  /** Whoever writes needs it first. */
  readonly policy: S3BucketPolicy;
  readonly versioning: S3BucketVersioningA;

  constructor(scope: Construct, id: string, stack: AwsStack, props: PrivateBucketProps) {
    super(scope, id);
    const at = stack.at(props.place);
    this.bucket = new S3Bucket(this, 'bucket', {
      ...at,
      bucket: props.bucket.name,
      ...(props.objectLock === true ? { objectLockEnabled: true } : {}),
    });
    const bucket = this.bucket.bucket;
    const noPublicAccess = new S3BucketPublicAccessBlock(this, 'public-access', {
      ...{ ...at, bucket },
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const ownership = new S3BucketOwnershipControls(this, 'ownership', {
      ...{ ...at, bucket },
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    const encryption = new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      ...{ ...at, bucket },
      rule: [encryptionRule(props.kmsKeyArn)],
    });
    this.versioning = new S3BucketVersioningA(this, 'versioning', {
      ...{ ...at, bucket },
      versioningConfiguration: { status: 'Enabled' },
    });
    const lifecycle = new S3BucketLifecycleConfiguration(this, 'lifecycle', {
      ...{ ...at, bucket },
      rule: lifecycleRules(props),
      dependsOn: [this.versioning],
    });
    const all = [props.bucket.arn, `${props.bucket.arn}/*`];
    this.policy = new S3BucketPolicy(this, 'policy', {
      ...{ ...at, bucket },
      policy: policyDocument(this, 'statements', at, [
        tlsOnly('s3:*', all),
        modernTlsOnly(all),
        ...props.writers,
      ]),
      // S3 refuses two changes of access to one bucket at a time.
      dependsOn: [noPublicAccess],
    });
    stack.keep(
      ...[this.bucket, noPublicAccess, ownership, encryption, this.versioning, lifecycle, this.policy],
    );
  }
}

/** A bucket key between the customer's key and the objects saves most calls of KMS. */
const encryptionRule = (kmsKeyArn: string | undefined) =>
  kmsKeyArn === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
        bucketKeyEnabled: true,
      };

function lifecycleRules({ expireDays, archiveDays }: PrivateBucketProps) {
  const everything = { status: 'Enabled', filter: [{ prefix: '' }] };
  return [
    {
      ...{ id: 'expire', ...everything },
      ...(archiveDays == null ? {} : { transition: [{ days: archiveDays, storageClass: 'GLACIER_IR' }] }),
      expiration: [{ days: expireDays }],
      noncurrentVersionExpiration: [{ noncurrentDays: UNDELETE_DAYS }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: ABORT_UPLOAD_DAYS }],
    },
    // What an expired object leaves behind once its versions are gone. A rule has no more than one kind of expiration.
    { ...{ id: 'tidy', ...everything }, expiration: [{ expiredObjectDeleteMarker: true }] },
  ];
}
