import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (config: object, name = 'trail') => synthesized(config).stack(`source-${name}`);
const selectors = (config: object) =>
  source(config).at('trail/trail').values.advanced_event_selector as readonly object[];
const MANAGEMENT = {
  name: 'Management events',
  field_selector: [{ field: 'eventCategory', equals: ['Management'] }],
};

describe('a trail', () => {
  const stack = source(oneAccount());

  test('records every region, global services and itself being tampered with', () => {
    expect(stack.at('trail/trail').values).toMatchObject({
      name: 'tocsin-acme-trail',
      s3_bucket_name: stack.at('log-bucket/bucket').ref('bucket'),
      enable_logging: true,
      is_multi_region_trail: true,
      include_global_service_events: true,
      enable_log_file_validation: true,
      is_organization_trail: false,
    });
  });

  test('encrypts with the key of the logs, by its ARN', () => {
    expect(stack.at('trail/trail').values.kms_key_id).toBe(stack.at('log-key/key').ref('arn'));
  });

  test('records management events, reads and writes, and nothing that costs extra', () => {
    expect(selectors(oneAccount())).toEqual([MANAGEMENT]);
  });

  test('is made when the bucket lets it write, and announces what it writes', () => {
    expect(stack.at('trail/trail').values.depends_on).toEqual([
      `aws_s3_bucket_policy.${stack.at('log-bucket/policy').name}`,
      `aws_s3_bucket_notification.${stack.at('announcements/notification').name}`,
    ]);
  });

  test('needs no topic of its own', () => {
    expect(stack.at('trail/trail').values).not.toHaveProperty('sns_topic_name');
  });
});

describe("an organisation's trail", () => {
  const stack = source(organization());

  test('is made in the management account', () => {
    expect(stack.at('trail/trail')).toMatchObject({
      provider: 'aws.management-eu-central-1',
      values: { is_organization_trail: true },
    });
  });

  test('can be in another region than its bucket, whose key and bucket it is given', () => {
    const elsewhere = source(
      organization({ source: { trail: { organization: true, region: 'us-east-1' } } }),
    );

    expect(elsewhere.at('trail/trail').provider).toBe('aws.management-us-east-1');
    expect(elsewhere.statement('log-bucket/policy', 'TrailWritesLogs').conditions).toMatchObject({
      'ArnEquals aws:SourceArn': ['arn:aws:cloudtrail:us-east-1:111111111111:trail/tocsin-acme-trail'],
    });
  });
});

describe('S3 data events', () => {
  const arn = 'arn:aws:s3:::tocsin-acme-trail-111111111111';
  const own = [`${arn}/`, `${arn}-access/`];

  test('of all buckets leave out those of the logs: a trail that records its own writing never ends', () => {
    expect(selectors(oneAccount({ source: { trail: { s3DataEvents: 'all' } } }))).toEqual([
      MANAGEMENT,
      {
        name: 'S3 data events',
        field_selector: [
          { field: 'eventCategory', equals: ['Data'] },
          { field: 'resources.type', equals: ['AWS::S3::Object'] },
          { field: 'resources.ARN', not_starts_with: own },
        ],
      },
    ]);
  });

  test('of some buckets name them, and leave out those of the logs as well', () => {
    const s3DataEvents = ['arn:aws:s3:::payroll/', 'arn:aws:s3:::backups/'];

    expect(selectors(oneAccount({ source: { trail: { s3DataEvents } } }))[1]).toMatchObject({
      field_selector: [
        { field: 'eventCategory' },
        { field: 'resources.type' },
        { field: 'resources.ARN', starts_with: s3DataEvents, not_starts_with: own },
      ],
    });
  });

  test('leave out the logs of other trails: two would record each other', () => {
    const config = oneAccount({
      source: { trail: { s3DataEvents: 'all' }, bucket: { accessLogs: false } },
      more: [{ name: 'second', aws: { account: 'main', bucket: { accessLogs: false } } }],
    });

    expect(selectors(config)[1]).toMatchObject({
      field_selector: [
        { field: 'eventCategory' },
        { field: 'resources.type' },
        {
          field: 'resources.ARN',
          not_starts_with: [`${arn}/`, 'arn:aws:s3:::tocsin-acme-second-111111111111/'],
        },
      ],
    });
  });
});

test('a trail that is there already is not made', () => {
  const trailArn = 'arn:aws:cloudtrail:eu-west-1:222222222222:trail/company';
  const stack = source(existingBucket({ from: 'bucket' }, { existing: { trailArn } }));

  expect(stack.ofType('aws_cloudtrail')).toEqual([]);
});
