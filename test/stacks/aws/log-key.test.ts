import { describe, expect, test } from '@jest/globals';
import { oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const TRAIL = 'arn:aws:cloudtrail:eu-central-1:111111111111:trail/tocsin-acme-trail';

describe('the key of the logs', () => {
  const stack = synthesized(oneAccount()).stack('source-trail');

  test('is renewed every year, and its deletion can be taken back for 30 days', () => {
    expect(stack.at('log-key/key').values).toMatchObject({
      enable_key_rotation: true,
      deletion_window_in_days: 30,
    });
  });

  test('has an alias of its installation and source', () => {
    expect(stack.at('log-key/alias').values).toEqual({
      name: 'alias/tocsin-acme-trail-logs',
      target_key_id: stack.at('log-key/key').ref('key_id'),
    });
  });

  test('leaves it to the IAM policies of its account who uses it, readers too', () => {
    expect(stack.statement('log-key/key', 'AccountDecidesByIam')).toEqual({
      sid: 'AccountDecidesByIam',
      effect: 'Allow',
      actions: ['kms:*'],
      resources: ['*'],
      principals: ['AWS:arn:aws:iam::111111111111:root'],
    });
  });

  test('encrypts for this trail alone, and nothing but logs of its account', () => {
    expect(stack.statement('log-key/key', 'TrailEncryptsLogs')).toEqual({
      sid: 'TrailEncryptsLogs',
      effect: 'Allow',
      actions: ['kms:GenerateDataKey*'],
      resources: ['*'],
      principals: ['Service:cloudtrail.amazonaws.com'],
      conditions: {
        'ArnEquals aws:SourceArn': [TRAIL],
        'StringLike kms:EncryptionContext:aws:cloudtrail:arn': ['arn:aws:cloudtrail:*:111111111111:trail/*'],
      },
    });
  });

  test.each([
    ['TrailUsesBucketKey', 'kms:Decrypt'],
    ['TrailChecksKey', 'kms:DescribeKey'],
  ])(
    'lets CloudTrail work with the bucket key and the key itself, for this trail alone: %s',
    (sid, action) => {
      expect(stack.statement('log-key/key', sid)).toEqual({
        ...{ sid, effect: 'Allow', actions: [action], resources: ['*'] },
        principals: ['Service:cloudtrail.amazonaws.com'],
        conditions: { 'ArnEquals aws:SourceArn': [TRAIL] },
      });
    },
  );

  test('gives S3 and SNS nothing: notifications have a key of their own', () => {
    const principals = stack.statements('log-key/key').flatMap((statement) => statement.principals);

    expect(new Set(principals)).toEqual(
      new Set(['AWS:arn:aws:iam::111111111111:root', 'Service:cloudtrail.amazonaws.com']),
    );
  });
});

test("an organisation's key is in the log account and encrypts for the management account's trail", () => {
  const stack = synthesized(organization()).stack('source-trail');

  expect(stack.at('log-key/key').provider).toBe('aws');
  expect(stack.statement('log-key/key', 'AccountDecidesByIam').principals).toEqual([
    'AWS:arn:aws:iam::222222222222:root',
  ]);
  expect(stack.statement('log-key/key', 'TrailEncryptsLogs').conditions).toEqual({
    'ArnEquals aws:SourceArn': [TRAIL],
    'StringLike kms:EncryptionContext:aws:cloudtrail:arn': ['arn:aws:cloudtrail:*:111111111111:trail/*'],
  });
});
