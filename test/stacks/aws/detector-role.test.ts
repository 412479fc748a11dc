import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../../support/cli.js';
import { oneAccount, organization } from '../configs.js';
import { synthesized, type Stack } from '../synth.js';

const detector = (config: object) => synthesized(config).stack('detector');
const lambda = (aws: object = {}) => ({ accounts: ACCOUNT, detector: { account: 'main', ...aws } });
const ACCOUNT = { main: { id: '111111111111', region: 'eu-central-1' } };
const SECRETS = {
  destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
  alerts: { default: ['chat'] },
};
const actions = (stack: Stack) => stack.statements('role/policy').flatMap((statement) => statement.actions);

describe('the role of a detector that is a function', () => {
  const stack = detector(oneAccount({ config: SECRETS }));

  test('may be taken by Lambda for this account, and by nobody else', () => {
    expect(stack.statements('role/role', 'assume_role_policy')).toEqual([
      {
        sid: 'FunctionsOfAccount',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['Service:lambda.amazonaws.com'],
        conditions: { 'StringEquals aws:SourceAccount': ['111111111111'] },
      },
    ]);
  });

  test('may do this, resource by resource, and no more', () => {
    const table = stack.at('state/table').ref('arn');
    const grants = Object.fromEntries(
      stack.statements('role/policy').map(({ sid, actions, resources }) => [sid, { actions, resources }]),
    );

    expect(grants).toEqual({
      KeepState: {
        actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        resources: [table],
      },
      ListWhatIsDue: { actions: ['dynamodb:Query'], resources: [`${table}/index/due`] },
      UseKeyThroughServices: {
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [stack.at('key/key').ref('arn')],
      },
      ReadSecrets: {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [stack.at('secrets/slack-token').ref('arn')],
      },
      ConsumeQueues: {
        actions: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        resources: ['arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-trail'],
      },
      CountDeadLetters: {
        actions: ['sqs:GetQueueAttributes'],
        resources: ['arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-trail-dead-letters'],
      },
      TakeReaders: {
        actions: ['sts:AssumeRole'],
        resources: ['arn:aws:iam::111111111111:role/tocsin-acme-trail-reader'],
      },
      WriteLog: {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: ['arn:aws:logs:eu-central-1:111111111111:log-group:/aws/lambda/tocsin-acme-detector:*'],
      },
      Trace: { actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] },
    });
  });

  test('may do whatever the detector asks AWS for; what readers read is not its own', () => {
    const asked = readdirSync(join(ROOT, 'detector'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(ROOT, 'detector', name), 'utf8').matchAll(
          /\b([A-Z][A-Za-z]+?)(?:Batch)?Command\(/g,
        ),
      ])
      .map(([, name = '']) => name)
      .filter((name) => name !== 'GetObject');
    const granted = actions(stack).map((action) => action.slice(action.indexOf(':') + 1));

    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !granted.includes(name))).toEqual([]);
  });

  test('names a resource for everything but traces, and an action for everything', () => {
    const statements = stack.statements('role/policy');

    expect(statements.filter(({ resources }) => resources?.includes('*')).map(({ sid }) => sid)).toEqual([
      'Trace',
    ]);
    expect(actions(stack).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('uses its key through DynamoDB and Secrets Manager only', () => {
    expect(stack.statement('role/policy', 'UseKeyThroughServices').conditions).toEqual({
      'StringEquals kms:ViaService': [
        'dynamodb.eu-central-1.amazonaws.com',
        'secretsmanager.eu-central-1.amazonaws.com',
      ],
    });
  });

  test('reads no secret and uses its key for none where no destination has one', () => {
    const without = detector(oneAccount());

    expect(actions(without)).not.toContain('secretsmanager:GetSecretValue');
    expect(without.statement('role/policy', 'UseKeyThroughServices').conditions).toEqual({
      'StringEquals kms:ViaService': ['dynamodb.eu-central-1.amazonaws.com'],
    });
  });

  test('takes the readers of all accounts by their ARNs, and its queues are in its own', () => {
    const other = detector(organization());

    expect(other.statement('role/policy', 'TakeReaders').resources).toEqual([
      'arn:aws:iam::222222222222:role/tocsin-acme-trail-reader',
    ]);
    expect(other.statement('role/policy', 'ConsumeQueues').resources).toEqual([
      'arn:aws:sqs:eu-central-1:333333333333:tocsin-acme-trail',
    ]);
  });

  test('is bounded, as every role, where a boundary is configured', () => {
    const bounded = detector(oneAccount({ aws: { ...lambda(), permissionsBoundary: 'limits' } }));

    expect(bounded.ofType('aws_iam_role').map(({ values }) => values.permissions_boundary)).toEqual([
      'arn:aws:iam::111111111111:policy/limits',
      'arn:aws:iam::111111111111:policy/limits',
    ]);
    expect(stack.ofType('aws_iam_role').some(({ values }) => 'permissions_boundary' in values)).toBe(false);
  });
});

describe('the role of a detector that serves', () => {
  const stack = detector(oneAccount({ aws: lambda({ runtime: 'serve' }) }));

  test('may be taken by containers and machines of the account', () => {
    expect(stack.statements('role/role', 'assume_role_policy')).toEqual([
      {
        sid: 'ContainersOfAccount',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['Service:ecs-tasks.amazonaws.com'],
        conditions: {
          'StringEquals aws:SourceAccount': ['111111111111'],
          'ArnLike aws:SourceArn': ['arn:aws:ecs:eu-central-1:111111111111:*'],
        },
      },
      {
        sid: 'MachinesOfAccount',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['Service:ec2.amazonaws.com'],
      },
    ]);
    expect(stack.at('role/instance-profile').values).toEqual({
      name: 'tocsin-acme-detector',
      role: stack.at('role/role').ref('name'),
    });
  });

  test('writes no log and no traces', () => {
    expect(actions(stack).filter((action) => /^(?:logs|xray):/.test(action))).toEqual([]);
  });
});

describe('the role of a detector outside of AWS', () => {
  const oidc = {
    issuer: 'https://tokens.example.com/eu',
    audience: 'tocsin',
    subject: 'system:serviceaccount:security:tocsin',
  };
  const stack = detector(
    organization({ aws: { detector: { account: 'security', runtime: 'serve', oidc } } }),
  );

  test('is opened by tokens of one issuer, for one audience and one subject', () => {
    expect(stack.statements('role/role', 'assume_role_policy')).toEqual([
      {
        sid: 'TokensOfIssuer',
        effect: 'Allow',
        actions: ['sts:AssumeRoleWithWebIdentity'],
        principals: [`Federated:${stack.at('issuers/security').ref('arn')}`],
        conditions: {
          'StringEquals tokens.example.com/eu:aud': ['tocsin'],
          'StringEquals tokens.example.com/eu:sub': ['system:serviceaccount:security:tocsin'],
        },
      },
    ]);
  });

  test('takes no reader: the tokens open those, so that every account with one knows the issuer', () => {
    expect(actions(stack)).not.toContain('sts:AssumeRole');
    expect(
      stack.ofType('aws_iam_openid_connect_provider').map(({ provider, values }) => [provider, values]),
    ).toEqual([
      ['aws.logs-eu-central-1', { url: oidc.issuer, client_id_list: ['tocsin'] }],
      ['aws', { url: oidc.issuer, client_id_list: ['tocsin'] }],
    ]);
  });

  test('makes the issuer once in an account, however many sources are there', () => {
    const one = detector(
      oneAccount({
        aws: lambda({ runtime: 'serve', oidc }),
        more: [{ name: 'other', aws: { account: 'main', region: 'eu-west-1' } }],
      }),
    );

    expect(one.ofType('aws_iam_openid_connect_provider')).toHaveLength(1);
  });
});

describe.each([
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
])('in the partition %s', (partition, region, domain) => {
  const aws = (runtime: string) => ({
    partition,
    accounts: { main: { id: '111111111111', region } },
    detector: { account: 'main', runtime },
  });

  test('grants are about resources of that partition', () => {
    const stack = detector(oneAccount({ aws: aws('lambda') }));
    const arns = stack
      .statements('role/policy')
      .flatMap(({ resources }) => resources ?? [])
      .filter((arn) => arn.startsWith('arn:'));

    expect(arns.length).toBeGreaterThan(3);
    expect(arns.filter((arn) => !arn.startsWith(`arn:${partition}:`))).toEqual([]);
    expect(stack.statement('role/policy', 'UseKeyThroughServices').conditions).toEqual({
      'StringEquals kms:ViaService': [`dynamodb.${region}.${domain}`],
    });
  });

  test('services are called as they are there', () => {
    expect(
      detector(oneAccount({ aws: aws('lambda') })).statements('role/role', 'assume_role_policy'),
    ).toMatchObject([{ principals: ['Service:lambda.amazonaws.com'] }]);
    expect(
      detector(oneAccount({ aws: aws('serve') })).statement(
        'role/role',
        'MachinesOfAccount',
        'assume_role_policy',
      ).principals,
    ).toEqual([`Service:ec2.${domain}`]);
  });
});
