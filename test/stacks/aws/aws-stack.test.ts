import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization, type Overlay } from '../configs.js';
import { synthesized } from '../synth.js';

describe('every stack', () => {
  const stacks = (aws: Overlay = {}) => synthesized(organization({ aws })).all;

  test('takes one version of the provider', () => {
    for (const { file } of stacks())
      expect(file.terraform).toMatchObject({
        required_providers: { aws: { source: 'hashicorp/aws', version: '5.100.0' } },
      });
  });

  test('keeps its state beside itself where nothing is said, on whatever machine it was written', () => {
    for (const { file, name } of stacks())
      expect(file.terraform.backend).toEqual({ local: { path: `terraform.${name}.tfstate` } });
  });

  test('keeps its state in a bucket, encrypted and locked, under a key of its own', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-west-1:333333333333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const backend = { bucket: 'company-state', region: 'eu-west-1', kmsKeyArn };

    for (const { file, name } of stacks({ backend }))
      expect(file.terraform.backend).toEqual({
        s3: {
          ...{ bucket: 'company-state', region: 'eu-west-1', key: `tocsin/${name}.tfstate` },
          ...{ encrypt: true, kms_key_id: kmsKeyArn, use_lockfile: true },
        },
      });
  });

  test('puts its tags on all that it makes, by every provider', () => {
    for (const { file } of stacks({ tags: { team: 'security', 'cost-center': '42' } }))
      for (const provider of file.provider.aws)
        expect(provider.default_tags).toEqual([
          { tags: { 'tocsin:installation': 'acme', team: 'security', 'cost-center': '42' } },
        ]);
  });

  test('bounds every role by the policy of its account', () => {
    const bounded = [
      ...stacks({ permissionsBoundary: 'ops/boundary' }),
      ...synthesized(
        existingBucket({ from: 'eventbridge' }, { aws: { permissionsBoundary: 'ops/boundary' } }),
      ).all,
    ];

    for (const stack of bounded)
      for (const { provider, values } of stack.ofType('aws_iam_role')) {
        const [, alias] = provider.split('.');
        const home = stack.file.provider.aws.find((one) => one.alias === alias);
        const [accountId] = home?.allowed_account_ids as readonly string[];
        expect(values.permissions_boundary).toBe(`arn:aws:iam::${accountId}:policy/ops/boundary`);
      }
  });

  test('bounds no role where no policy is named', () => {
    for (const { text } of stacks()) expect(text).not.toContain('permissions_boundary');
  });

  test('never says a region on a resource, which the provider does not know', () => {
    for (const stack of stacks())
      for (const { values } of stack.resources) expect(values).not.toHaveProperty('region');
  });
});

describe('a provider', () => {
  const providerOf = (credentials: object) =>
    synthesized(oneAccount({ aws: { accounts: { main: account(credentials) } } })).stack('source-trail').file
      .provider.aws[0];
  const account = (credentials: object) => ({ id: '111111111111', region: 'eu-central-1', credentials });
  const roleArn = 'arn:aws:iam::111111111111:role/deploy';

  test("uses the environment's credentials where nothing is said", () => {
    expect(Object.keys(providerOf({}) ?? {}).toSorted()).toEqual([
      'allowed_account_ids',
      'default_tags',
      'region',
    ]);
  });

  test.each([
    [{ profile: 'ops' }, { profile: 'ops' }],
    [{ roleArn }, { assume_role: [{ role_arn: roleArn, session_name: 'tocsin-acme' }] }],
    [
      { roleArn, externalId: 'deploying' },
      { assume_role: [{ role_arn: roleArn, session_name: 'tocsin-acme', external_id: 'deploying' }] },
    ],
    [
      { roleArn, webIdentityTokenFile: '/run/token' },
      {
        assume_role_with_web_identity: [
          { role_arn: roleArn, session_name: 'tocsin-acme', web_identity_token_file: '/run/token' },
        ],
      },
    ],
  ])('gets into its account by %j', (credentials, expected) => {
    expect(providerOf(credentials)).toMatchObject(expected);
  });
});

describe('what Terraform would take for a template', () => {
  const hostile = '/run/${file("/etc/passwd")}/%{ if true }/token';

  test('stays a text', () => {
    const credentials = { roleArn: 'arn:aws:iam::111111111111:role/deploy', webIdentityTokenFile: hostile };
    const accounts = { main: { id: '111111111111', region: 'eu-central-1', credentials } };

    for (const { file } of synthesized(oneAccount({ aws: { accounts } })).all)
      expect(file.provider.aws[0]).toMatchObject({
        assume_role_with_web_identity: [
          { web_identity_token_file: '/run/$${file("/etc/passwd")}/%%{ if true }/token' },
        ],
      });
  });

  test.each([
    ['a tag', { tags: { team: hostile } }],
    ['the key of a tag', { tags: { [hostile]: 'x' } }],
    ['an address', { monitoring: { emails: ['${aws_iam_role.x.arn}@example.com'] } }],
    ['a name', { namePrefix: '${x}' }],
    ['a policy', { permissionsBoundary: '${x}' }],
  ])('is refused where no such text belongs: %s', (_, aws) => {
    expect(() => synthesized(oneAccount({ aws }))).toThrow(/expected|Invalid|email/);
  });
});
