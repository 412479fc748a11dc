import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { evaluateUnit, type DeadLetter } from '../../../detector/evaluate-unit.js';
import { createEngine } from '../../../detector/engine/engine.js';
import { s3Clients, type SourceBucket } from '../../../detector/feeds/s3/clients.js';
import { s3Unit } from '../../../detector/feeds/s3/objects.js';
import { readError } from '../../../detector/feeds/s3/read-error.js';
import { RetryLaterError, type Unit } from '../../../detector/feeds/unit.js';
import { awsCloudtrail } from '../../../detector/logs/aws-cloudtrail.js';
import { DEFAULT_SPLIT_LIMITS } from '../../../detector/logs/record.js';
import { sourceMap } from '../../../detector/logs/source-map.js';
import { call } from '../../support/core.js';
import { FauxAws, REGION, TEST_KEYS, xmlError, type Verdict } from '../../support/fauxqs.js';

const BUCKET: SourceBucket = {
  ...{ bucket: 'trail', region: REGION },
  kmsKeyArn: 'arn:aws:kms:us-east-1:210987654321:key/1234abcd',
};
const ROLE = 'arn:aws:iam::210987654321:role/tocsin-reader';

let aws: FauxAws;
beforeAll(async () => {
  aws = await FauxAws.start();
  aws.emulator.createBucket('trail');
});
afterAll(() => aws.stop());
afterEach(() => {
  aws.proxy.decide = () => 'pass';
});

function unit(key: string, bucket = 'trail'): Unit {
  const s3 = { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS, maxAttempts: 1 };
  return s3Unit({ bucket, key }, { ...s3Clients({ s3 })(BUCKET), role: ROLE });
}

async function failureOf({ open }: Unit): Promise<Error> {
  try {
    for await (const _ of open());
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was read');
}

describe('what will never work is final, and says what to do', () => {
  test('an object that is gone', async () => {
    const error = await failureOf(unit('gone'));

    expect(error).toMatchObject({
      ...{ name: 'ObjectError', code: 'NoSuchKey', fix: 'Restore a version of it, and backfill it.' },
      message: expect.stringMatching(/^NoSuchKey: the object was deleted, or expired by a lifecycle rule/),
    });
  });

  test.each([
    ['InvalidObjectState', 403, /is in an archive .* Restore it from the archive/],
    ['PreconditionFailed', 412, /was overwritten while it was read/],
    ['KeyTooLongError', 400, /no object has such a long key/],
  ])('%s', async (code, status, message) => {
    aws.proxy.decide = () => xmlError(status, code);

    const error = await failureOf(unit('any'));

    expect(error).toMatchObject({ name: 'ObjectError', code, message: expect.stringMatching(message) });
  });
});

describe('what may work later says who reads what, and what is likely missing', () => {
  const denied =
    'User: arn:aws:sts::210987654321:assumed-role/tocsin-reader/tocsin is not authorized to perform: kms:Decrypt';

  test.each<[string, Verdict, RegExp]>([
    [
      'no permission',
      xmlError(403, 'AccessDenied', 'Access Denied'),
      /AccessDenied: Access Denied → Allow s3:GetObject on the object to arn:aws:iam::210987654321:role\/tocsin-reader, in its own policy and in the policy of the bucket\. Without s3:ListBucket S3 answers so for an object that is gone, too\.$/,
    ],
    [
      'no permission for the key',
      xmlError(403, 'AccessDenied', denied),
      /→ Allow kms:Decrypt on arn:aws:kms:us-east-1:210987654321:key\/1234abcd to arn:aws:iam::210987654321:role\/tocsin-reader, in its own policy and in the policy of the key\.$/,
    ],
    ['a key that is disabled', xmlError(400, 'KMS.DisabledException'), /→ Allow kms:Decrypt/],
    [
      'another region',
      xmlError(301, 'PermanentRedirect'),
      /→ Correct the region of the bucket in the source\.$/,
    ],
    [
      'credentials that expired',
      xmlError(400, 'ExpiredToken'),
      /→ Give the detector credentials that are valid/,
    ],
    [
      'throttling',
      xmlError(503, 'SlowDown', 'Please reduce your request rate.'),
      /SlowDown: Please reduce your request rate\.$/,
    ],
    ['a fault of S3', xmlError(500, 'InternalError'), /InternalError/],
    ['something new', xmlError(418, 'Teapot'), /Teapot/],
    ['a broken connection', 'cut', /ECONNRESET|socket hang up/],
    ['no XML', { status: 502, body: '<html>bad gateway' }, /could not be read as/],
  ])('%s', async (_, verdict, message) => {
    aws.proxy.decide = () => verdict;

    const error = await failureOf(unit('a b'));

    expect(error).toBeInstanceOf(RetryLaterError);
    expect(error.message).toMatch(
      /^s3:\/\/trail\/a b could not be read as arn:aws:iam::210987654321:role\/tocsin-reader: /,
    );
    expect(error.message).toMatch(message);
  });

  test('a bucket that is gone', async () => {
    const error = await failureOf(unit('any', 'other-bucket'));

    expect(error).toBeInstanceOf(RetryLaterError);
    expect(error.message).toMatch(
      /NoSuchBucket: .* → Correct the name of the bucket, or remove the source\.$/,
    );
  });

  test('a host that is not there', async () => {
    const s3 = {
      endpoint: 'http://127.0.0.1:9',
      forcePathStyle: true,
      credentials: TEST_KEYS,
      maxAttempts: 1,
    };

    const error = await failureOf(s3Unit({ bucket: 'trail', key: 'any' }, s3Clients({ s3 })(BUCKET)));

    expect(error).toBeInstanceOf(RetryLaterError);
    expect(error.message).toMatch(/could not be read with the credentials of the detector: .*ECONNREFUSED/);
  });

  test('a bucket that may be of another account than expected', () => {
    const denied = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });
    const { message } = readError(denied, { uri: 's3://trail/a', owner: '210987654321' });

    expect(message).toMatch(
      /S3 answers so for an object that is gone, too; and where the bucket is not account 210987654321's\.$/,
    );
  });

  test('whatever was thrown', () => {
    const { message } = readError('odd', { uri: 's3://trail/a' });

    expect(message).toBe('s3://trail/a could not be read with the credentials of the detector: Error: odd');
  });

  test('a message of any length is cut', () => {
    expect(readError(new Error('x'.repeat(1_000_000)), { uri: 's3://trail/a' }).message.length).toBeLessThan(
      1000,
    );
  });
});

describe('in the detector', () => {
  async function evaluate(unitToRead: Unit): Promise<{ events: number; letters: DeadLetter[] }> {
    const letters: DeadLetter[] = [];
    const counts = await evaluateUnit(
      unitToRead,
      'key',
      {
        ...{
          engine: createEngine([], [awsCloudtrail]),
          sources: sourceMap([]),
          limits: DEFAULT_SPLIT_LIMITS,
        },
        arrival: 0,
      },
      { match: () => {}, deadLetter: (letter) => letters.push(letter), ruleFailure: () => {} },
    );
    return { events: counts.events, letters };
  }

  test('an object that is gone is a dead letter that says so', async () => {
    const { letters } = await evaluate(unit('gone'));

    expect(letters).toMatchObject([
      {
        reason: 'unreadable',
        message: expect.stringMatching(/^s3:\/\/trail\/gone could not be read: NoSuchKey: /),
      },
    ]);
  });

  test('what may work later leaves no dead letter', async () => {
    aws.proxy.decide = () => xmlError(403, 'AccessDenied');

    await expect(evaluate(unit('any'))).rejects.toBeInstanceOf(RetryLaterError);
  });

  test('the same half way', async () => {
    const records = Array.from({ length: 100 }, (_, i) => call(`e${i}`, 'ListUsers', 'eve'));
    await aws.put('trail', 'half', records.map((record) => JSON.stringify(record)).join('\n'));
    aws.proxy.decide = (_, index) => (index === 0 ? { cutAfter: 5000 } : xmlError(503, 'SlowDown'));

    await expect(evaluate(unit('half'))).rejects.toBeInstanceOf(RetryLaterError);
  });
});
