import { describe, expect, test } from '@jest/globals';
import { mistakesIn } from '../mistakes.js';

const ACCOUNTS = `
  accounts:
    main: { id: '111111111111', region: eu-central-1 }
`;

const textsIn = (yaml: string): readonly string[] =>
  mistakesIn(yaml).map(({ line, text }) => `${String(line)} ${text}`);

describe('what does not fit is told with its line, its path, what was seen and what was expected:', () => {
  test.each([
    [
      'an account id that YAML reads as a number',
      'aws:\n  accounts:\n    main: { id: 111111111111, region: eu-central-1 }\n  detector: { account: main }',
      '3 aws.accounts.main.id: 111111111111 does not fit: expected 12 digits in quotes: YAML reads 0123… without them as a number',
    ],
    [
      'a region that is none',
      "aws:\n  accounts:\n    main: { id: '111111111111', region: Frankfurt }\n  detector: { account: main }",
      '3 aws.accounts.main.region: "Frankfurt" does not fit: expected the code of a region, such as eu-central-1',
    ],
    [
      'a detector in an account that is not there',
      `aws:${ACCOUNTS}  detector: { account: mian }`,
      '4 aws.detector.account: "mian" does not fit: there is no account of this name (there is: main)',
    ],
    [
      'a region of another partition',
      `aws:${ACCOUNTS}  detector: { account: main, region: cn-north-1 }`,
      '4 aws.detector.region: "cn-north-1" does not fit: this region is not in the partition aws',
    ],
    [
      'two names for one account',
      `aws:${ACCOUNTS}    twin: { id: '111111111111', region: eu-central-1 }\n  detector: { account: main }`,
      '4 aws.accounts.twin.id: "111111111111" does not fit: is the id of the account main too',
    ],
    [
      "an organisation's trail without an organisation",
      `aws:${ACCOUNTS}  detector: { account: main }\nsources:\n  - { name: a, aws: { account: main, trail: { organization: true } } }`,
      '6 sources.0.aws.trail.organization: true does not fit: needs `aws.organization`',
    ],
    [
      'a bucket that is there and is to be made',
      `aws:${ACCOUNTS}  detector: { account: main }\nsources:\n  - { name: a, aws: { account: main, trail: {}, existing: { bucket: logs, notifications: { from: eventbridge } } } }`,
      'expected either existing, or bucket and trail to be made',
    ],
    [
      'logs that are locked for longer than they are kept',
      `aws:${ACCOUNTS}  detector: { account: main }\nsources:\n  - { name: a, aws: { account: main, bucket: { expireDays: 100, archiveDays: null, objectLock: { mode: governance, days: 200 } } } }`,
      '6 sources.0.aws.bucket.objectLock.days: 200 does not fit: locks for longer than expireDays, 100',
    ],
    [
      'a source with the name of something else',
      `aws:${ACCOUNTS}  detector: { account: main }\nsources:\n  - { name: trail-dead-letters, aws: { account: main } }`,
      '6 sources.0.name: "trail-dead-letters" does not fit: would have the name of something else that is made',
    ],
    [
      "a function's secret in the environment",
      `aws:${ACCOUNTS}  detector: { account: main }\ndestinations:\n  chat: { type: slack, webhookUrl: env:URL }`,
      '6 destinations.chat.webhookUrl: this does not fit: a function reads its secrets from the secret store: expected secret:NAME',
    ],
    [
      "a function's file",
      `aws:${ACCOUNTS}  detector: { account: main }\ndestinations:\n  out: { type: file, path: alerts.jsonl }`,
      '6 destinations.out.type: "file" does not fit: a function keeps no files; it is for `aws.detector.runtime: serve`',
    ],
    [
      'a stored secret without a cloud',
      'destinations:\n  chat: { type: slack, webhookUrl: secret:url }',
      '2 destinations.chat.webhookUrl: this does not fit: secret:NAME is in the secret store of a cloud, and there is no `aws`',
    ],
    [
      "a source's `aws` without accounts",
      'sources:\n  - { name: a, aws: { account: main } }',
      'needs `aws`, with its accounts and the detector',
    ],
    [
      'a shared state without a cloud',
      'state: { store: dynamodb }',
      '1 state.store: "dynamodb" does not fit: needs `aws`: the table is that of its detector',
    ],
  ])('%s', (_what, yaml, expected) => {
    const mistakes = textsIn(yaml);

    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(expected);
  });

  test('all at once', () => {
    const yaml = `aws:${ACCOUNTS}  detector: { account: mian, region: cn-north-1 }\nsources:\n  - { name: a, aws: { account: gone } }`;

    expect(mistakesIn(yaml)).toHaveLength(3);
  });
});

test.each(['$' + '{aws_iam_role.x.arn}', 'a b', 'AWSLogs/*', '/AWSLogs/'])(
  'a key prefix %j is refused: it would be more, or something else, than a prefix',
  (prefix) => {
    const yaml = `aws:${ACCOUNTS}  detector: { account: main }\nsources:\n  - { name: a, aws: { account: main, existing: { bucket: logs, keyPrefixes: ['${prefix}'], notifications: { from: eventbridge } } } }`;

    expect(textsIn(yaml)[0]).toContain('expected a prefix of object keys');
  },
);

/** A file with two accounts, and what is added to it in the style of JSON. */
const file = ({ detector = {}, ...aws }: Aws, ...sources: readonly object[]): string =>
  JSON.stringify({
    aws: {
      accounts: {
        main: { id: '111111111111', region: 'eu-central-1' },
        logs: { id: '222222222222', region: 'eu-west-1' },
      },
      detector: { account: 'main', ...detector },
      ...aws,
    },
    sources: sources.map((aws, i) => ({ name: `s${String(i)}`, aws })),
  });
type Aws = Readonly<Record<string, unknown>> & { readonly detector?: object };

const found = (existing: object) => ({
  account: 'logs',
  existing: { bucket: 'found', notifications: { from: 'eventbridge' }, ...existing },
});
const made = (aws: object = {}) => ({ account: 'main', ...aws });
const key = (region: string, partition = 'aws') => `arn:${partition}:kms:${region}:999999999999:key/mrk-1`;
const tags = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${String(i)}`, 'x']));

/** A source in each of so many accounts, besides that of the detector. */
const everywhere = (count: number): string => {
  const ids = Array.from({ length: count }, (_, i) => [`a${String(i)}`, String(2e11 + i)] as const);
  const accounts = Object.fromEntries(ids.map(([name, id]) => [name, { id, region: 'eu-west-1' }]));
  return file(
    { accounts: { main: { id: '111111111111', region: 'eu-central-1' }, ...accounts } },
    ...ids.map(([name]) => ({ ...found({}), account: name })),
  );
};

describe('what could not work is refused:', () => {
  test.each<[what: string, text: string, mistake: string]>([
    [
      "an alias, which opens no key in a reader's policy",
      file({}, found({ kmsKeyArn: 'arn:aws:kms:eu-west-1:222222222222:alias/logs' })),
      'sources.0.aws.existing.kmsKeyArn: "arn:aws:kms:eu-west-1:222222222222:alias/logs" does not fit: expected an ARN, arn:aws:kms:REGION:ACCOUNT:key/ID; an alias opens nothing',
    ],
    [
      'a key of another region than the bucket of its account',
      file({}, found({ kmsKeyArn: key('eu-central-1') })),
      'is a key of eu-central-1; expected one of eu-west-1, where the bucket is',
    ],
    [
      'a key of another region than the bucket',
      file({}, { ...found({ kmsKeyArn: key('eu-west-1') }), region: 'us-east-1' }),
      'is a key of eu-west-1; expected one of us-east-1, where the bucket is',
    ],
    [
      'a key of another region than the states',
      file({ backend: { bucket: 'states', region: 'eu-west-1', kmsKeyArn: key('eu-west-3') } }),
      'aws.backend.kmsKeyArn: "arn:aws:kms:eu-west-3:999999999999:key/mrk-1" does not fit: is a key of eu-west-3',
    ],
    [
      'a key of another partition',
      file({}, found({ kmsKeyArn: key('eu-west-1', 'aws-cn') })),
      'existing.kmsKeyArn: "arn:aws-cn:kms:eu-west-1:999999999999:key/mrk-1" does not fit: is of the partition aws-cn; expected one of aws',
    ],
    [
      'a key of another partition, for the states',
      file({ backend: { bucket: 'states', region: 'eu-west-1', kmsKeyArn: key('eu-west-1', 'aws-cn') } }),
      'is of the partition aws-cn; expected one of aws',
    ],
    [
      'a topic of another partition',
      file(
        {},
        found({ notifications: { from: 'topic', topicArn: 'arn:aws-us-gov:sns:eu-west-1:222222222222:t' } }),
      ),
      'existing.notifications.topicArn: "arn:aws-us-gov:sns:eu-west-1:222222222222:t" does not fit: is of the partition aws-us-gov',
    ],
    [
      'a trail of another partition',
      file({}, found({ trailArn: 'arn:aws-cn:cloudtrail:eu-west-1:222222222222:trail/theirs' })),
      'is of the partition aws-cn',
    ],
    [
      'objects of another partition',
      file({}, made({ trail: { s3DataEvents: ['arn:aws:s3:::payroll/', 'arn:aws-cn:s3:::payroll/'] } })),
      'sources.0.aws.trail.s3DataEvents.1: "arn:aws-cn:s3:::payroll/" does not fit: is of the partition aws-cn',
    ],
    [
      'a role of another partition',
      file({
        accounts: {
          main: {
            ...{ id: '111111111111', region: 'eu-central-1' },
            credentials: { roleArn: 'arn:aws-cn:iam::111111111111:role/deploy' },
          },
        },
      }),
      'aws.accounts.main.credentials.roleArn: "arn:aws-cn:iam::111111111111:role/deploy" does not fit: is of the partition aws-cn',
    ],
    [
      'a user for a role',
      file({
        accounts: {
          main: {
            ...{ id: '111111111111', region: 'eu-central-1' },
            credentials: { roleArn: 'arn:aws:iam::111111111111:user/deploy' },
          },
        },
      }),
      'expected an ARN, arn:aws:iam::ACCOUNT:role/NAME',
    ],
    [
      'a bucket that two sources make',
      file({}, made({ bucket: { name: 'company-logs' } }), made({ bucket: { name: 'company-logs' } })),
      'sources.1.aws.bucket.name: "company-logs" does not fit: the source s0 makes this bucket too',
    ],
    [
      'a bucket that is there, and that a later source makes',
      file({}, found({}), made({ bucket: { name: 'found' } })),
      'sources.0.aws.existing.bucket: "found" does not fit: is not there: the source s1 makes it',
    ],
    [
      'a trail that nobody would watch',
      file({}, found({ trailArn: 'arn:aws:cloudtrail:eu-west-1:999999999999:trail/theirs' })),
      'the account 999999999999 is not in aws.accounts: nobody would be told when the trail is stopped. Add it, or leave trailArn out',
    ],
    [
      'less concurrency than the queues ask for',
      file({ detector: { reservedConcurrency: 20 } }, made(), found({})),
      'aws.detector.reservedConcurrency: 20 does not fit: expected at least 21, for 2 sources at a maximumConcurrency of 10, and the sweep',
    ],
    [
      'a tag in the name of Tocsin',
      file({ tags: { 'tocsin:installation': 'other' } }),
      'aws.tags.tocsin:installation: this name does not fit: expected the key of a tag',
    ],
    [
      'a tag in its name, written otherwise',
      file({ tags: { 'Tocsin:x': 'y' } }),
      'neither aws: nor tocsin: in front',
    ],
    [
      'a tag in the name of AWS, written otherwise',
      file({ tags: { 'AWS:x': 'y' } }),
      'neither aws: nor tocsin: in front',
    ],
    [
      'more tags than a resource takes',
      file({ tags: tags(50) }),
      'expected at most 49 tags, not 50: AWS takes 50 for a resource, and one is ours',
    ],
    [
      'two tags that are one for a role',
      file({ tags: { team: 'a', Team: 'b' } }),
      'aws.tags.Team: "b" does not fit: differs from team in case alone',
    ],
    [
      'a bucket for objects in it',
      file({}, made({ trail: { s3DataEvents: ['arn:aws:s3:::payroll'] } })),
      'sources.0.aws.trail.s3DataEvents.0: "arn:aws:s3:::payroll" does not fit: expected arn:aws:s3:::payroll/, as other names of buckets may begin like this one',
    ],
    [
      'credentials without the role that they open',
      file({
        accounts: {
          main: {
            ...{ id: '111111111111', region: 'eu-central-1' },
            credentials: { webIdentityTokenFile: 'token' },
          },
        },
      }),
      'credentials.webIdentityTokenFile: "token" does not fit: needs the roleArn that it opens',
    ],
    [
      'an archive that comes after the end, though nobody set it',
      file({}, made({ bucket: { expireDays: 60 } })),
      'sources.0.aws.bucket.archiveDays: it is not set: 90 days come after expireDays, 60; null never archives',
    ],
    [
      'states in a region of another partition',
      file({ backend: { bucket: 'states', region: 'cn-north-1' } }),
      'aws.backend.region: "cn-north-1" does not fit: this region is not in the partition aws',
    ],
    [
      'readers in more accounts than the policy of a role has room for',
      everywhere(200),
      'are in too many accounts for one detector: the policy of its role would have ',
    ],
  ])('%s', (_what, text, mistake) => {
    expect(mistakesIn(text)).toEqual([{ line: 1, text: expect.stringContaining(mistake) }]);
  });

  test.each([
    'b..b',
    'ab',
    'UPPER',
    'under_score',
    '-begins',
    'ends-',
    '.begins',
    '192.168.5.4',
    'xn--logs',
    'sthree-logs',
    'amzn-s3-demo-logs',
    'logs-s3alias',
    'logs--ol-s3',
    'logs.mrap',
    'logs--x-s3',
    'logs--table-s3',
    'x'.repeat(64),
  ])('a bucket called %j', (name) => {
    for (const source of [made({ bucket: { name } }), found({ bucket: name })])
      expect(mistakesIn(file({}, source))).toEqual([
        { line: 1, text: expect.stringContaining('expected the name of a bucket') },
      ]);
  });
});

describe('what does work is taken:', () => {
  test.each<[what: string, text: string]>([
    ['a key of another account', file({}, found({ kmsKeyArn: key('eu-west-1') }))],
    [
      'ARNs of the partition',
      file(
        {
          partition: 'aws-cn',
          accounts: {
            main: {
              ...{ id: '111111111111', region: 'cn-north-1' },
              credentials: { roleArn: 'arn:aws-cn:iam::111111111111:role/team/deploy' },
            },
            logs: { id: '222222222222', region: 'cn-northwest-1' },
          },
        },
        found({
          kmsKeyArn: key('cn-northwest-1', 'aws-cn'),
          trailArn: 'arn:aws-cn:cloudtrail:cn-north-1:111111111111:trail/theirs',
        }),
      ),
    ],
    ['one bucket that two sources find', file({}, found({}), found({ keyPrefixes: ['other/'] }))],
    [
      'all the concurrency that is needed',
      file({ detector: { reservedConcurrency: 21 } }, made(), found({})),
    ],
    [
      'any concurrency without a function',
      file({ detector: { runtime: 'serve', reservedConcurrency: 2 } }, made()),
    ],
    ['as many tags as a resource takes', file({ tags: tags(49) })],
    [
      'objects of a bucket, and below a prefix',
      file({}, made({ trail: { s3DataEvents: ['arn:aws:s3:::payroll/', 'arn:aws:s3:::logs/a/b'] } })),
    ],
    ['a bucket with dots', file({}, found({ bucket: 'logs.example.com' }))],
    ['a bucket with all the letters of an address', file({}, found({ bucket: '1.2.3' }))],
    ['readers in a hundred accounts', everywhere(100)],
  ])('%s', (_what, text) => {
    expect(mistakesIn(text)).toEqual([]);
  });
});
