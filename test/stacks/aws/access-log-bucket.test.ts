import { describe, expect, test } from '@jest/globals';
import { oneAccount } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (bucket: object = {}) => synthesized(oneAccount({ source: { bucket } })).stack('source-trail');
const LOGS = 'tocsin-acme-trail-111111111111';
const TARGET = `arn:aws:s3:::${LOGS}-access`;

describe('the access log of the bucket of logs', () => {
  const stack = source();
  const bucket = stack.at('log-bucket/access-log/bucket').ref('bucket');

  test('goes into a bucket of its own', () => {
    expect(stack.at('log-bucket/access-log/bucket').values).toEqual({ bucket: `${LOGS}-access` });
    expect(stack.at('log-bucket/logging').values).toEqual({
      bucket: stack.at('log-bucket/bucket').ref('bucket'),
      target_bucket: bucket,
      target_prefix: `${LOGS}/`,
      depends_on: [`aws_s3_bucket_policy.${stack.at('log-bucket/access-log/policy').name}`],
    });
  });

  test('is written by S3 for this bucket of this account alone, below its prefix', () => {
    expect(stack.statement('log-bucket/access-log/policy', 'S3WritesAccessLog')).toEqual({
      sid: 'S3WritesAccessLog',
      effect: 'Allow',
      actions: ['s3:PutObject'],
      resources: [`${TARGET}/${LOGS}/*`],
      principals: ['Service:logging.s3.amazonaws.com'],
      conditions: {
        'ArnEquals aws:SourceArn': [`arn:aws:s3:::${LOGS}`],
        'StringEquals aws:SourceAccount': ['111111111111'],
      },
    });
  });

  test.each([
    ['DenyWithoutTls', { 'Bool aws:SecureTransport': ['false'] }],
    ['DenyOldTls', { 'NumericLessThan s3:TlsVersion': ['1.2'] }],
  ])('is as closed as the logs: %s', (sid, conditions) => {
    expect(stack.statement('log-bucket/access-log/policy', sid)).toEqual({
      ...{ sid, effect: 'Deny', actions: ['s3:*'], principals: ['*:*'], conditions },
      resources: [TARGET, `${TARGET}/*`],
    });
  });

  test('cannot be made public in any of the four ways', () => {
    expect(stack.at('log-bucket/access-log/public-access').values).toEqual({
      bucket,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  test("is encrypted with S3's own key, since S3 delivers with no other", () => {
    expect(stack.at('log-bucket/access-log/encryption').values).toEqual({
      bucket,
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }],
    });
  });

  test('has versions, one owner and an end of its own', () => {
    const { rule } = source({ expireDays: 200, archiveDays: 60 }).at(
      'log-bucket/access-log/lifecycle',
    ).values;

    expect(stack.at('log-bucket/access-log/versioning').values.versioning_configuration).toEqual({
      status: 'Enabled',
    });
    expect(stack.at('log-bucket/access-log/ownership').values.rule).toEqual({
      object_ownership: 'BucketOwnerEnforced',
    });
    expect(rule).toMatchObject([
      {
        expiration: [{ days: 200 }],
        noncurrent_version_expiration: [{ noncurrent_days: 30 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
      { expiration: [{ expired_object_delete_marker: true }] },
    ]);
    expect(JSON.stringify(rule)).not.toContain('GLACIER');
  });

  test('has no access log itself: that would record its own writing for ever', () => {
    expect(stack.ofType('aws_s3_bucket_logging')).toHaveLength(1);
  });
});

describe('without access logs', () => {
  const stack = source({ accessLogs: false });

  test('there is one bucket, and no logging', () => {
    expect(stack.ofType('aws_s3_bucket')).toHaveLength(1);
    expect(stack.ofType('aws_s3_bucket_logging')).toHaveLength(0);
  });
});

test('a bucket name of the greatest length leaves room for its access log', () => {
  const name = 'l'.repeat(63);
  const stack = source({ name });
  const access = String(stack.at('log-bucket/access-log/bucket').values.bucket);

  expect(access).toHaveLength(63);
  expect(access).toMatch(/^l+-[0-9a-f]{8}$/);
  expect(stack.statement('log-bucket/access-log/policy', 'S3WritesAccessLog').resources).toEqual([
    `arn:aws:s3:::${access}/${name}/*`,
  ]);
});
