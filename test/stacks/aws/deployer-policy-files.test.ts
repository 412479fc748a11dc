import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { documentsOf, fitRole, MOST_CHARACTERS } from '../../../src/config/aws/deployer/documents.js';
import type { Grant } from '../../../src/config/aws/deployer/grant.js';
import { grantsFor } from '../../../src/config/aws/deployer/grants.js';
import { madeBy } from '../../../src/config/aws/deployer/made.js';
import { statementsOf } from '../../../src/config/aws/deployer/statements.js';
import { topologyOf } from '../../../src/config/aws/of-config.js';
import { CONFIG } from '../../../src/config/schema.js';
import { existingBucket, oneAccount, organization, type Overlay } from '../configs.js';
import { Deployer } from '../deployer.js';

const backend = { bucket: 'terraform-states', region: 'eu-west-1', keyPrefix: 'security/' };
const main = (credentials: Overlay) => ({
  main: { id: '111111111111', region: 'eu-central-1', credentials },
});
const roleArn = 'arn:aws:iam::111111111111:role/deploy';

describe('files', () => {
  test('are called after the account and the step, and numbered where one policy is not enough', () => {
    const ofAccount = (config: object, account: string): readonly string[] =>
      new Deployer(config).files.filter((file) => file.startsWith(account));

    expect(ofAccount(organization(), 'management')).toEqual([
      'management-plan.json',
      'management-apply.json',
    ]);
    expect(ofAccount(oneAccount(), 'main')).toEqual([
      ...['main-plan-1.json', 'main-plan-2.json'],
      ...['main-apply-1.json', 'main-apply-2.json', 'main-apply-3.json'],
    ]);
  });

  test('are written for each account that something is made in', () => {
    const files = new Deployer(organization({ aws: { detector: { account: 'logs' } } })).files;

    expect(new Set(files.map((file) => file.replace(/-(plan|apply).*/, '')))).toEqual(
      new Set(['management', 'logs']),
    );
  });
});

describe('the state of Terraform', () => {
  const states = ['detector', 'source-trail'].map(
    (stack) => `arn:aws:s3:::terraform-states/security/tocsin-acme-${stack}.tfstate`,
  );

  test('is read and locked to plan, and written to apply, by the credentials of the environment', () => {
    const deployer = new Deployer(oneAccount({ aws: { backend } }));

    expect(deployer.statement('main', 'plan', 'ReadState')).toMatchObject({
      Action: 's3:GetObject',
      Resource: states,
    });
    expect(deployer.statement('main', 'apply', 'ReadState')).toMatchObject({
      ...{ Action: ['s3:GetObject', 's3:PutObject'], Resource: states },
    });
    for (const step of ['plan', 'apply'] as const)
      expect(deployer.statement('main', step, 'LockState')).toMatchObject({
        Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: states.map((state) => `${state}.tflock`),
      });
  });

  test('is decrypted through S3 alone', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-west-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const deployer = new Deployer(oneAccount({ aws: { backend: { ...backend, kmsKeyArn } } }));

    expect(deployer.statement('main', 'plan', 'StateKey')).toMatchObject({
      Resource: kmsKeyArn,
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
    });
  });

  test('is none of the business of the roles that are taken to deploy', () => {
    const deployer = new Deployer(oneAccount({ aws: { backend, accounts: main({ roleArn }) } }));

    expect(deployer.files).toEqual(
      expect.arrayContaining(['environment.plan.json', 'environment.apply.json']),
    );
    expect(deployer.statements('main', 'apply').filter(({ Sid }) => Sid.endsWith('State'))).toEqual([]);
    expect(deployer.statement(undefined, 'plan', 'EnterAccounts')).toMatchObject({
      ...{ Action: 'sts:AssumeRole', Resource: roleArn },
    });
  });

  test.each([
    ['a token opens the role', { roleArn, webIdentityTokenFile: '/run/token' }],
    ['a profile has credentials of its own', { profile: 'security' }],
  ])(
    'nothing is written for the environment where %s and the state is beside the stacks',
    (_, credentials) => {
      const deployer = new Deployer(oneAccount({ aws: { accounts: main(credentials) } }));

      expect(deployer.files.filter((file) => file.startsWith('environment'))).toEqual([]);
    },
  );
});

describe('in other partitions', () => {
  test.each([
    ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
    ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
  ])('%s: every ARN says so, and services have their names there', (partition, region, domain) => {
    const deployer = new Deployer(
      oneAccount({
        aws: {
          ...{ partition, permissionsBoundary: 'boundary' },
          backend: { ...backend, region, kmsKeyArn: `arn:${partition}:kms:${region}:999999999999:key/1234` },
          accounts: { main: { id: '111111111111', region } },
        },
      }),
    );
    const text = JSON.stringify(deployer.policies);

    expect(new Set(text.match(/\barn:[^:"]+:/g))).toEqual(new Set([`arn:${partition}:`]));
    expect(new Set(text.match(/(?<="\w+\.)[a-z]+-[a-z-]+-\d\.[a-z.]+(?=")/g))).toEqual(
      new Set([`${region}.${domain}`]),
    );
    expect(text).toContain('"lambda.amazonaws.com"');
  });
});

describe('what is granted', () => {
  const config = CONFIG.parse(existingBucket({ from: 'eventbridge' }));
  const topology = topologyOf(config);

  test('of a resource that nothing is known about is an error that names it', () => {
    if (topology === undefined) throw new Error('There is no topology.');
    const stack = {
      provider: { aws: [{ region: 'eu-central-1', allowed_account_ids: ['333333333333'] }] },
      resource: { aws_athena_workgroup: { logs: { provider: 'aws', name: 'logs' } } },
      output: { kept_on_destroy: { value: [] } },
    };
    const [made] = madeBy(stack, topology);

    expect(() => made && grantsFor(made)).toThrow('aws_athena_workgroup');
  });

  const grant = fc.record({
    step: fc.constant('apply' as const),
    family: fc.constantFrom('Queues', 'Topics'),
    actions: fc.uniqueArray(fc.constantFrom('a:Read', 'a:Write', 'a:Delete'), { minLength: 1 }),
    resources: fc.uniqueArray(fc.constantFrom('arn:one', 'arn:two', 'arn:three'), { minLength: 1 }),
  });

  test('stays the same, no more and no less, when grants are put together, in whatever order they come', () => {
    const pairs = (grants: readonly Pick<Grant, 'actions' | 'resources'>[]): ReadonlySet<string> =>
      new Set(
        grants.flatMap((one) =>
          one.actions.flatMap((action) => one.resources.map((at) => `${action} ${at}`)),
        ),
      );
    fc.assert(
      fc.property(fc.array(grant, { minLength: 1, maxLength: 12 }), (grants) => {
        const statements = statementsOf(grants);

        expect(statementsOf(grants.toReversed())).toEqual(statements);
        expect(pairs(statements.map(({ actions, resources = [] }) => ({ actions, resources })))).toEqual(
          pairs(grants),
        );
      }),
    );
  });

  test('keeps conditions apart', () => {
    const condition = (value: string) => [
      { test: 'StringEquals', key: 'aws:SourceAccount', values: [value] },
    ];
    const about = { step: 'apply', family: 'Queues', actions: ['a:Read'], resources: ['arn:one'] } as const;

    expect(
      statementsOf([
        { ...about, conditions: condition('1') },
        { ...about, conditions: condition('2') },
      ]),
    ).toHaveLength(2);
  });

  test('is refused where one resource alone has no room', () => {
    const resource = `arn:${'x'.repeat(MOST_CHARACTERS)}`;
    const statements = [{ sid: 'Queues', actions: ['a:Read'], resources: [resource] }];

    expect(() => documentsOf(statements)).toThrow('The statement Queues');
    expect(fitRole(statements)).toBe(false);
  });

  test('fits a role up to ten policies, and whatever fits can be written', () => {
    const statements = (resources: number, values = 1) => [
      {
        ...{ sid: 'Queues', actions: ['a:Read'] },
        resources: Array.from({ length: resources }, (_, i) => `arn:${String(i).padStart(496, 'x')}`),
        conditions: [{ test: 'StringEquals', key: 'a:Key', values: ['v'.repeat(values)] }],
      },
    ];

    expect(fitRole(statements(80))).toBe(true);
    expect(fitRole(statements(130))).toBe(false);
    expect(fitRole(statements(3, 5400))).toBe(true);
    for (let values = 5400; values < 5600; values++)
      if (fitRole(statements(3, values))) expect(documentsOf(statements(3, values)).length).toBe(3);
    expect(fitRole(statements(3, 5600))).toBe(false);
  });
});
