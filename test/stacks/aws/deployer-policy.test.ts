import { describe, expect, test } from '@jest/globals';
import { charactersOf, MOST_CHARACTERS } from '../../../src/config/aws/deployer/documents.js';
import { KINDS } from '../../../src/config/aws/deployer/grants.js';
import { UNBOUND } from '../../../src/config/aws/deployer/unbound.js';
import type { PolicyStatement } from '../../../src/config/aws/statement.js';
import { existingBucket, oneAccount, organization, type Overlay } from '../configs.js';
import { Deployer, list } from '../deployer.js';
import { synthesized } from '../synth.js';

const topicArn = 'arn:aws:sns:eu-west-1:222222222222:uploads';
const oidc = { issuer: 'https://tokens.example.com', audience: 'tocsin', subject: 'tocsin' };
const serve = { account: 'main', runtime: 'serve' };
const permissionsBoundary = 'teams/boundary';
const config = {
  destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
  alerts: { default: ['chat'] },
};
const monitoring = { emails: ['security@example.com'] };
const backend = {
  bucket: 'terraform-states',
  region: 'eu-west-1',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab',
};
const entered = (id: string) => ({
  ...{ id, region: 'eu-central-1' },
  credentials: { roleArn: `arn:aws:iam::${id}:role/deploy` },
});
const throughRoles = {
  management: entered('111111111111'),
  logs: entered('222222222222'),
  security: entered('333333333333'),
};

const CONFIGS: Readonly<Record<string, Overlay>> = {
  'one account': oneAccount({ config, aws: { monitoring, backend } }),
  'one account, with everything that can be chosen': oneAccount({
    config,
    aws: {
      ...{ monitoring, permissionsBoundary },
      detector: { account: 'main', reservedConcurrency: 11, region: 'eu-west-1' },
    },
    source: { bucket: { objectLock: { mode: 'governance', days: 30 } }, trail: { s3DataEvents: 'all' } },
  }),
  'an organisation': organization({ config, aws: { monitoring, backend, accounts: throughRoles } }),
  'an existing bucket that tells a new topic': existingBucket({ from: 'bucket' }),
  'an existing bucket that tells EventBridge': existingBucket({ from: 'eventbridge' }),
  'an existing bucket that tells a topic': existingBucket({ from: 'topic', topicArn }),
  'a detector in a container': oneAccount({ aws: { detector: serve } }),
  'a detector outside of AWS': oneAccount({ aws: { detector: { ...serve, oidc } } }),
};

const actions = (statements: readonly PolicyStatement[]): readonly string[] => [
  ...new Set(statements.flatMap(({ Action }) => list(Action))),
];
const conditions = ({ Condition = {} }: PolicyStatement): readonly string[] =>
  Object.values(Condition).flatMap((tests) => Object.keys(tests));

/** What is in logs, queues, tables and secrets, and what functions do. */
const OF_DATA =
  /^(s3:(Get|Put|Delete|Restore)Object(?!LockConfiguration)|sqs:(\w+Message\w*|PurgeQueue)|sns:Publish|dynamodb:.*Item|dynamodb:(Query|Scan|PartiQL)|logs:(Get|Filter|StartQuery|PutLog)|secretsmanager:(Get|Put)SecretValue|lambda:Invoke)/;

/** What holds data, what protects it, and what records. */
const OF_LOSS =
  /^(s3:Delete(?!Object$)|dynamodb:Delete|kms:(Disable|UpdateAlias|Retire|Revoke)|cloudtrail:StopLogging|iam:Delete\w*Boundary)/;

/** Roles and the policies inside of them, what gives them to machines, and issuers of tokens. */
const OF_ROLES =
  /^iam:(\w+(Role|RolePolicy|RolePolicies|RolePermissionsBoundary|RoleDescription|AssumeRolePolicy|InstanceProfile|OpenIDConnectProvider)|ListInstanceProfilesForRole)$/;

describe.each(Object.entries(CONFIGS))('the policies for %s', (_, one) => {
  const deployer = new Deployer(one);

  test('allow, and name every action whole', () => {
    for (const { Effect, Action } of deployer.all) {
      expect(Effect).toBe('Allow');
      for (const action of list(Action)) expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
    }
  });

  test('say "*" only for what AWS knows no resource for, and where that may be called', () => {
    for (const statement of deployer.all.filter(({ Resource }) => list(Resource).includes('*'))) {
      for (const action of list(statement.Action)) expect(Object.keys(UNBOUND)).toContain(action);
      if (statement.Sid !== 'SeeOrganization') expect(conditions(statement)).toContain('aws:RequestedRegion');
    }
  });

  test('name no other resource by a wildcard than what has a random id, and bind that', () => {
    const named = deployer.all.flatMap((one) => list(one.Resource).map((resource) => ({ one, resource })));
    const wild = named.filter(({ resource }) => resource !== '*' && /[*?]/.test(resource));

    for (const { one, resource } of wild) {
      if (resource.endsWith(':key/*'))
        expect(conditions(one)).toEqual(
          expect.arrayContaining(['aws:ResourceTag/tocsin:installation', 'kms:ResourceAliases']),
        );
      else if (resource.endsWith(':event-source-mapping:*'))
        expect(
          conditions(one).some((key) =>
            /^(lambda:FunctionArn|aws:ResourceTag\/tocsin:installation)$/.test(key),
          ),
        ).toBe(true);
      // The streams of one log group, and what AWS adds to the name of one secret.
      else expect(resource).toMatch(/:log-group:\/aws\/lambda\/tocsin-acme-detector:\*$|-\?{6}$/);
    }
  });

  test('name what is of this installation, and nothing else of the account', () => {
    const foreign = deployer.all
      .filter(({ Sid }) => !/^(EnterAccounts|FindState|LockState|ReadState|StateKey)/.test(Sid))
      .flatMap(({ Resource }) => list(Resource))
      .filter((resource) => !/[:/]tocsin-acme[-/]|^\*$|:key\/\*$|:event-source-mapping:\*$/.test(resource));

    expect(
      foreign.filter(
        (resource) =>
          ![
            topicArn,
            'arn:aws:iam::111111111111:oidc-provider/tokens.example.com',
            'arn:aws:iam::111111111111:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail',
          ].includes(resource),
      ),
    ).toEqual([]);
  });

  test('name resources of their own account, but for the topic to which a queue is subscribed', () => {
    const ids = Object.entries((one as { aws: { accounts: Record<string, { id: string }> } }).aws.accounts);
    for (const [account, { id }] of ids)
      for (const { Sid, Resource } of deployer.statements(account, 'apply'))
        for (const arn of list(Resource))
          if (!/^(EnterAccounts|FindSubscriptions|StateKey|SubscribeQueues)/.test(Sid))
            expect(arn.split(':')[4] ?? '').toMatch(new RegExp(`^(${id})?$`));
  });

  test('plan by reading alone, but for the lock of the state', () => {
    const plans = deployer.policies.filter(({ step }) => step === 'plan');
    const statements = plans.flatMap(({ document }) => document.Statement);

    for (const { Sid, Action } of statements)
      for (const action of list(Action))
        if (!/^(LockState|StateKey)$/.test(Sid))
          expect(action).toMatch(/:(Describe|Get|List)[A-Z]|^sts:AssumeRole$/);
  });

  test('let whoever applies do all that planning takes', () => {
    const accounts = new Set(deployer.policies.map(({ account }) => account));
    for (const account of accounts) {
      const applied = deployer.statements(account, 'apply');
      for (const { Action, Resource } of deployer.statements(account, 'plan'))
        for (const action of list(Action))
          for (const resource of list(Resource))
            expect(
              applied.some(
                (one) => list(one.Action).includes(action) && list(one.Resource).includes(resource),
              ),
            ).toBe(true);
    }
  });

  test('read no logs, messages, state or secrets, and call no function', () => {
    const ours = deployer.all.filter(({ Sid }) => !/^(LockState|ReadState|StateKey)$/.test(Sid));

    expect(actions(ours).filter((action) => OF_DATA.test(action))).toEqual([]);
    for (const statement of ours)
      if (
        list(statement.Action).some((action) =>
          /^kms:(Decrypt|Encrypt|GenerateDataKey|ReEncrypt)/.test(action),
        )
      )
        expect(conditions(statement)).toContain('kms:ViaService');
  });

  test('delete nothing that holds data, stop no trail, and take no boundary away', () => {
    expect(actions(deployer.all).filter((action) => OF_LOSS.test(action))).toEqual([]);
  });

  test('give roles to nobody but the services that they are for', () => {
    const passed = deployer.all.filter(({ Action }) => list(Action).includes('iam:PassRole'));

    for (const { Action, Resource, Condition } of passed) {
      expect(list(Action)).toEqual(['iam:PassRole']);
      expect(Object.keys(Condition?.StringEquals ?? {})).toEqual(['iam:PassedToService']);
      for (const role of list(Resource))
        expect(role).toMatch(/:role\/tocsin-acme-(detector|sweep|trail-bridge)$/);
    }
  });

  test('touch no identity but roles, and no policy but those inside of them', () => {
    const iam = actions(deployer.all).filter((action) => action.startsWith('iam:'));

    expect(iam.filter((action) => !OF_ROLES.test(action))).toEqual([]);
  });

  test('fit into managed policies, with names of statements that IAM takes', () => {
    for (const { document } of deployer.policies) {
      expect(charactersOf(document)).toBeLessThanOrEqual(MOST_CHARACTERS);
      const sids = document.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size).toBe(sids.length);
      for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    }
  });
});

test('nothing is said about types of resources that no stack makes', () => {
  const made = Object.values(CONFIGS).flatMap((one) =>
    synthesized(one).all.flatMap(({ resources }) => resources.map(({ type }) => type)),
  );

  expect(new Set(Object.keys(KINDS))).toEqual(new Set(made));
});

describe('no exception is listed that nothing needs', () => {
  const all = Object.values(CONFIGS).flatMap((one) => new Deployer(one).all);

  test.each(Object.keys(UNBOUND))('%s', (action) => {
    const granted = all.filter(({ Action }) => list(Action).includes(action));

    expect(granted.length).toBeGreaterThan(0);
    for (const { Resource } of granted) expect(Resource).toBe('*');
  });
});
