import { describe, expect, test } from '@jest/globals';
import { trustFindings, type DetectorSeen } from '../../../../../src/cloud/aws/verify/trust.js';
import { readerTrust } from '../../../../../src/config/aws/reader-policy.js';
import { policyStatement, type PolicyStatement } from '../../../../../src/config/aws/statement.js';
import { oneAccount, organization } from '../../../../stacks/configs.js';
import { firstSource, topologyFrom } from '../support.js';

const topology = topologyFrom(organization());
const source = firstSource(topology);
const designed = readerTrust(topology, source);
const asDesigned = policyStatement(designed);
const DETECTOR = topology.detector.role.arn;

/** As IAM hands it out: percent-encoded JSON. */
const asIam = (...statements: readonly object[]): string =>
  encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: statements }));

const findingsOn = (change: object, detector: DetectorSeen = { id: 'AROANOW00000000000001' }) =>
  trustFindings([designed], { document: asIam({ ...asDesigned, ...change }), detector });

const conditions = (change: PolicyStatement['Condition']): object => ({ Condition: change });
const equals = asDesigned.Condition?.StringEquals ?? {};

test('the trust of a reader is what the design says', () => {
  expect(asDesigned).toEqual({
    ...{ Sid: 'DetectorOnly', Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: DETECTOR } },
    Condition: {
      StringEquals: {
        'sts:ExternalId': source.reader.externalId,
        'aws:PrincipalOrgID': 'o-a1b2c3d4e5',
      },
    },
  });
  expect(findingsOn({})).toEqual([]);
});

describe('what makes no difference', () => {
  test.each<[string, object]>([
    ['lists of one', { Action: ['sts:AssumeRole'], Principal: { AWS: [DETECTOR] } }],
    [
      'letter case of actions and keys',
      {
        Action: 'STS:assumerole',
        ...conditions({
          StringEquals: {
            'STS:externalId': equals['sts:ExternalId'] ?? '',
            'AWS:PrincipalOrgId': equals['aws:PrincipalOrgID'] ?? '',
          },
        }),
      },
    ],
    ['no name', { Sid: undefined }],
  ])('%s', (_, change) => {
    expect(findingsOn(change)).toEqual([]);
  });

  test('one statement that stands in no list', () => {
    const document = JSON.stringify({ Version: '2012-10-17', Statement: asDesigned });

    expect(trustFindings([designed], { document, detector: 'unknown' })).toEqual([]);
  });
});

describe('a detector whose role was made anew', () => {
  const OLD = 'AROAOLD00000000000001';

  test('leaves its unique id in the trust, and the new role stays out', () => {
    expect(findingsOn({ Principal: { AWS: OLD } })).toEqual([
      {
        problem: 'detector-made-anew',
        says:
          `it trusts ${OLD}, what is left of a role that was deleted: the detector's role was made again since ` +
          '(it is AROANOW00000000000001 now), and cannot take this role',
      },
    ]);
  });

  test.each<[DetectorSeen, RegExp]>([
    ['missing', /the detector's role is not there$/],
    ['unknown', /the detector's role was made again since, and cannot take this role$/],
  ])('or the role is %s', (detector, says) => {
    expect(findingsOn({ Principal: { AWS: OLD } }, detector)).toEqual([
      { problem: 'detector-made-anew', says: expect.stringMatching(says) },
    ]);
  });

  test('a user that was deleted is another matter', () => {
    expect(findingsOn({ Principal: { AWS: [DETECTOR, 'AIDAOLD00000000000001'] } })).toEqual([
      {
        problem: 'principal',
        says: 'it trusts AIDAOLD00000000000001, what is left of a user or role that was deleted',
      },
    ]);
  });
});

describe('who else is let in', () => {
  test.each<[string, object, string[]]>([
    [
      'another role too',
      { Principal: { AWS: [DETECTOR, 'arn:aws:iam::999999999999:role/x'] } },
      ['it trusts arn:aws:iam::999999999999:role/x too'],
    ],
    [
      'the whole account instead',
      { Principal: { AWS: 'arn:aws:iam::333333333333:root' } },
      [`it does not trust ${DETECTOR}`, 'it trusts arn:aws:iam::333333333333:root too'],
    ],
    ['everybody', { Principal: '*' }, [`it does not trust ${DETECTOR}`, 'it trusts * too']],
    [
      'all but somebody',
      { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::1:root' } },
      [`it does not trust ${DETECTOR}`, 'it trusts not arn:aws:iam::1:root too'],
    ],
    [
      'a service',
      { Principal: { AWS: DETECTOR, Service: 'ec2.amazonaws.com' } },
      ['it trusts ec2.amazonaws.com too'],
    ],
  ])('%s', (_, change, says) => {
    expect(findingsOn(change)).toEqual(says.map((one) => ({ problem: 'principal', says: one })));
  });

  test('by a statement of its own', () => {
    const stray = {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: 'arn:aws:iam::1:user/eve' },
    };
    const document = asIam(stray, asDesigned);

    expect(trustFindings([designed], { document, detector: 'unknown' })).toEqual([
      {
        problem: 'statement',
        says: 'it has a statement that nobody designed: Allow sts:assumerole to arn:aws:iam::1:user/eve',
      },
    ]);
  });
});

describe('on which condition', () => {
  test.each<[string, object, string, RegExp]>([
    [
      'no external id',
      conditions({ StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }),
      'external-id',
      /lacks .* sts:externalid "tocsin-acme-/,
    ],
    [
      'another external id',
      conditions({ StringEquals: { ...equals, 'sts:ExternalId': 'guess' } }),
      'external-id',
      /is "guess", not "tocsin-acme-/,
    ],
    [
      'one of two external ids',
      conditions({ StringEquals: { ...equals, 'sts:ExternalId': [source.reader.externalId, 'b'] } }),
      'external-id',
      /"b"/,
    ],
    [
      'another organisation',
      conditions({ StringEquals: { ...equals, 'aws:PrincipalOrgID': 'o-zzzzzzzzzz' } }),
      'condition',
      /"o-zzzzzzzzzz", not "o-a1b2c3d4e5"/,
    ],
    [
      'a further condition',
      conditions({ StringEquals: equals, Bool: { 'aws:MultiFactorAuthPresent': true as unknown as string } }),
      'condition',
      /Bool aws:multifactorauthpresent "true", which nobody designed/,
    ],
  ])('%s', (_, change, problem, says) => {
    expect(findingsOn(change)).toEqual([{ problem, says: expect.stringMatching(says) }]);
  });

  test('none at all: each one that is missing', () => {
    expect(findingsOn({ Condition: undefined })).toHaveLength(2);
  });

  test('a looser test is another condition', () => {
    const found = findingsOn(conditions({ StringLike: equals }));

    expect(found.map(({ problem }) => problem).sort()).toEqual([
      ...['condition', 'condition', 'condition', 'external-id'],
    ]);
  });
});

test.each([
  ['a denial', { Effect: 'Deny' }, 'statement'],
  ['further actions', { Action: ['sts:AssumeRole', 'sts:TagSession'] }, 'action'],
])('%s', (_, change, problem) => {
  expect(findingsOn(change)[0]).toMatchObject({ problem });
});

test.each(['', 'no json', '{}', '%', encodeURIComponent('{"Statement":[{"Effect":1}]}')])(
  'a document that cannot be read: %j',
  (document) => {
    expect(trustFindings([designed], { document, detector: 'unknown' })).toMatchObject([
      { problem: 'not-readable' },
    ]);
  },
);

test('a detector outside of AWS is known by the tokens of its issuer', () => {
  const outside = topologyFrom(
    oneAccount({
      aws: {
        detector: {
          account: 'main',
          runtime: 'serve',
          oidc: {
            issuer: 'https://tokens.example.com/x',
            audience: 'sts.amazonaws.com',
            subject: 'detector',
          },
        },
      },
    }),
  );
  const trust = readerTrust(outside, firstSource(outside));

  expect(policyStatement(trust)).toEqual({
    ...{ Sid: 'DetectorOnly', Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity' },
    Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/tokens.example.com/x' },
    Condition: {
      StringEquals: {
        'tokens.example.com/x:aud': 'sts.amazonaws.com',
        'tokens.example.com/x:sub': 'detector',
      },
    },
  });
  const document = asIam(policyStatement(trust));
  expect(trustFindings([trust], { document, detector: 'unknown' })).toEqual([]);
});
