import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization, type Overlay } from '../configs.js';
import { synthesized } from '../synth.js';

const source = (config: object) => synthesized(config).stack('source-trail');
const trust = (config: object) => source(config).statements('reader/role', 'assume_role_policy');

describe('the reader of a source', () => {
  const stack = source(oneAccount());
  const bucket = 'arn:aws:s3:::tocsin-acme-trail-111111111111';

  test('is taken for an hour at most', () => {
    expect(stack.at('reader/role').values).toMatchObject({
      name: 'tocsin-acme-trail-reader',
      max_session_duration: 3600,
    });
  });

  test("trusts exactly the detector's role, with an external id, from its account", () => {
    expect(trust(oneAccount())).toEqual([
      {
        sid: 'DetectorOnly',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['AWS:arn:aws:iam::111111111111:role/tocsin-acme-detector'],
        conditions: {
          'StringEquals sts:ExternalId': [stack.outputs.external_id],
          'StringEquals aws:PrincipalAccount': ['111111111111'],
        },
      },
    ]);
  });

  test('lists and reads below the prefix of the logs, decrypts through S3 with their key, and nothing else', () => {
    expect(stack.statements('reader/read')).toEqual([
      {
        sid: 'ListLogs',
        effect: 'Allow',
        actions: ['s3:ListBucket'],
        resources: [bucket],
        conditions: { 'StringLike s3:prefix': ['AWSLogs/111111111111/CloudTrail/*'] },
      },
      {
        sid: 'ReadLogs',
        effect: 'Allow',
        actions: ['s3:GetObject'],
        resources: [`${bucket}/AWSLogs/111111111111/CloudTrail/*`],
      },
      {
        sid: 'DecryptLogsThroughS3',
        effect: 'Allow',
        actions: ['kms:Decrypt'],
        resources: [stack.at('log-key/key').ref('arn')],
        conditions: { 'StringEquals kms:ViaService': ['s3.eu-central-1.amazonaws.com'] },
      },
    ]);
  });

  test('has that one policy', () => {
    const { ref } = stack.at('reader/role');

    expect(stack.at('reader/read').values.role).toBe(ref('name'));
    expect(stack.ofType('aws_iam_role_policy_attachment')).toEqual([]);
    expect(
      stack.ofType('aws_iam_role_policy').filter(({ values }) => values.role === ref('name')),
    ).toHaveLength(1);
  });
});

describe('external ids', () => {
  const externalId = (config: object, name = 'trail') =>
    synthesized(config).stack(`source-${name}`).outputs.external_id;

  test('differ between sources, and stay the same from one synth to the next', () => {
    const config = oneAccount({ more: [{ name: 'second', aws: { account: 'main' } }] });

    expect(externalId(config)).not.toBe(externalId(config, 'second'));
    expect(externalId(config)).toBe(externalId(config));
  });

  test('can be given', () => {
    expect(externalId(oneAccount({ source: { externalId: 'agreed-with-the-log-team' } }))).toBe(
      'agreed-with-the-log-team',
    );
  });
});

describe('in an organisation', () => {
  test("the detector's role has to be a member, and is named exactly", () => {
    expect(trust(organization())).toMatchObject([
      {
        principals: ['AWS:arn:aws:iam::333333333333:role/tocsin-acme-detector'],
        conditions: { 'StringEquals aws:PrincipalOrgID': ['o-a1b2c3d4e5'] },
      },
    ]);
  });

  test('the reader is in the account of the bucket', () => {
    expect(source(organization()).at('reader/role').provider).toBe('aws');
  });
});

describe('of an existing bucket', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const keyPrefixes = ['trails/AWSLogs/', 'old/AWSLogs/'];
  const reading = (existing: Overlay) =>
    source(existingBucket({ from: 'bucket' }, { existing })).statements('reader/read');

  test('every prefix is named, and none besides', () => {
    expect(reading({ keyPrefixes }).slice(0, 2)).toMatchObject([
      {
        resources: ['arn:aws:s3:::company-logs'],
        conditions: { 'StringLike s3:prefix': ['trails/AWSLogs/*', 'old/AWSLogs/*'] },
      },
      {
        resources: ['arn:aws:s3:::company-logs/old/AWSLogs/*', 'arn:aws:s3:::company-logs/trails/AWSLogs/*'],
      },
    ]);
  });

  test('the key that was given is used', () => {
    expect(reading({ kmsKeyArn })[2]).toMatchObject({
      resources: [kmsKeyArn],
      conditions: { 'StringEquals kms:ViaService': ['s3.eu-west-1.amazonaws.com'] },
    });
  });

  test('without a key nothing is decrypted', () => {
    expect(reading({}).map(({ sid }) => sid)).toEqual(['ListLogs', 'ReadLogs']);
  });
});

describe('a detector outside of AWS', () => {
  const oidc = {
    issuer: 'https://tokens.example.com/tenant',
    audience: 'tocsin',
    subject: 'system:serviceaccount:security:tocsin',
  };
  const config = oneAccount({
    aws: { detector: { account: 'main', runtime: 'serve', oidc } },
    more: [{ name: 'second', aws: { account: 'main' } }],
  });

  test('is told by issuer, audience and subject, all exact', () => {
    expect(trust(config)).toEqual([
      {
        sid: 'DetectorOnly',
        effect: 'Allow',
        actions: ['sts:AssumeRoleWithWebIdentity'],
        principals: ['Federated:arn:aws:iam::111111111111:oidc-provider/tokens.example.com/tenant'],
        conditions: {
          'StringEquals tokens.example.com/tenant:aud': ['tocsin'],
          'StringEquals tokens.example.com/tenant:sub': ['system:serviceaccount:security:tocsin'],
        },
      },
    ]);
  });

  test('is made known by no source, since an account takes an issuer once', () => {
    const stacks = synthesized(config);

    expect(stacks.stack('source-trail').ofType('aws_iam_openid_connect_provider')).toEqual([]);
    expect(stacks.stack('source-second').ofType('aws_iam_openid_connect_provider')).toEqual([]);
  });
});

test('names that are too long are cut, and stay two', () => {
  const [one, two] = ['a'.repeat(60), `${'a'.repeat(59)}b`];
  const stacks = synthesized(
    oneAccount({ config: { sources: [one, two].map((name) => ({ name, aws: { account: 'main' } })) } }),
  );
  const names = stacks.all.flatMap((stack) =>
    stack.has('reader/role') ? [String(stack.at('reader/role').values.name)] : [],
  );

  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
});
