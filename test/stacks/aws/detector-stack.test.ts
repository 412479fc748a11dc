import { describe, expect, test } from '@jest/globals';
import { oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const detector = (config: object) => synthesized(config).stack('detector');
const aws = (more: object, detector: object = {}) => ({
  accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
  detector: { account: 'main', ...detector },
  ...more,
});
const SECRETS = {
  destinations: {
    chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' },
    tickets: { type: 'webhook', url: 'https://example.com/a', signingSecrets: ['secret:signing'] },
  },
  alerts: { default: ['chat'] },
};

describe('the key of the detector', () => {
  const stack = detector(oneAccount());

  test('is renewed, and cannot be deleted in less than 30 days', () => {
    expect(stack.at('key/key').values).toMatchObject({
      enable_key_rotation: true,
      deletion_window_in_days: 30,
    });
    expect(stack.at('key/alias').values).toMatchObject({ name: 'alias/tocsin-acme-detector' });
  });

  test('may be used by CloudWatch Logs for the log of the detector alone', () => {
    expect(stack.statements('key/key').filter(({ sid }) => sid !== 'AccountDecidesByIam')).toEqual([
      {
        sid: 'LogOfDetector',
        effect: 'Allow',
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        resources: ['*'],
        principals: ['Service:logs.eu-central-1.amazonaws.com'],
        conditions: {
          'ArnEquals kms:EncryptionContext:aws:logs:arn': [
            'arn:aws:logs:eu-central-1:111111111111:log-group:/aws/lambda/tocsin-acme-detector',
          ],
        },
      },
    ]);
  });

  test.each([
    ['aws-us-gov', 'us-gov-east-1', 'logs.us-gov-east-1.amazonaws.com'],
    ['aws-cn', 'cn-northwest-1', 'logs.cn-northwest-1.amazonaws.com.cn'],
  ])('knows CloudWatch Logs by its name in %s', (partition, region, service) => {
    const accounts = { main: { id: '111111111111', region } };

    expect(
      detector(oneAccount({ aws: aws({ partition, accounts }) })).statement('key/key', 'LogOfDetector')
        .principals,
    ).toEqual([`Service:${service}`]);
  });
});

describe('the state table', () => {
  const table = (config = {}) => detector(oneAccount({ aws: aws({}, config) })).at('state/table');

  test('has the keys, the index and the expiry that the store relies on', () => {
    const { attribute, ...values } = table().values;

    expect(values).toMatchObject({
      hash_key: 'shard',
      range_key: 'rest',
      global_secondary_index: [
        { name: 'due', hash_key: 'shard', range_key: 'due', projection_type: 'KEYS_ONLY' },
      ],
      ttl: { attribute_name: 'ttl', enabled: true },
    });
    expect(attribute).toEqual([
      { name: 'shard', type: 'S' },
      { name: 'rest', type: 'S' },
      { name: 'due', type: 'N' },
    ]);
  });

  test('is paid by use, can be restored to any second, and is encrypted with the key', () => {
    const stack = detector(oneAccount());

    expect(stack.at('state/table').values).toMatchObject({
      name: 'tocsin-acme-state',
      billing_mode: 'PAY_PER_REQUEST',
      point_in_time_recovery: { enabled: true },
      server_side_encryption: { enabled: true, kms_key_arn: stack.at('key/key').ref('arn') },
    });
  });

  test('cannot be deleted, unless the configuration says so', () => {
    expect(table().values.deletion_protection_enabled).toBe(true);
    expect(table({ deletionProtection: false }).values.deletion_protection_enabled).toBe(false);
  });

  test('is left by destroy, with its key and the alias of that, and nothing else', () => {
    const stack = detector(oneAccount({ config: SECRETS }));

    expect(stack.outputs.kept_on_destroy).toEqual(
      ['key/key', 'key/alias', 'state/table'].map((path) => {
        const { type, name } = stack.at(path);
        return `${type}.${name}`;
      }),
    );
  });
});

describe('secrets', () => {
  const stack = detector(oneAccount({ config: SECRETS }));

  test('are made empty: no plan and no state ever has a value', () => {
    expect(stack.ofType('aws_secretsmanager_secret')).toHaveLength(2);
    expect(stack.ofType('aws_secretsmanager_secret_version')).toEqual([]);
    expect(stack.text).not.toContain('secret_string');
  });

  test('are encrypted with the key, can be restored for a week, and have a name of this installation', () => {
    const { values } = stack.at('secrets/slack-token');

    expect(values).toMatchObject({ kms_key_id: stack.at('key/key').ref('arn'), recovery_window_in_days: 7 });
    expect(values.name).toMatch(/^tocsin-acme\/slack-token-[0-9a-f]{8}$/);
  });
});

describe('the detector where `tocsin serve` runs it', () => {
  const stack = detector(oneAccount({ aws: aws({}, { runtime: 'serve' }), config: SECRETS }));

  test('has its role, state, secrets and key, and no function, log or schedule', () => {
    const types = new Set(stack.resources.map(({ type }) => type));

    expect([...types].filter((type) => /lambda|log_group|scheduler/.test(type))).toEqual([]);
    expect([...types]).toEqual(
      expect.arrayContaining([
        'aws_iam_role',
        'aws_dynamodb_table',
        'aws_secretsmanager_secret',
        'aws_kms_key',
        'aws_sns_topic',
      ]),
    );
  });

  test('lets no service use its key: there is no log', () => {
    expect(stack.statements('key/key').map(({ sid }) => sid)).toEqual(['AccountDecidesByIam']);
  });
});

describe('the stack of the detector', () => {
  test('has outputs for whatever needs to find it again', () => {
    const stack = detector(oneAccount());

    expect(stack.outputs).toMatchObject({
      role_arn: stack.at('role/role').ref('arn'),
      state_table: 'tocsin-acme-state',
      operations_topic_arn: stack.at('operations/topic').ref('arn'),
    });
  });

  test.each([
    ['one account', oneAccount({ config: SECRETS })],
    ['an organisation', organization({ config: SECRETS })],
  ])('for %s uses no attribute that the provider lacks, and reads no state of another', (_, config) => {
    const { text, resources } = detector(config);

    expect(text).not.toContain('terraform_remote_state');
    expect(resources.filter(({ values }) => 'region' in values)).toEqual([]);
  });

  test.each([
    ['aws', 'eu-central-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-cn', 'cn-north-1'],
  ])('in the partition %s names resources of that partition and of no other', (partition, region) => {
    const accounts = { main: { id: '111111111111', region } };
    const all = synthesized(oneAccount({ aws: aws({ partition, accounts }), config: SECRETS }));
    const partitions = all.all.flatMap(({ text }) =>
      [...text.matchAll(/\barn:([a-z-]+):/g)].map(([, one]) => one),
    );

    expect(partitions.length).toBeGreaterThan(50);
    expect(new Set(partitions)).toEqual(new Set([partition]));
  });
});
