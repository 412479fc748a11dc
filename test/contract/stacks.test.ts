import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization } from '../stacks/configs.js';
import { Stack, synthesized, type Synthesized } from '../stacks/synth.js';
import { allMade, namesTakenTwice, typesUnknown } from '../support/stack-names.js';
import { EVERY_RESOURCE, sourceBreaches, stackBreaches, WITHOUT_SOURCE } from '../support/stack-rules.js';

const topicArn = 'arn:aws:sns:eu-west-1:222222222222:uploads';
const oidc = { issuer: 'https://tokens.example.com', audience: 'tocsin', subject: 'tocsin' };
const config = {
  destinations: {
    tickets: { type: 'webhook', url: 'https://tickets.example.com/', signingSecrets: ['secret:signing'] },
  },
};
const locked = { bucket: { objectLock: { mode: 'governance', days: 30 } }, trail: { s3DataEvents: 'all' } };

const CONFIGS = {
  'one account': oneAccount({ config }),
  'one account, with a lock and data events': oneAccount({ source: locked }),
  'one account, without access logs': oneAccount({ source: { bucket: { accessLogs: false } } }),
  'an organisation': organization({ config }),
  'two regions': oneAccount({ more: [{ name: 'far', aws: { account: 'main', region: 'us-east-1' } }] }),
  'an existing bucket that tells a new topic': existingBucket({ from: 'bucket' }),
  'an existing bucket that tells EventBridge': existingBucket({ from: 'eventbridge' }),
  'an existing bucket that tells a topic': existingBucket({ from: 'topic', topicArn }),
  'an existing bucket whose trail tells a topic': existingBucket({ from: 'trail-topic', topicArn }),
  'a detector in a container': oneAccount({ aws: { detector: { account: 'main', runtime: 'serve' } } }),
  'a detector outside of AWS': oneAccount({ aws: { detector: { account: 'main', runtime: 'serve', oidc } } }),
};

const everything = (): readonly Synthesized[] => Object.values(CONFIGS).map((one) => synthesized(one));

describe('every stack keeps the rules of the house', () => {
  test.each(Object.entries(CONFIGS))('%s', (_, one) => {
    expect(synthesized(one).all.flatMap(stackBreaches)).toEqual([]);
  });

  test('no exception is listed that nothing needs', () => {
    const sids = everything().flatMap(({ all }) =>
      all.flatMap(({ documents }) => [...documents.values()].flat().map(({ sid }) => sid)),
    );

    expect([...WITHOUT_SOURCE, ...EVERY_RESOURCE].filter(({ sid }) => !sids.includes(sid))).toEqual([]);
  });

  test('statements of one policy have different names, of letters and digits alone', () => {
    for (const { all } of everything())
      for (const { documents } of all)
        for (const statements of documents.values()) {
          const sids = statements.map(({ sid }) => sid);
          expect(new Set(sids).size).toBe(sids.length);
          for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
        }
  });
});

/** Called like what is made beside the detector, or for a source called x. */
const AWKWARD = [
  ...['function', 'keys', 'operations', 'operations-news', 'roles', 'secrets', 'state', 'sweep', 'watch'],
  ...['bucket', 'changes', 'keys', 'logs', 'news', 'organization', 'queue', 'queues', 'reader', 'roles'].map(
    (end) => `x-${end}`,
  ),
  ...['subscription', 'topic', 'trail', 'watch', 'x'].map((end) => `x-${end}`),
];
const awkward = (source: object): object => {
  const accounts = {
    main: { id: '111111111111', region: 'eu-central-1' },
    other: { id: '222222222222', region: 'eu-west-1' },
  };
  return oneAccount({
    aws: { accounts, detector: { account: 'main' } },
    config: {
      ...config,
      sources: ['x', ...AWKWARD].map((name) => ({
        name,
        aws: name === 'x' ? { account: 'other' } : source,
      })),
    },
  });
};
const told = (account: string, from: string): object => ({
  ...{ account, existing: { bucket: 'company-logs', notifications: { from } } },
});

describe('no two resources of a type have one name in one account, region and event bus', () => {
  test.each([
    ...Object.entries(CONFIGS),
    ['awkward names, told by EventBridge beside the detector', awkward(told('main', 'eventbridge'))],
    ['awkward names, told by EventBridge elsewhere', awkward(told('other', 'eventbridge'))],
    ['awkward names, told by topics beside the detector', awkward(told('main', 'bucket'))],
    ['awkward names, told by topics elsewhere', awkward(told('other', 'bucket'))],
    ['awkward names, with logs of their own', awkward({ account: 'other' })],
  ])('%s', (_, one) => {
    const made = allMade(one);

    expect(namesTakenTwice(made)).toEqual([]);
    expect(typesUnknown(made)).toEqual([]);
  });

  test('what is made twice is found', () => {
    const made = allMade(oneAccount());

    expect(namesTakenTwice([...made, ...made])).toEqual(
      expect.arrayContaining([
        'aws_cloudwatch_event_rule arn:aws:events:eu-central-1:111111111111:rule/tocsin-acme-function',
        'aws_iam_role arn:aws:iam::111111111111:role/tocsin-acme-detector',
      ]),
    );
  });
});

describe('the sources of the stacks keep them', () => {
  const files = readdirSync('stacks/aws', { recursive: true, encoding: 'utf8' })
    .map((path) => `stacks/aws/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));

  test.each(files)('%s', (file) => {
    expect(sourceBreaches(file, readFileSync(file, 'utf8'))).toEqual([]);
  });
});

describe('a breach is found', () => {
  const bucket = { aws_s3_bucket: { b: { bucket: 'b' } } };
  const grant = (statement: object) => ({
    resource: {},
    data: {
      aws_iam_policy_document: {
        d: { statement: [{ sid: 'X', effect: 'Allow', actions: ['s3:GetObject'], ...statement }] },
      },
    },
  });
  const service = [{ type: 'Service', identifiers: ['s3.amazonaws.com'] }];

  test.each([
    ['reads no other', { resource: {}, data: { terraform_remote_state: { s: {} } } }],
    ['no resource says a region', { resource: { aws_sqs_queue: { q: { region: 'eu-west-1' } } } }],
    [
      'comes from policyDocument',
      { resource: { aws_s3_bucket_policy: { p: { policy: '{"Statement":[]}' } } } },
    ],
    ['names the resource or the account', grant({ principals: service })],
    [
      'names the resource or the account',
      grant({
        principals: service,
        condition: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['true'] }],
      }),
    ],
    ['every grant names its resources', grant({ resources: ['*'] })],
    ['every action of a service', grant({ actions: ['s3:*'] })],
    ['every action of a service', grant({ actions: ['*'] })],
    ['whoever they are', grant({ principals: [{ type: 'AWS', identifiers: ['*'] }] })],
    ['whoever comes without TLS', { resource: bucket }],
    ['a key of the customer', { resource: { aws_sns_topic: { t: { kms_master_key_id: 'alias/aws/sns' } } } }],
    ['a key of the customer', { resource: { aws_dynamodb_table: { t: {} } } }],
    ['every key is renewed', { resource: { aws_kms_key: { k: { enable_key_rotation: false } } } }],
    [
      'no secret is in a stack',
      { resource: { aws_secretsmanager_secret_version: { v: { secret_string: 'x' } } } },
    ],
    [
      'no secret is in a stack',
      { resource: { aws_lambda_function: { f: { environment: { variables: { slack_token: 'x' } } } } } },
    ],
  ])('%s: %j', (says, file) => {
    expect(stackBreaches(stackOf(file)).join('\n')).toContain(says);
  });

  test('a trust without a condition', () => {
    const role = { assume_role_policy: '${data.aws_iam_policy_document.d.json}' };
    const file = { ...grant({ actions: ['sts:AssumeRole'] }), resource: { aws_iam_role: { r: role } } };

    expect(stackBreaches(stackOf(file)).join('\n')).toContain('on a condition');
  });

  test.each([
    [
      'stacks/aws/x.ts',
      `import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js';`,
    ],
    ['stacks/aws/x.ts', `const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });`],
    ['stacks/aws/x.ts', `import { DataTerraformRemoteStateS3 } from 'cdktf';`],
    ['stacks/aws/x.ts', `const name = Fn.element(Fn.split(':', arn), 5);`],
    ['stacks/aws/x.ts', `import { readFileSync } from 'node:fs';`],
  ])('in %s: %s', (file, text) => {
    expect(sourceBreaches(file, text)).toHaveLength(1);
  });
});

/** With the comments that CDKTF leaves at every resource. */
function stackOf(file: { readonly resource: object; readonly data?: object }): Stack {
  const resource = Object.fromEntries(
    Object.entries(file.resource).map(([type, all]) => [
      type,
      Object.fromEntries(
        Object.entries(all as Record<string, object>).map(([name, values]) => [
          name,
          { ...values, '//': { metadata: { path: `s/${name}` } } },
        ]),
      ),
    ]),
  );
  return new Stack('s', JSON.stringify({ terraform: {}, provider: { aws: [{}] }, ...file, resource }));
}
