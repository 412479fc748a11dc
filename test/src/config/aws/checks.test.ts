import { describe, expect, test } from '@jest/globals';
import { ConfigMistakesError, parseConfig } from '../../../../src/config/load.js';

const ACCOUNTS = `
  accounts:
    main: { id: '111111111111', region: eu-central-1 }
`;

const mistakesIn = (yaml: string): readonly string[] => {
  try {
    parseConfig(yaml, 'tocsin.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigMistakesError)
      return error.mistakes.map(({ line, text }) => `${line} ${text}`);
    throw error;
  }
};

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
      '6 sources.0.aws.bucket.objectLock.days: 200 does not fit: locks for longer than expireDays',
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
    const mistakes = mistakesIn(yaml);

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

    expect(mistakesIn(yaml)[0]).toContain('expected a prefix of object keys');
  },
);
