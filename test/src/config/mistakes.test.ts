import { describe, expect, test } from '@jest/globals';
import { mistakesIn } from './mistakes.js';

const KEY = 'arn:aws:kms:eu-central-1:111111111111:key/1234';
const TOPIC = 'arn:aws:sns:eu-central-1:222222222222:uploads';

/** Right in every way, and with something to spoil everywhere. */
const right = () => ({
  aws: {
    accounts: {
      main: { id: '111111111111', region: 'eu-central-1' },
      logs: { id: '222222222222', region: 'eu-central-1', credentials: {} },
    },
    detector: { account: 'main' },
    monitoring: { emails: ['a@example.com'] },
    backend: { bucket: 'state', region: 'eu-central-1', kmsKeyArn: KEY },
    tags: { team: 'security' },
  },
  sources: [
    { name: 'made', prefixes: {}, aws: { account: 'main', bucket: { name: 'made-logs' }, trail: {} } },
    {
      name: 'found',
      aws: {
        account: 'logs',
        existing: {
          bucket: 'found-logs',
          kmsKeyArn: KEY,
          notifications: { from: 'topic', topicArn: TOPIC },
        },
      },
    },
    { name: 'folder', directory: 'logs' },
  ],
  alerts: { routes: [{ severity: 'high', to: ['chat'] }], default: ['chat'] },
  destinations: {
    chat: { type: 'slack', webhookUrl: 'secret:chat' },
    tickets: { type: 'webhook', url: 'https://example.com/', headers: {} },
    tasks: { type: 'asana', token: 'secret:tasks', project: '1', dueDays: {} },
  },
  limits: {},
});

type Edit = readonly [path: readonly (string | number)[], value: unknown];

/** @param edits undefined takes something away */
function spoiled(edits: readonly Edit[]): string {
  const config: Record<PropertyKey, unknown> = right();
  for (const [path, value] of edits) {
    const parent = path.slice(0, -1).reduce((at, key) => at[key] as Record<PropertyKey, unknown>, config);
    parent[path.at(-1) ?? ''] = value;
  }
  return JSON.stringify(config);
}

const textsOf = (edits: readonly Edit[]): readonly string[] =>
  mistakesIn(spoiled(edits))
    .map(({ text }) => text)
    .toSorted();

/** Each of one kind, far enough from the others that none makes another one senseless. */
const SINGLE: readonly (readonly [what: string, edit: Edit, says: string])[] = [
  [
    'a text for a number',
    [['aws', 'detector', 'timeoutSeconds'], '5'],
    '"5" does not fit: expected a whole number from 60 to 900',
  ],
  [
    'a half for a whole number',
    [['aws', 'detector', 'batchSize'], 1.5],
    '1.5 does not fit: expected a whole number from 1 to 10',
  ],
  [
    'a number that is too small',
    [['limits', 'maxRecordBytes'], 12],
    '12 does not fit: expected a whole number from 1024 to 1073741824',
  ],
  [
    'a number that is too large',
    [['alerts', 'latenessHours'], 1e9],
    'does not fit: expected a number from 1 to 720',
  ],
  [
    'no number at all',
    [['serve'], { graceSeconds: null }],
    'null does not fit: expected a number from 0 to 3600',
  ],
  ['a word for true or false', [['alerts', 'sendLate'], 'yes'], '"yes" does not fit: expected true or false'],
  [
    'a word that is none of the choice',
    [['aws', 'detector', 'runtime'], 'lamda'],
    '"lamda" does not fit: expected "lambda" or "serve"',
  ],
  [
    'a number that is none of the choice',
    [['aws', 'detector', 'logRetentionDays'], 364],
    '364 does not fit: expected one of 30, 60',
  ],
  ['a number for a text with a form', [['aws', 'namePrefix'], 5], '5 does not fit: expected up to 12 of a-z'],
  ['a number for any text', [['sources', 2, 'directory'], 5], '5 does not fit: expected a text'],
  ['an empty text', [['rules'], { folder: '' }], '"" does not fit: expected a text that is not empty'],
  ['a text of a wrong form', [['installation'], 'Main!'], '"Main!" does not fit: expected up to 20 of a-z'],
  [
    'a duration of none',
    [['sources', 2, 'silentAfter'], 'soon'],
    '"soon" does not fit: expected minutes, hours or days',
  ],
  [
    'no e-mail address',
    [['aws', 'monitoring', 'emails', 0], 'me'],
    '"me" does not fit: expected an e-mail address',
  ],
  ['a text for a list', [['alerts', 'redact'], 'userName'], '"userName" does not fit: expected a list'],
  ['a list for keys', [['state'], []], '[] does not fit: expected keys with values'],
  [
    'an account id that is a number',
    [['aws', 'accounts', 'main', 'id'], 111111111111],
    '111111111111 does not fit: expected 12 digits in quotes',
  ],
  [
    'something that is missing',
    [['aws', 'backend', 'region'], undefined],
    'aws.backend.region: it is missing: expected the code of a region',
  ],
  [
    'a key that is none',
    [['sources', 0, 'aws', 'bukcet'], {}],
    'sources.0.aws.bukcet: there is no such key; expected account, region, bucket, trail, existing or externalId',
  ],
  [
    'a name that is none',
    [['aws', 'accounts', '2nd'], { id: '333333333333', region: 'eu-west-1' }],
    'aws.accounts.2nd: this name does not fit: expected lower-case words',
  ],
  [
    'the key of a tag of AWS',
    [['aws', 'tags', 'aws:x'], 'y'],
    'aws.tags.aws:x: this name does not fit: expected the key of a tag',
  ],
  [
    'a destination of no type',
    [['destinations', 'other'], { type: 'webhok' }],
    'destinations.other.type: "webhok" does not fit: expected "slack", "pagerduty"',
  ],
  [
    'an account that is not there',
    [['aws', 'detector', 'account'], 'mian'],
    'aws.detector.account: "mian" does not fit: there is no account of this name',
  ],
  [
    'another account that is not there',
    [['sources', 0, 'aws', 'account'], 'nope'],
    'sources.0.aws.account: "nope" does not fit: there is no account of this name',
  ],
  [
    'a destination that is not there',
    [['alerts', 'default', 0], 'nobody'],
    'alerts.default.0: "nobody" does not fit: there is no destination of this name',
  ],
  [
    'another destination that is not there',
    [['alerts', 'routes', 0, 'to', 0], 'gone'],
    'alerts.routes.0.to.0: "gone" does not fit: there is no destination of this name',
  ],
  [
    'a name that is taken',
    [['sources', 0, 'name'], 'old-dead-letters'],
    'sources.0.name: "old-dead-letters" does not fit: would have the name of something else',
  ],
  [
    'a name that another source has',
    [['sources', 2, 'name'], 'found'],
    'sources.2.name: "found" does not fit: another source has this name',
  ],
  [
    'what is needed to use another',
    [['aws', 'accounts', 'logs', 'credentials', 'externalId'], 'only-us'],
    'externalId: "only-us" does not fit: needs the roleArn',
  ],
  [
    'two that exclude each other',
    [['sources', 1, 'aws', 'bucket'], {}],
    'expected either existing, or bucket and trail',
  ],
  [
    'an organisation that is not there',
    [['sources', 0, 'aws', 'trail', 'organization'], true],
    'needs `aws.organization`',
  ],
  [
    'an ARN of another partition',
    [['sources', 1, 'aws', 'existing', 'notifications', 'topicArn'], TOPIC.replace('aws', 'aws-cn')],
    'is of the partition aws-cn',
  ],
  [
    'a key of another region',
    [['sources', 1, 'aws', 'existing', 'kmsKeyArn'], KEY.replace('central', 'west')],
    'is a key of eu-west-1',
  ],
  [
    'a bucket that is made, and there',
    [['sources', 0, 'aws', 'bucket', 'name'], 'found-logs'],
    'is not there: the source made makes it',
  ],
  [
    'half a day',
    [['destinations', 'tasks', 'dueDays', 'high'], 1.5],
    'dueDays.high: 1.5 does not fit: expected a whole number from 0 to 365',
  ],
  [
    'a time that is too long',
    [['destinations', 'chat', 'timeoutSeconds'], '31'],
    'destinations.chat.timeoutSeconds: this does not fit: expected a number from 0.05 to 30',
  ],
  [
    'too much of a destination',
    [['destinations', 'chat', 'channel'], 'alerts'],
    'destinations.chat: this does not fit: expected either webhookUrl, or token and channel',
  ],
  [
    'a header that is a number',
    [['destinations', 'tickets', 'headers', 'x-team'], 5],
    'destinations.tickets.headers.x-team: 5 does not fit: expected printable ASCII',
  ],
  [
    'a header that is ours',
    [['destinations', 'tickets', 'headers', 'host'], 'x'],
    'destinations.tickets.headers.host: this does not fit: this header is set by Tocsin',
  ],
  [
    'plain http',
    [['destinations', 'tasks', 'baseUrl'], 'http://example.com'],
    'destinations.tasks: this does not fit: plain http would send alerts unprotected',
  ],
];

test('the file that is spoiled has no mistakes', () => {
  expect(textsOf([])).toEqual([]);
});

describe('a single mistake is told once, with what was seen and what was expected:', () => {
  test.each(SINGLE)('%s', (_what, edit, says) => {
    expect(textsOf([edit])).toEqual([expect.stringContaining(says)]);
  });
});

describe('no mistake hides another one, or is another one as well:', () => {
  const alone = SINGLE.map(([, edit]) => textsOf([edit]));

  test.each(SINGLE)('%s', (what, edit) => {
    const at = SINGLE.findIndex(([other]) => other === what);

    for (const [i, [, other]] of SINGLE.entries())
      // What is said of one may list names of another.
      if (i > at)
        expect(pathsOf(textsOf([edit, other]))).toEqual(pathsOf([...(alone[at] ?? []), ...(alone[i] ?? [])]));
  });

  test('all of them', () => {
    expect(pathsOf(textsOf(SINGLE.map(([, edit]) => edit)))).toEqual(pathsOf(alone.flat()));
  });
});

describe('what only follows from a mistake is not told:', () => {
  test.each([
    [
      'nothing is missing that is there, and of no use',
      [
        [['aws'], 5],
        [['state'], { store: 'dynamodb' }],
      ],
      ['aws: 5 does not fit: expected keys with values'],
    ],
    [
      'no account is unknown where there is none',
      [[['aws', 'accounts'], {}]],
      ['aws.accounts: {} does not fit: expected at least one account'],
    ],
    [
      'no destination is unknown that has mistakes of its own',
      [[['destinations', 'chat'], 5]],
      ['destinations.chat: 5 does not fit: expected keys with values'],
    ],
    [
      'no account is unknown whose name does not fit',
      [
        [['aws', 'accounts', '2nd'], { id: '333333333333', region: 'eu-central-1' }],
        [['aws', 'detector', 'account'], '2nd'],
      ],
      [expect.stringMatching(/^aws\.accounts\.2nd: this name does not fit/)],
    ],
    [
      'no region is of another partition that is none',
      [
        [['aws', 'detector', 'region'], 'nowhere'],
        [['aws', 'partition'], 'aws-cm'],
      ],
      [
        expect.stringMatching(/^aws\.detector\.region: "nowhere" does not fit: expected the code/),
        expect.stringMatching(/^aws\.partition: "aws-cm" does not fit: expected "aws"/),
      ],
    ],
  ] satisfies [string, Edit[], unknown[]][])('%s', (_what, edits, expected) => {
    expect(textsOf(edits)).toEqual(expected);
  });
});

test('a file with mistakes of every kind is told all of them, in the order of its lines', () => {
  const mistakes = mistakesIn(FILE).map(({ line, text }) => `${String(line)} ${text}`);

  expect(mistakes).toEqual([
    '2 aws.partition: "azure" does not fit: expected "aws", "aws-us-gov" or "aws-cn"',
    '4 aws.accounts.2nd: this name does not fit: expected lower-case words joined by hyphens, the first of which begins with a letter',
    '4 aws.accounts.2nd.region: "nowhere" does not fit: expected the code of a region, such as eu-central-1',
    '5 aws.accounts.main.region: it is missing: expected the code of a region, such as eu-central-1',
    '6 aws.detector.account: "mian" does not fit: there is no account of this name (there is: 2nd, main)',
    '6 aws.detector.runtime: "lamda" does not fit: expected "lambda" or "serve"',
    '6 aws.detector.timeoutSeconds: "5" does not fit: expected a whole number from 60 to 900',
    '8 sources.0.name: "old-dead-letters" does not fit: would have the name of something else that is made',
    '8 sources.0.silent: there is no such key; expected name, prefixes, exclude, directory, silentAfter or aws',
    '9 sources.0.aws.account: "nope" does not fit: there is no account of this name (there is: 2nd, main)',
    '9 sources.0.aws.existing.notifications: it is missing: expected keys with values',
    '10 alerts.default.0: "nobody" does not fit: there is no destination of this name (there is: chat)',
    '10 alerts.sendLate: "yes" does not fit: expected true or false',
    '12 destinations.chat.token: this does not fit: expected a reference to a secret, env:NAME, file:PATH or secret:NAME, never the secret itself',
    '13 limits: null does not fit: expected keys with values',
  ]);
});

const FILE = `aws:
  partition: azure
  accounts:
    2nd: { id: '222222222222', region: nowhere }
    main: { id: '111111111111' }
  detector: { account: mian, runtime: lamda, timeoutSeconds: "5" }
sources:
  - { name: old-dead-letters, silent: 1h,
      aws: { account: nope, existing: { bucket: logs } } }
alerts: { default: [nobody], sendLate: "yes" }
destinations:
  chat: { type: slack, channel: alerts, token: hunter2 }
limits:
`;

const pathsOf = (texts: readonly string[]): readonly (string | undefined)[] =>
  texts.map((text) => text.split(': ', 1)[0]).toSorted();
