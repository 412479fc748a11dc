import { describe, expect, test } from '@jest/globals';
import { policyFindings } from '../../../../../src/cloud/aws/verify/permissions.js';
import { readingStatements } from '../../../../../src/config/aws/reader-policy.js';
import { policyStatement, type PolicyStatement } from '../../../../../src/config/aws/statement.js';
import { oneAccount } from '../../../../stacks/configs.js';
import { firstSource, topologyFrom } from '../support.js';

const KEY = 'arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const topology = topologyFrom(oneAccount());
const source = firstSource(topology);
const designed = { name: 'read-logs', statements: readingStatements(topology, source, KEY) };
const asDesigned = designed.statements.map(policyStatement);

const policy = (statements: readonly PolicyStatement[], name = 'read-logs') => ({
  name,
  document: encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
});
const says = (...inline: Parameters<typeof policyFindings>[1]['inline']): readonly string[] =>
  policyFindings(designed, { inline, attached: [] }).map((finding) => finding.says);
const changed = (sid: string, change: Partial<PolicyStatement>): readonly string[] =>
  says(policy(asDesigned.map((one) => (one.Sid === sid ? { ...one, ...change } : one))));

test('what a reader may do is what the design says', () => {
  const { arn } = source.bucket;
  expect(asDesigned).toEqual([
    {
      ...{ Sid: 'ListLogs', Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
      Condition: { StringLike: { 's3:prefix': 'AWSLogs/111111111111/CloudTrail/*' } },
    },
    {
      ...{ Sid: 'ReadLogs', Effect: 'Allow', Action: 's3:GetObject' },
      Resource: `${arn}/AWSLogs/111111111111/CloudTrail/*`,
    },
    {
      ...{ Sid: 'DecryptLogsThroughS3', Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY },
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
    },
  ]);
  expect(says(policy(asDesigned))).toEqual([]);
  expect(says(policy(asDesigned.toReversed()))).toEqual([]);
});

describe('a statement that was changed', () => {
  test.each<[string, string, Partial<PolicyStatement>, readonly (string | RegExp)[]]>([
    [
      'reads the whole bucket too',
      'ReadLogs',
      { Resource: [`${source.bucket.arn}/*`, `${source.bucket.arn}/AWSLogs/111111111111/CloudTrail/*`] },
      [/"ReadLogs" has the resources too: arn:aws:s3:::\S+\/\*$/],
    ],
    [
      'writes too',
      'ReadLogs',
      { Action: ['s3:GetObject', 's3:PutObject'] },
      [/has the actions too: s3:putobject/],
    ],
    [
      'lists without a prefix',
      'ListLogs',
      { Condition: {} },
      [/"ListLogs" lacks the conditions StringLike s3:prefix "AWSLogs/],
    ],
    [
      'decrypts with another key',
      'DecryptLogsThroughS3',
      { Resource: '*' },
      [/lacks the resources arn:aws:kms/, /has the resources too: \*/],
    ],
    ['denies', 'ReadLogs', { Effect: 'Deny' }, [/says Deny, not Allow/]],
  ])('%s', (_, sid, change, expected) => {
    expect(changed(sid, change)).toEqual(expected.map((one) => expect.stringMatching(one)));
  });
});

test('a statement that is missing, and one that nobody designed', () => {
  const [list, read] = asDesigned as [PolicyStatement, PolicyStatement];
  const stray: PolicyStatement = { Sid: 'More', Effect: 'Allow', Action: 's3:*', Resource: '*' };

  expect(says(policy([list, read, stray]))).toEqual([
    'in its policy "read-logs", the statement "DecryptLogsThroughS3" is missing',
    'in its policy "read-logs", the statement "More" was designed by nobody: Allow s3:* on *',
  ]);
});

test('policies that nobody designed, inside of the role and attached to it', () => {
  const found = policyFindings(designed, {
    inline: [policy(asDesigned), policy([], 'debug')],
    attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
  });

  expect(found).toEqual([
    { problem: 'policy', says: 'it has a policy "debug" that nobody designed' },
    {
      problem: 'policy',
      says: 'the policy arn:aws:iam::aws:policy/AdministratorAccess is attached to it, and nobody designed that',
      fix: 'Detach the policy, unless you know why it is there.',
    },
  ]);
});

test('no policy at all, and one that cannot be read', () => {
  expect(says()).toEqual(['its policy "read-logs" is missing']);
  expect(says({ name: 'read-logs', document: 'no json' })).toEqual([
    'its policy "read-logs" is no policy that can be read',
  ]);
});
