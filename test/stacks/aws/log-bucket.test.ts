import { describe, expect, test } from '@jest/globals';
import { oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');
const TRAIL = 'arn:aws:cloudtrail:eu-central-1:111111111111:trail/tocsin-acme-trail';
const BUCKET = 'arn:aws:s3:::tocsin-acme-trail-111111111111';

describe('the bucket of logs', () => {
  const stack = source(oneAccount());
  const bucket = stack.at('log-bucket/bucket').ref('bucket');

  test('has a name of its installation, source and account', () => {
    expect(stack.at('log-bucket/bucket').values).toEqual({ bucket: 'tocsin-acme-trail-111111111111' });
  });

  test('cannot be made public in any of the four ways', () => {
    expect(stack.at('log-bucket/public-access').values).toEqual({
      bucket,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  test('owns every object in it, so that ACLs mean nothing', () => {
    expect(stack.at('log-bucket/ownership').values).toEqual({
      bucket,
      rule: { object_ownership: 'BucketOwnerEnforced' },
    });
  });

  test('encrypts with the customer key of the logs, through a bucket key', () => {
    expect(stack.at('log-bucket/encryption').values).toEqual({
      bucket,
      rule: [
        {
          apply_server_side_encryption_by_default: {
            kms_master_key_id: stack.at('log-key/key').ref('arn'),
            sse_algorithm: 'aws:kms',
          },
          bucket_key_enabled: true,
        },
      ],
    });
  });

  test('keeps versions of what is overwritten or deleted', () => {
    expect(stack.at('log-bucket/versioning').values).toEqual({
      bucket,
      versioning_configuration: { status: 'Enabled' },
    });
  });

  test('has no lock unless it is asked for', () => {
    expect(stack.has('log-bucket/object-lock')).toBe(false);
    expect(stack.at('log-bucket/bucket').values).not.toHaveProperty('object_lock_enabled');
  });

  test('is never emptied by Terraform', () => {
    expect(stack.text).not.toContain('force_destroy');
  });
});

describe('its lifecycle', () => {
  const rules = (bucket: object) =>
    source(oneAccount({ source: { bucket } })).at('log-bucket/lifecycle').values.rule;

  test('archives, expires, forgets old versions and aborts broken uploads', () => {
    expect(rules({ archiveDays: 60, expireDays: 400 })).toEqual([
      {
        id: 'expire',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        transition: [{ days: 60, storage_class: 'GLACIER_IR' }],
        expiration: [{ days: 400 }],
        noncurrent_version_expiration: [{ noncurrent_days: 30 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
      {
        id: 'tidy',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        expiration: [{ expired_object_delete_marker: true }],
      },
    ]);
  });

  test('never archives where that is null', () => {
    expect(JSON.stringify(rules({ archiveDays: null }))).not.toContain('transition');
  });

  test('waits for versioning, which its rules are about', () => {
    const stack = source(oneAccount());
    const { name } = stack.at('log-bucket/versioning');

    expect(stack.at('log-bucket/lifecycle').values.depends_on).toEqual([`aws_s3_bucket_versioning.${name}`]);
  });
});

describe('the policy of the bucket', () => {
  const stack = source(oneAccount());

  test('turns away whoever comes without TLS', () => {
    expect(stack.statement('log-bucket/policy', 'DenyWithoutTls')).toEqual({
      sid: 'DenyWithoutTls',
      effect: 'Deny',
      actions: ['s3:*'],
      resources: [BUCKET, `${BUCKET}/*`],
      principals: ['*:*'],
      conditions: { 'Bool aws:SecureTransport': ['false'] },
    });
  });

  test('turns away whoever comes with a TLS before 1.2', () => {
    expect(stack.statement('log-bucket/policy', 'DenyOldTls')).toEqual({
      sid: 'DenyOldTls',
      effect: 'Deny',
      actions: ['s3:*'],
      resources: [BUCKET, `${BUCKET}/*`],
      principals: ['*:*'],
      conditions: { 'NumericLessThan s3:TlsVersion': ['1.2'] },
    });
  });

  test('lets CloudTrail look at the ACL for this trail alone', () => {
    expect(stack.statement('log-bucket/policy', 'TrailChecksBucket')).toEqual({
      sid: 'TrailChecksBucket',
      effect: 'Allow',
      actions: ['s3:GetBucketAcl'],
      resources: [BUCKET],
      principals: ['Service:cloudtrail.amazonaws.com'],
      conditions: { 'ArnEquals aws:SourceArn': [TRAIL] },
    });
  });

  test('lets CloudTrail write below its account, for this trail alone, and give the bucket what it writes', () => {
    expect(stack.statement('log-bucket/policy', 'TrailWritesLogs')).toEqual({
      sid: 'TrailWritesLogs',
      effect: 'Allow',
      actions: ['s3:PutObject'],
      resources: [`${BUCKET}/AWSLogs/111111111111/*`],
      principals: ['Service:cloudtrail.amazonaws.com'],
      conditions: {
        'ArnEquals aws:SourceArn': [TRAIL],
        'StringEquals s3:x-amz-acl': ['bucket-owner-full-control'],
      },
    });
  });

  test('allows nothing else, and denies nothing that could lock the account out', () => {
    expect(stack.statements('log-bucket/policy').map(({ sid }) => sid)).toEqual([
      'DenyWithoutTls',
      'DenyOldTls',
      'TrailChecksBucket',
      'TrailWritesLogs',
    ]);
  });

  test('comes after the block of public access, since S3 takes one change at a time', () => {
    const { name } = stack.at('log-bucket/public-access');

    expect(stack.at('log-bucket/policy').values.depends_on).toEqual([
      `aws_s3_bucket_public_access_block.${name}`,
    ]);
  });

  test("lets an organisation's trail write below the management account and the organisation, and nowhere else", () => {
    const shared = source(organization()).statement('log-bucket/policy', 'TrailWritesLogs');

    expect(shared.resources).toEqual([
      'arn:aws:s3:::tocsin-acme-trail-222222222222/AWSLogs/111111111111/*',
      'arn:aws:s3:::tocsin-acme-trail-222222222222/AWSLogs/o-a1b2c3d4e5/*',
    ]);
    expect(shared.conditions).toMatchObject({ 'ArnEquals aws:SourceArn': [TRAIL] });
  });

  test("keeps to the account where a trail is not the organisation's, whoever is in one", () => {
    const own = source(organization({ source: { trail: { organization: false } } }));

    expect(own.statement('log-bucket/policy', 'TrailWritesLogs').resources).toEqual([
      'arn:aws:s3:::tocsin-acme-trail-222222222222/AWSLogs/222222222222/*',
    ]);
  });
});

describe('a lock of objects', () => {
  test.each(['governance', 'compliance'])('is set when the bucket is made: %s', (mode) => {
    const stack = source(oneAccount({ source: { bucket: { objectLock: { mode, days: 90 } } } }));

    expect(stack.at('log-bucket/bucket').values.object_lock_enabled).toBe(true);
    expect(stack.at('log-bucket/object-lock').values).toEqual({
      bucket: stack.at('log-bucket/bucket').ref('bucket'),
      rule: { default_retention: { mode: mode.toUpperCase(), days: 90 } },
      depends_on: [`aws_s3_bucket_versioning.${stack.at('log-bucket/versioning').name}`],
    });
  });

  test('is left off the access log, which S3 could not deliver into', () => {
    const stack = source(
      oneAccount({ source: { bucket: { objectLock: { mode: 'governance', days: 90 } } } }),
    );

    expect(stack.at('log-bucket/access-log/bucket').values).not.toHaveProperty('object_lock_enabled');
    expect(stack.has('log-bucket/access-log/object-lock')).toBe(false);
  });
});
