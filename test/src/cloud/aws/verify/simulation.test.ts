import { describe, expect, test } from '@jest/globals';
import { readerTrials, trialFinding } from '../../../../../src/cloud/aws/verify/simulation.js';
import { existingBucket, oneAccount } from '../../../../stacks/configs.js';
import { firstSource, topologyFrom } from '../support.js';

const KEY = 'arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('what a reader is tried with', () => {
  test('reading and listing below each prefix, its key through S3; nothing else', () => {
    const topology = topologyFrom(
      existingBucket({ from: 'bucket' }, { existing: { keyPrefixes: ['a/', 'b/'] } }),
    );
    const BUCKET = 'arn:aws:s3:::company-logs';

    expect(readerTrials(topology, firstSource(topology), KEY)).toEqual([
      { action: 's3:GetObject', resource: `${BUCKET}/a/tocsin-verify`, isAllowed: true },
      { action: 's3:ListBucket', resource: BUCKET, context: { 's3:prefix': 'a/' }, isAllowed: true },
      { action: 's3:GetObject', resource: `${BUCKET}/b/tocsin-verify`, isAllowed: true },
      { action: 's3:ListBucket', resource: BUCKET, context: { 's3:prefix': 'b/' }, isAllowed: true },
      {
        ...{ action: 'kms:Decrypt', resource: KEY, isAllowed: true },
        context: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
      },
      { action: 'kms:Decrypt', resource: KEY, isAllowed: false },
      { action: 's3:GetObject', resource: `${BUCKET}/tocsin-verify`, isAllowed: false },
      { action: 's3:PutObject', resource: `${BUCKET}/a/tocsin-verify`, isAllowed: false },
      { action: 's3:DeleteObject', resource: `${BUCKET}/a/tocsin-verify`, isAllowed: false },
    ]);
  });

  test('a source of the whole bucket is tried with another one', () => {
    const topology = topologyFrom(existingBucket({ from: 'bucket' }, { existing: { keyPrefixes: [''] } }));

    expect(readerTrials(topology, firstSource(topology), undefined)).toContainEqual({
      ...{ action: 's3:GetObject', resource: 'arn:aws:s3:::company-logs-other/tocsin-verify' },
      isAllowed: false,
    });
  });

  test('in China the service has another name', () => {
    const topology = topologyFrom(
      oneAccount({
        aws: { partition: 'aws-cn', accounts: { main: { id: '111111111111', region: 'cn-north-1' } } },
      }),
    );

    expect(readerTrials(topology, firstSource(topology), KEY)).toContainEqual(
      expect.objectContaining({ context: { 'kms:ViaService': 's3.cn-north-1.amazonaws.com.cn' } }),
    );
  });
});

describe('what an answer means', () => {
  const trial = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/a/x', isAllowed: true };
  const answer = { EvalActionName: 's3:GetObject', EvalDecision: 'implicitDeny' as const };

  test.each([
    [trial, 'allowed' as const],
    [{ ...trial, isAllowed: false }, 'implicitDeny' as const],
    [{ ...trial, isAllowed: false }, 'explicitDeny' as const],
  ])('as it should be: %j is %s', (asked, EvalDecision) => {
    expect(trialFinding(asked, { ...answer, EvalDecision })).toBeUndefined();
  });

  test.each([
    ['refused', {}, 's3:GetObject on arn:aws:s3:::b/a/x would be refused (implicitDeny)', undefined],
    [
      'by the organisation',
      { OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
      expect.stringContaining('by a policy of the organisation'),
      'Allow it in the service control policies.',
    ],
    [
      'by the boundary',
      { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
      expect.stringContaining('by the permissions boundary'),
      'Allow it in the policy that bounds the role.',
    ],
  ])('what must work is refused, %s', (_, more, says, fix) => {
    expect(trialFinding(trial, { ...answer, ...more })).toEqual({
      ...{ problem: 'denies', says },
      ...(fix === undefined ? {} : { fix }),
    });
  });

  test('what must not work is allowed', () => {
    const context = { 's3:prefix': 'a/' };

    expect(
      trialFinding({ ...trial, context, isAllowed: false }, { ...answer, EvalDecision: 'allowed' }),
    ).toEqual({
      problem: 'allows',
      says: 's3:GetObject on arn:aws:s3:::b/a/x with s3:prefix "a/" would be allowed, and must not be',
    });
  });

  test('no answer is no permission', () => {
    expect(trialFinding(trial, undefined)).toMatchObject({ says: expect.stringContaining('(no answer)') });
  });
});
