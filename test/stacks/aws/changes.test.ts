import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../configs.js';
import { synthesized, Synthesized, type Stack } from '../synth.js';
import { patternMatches } from './event-pattern.js';

type Json = Readonly<Record<string, unknown>>;

const SECRETS = {
  destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
  alerts: { default: ['chat'] },
};
const OIDC = { issuer: 'https://tokens.example.com', audience: 'tocsin', subject: 'tocsin' };
/** The issuer of a detector outside of AWS, as its account knows it. */
const OURS = 'arn:aws:iam::111111111111:oidc-provider/tokens.example.com';
const rules = (stack: Stack) =>
  stack.ofType('aws_cloudwatch_event_rule').filter(({ path }) => path.startsWith('changes/'));
const patternOf = ({ values }: { readonly values: Json }): Json =>
  JSON.parse(String(values.event_pattern)) as Json;

/** A call as CloudTrail records it and EventBridge hands it on; only what rules may look at. */
const call = (service: string, eventName: string, requestParameters: Json, more: Json = {}): Json => ({
  source: `aws.${service}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: { eventName, requestParameters, ...more },
});

/** Paths of the rules that report a call. */
const reported = (all: Synthesized, event: Json): readonly string[] =>
  all.all.flatMap((stack) =>
    rules(stack)
      .filter((rule) => patternMatches(patternOf(rule), event))
      .map(
        ({ path }) => `${stack.name.replace('tocsin-acme-', '')}: ${path.replace(/^changes\/|\/rule$/g, '')}`,
      ),
  );

describe('in one account', () => {
  const all = synthesized(oneAccount({ config: SECRETS }));
  const here = 'main-eu-central-1';
  const arn = (service: string, name: string): string =>
    `arn:aws:${service}:eu-central-1:111111111111:${name}`;
  const topic = arn('sns', 'tocsin-acme-trail-news');
  const operations = arn('sns', 'tocsin-acme-operations');
  const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/111111111111/tocsin-acme-trail';
  const ofFunction = { responseElements: { functionArn: arn('lambda', 'function:tocsin-acme-detector') } };

  test.each<[string, Json, string]>([
    ['trail is stopped', call('cloudtrail', 'StopLogging', { name: 'tocsin-acme-trail' }), 'trail'],
    [
      'trail is stopped by its ARN',
      call('cloudtrail', 'StopLogging', { name: arn('cloudtrail', 'trail/tocsin-acme-trail') }),
      'trail',
    ],
    ['trail is deleted', call('cloudtrail', 'DeleteTrail', { name: 'tocsin-acme-trail' }), 'trail'],
    [
      'trail records less',
      call('cloudtrail', 'PutEventSelectors', { trailName: 'tocsin-acme-trail' }),
      'trail',
    ],
    ...[
      'PutBucketNotification',
      'PutBucketPolicy',
      'DeleteBucketPolicy',
      'PutBucketLifecycle',
      'DeleteBucket',
    ]
      .concat(['PutBucketEncryption', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock'])
      .map((name): [string, Json, string] => [
        `bucket: ${name}`,
        call('s3', name, { bucketName: 'tocsin-acme-trail-111111111111' }),
        'bucket',
      ]),
    ['topic is deleted', call('sns', 'DeleteTopic', { topicArn: topic }), 'topic'],
    ['topic has another policy', call('sns', 'SetTopicAttributes', { topicArn: topic }), 'topic'],
    [
      'subscription is deleted',
      call('sns', 'Unsubscribe', { subscriptionArn: `${topic}:5b…` }),
      'subscription',
    ],
    [
      'subscription filters',
      call('sns', 'SetSubscriptionAttributes', { subscriptionArn: `${topic}:5b…` }),
      'subscription',
    ],
    ['queue is deleted', call('sqs', 'DeleteQueue', { queueUrl }), 'queues'],
    ['queue is emptied', call('sqs', 'PurgeQueue', { queueUrl }), 'queues'],
    [
      'dead letters are emptied, by an old form of the URL',
      call('sqs', 'PurgeQueue', {
        queueUrl: 'https://queue.amazonaws.com/111111111111/tocsin-acme-trail-dead-letters',
      }),
      'queues',
    ],
  ])('people are told when the %s', (_, event, id) => {
    expect(reported(all, event)).toEqual([`source-trail: ${here}/${id}`]);
  });

  test.each<[string, Json, string]>([
    [
      'function has other code',
      call('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'tocsin-acme-detector' }),
      `${here}/function`,
    ],
    [
      'function is deleted by its ARN',
      call('lambda', 'DeleteFunction20150331', {
        functionName: arn('lambda', 'function:tocsin-acme-detector'),
      }),
      `${here}/function`,
    ],
    [
      'function can be called by others',
      call('lambda', 'AddPermission20150331v2', { functionName: 'tocsin-acme-detector' }),
      `${here}/function`,
    ],
    ...[
      'CreateFunctionUrlConfig20211031',
      'UpdateFunctionUrlConfig20211031',
      'DeleteFunctionUrlConfig20211031',
    ]
      .concat(['PutRuntimeManagementConfig20210720', 'PutRuntimeManagementConfig'])
      .map((name): [string, Json, string] => [
        `function: ${name}`,
        call('lambda', name, { functionName: 'tocsin-acme-detector' }),
        `${here}/function`,
      ]),
    [
      'function may not run',
      call('lambda', 'PutFunctionConcurrency20171031', { functionName: 'tocsin-acme-detector' }),
      `${here}/function`,
    ],
    [
      'mapping is disabled',
      call('lambda', 'UpdateEventSourceMapping20150331', { uUID: '14e0…', enabled: false }, ofFunction),
      `${here}/function`,
    ],
    [
      'mapping is deleted',
      call('lambda', 'DeleteEventSourceMapping20150331', { uUID: '14e0…' }, ofFunction),
      `${here}/function`,
    ],
    [
      'state is deleted',
      call('dynamodb', 'DeleteTable', { tableName: 'tocsin-acme-state' }),
      `${here}/state`,
    ],
    [
      'state expires otherwise',
      call('dynamodb', 'UpdateTimeToLive', { tableName: 'tocsin-acme-state' }),
      `${here}/state`,
    ],
    [
      'secret has another value',
      call('secretsmanager', 'PutSecretValue', { secretId: 'tocsin-acme/slack-token-1234abcd' }),
      `${here}/secrets`,
    ],
    [
      'secret is deleted by its ARN',
      call('secretsmanager', 'DeleteSecret', {
        secretId: arn('secretsmanager', 'secret:tocsin-acme/slack-token-1234abcd-AbCdEf'),
      }),
      `${here}/secrets`,
    ],
    [
      'detector may do more',
      call('iam', 'PutRolePolicy', { roleName: 'tocsin-acme-detector' }),
      'main-us-east-1/roles',
    ],
    [
      'reader trusts others',
      call('iam', 'UpdateAssumeRolePolicy', { roleName: 'tocsin-acme-trail-reader' }),
      'main-us-east-1/roles',
    ],
    [
      'reader is gone',
      call('iam', 'DeleteRole', { roleName: 'tocsin-acme-trail-reader' }),
      'main-us-east-1/roles',
    ],
  ])('people are told when the %s', (_, event, path) => {
    expect(reported(all, event)).toEqual([`detector: ${path}`]);
  });

  test.each<[string, Json]>([
    ['alarm is deleted', call('monitoring', 'DeleteAlarms', { alarmNames: ['x', 'tocsin-acme-errors'] })],
    [
      'alarm is mute',
      call('monitoring', 'DisableAlarmActions', { alarmNames: ['tocsin-acme-trail-silent'] }),
    ],
    ['rule is disabled', call('events', 'DisableRule', { name: 'tocsin-acme-trail-bucket' })],
    ['rule tells nobody', call('events', 'RemoveTargets', { rule: 'tocsin-acme-function' })],
    ...['DeleteEventBus', 'UpdateEventBus'].map((name): [string, Json] => [
      `bus: ${name}`,
      call('events', name, { name: 'tocsin-acme-trail' }),
    ]),
    ...['PutPermission', 'RemovePermission'].map((name): [string, Json] => [
      `bus: ${name}`,
      call('events', name, { eventBusName: 'tocsin-acme-trail', statementId: 'TakeEventsOfBucket' }),
    ]),
    [
      'schedule is deleted',
      call('scheduler', 'DeleteSchedule', { groupName: 'tocsin-acme-sweep', name: 'x' }),
    ],
    ['log is deleted', call('logs', 'DeleteLogGroup', { logGroupName: '/aws/lambda/tocsin-acme-detector' })],
    ['topic of the operators is deleted', call('sns', 'DeleteTopic', { topicArn: operations })],
    ['operators are unsubscribed', call('sns', 'Unsubscribe', { subscriptionArn: `${operations}:77…` })],
  ])('whoever watches is watched: the %s', (_, event) => {
    expect(reported(all, event)).toContain(`detector: ${here}/watch`);
  });

  test.each<[string, Json]>([
    ['trail of somebody else', call('cloudtrail', 'StopLogging', { name: 'company-trail' })],
    ['bucket of somebody else', call('s3', 'PutBucketPolicy', { bucketName: 'tocsin-acme-trail' })],
    [
      'function that is called alike',
      call('lambda', 'DeleteFunction20150331', { functionName: 'tocsin-acme-detector2' }),
    ],
    ['bus of somebody else', call('events', 'PutPermission', { eventBusName: 'default' })],
    [
      'address of another function',
      call('lambda', 'CreateFunctionUrlConfig20211031', { functionName: 'tocsin-acme-detector2' }),
    ],
    [
      'issuer, where none opens our roles',
      call('iam', 'DeleteOpenIDConnectProvider', { openIDConnectProviderArn: OURS }),
    ],
    ['role of another installation', call('iam', 'PutRolePolicy', { roleName: 'tocsin-acmeone-detector' })],
    ['read of our bucket', call('s3', 'GetBucketPolicy', { bucketName: 'tocsin-acme-trail-111111111111' })],
    [
      'event of another kind',
      { ...call('sqs', 'DeleteQueue', { queueUrl }), 'detail-type': 'Something else' },
    ],
  ])('nobody is told of a %s', (_, event) => {
    expect(reported(all, event)).toEqual([]);
  });
});

describe("for a detector outside of AWS, people are told of every account's issuer", () => {
  const aws = {
    accounts: {
      logs: { id: '222222222222', region: 'eu-west-1' },
      security: { id: '111111111111', region: 'eu-central-1' },
    },
    detector: { account: 'security', runtime: 'serve', oidc: OIDC },
  };
  const all = synthesized(oneAccount({ aws, source: { account: 'logs' } }));
  const issuer = (arn: string, name: string): Json => call('iam', name, { openIDConnectProviderArn: arn });

  test.each([
    'DeleteOpenIDConnectProvider',
    'UpdateOpenIDConnectProviderThumbprint',
    'AddClientIDToOpenIDConnectProvider',
    'RemoveClientIDFromOpenIDConnectProvider',
  ])('%s', (name) => {
    expect(reported(all, issuer(OURS, name))).toEqual(['detector: security-us-east-1/roles']);
    expect(reported(all, issuer(OURS.replaceAll('1', '2'), name))).toEqual([
      'source-trail: logs-us-east-1/roles',
    ]);
  });

  test('and not of another', () => {
    expect(reported(all, issuer(`${OURS}/other`, 'DeleteOpenIDConnectProvider'))).toEqual([]);
  });
});

describe("for an organisation's trail", () => {
  const shutOut = (servicePrincipal: string): Json =>
    call('organizations', 'DisableAWSServiceAccess', { servicePrincipal });

  test('people are told when CloudTrail is shut out of the organisation, and no other service', () => {
    const all = synthesized(organization());

    expect(reported(all, shutOut('cloudtrail.amazonaws.com'))).toEqual([
      'source-trail: management-us-east-1/organization',
    ]);
    expect(reported(all, shutOut('config.amazonaws.com'))).toEqual([]);
  });

  test('that is the management account, whoever owns the trail', () => {
    const stack = synthesized(
      organization({ source: { trail: { organization: true, account: 'security' } } }),
    ).stack('source-trail');

    expect(stack.at('changes/management-us-east-1/organization/rule').provider).toBe(
      'aws.management-us-east-1',
    );
  });

  test.each([
    ['aws-us-gov', 'us-gov-east-1', 'us-gov-west-1'],
    ['aws-cn', 'cn-north-1', 'cn-northwest-1'],
  ])('in %s calls about it appear in one region', (partition, region, where) => {
    const accounts = Object.fromEntries(
      ['management', 'logs', 'security'].map((name, i) => [name, { id: String(i).repeat(12), region }]),
    );
    const stack = synthesized(organization({ aws: { partition, accounts } })).stack('source-trail');

    expect(stack.has(`changes/management-${where}/organization/rule`)).toBe(true);
  });

  test('of one account nothing of it is asked', () => {
    expect(reported(synthesized(oneAccount()), shutOut('cloudtrail.amazonaws.com'))).toEqual([]);
  });
});

describe('changes are reported where they happen', () => {
  const where = (stack: Stack) =>
    Object.fromEntries(
      rules(stack).map(({ values, provider }) => [`${String(values.name)} ${provider}`, true]),
    );

  test('in an organisation: trail, bucket and reader, and queue, each in its account', () => {
    const stack = synthesized(organization()).stack('source-trail');

    expect(
      Object.keys(where(stack))
        .filter((name) => !/-(?:keys|watch) /.test(name))
        .toSorted(),
    ).toEqual([
      'tocsin-acme-trail-bucket aws',
      'tocsin-acme-trail-organization aws.management-us-east-1',
      'tocsin-acme-trail-queues aws.security-eu-central-1',
      'tocsin-acme-trail-roles aws.logs-us-east-1',
      'tocsin-acme-trail-subscription aws.security-eu-central-1',
      'tocsin-acme-trail-topic aws',
      'tocsin-acme-trail-trail aws.management-eu-central-1',
    ]);
  });

  test('with a topic of somebody else in another region: the subscription is changed there', () => {
    const topicArn = 'arn:aws:sns:eu-west-1:222222222222:uploads';
    const stack = synthesized(existingBucket({ from: 'topic', topicArn })).stack('source-trail');

    expect(where(stack)).toMatchObject({
      'tocsin-acme-trail-topic aws': true,
      'tocsin-acme-trail-subscription aws.security-eu-west-1': true,
    });
  });

  test('a topic in an account that the configuration does not know is not watched', () => {
    const topicArn = 'arn:aws:sns:eu-west-1:999999999999:uploads';
    const stack = synthesized(existingBucket({ from: 'topic', topicArn })).stack('source-trail');

    expect(Object.keys(where(stack)).filter((name) => name.includes('-topic '))).toEqual([]);
  });

  test.each([
    ['aws-us-gov', 'us-gov-east-1', 'us-gov-west-1'],
    ['aws-cn', 'cn-northwest-1', 'cn-north-1'],
  ])('roles of %s are changed in the region of its IAM', (partition, region, regionOfIam) => {
    const accounts = { main: { id: '111111111111', region } };
    const stack = synthesized(
      oneAccount({ aws: { partition, accounts, detector: { account: 'main' } } }),
    ).stack('detector');

    expect(where(stack)).toHaveProperty([`tocsin-acme-roles aws.main-${regionOfIam}`]);
  });

  test('everything in the region of IAM needs no topic but that of the detector', () => {
    const accounts = { main: { id: '111111111111', region: 'us-east-1' } };
    const all = synthesized(oneAccount({ aws: { accounts, detector: { account: 'main' } } }));

    expect(
      all
        .stack('detector')
        .ofType('aws_sns_topic')
        .map(({ path }) => path),
    ).toEqual(['operations/topic']);
  });
});

test.each([
  ['one account', oneAccount()],
  ['an organisation', organization()],
  ['a bucket that was there', existingBucket({ from: 'bucket' })],
  ['a bucket that tells EventBridge', existingBucket({ from: 'eventbridge' })],
])('for %s people are told of every key that is disabled or is to be deleted', (_, config) => {
  const all = synthesized(config);
  const keys = all.all.flatMap((stack) => stack.ofType('aws_kms_key').map((key) => ({ stack, key })));

  expect(keys.length).toBeGreaterThan(2);
  for (const { stack, key } of keys) {
    const one = new Synthesized(new Map([[stack.name, stack]]));
    const resources = [{ ARN: key.ref('arn'), type: 'AWS::KMS::Key' }];

    for (const name of ['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy'])
      expect(reported(one, call('kms', name, {}, { resources }))).toHaveLength(1);
  }
});

describe('every rule', () => {
  const all = [
    oneAccount({ config: SECRETS }),
    organization(),
    existingBucket({ from: 'eventbridge' }),
  ].flatMap((config) => synthesized(config).all);

  test('tells a topic of its own account and region', () => {
    for (const stack of all)
      for (const rule of rules(stack)) {
        const target = stack.at(rule.path.replace(/rule$/, 'target'));
        const topic = stack.resources.find((one) => one.ref('arn') === target.values.arn);

        expect(target.provider).toBe(rule.provider);
        expect(topic?.provider ?? String(target.values.arn)).toMatch(
          topic === undefined ? /^arn:aws:sns:.*:tocsin-acme-operations$/ : new RegExp(`^${rule.provider}$`),
        );
      }
  });

  test('has a pattern and a name that EventBridge takes', () => {
    for (const stack of all)
      for (const rule of rules(stack)) {
        expect(JSON.stringify(patternOf(rule)).length).toBeLessThanOrEqual(2048);
        expect(String(rule.values.name).length).toBeLessThanOrEqual(64);
        expect(String(rule.values.description).length).toBeLessThanOrEqual(512);
        expect(String(rule.values.description)).not.toContain('"');
      }
  });

  test('reports who did what, when and from where, and takes nothing else of the event', () => {
    for (const stack of all)
      for (const { values } of stack
        .ofType('aws_cloudwatch_event_target')
        .filter(({ path }) => path.startsWith('changes/'))) {
        const { input_paths, input_template } = values.input_transformer as {
          readonly input_paths: Readonly<Record<string, string>>;
          readonly input_template: string;
        };
        const used = [...input_template.matchAll(/<(\w+)>/g)].map(([, name]) => name);

        expect(new Set(used)).toEqual(new Set(Object.keys(input_paths)));
        expect(Object.values(input_paths)).toEqual(
          expect.arrayContaining([
            '$.detail.userIdentity.arn',
            '$.detail.eventName',
            '$.detail.eventTime',
            '$.detail.sourceIPAddress',
          ]),
        );
        // A text is lines, each in quotes.
        for (const line of input_template.split('\n')) expect(line).toMatch(/^"[^"]+"$/);
      }
  });
});

test('names and patterns are short enough for the longest names that there may be', () => {
  const name = 'a'.repeat(80);
  const issuer = `https://${'i'.repeat(247)}`;
  const all = synthesized(
    organization({
      aws: {
        namePrefix: 'p'.repeat(12),
        detector: { account: 'security', runtime: 'serve', oidc: { ...OIDC, issuer } },
      },
      config: {
        ...SECRETS,
        installation: 'i'.repeat(20),
        sources: [{ name, aws: { account: 'logs', trail: { organization: true } } }],
      },
    }),
  );

  for (const stack of all.all)
    for (const rule of rules(stack)) {
      expect(String(rule.values.name).length).toBeLessThanOrEqual(64);
      expect(JSON.stringify(patternOf(rule)).length).toBeLessThanOrEqual(2048);
    }
});
