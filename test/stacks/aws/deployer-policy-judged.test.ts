import { describe, expect, test } from '@jest/globals';
import { allows, type Asked } from '../../support/iam-policy.js';
import { oneAccount } from '../configs.js';
import { Deployer } from '../deployer.js';
import { synthesized } from '../synth.js';

const ACCOUNT = '111111111111';
const REGION = 'eu-central-1';
const arn = (service: string, resource: string, { account = ACCOUNT, region = REGION } = {}): string =>
  `arn:aws:${service}:${service === 'iam' ? '' : region}:${account}:${resource}`;

const config = oneAccount({
  config: {
    destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
    alerts: { default: ['chat'] },
  },
  aws: { monitoring: { emails: ['security@example.com'] }, permissionsBoundary: 'teams/boundary' },
});
const documents = new Deployer(config).documents('main', 'apply');

const isAllowed = (action: string, resource: string | undefined, context: Asked['context'] = {}): boolean =>
  allows(documents, {
    ...{ action, context: { 'aws:RequestedRegion': [REGION], ...context } },
    ...(resource === undefined ? {} : { resource }),
  });

const key = arn('kms', 'key/1234abcd');
const mark = (installation: string) => ({ 'aws:ResourceTag/tocsin:installation': [installation] });
const aliases = (...names: readonly string[]) => ({
  'kms:ResourceAliases': names.map((name) => `alias/${name}`),
});

describe('a key', () => {
  test('is made in the regions of the stacks alone, and only with the tag of the installation', () => {
    const tag = { 'aws:RequestTag/tocsin:installation': ['acme'] };

    expect(isAllowed('kms:CreateKey', undefined, tag)).toBe(true);
    expect(isAllowed('kms:CreateKey', undefined)).toBe(false);
    expect(isAllowed('kms:CreateKey', undefined, { 'aws:RequestTag/tocsin:installation': ['other'] })).toBe(
      false,
    );
    expect(isAllowed('kms:CreateKey', undefined, { ...tag, 'aws:RequestedRegion': ['eu-west-3'] })).toBe(
      false,
    );
  });

  test.each([
    'kms:PutKeyPolicy',
    'kms:TagResource',
    'kms:EnableKeyRotation',
    'kms:DescribeKey',
    'kms:CreateAlias',
  ])('%s: of ours, and of one so new that neither tag nor alias count yet', (action) => {
    expect(isAllowed(action, key, { ...mark('acme'), ...aliases('tocsin-acme-operations') })).toBe(true);
    expect(isAllowed(action, key)).toBe(true);
    expect(isAllowed(action, key, mark('acme'))).toBe(true);
    expect(isAllowed(action, key, aliases('payroll'))).toBe(false);
    expect(isAllowed(action, key, aliases('tocsin-acme-operations', 'payroll'))).toBe(false);
    expect(isAllowed(action, key, mark('acme-2'))).toBe(false);
    expect(isAllowed(action, key, { ...mark('acme-2'), ...aliases('tocsin-acme-2-detector') })).toBe(false);
    expect(isAllowed(action, arn('kms', 'key/1234abcd', { region: 'eu-west-3' }))).toBe(false);
    expect(isAllowed(action, arn('kms', 'key/1234abcd', { account: '222222222222' }))).toBe(false);
  });

  test('is deleted when it is ours for sure, and can be had back for thirty days', () => {
    const window = { 'kms:ScheduleKeyDeletionPendingWindowInDays': ['30'] };
    const isDeleted = (context: Asked['context']): boolean =>
      isAllowed('kms:ScheduleKeyDeletion', key, { ...window, ...context });

    expect(isDeleted({ ...mark('acme'), ...aliases('tocsin-acme-trail-queue') })).toBe(true);
    expect(isDeleted(mark('acme'))).toBe(true);
    expect(isDeleted({})).toBe(false);
    expect(isDeleted(mark('acme-2'))).toBe(false);
    expect(isDeleted({ ...mark('acme'), 'kms:ScheduleKeyDeletionPendingWindowInDays': ['7'] })).toBe(false);
  });

  test('of what destroy leaves is never deleted', () => {
    const kept = synthesized(config).all.flatMap((stack) => {
      const addresses = stack.outputs.kept_on_destroy as readonly string[];
      const keys = stack
        .ofType('aws_kms_key')
        .filter(({ name }) => addresses.includes(`aws_kms_key.${name}`));
      return stack
        .ofType('aws_kms_alias')
        .filter(({ values }) => keys.some((one) => values.target_key_id === one.ref('key_id')))
        .map(({ values }) => String(values.name));
    });

    expect(kept).toEqual(['alias/tocsin-acme-detector', 'alias/tocsin-acme-trail-logs']);
    for (const alias of kept)
      expect(
        isAllowed('kms:ScheduleKeyDeletion', key, {
          ...mark('acme'),
          'kms:ResourceAliases': [alias],
          'kms:ScheduleKeyDeletionPendingWindowInDays': ['30'],
        }),
      ).toBe(false);
  });

  test('of what destroy leaves keeps the alias that says so', () => {
    for (const alias of ['alias/tocsin-acme-detector', 'alias/tocsin-acme-trail-logs']) {
      expect(isAllowed('kms:CreateAlias', arn('kms', alias))).toBe(true);
      expect(isAllowed('kms:DeleteAlias', arn('kms', alias))).toBe(false);
      expect(isAllowed('kms:UpdateAlias', arn('kms', alias))).toBe(false);
    }
    expect(isAllowed('kms:DeleteAlias', arn('kms', 'alias/tocsin-acme-trail-queue'))).toBe(true);
  });

  test('is used through the services that hold what it encrypts, and not by hand', () => {
    const through = (service: string) => ({ 'kms:ViaService': [`${service}.${REGION}.amazonaws.com`] });

    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
      expect(isAllowed(action, key, through('dynamodb'))).toBe(true);
      expect(isAllowed(action, key, through('secretsmanager'))).toBe(true);
      expect(isAllowed(action, key, through('s3'))).toBe(false);
      expect(isAllowed(action, key, mark('acme'))).toBe(false);
    }
    const lending = { ...through('dynamodb'), 'kms:GrantIsForAWSResource': ['true'] };
    expect(isAllowed('kms:CreateGrant', key, lending)).toBe(true);
    expect(isAllowed('kms:CreateGrant', key, through('dynamodb'))).toBe(false);
  });
});

describe('a role', () => {
  const role = arn('iam', 'role/tocsin-acme-detector');
  const bounded = { 'iam:PermissionsBoundary': [arn('iam', 'policy/teams/boundary')] };

  test.each([
    'iam:CreateRole',
    'iam:PutRolePolicy',
    'iam:UpdateAssumeRolePolicy',
    'iam:PutRolePermissionsBoundary',
  ])('%s: with the boundary, and of ours', (action) => {
    expect(isAllowed(action, role, bounded)).toBe(true);
    expect(isAllowed(action, role)).toBe(false);
    expect(isAllowed(action, role, { 'iam:PermissionsBoundary': [arn('iam', 'policy/other')] })).toBe(false);
    expect(isAllowed(action, arn('iam', 'role/admin'), bounded)).toBe(false);
    expect(isAllowed(action, arn('iam', 'role/tocsin-acme-other'), bounded)).toBe(false);
  });

  test('is given to its own service alone', () => {
    const to = (service: string) => ({ 'iam:PassedToService': [service] });
    const sweep = arn('iam', 'role/tocsin-acme-sweep');

    expect(isAllowed('iam:PassRole', role, to('lambda.amazonaws.com'))).toBe(true);
    expect(isAllowed('iam:PassRole', sweep, to('scheduler.amazonaws.com'))).toBe(true);
    expect(isAllowed('iam:PassRole', role, to('ec2.amazonaws.com'))).toBe(false);
    expect(isAllowed('iam:PassRole', role)).toBe(false);
    expect(isAllowed('iam:PassRole', sweep, to('lambda.amazonaws.com'))).toBe(false);
    expect(
      isAllowed('iam:PassRole', arn('iam', 'role/tocsin-acme-trail-reader'), to('lambda.amazonaws.com')),
    ).toBe(false);
  });
});

describe('whatever else', () => {
  test('a secret is deleted so that it can be restored', () => {
    const secret = `${arn('secretsmanager', 'secret:tocsin-acme/slack-token-30ba8a38')}-AbCdEf`;
    const within = (days: string) => ({ 'secretsmanager:RecoveryWindowInDays': [days] });

    expect(isAllowed('secretsmanager:DeleteSecret', secret, within('7'))).toBe(true);
    expect(isAllowed('secretsmanager:DeleteSecret', secret)).toBe(false);
    expect(isAllowed('secretsmanager:DeleteSecret', `${secret}-other`, within('7'))).toBe(false);
  });

  test('a topic is subscribed by our queue and by the people of the configuration', () => {
    const topic = arn('sns', 'tocsin-acme-trail-news');
    const operations = arn('sns', 'tocsin-acme-operations');
    const by = (protocol: string, endpoint: string) => ({
      'sns:Protocol': [protocol],
      'sns:Endpoint': [endpoint],
    });

    expect(isAllowed('sns:Subscribe', topic, by('sqs', arn('sqs', 'tocsin-acme-trail')))).toBe(true);
    expect(isAllowed('sns:Subscribe', topic, by('sqs', arn('sqs', 'exfiltration')))).toBe(false);
    expect(isAllowed('sns:Subscribe', operations, by('email', 'security@example.com'))).toBe(true);
    expect(isAllowed('sns:Subscribe', operations, by('email', 'mallory@example.com'))).toBe(false);
    expect(isAllowed('sns:Subscribe', topic, by('https', 'https://example.com/'))).toBe(false);
  });

  test('a mapping is made and changed for our function', () => {
    const calls = (name: string) => ({ 'lambda:FunctionArn': [arn('lambda', `function:${name}`)] });
    const mapping = arn('lambda', 'event-source-mapping:0d0c1b4a');

    expect(isAllowed('lambda:CreateEventSourceMapping', undefined, calls('tocsin-acme-detector'))).toBe(true);
    expect(isAllowed('lambda:CreateEventSourceMapping', undefined, calls('other'))).toBe(false);
    expect(isAllowed('lambda:DeleteEventSourceMapping', mapping, calls('tocsin-acme-detector'))).toBe(true);
    expect(isAllowed('lambda:DeleteEventSourceMapping', mapping, calls('other'))).toBe(false);
  });

  test.each([
    ['s3:PutBucketPolicy', 'arn:aws:s3:::tocsin-acme-trail-111111111111-other'],
    ['s3:DeleteBucket', 'arn:aws:s3:::tocsin-acme-trail-111111111111'],
    ['sqs:DeleteQueue', arn('sqs', 'tocsin-acme-trail-2')],
    ['sns:DeleteTopic', arn('sns', 'tocsin-acme-trail', { region: 'eu-west-3' })],
    ['dynamodb:DeleteTable', arn('dynamodb', 'table/tocsin-acme-state')],
    ['cloudtrail:DeleteTrail', arn('cloudtrail', 'trail/company')],
    ['cloudtrail:StopLogging', arn('cloudtrail', 'trail/tocsin-acme-trail')],
    ['lambda:UpdateFunctionCode', arn('lambda', 'function:other')],
  ])('%s of %s is refused', (action, resource) => {
    expect(isAllowed(action, resource)).toBe(false);
  });
});
