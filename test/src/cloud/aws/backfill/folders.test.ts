import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { logFolders } from '../../../../../src/cloud/aws/backfill/folders.js';
import { logsIn, type LogPage } from '../../../../../src/cloud/aws/backfill/logs.js';
import { FauxAws, REGION, TEST_KEYS } from '../../../../support/fauxqs.js';
import { placeIn } from '../support.js';

const ORGANIZATION = 'o-a1b2c3d4e5';
const [ONE, TWO] = ['111111111111', '222222222222'];
const KEYS = [
  `AWSLogs/${ONE}/CloudTrail/eu-west-1/2026/03/01/a`,
  `AWSLogs/${ONE}/CloudTrail/us-east-1/2026/03/01/a`,
  `AWSLogs/${ONE}/CloudTrail-NetworkActivity/us-east-1/2026/03/01/a`,
  `AWSLogs/${ONE}/CloudTrail-Digest/us-east-1/2026/03/01/a`,
  `AWSLogs/${ONE}/CloudTrail-Insight/us-east-1/2026/03/01/a`,
  `AWSLogs/${ONE}/Config/us-east-1/2026/3/1/a`,
  `AWSLogs/${ORGANIZATION}/${TWO}/CloudTrail/us-east-1/2026/03/01/a`,
  `${ORGANIZATION}/AWSLogs/${ORGANIZATION}/${TWO}/CloudTrail/us-east-1/2026/03/01/a`,
  `teams/security/AWSLogs/${TWO}/CloudTrail/us-east-1/2026/03/01/a`,
  `a/b/c/d/e/AWSLogs/${TWO}/CloudTrail/us-east-1/2026/03/01/a`,
  'reports/2026/a',
];

describe('folders of logs in a bucket', () => {
  let aws: FauxAws;
  let client: S3Client;
  const bucket = { bucket: { name: 'logs', arn: 'arn:aws:s3:::logs', exists: true }, place: placeIn(ONE) };
  beforeAll(async () => {
    aws = await FauxAws.start();
    aws.emulator.createBucket('logs');
    for (const key of KEYS) await aws.put('logs', key, 'x');
    client = new S3Client({
      ...{ endpoint: aws.proxy.url, region: REGION, credentials: TEST_KEYS, forcePathStyle: true },
    });
  });
  afterEach(() => {
    aws.proxy.decide = () => 'pass';
    aws.proxy.calls.length = 0;
  });
  afterAll(async () => {
    client.destroy();
    await aws.stop();
  });
  const found = async (...prefixes: string[]): Promise<string[]> =>
    (await logFolders(client, bucket, prefixes)).map(({ keyPrefix }) => keyPrefix);

  test.each<[string, string[], string[]]>([
    [
      'of accounts and of an organisation, and network activity',
      ['AWSLogs/'],
      [
        `AWSLogs/${ONE}/CloudTrail-NetworkActivity/us-east-1/`,
        `AWSLogs/${ONE}/CloudTrail/eu-west-1/`,
        `AWSLogs/${ONE}/CloudTrail/us-east-1/`,
        `AWSLogs/${ORGANIZATION}/${TWO}/CloudTrail/us-east-1/`,
      ],
    ],
    [
      'of one account',
      [`AWSLogs/${ONE}/CloudTrail/`],
      [`AWSLogs/${ONE}/CloudTrail/eu-west-1/`, `AWSLogs/${ONE}/CloudTrail/us-east-1/`],
    ],
    [
      'of Control Tower',
      [`${ORGANIZATION}/AWSLogs/`],
      [`${ORGANIZATION}/AWSLogs/${ORGANIZATION}/${TWO}/CloudTrail/us-east-1/`],
    ],
    ['below folders of a trail', ['teams/'], [`teams/security/AWSLogs/${TWO}/CloudTrail/us-east-1/`]],
    [
      'by a prefix that ends within a name',
      ['AWSLogs/1111'],
      [
        `AWSLogs/${ONE}/CloudTrail-NetworkActivity/us-east-1/`,
        `AWSLogs/${ONE}/CloudTrail/eu-west-1/`,
        `AWSLogs/${ONE}/CloudTrail/us-east-1/`,
      ],
    ],
    [
      'by a prefix within a day',
      [`AWSLogs/${ONE}/CloudTrail/eu-west-1/2026/03/`],
      [`AWSLogs/${ONE}/CloudTrail/eu-west-1/2026/03/`],
    ],
    [
      'once, where prefixes cover each other',
      [`AWSLogs/${ONE}/CloudTrail/eu-west-1/2026/`, `AWSLogs/${ONE}/CloudTrail/eu`],
      [`AWSLogs/${ONE}/CloudTrail/eu-west-1/`],
    ],
    ['not too deep down', ['a/'], []],
    ['not where there are none', ['reports/', 'nothing/'], []],
  ])('%s', async (_, prefixes, folders) => {
    expect(await found(...prefixes)).toEqual(folders);
  });

  test('of the whole bucket', async () => {
    expect(await found('')).toEqual([
      ...(await found('AWSLogs/')),
      ...(await found(`${ORGANIZATION}/`)),
      ...(await found('teams/')),
    ]);
  });

  test('other logs beside them are not listed', async () => {
    await found('AWSLogs/');

    expect(aws.proxy.calls.map(({ path }) => decodeURIComponent(path)).join('\n')).not.toMatch(
      /Config\/|Digest\//,
    );
  });

  test('files in an archive are left out: nobody could read them', async () => {
    aws.proxy.decide = () => ({
      change: (answer) => answer.toString().replace('>STANDARD<', '>DEEP_ARCHIVE<'),
    });
    const folder = { path: `AWSLogs/${ONE}/CloudTrail/eu-west-1/`, account: ONE, region: 'eu-west-1' };
    const span = { from: Date.parse('2026-03-01T00:00:00Z'), to: Date.parse('2026-03-01T23:00:00Z') };
    const pages: LogPage[] = [];

    for await (const page of logsIn(client, bucket, { ...folder, keyPrefix: folder.path }, span))
      pages.push(page);

    expect(pages).toMatchObject([{ objects: [], skipped: ['archived'], lastKey: KEYS[0] }]);
  });
});
