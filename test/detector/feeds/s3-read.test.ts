import { createHash, randomBytes } from 'node:crypto';
import { createGzip } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Clients, type SourceBucket } from '../../../detector/feeds/s3/clients.js';
import { s3Unit, type S3ObjectsOptions } from '../../../detector/feeds/s3/objects.js';
import type { Unit } from '../../../detector/feeds/unit.js';
import { decompress } from '../../../detector/logs/decompress.js';
import { FauxAws, REGION, TEST_KEYS, until, xmlError, type Verdict } from '../../support/fauxqs.js';

const MIB = 1024 * 1024;
const BUCKET: SourceBucket = { bucket: 'trail', region: REGION };

let aws: FauxAws;
beforeAll(async () => {
  aws = await FauxAws.start();
  aws.emulator.createBucket('trail');
});
afterAll(() => aws.stop());
afterEach(() => {
  aws.proxy.decide = () => 'pass';
  aws.proxy.calls.length = 0;
});

const options = (
  more: Partial<S3ObjectsOptions> = {},
  bucket: Partial<SourceBucket> = {},
): S3ObjectsOptions => ({
  ...s3Clients({
    s3: { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS, maxAttempts: 1 },
  })({
    ...BUCKET,
    ...bucket,
  }),
  wait: async () => {},
  ...more,
});

const unit = (key: string, more: Partial<S3ObjectsOptions> = {}): Unit =>
  s3Unit({ bucket: 'trail', key }, options(more));

async function bytesOf({ open }: Unit): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const ranges = () => aws.proxy.of('GetObject').map(({ headers }) => headers.range);

describe('an object is read in ranges', () => {
  test('a small one by one request', async () => {
    await aws.put('trail', 'small', 'hello');

    expect((await bytesOf(unit('small'))).toString()).toBe('hello');
    expect(ranges()).toEqual(['bytes=0-8388607']);
  });

  test.each([0, 1, 999, 1000, 1001, 2000, 4500])('one of %i bytes by parts of 1000', async (size) => {
    const content = randomBytes(size);
    await aws.put('trail', 'parts', content);

    const read = await bytesOf(unit('parts', { partBytes: 1000 }));

    expect(read.equals(content)).toBe(true);
    expect(ranges()).toHaveLength(Math.max(1, Math.ceil(size / 1000)));
  });

  test('all parts must be of the object that answered first', async () => {
    const eTag = await aws.put('trail', 'parts', randomBytes(2500));

    await bytesOf(unit('parts', { partBytes: 1000 }));

    const asked = aws.proxy.of('GetObject').map(({ headers }) => [headers.range, headers['if-match']]);
    expect(asked).toEqual([
      ['bytes=0-999', undefined],
      ['bytes=1000-1999', `"${eTag}"`],
      ['bytes=2000-2999', `"${eTag}"`],
    ]);
  });

  test('the next part is on its way while one is used up, and no other', async () => {
    await aws.put('trail', 'parts', randomBytes(10_000));
    const chunks = unit('parts', { partBytes: 1000 }).open()[Symbol.asyncIterator]();

    await chunks.next();
    await until(() => ranges().length === 2);
    await aws.put('trail', 'meanwhile', 'something else');

    expect(ranges()).toEqual(['bytes=0-999', 'bytes=1000-1999']);
    await chunks.next();
    await until(() => ranges().length === 3);
    await chunks.return?.();
  });

  test('who leaves early leaves nothing under way', async () => {
    await aws.put('trail', 'parts', randomBytes(10_000));
    aws.proxy.decide = (_, index) => (index === 1 ? 'hang' : 'pass');
    const chunks = unit('parts', { partBytes: 1000 }).open()[Symbol.asyncIterator]();
    await chunks.next();
    await until(() => ranges().length === 2);

    await chunks.return?.();

    await until(() => aws.proxy.pending === 0);
    expect(ranges()).toHaveLength(2);
  });

  test.each(['a b+c%25é.json.gz', 'AWSLogs/../../other/key', './a', "it's (1) *!", 'a//b', '日本語'])(
    'regression 2: a key is asked for as it is: %s',
    async (key) => {
      await aws.put('trail', 'other/key', 'not this one');
      await aws.put('trail', key, key);
      const [put] = aws.proxy.of('PutObject').slice(-1);

      expect((await bytesOf(unit(key))).toString()).toBe(key);
      expect(decodeURIComponent(put?.path.split('?')[0] ?? '')).toBe(`/trail/${key}`);
      expect(decodeURIComponent(aws.proxy.of('GetObject')[0]?.path.split('?')[0] ?? '')).toBe(
        `/trail/${key}`,
      );
    },
  );

  test('of a bucket that belongs to another account by now nothing is read', async () => {
    await aws.put('trail', 'small', 'hello');

    await bytesOf(s3Unit({ bucket: 'trail', key: 'small' }, options({}, { owner: '210987654321' })));

    expect(aws.proxy.of('GetObject')[0]?.headers['x-amz-expected-bucket-owner']).toBe('210987654321');
  });

  test('regression 9: one of more than 128 MiB, while two parts are in memory', async () => {
    const digest = await putLarge('large.gz', 140 * MIB);
    const hash = createHash('sha256');
    let size = 0;
    let taken = 0;
    let mostParts = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of unit('large.gz').open()) {
        mostParts = Math.max(mostParts, ranges().length - Math.floor(taken / (8 * MIB)));
        taken += chunk.length;
        yield chunk;
      }
    }

    for await (const chunk of decompress(counted())) {
      hash.update(chunk);
      size += chunk.length;
    }

    expect(size).toBe(140 * MIB);
    expect(hash.digest('hex')).toBe(digest);
    expect(taken).toBeGreaterThan(128 * MIB);
    expect(mostParts).toBe(2);
  });
});

describe('a part that breaks off', () => {
  const content = randomBytes(3000);
  beforeAll(() => aws.put('trail', 'breaks', content));

  test('is asked for again from the byte reached', async () => {
    const waits: number[] = [];
    aws.proxy.decide = (_, index) =>
      index === 1 ? { cutAfter: 600 } : index === 2 ? { cutAfter: 300 } : 'pass';
    const wait = async (ms: number): Promise<void> => void waits.push(ms);

    const read = await bytesOf(unit('breaks', { partBytes: 1000, wait }));

    expect(read.equals(content)).toBe(true);
    expect(ranges()).toEqual([
      ...['bytes=0-999', 'bytes=1000-1999', 'bytes=1600-1999', 'bytes=1900-1999', 'bytes=2000-2999'],
    ]);
    expect(waits).toEqual([200, 200]);
  });

  test('however often, as long as it goes on', async () => {
    aws.proxy.decide = () => ({ cutAfter: 100 });

    expect((await bytesOf(unit('breaks'))).equals(content)).toBe(true);
    expect(ranges()).toHaveLength(30);
  });

  test('again and again at the same byte is tried later', async () => {
    aws.proxy.decide = (_, index) => ({ cutAfter: index === 0 ? 500 : 0 });

    await expect(bytesOf(unit('breaks'))).rejects.toMatchObject({ code: 'RETRY_LATER' });
    expect(ranges()).toEqual(['bytes=0-8388607', ...Array<string>(4).fill('bytes=500-2999')]);
  });

  test('and is of another object then fails for good', async () => {
    await aws.put('trail', 'changes', content);
    aws.proxy.decide = async ({ action }, index): Promise<Verdict> => {
      if (action !== 'GetObject') return 'pass';
      if (index === 0) return { cutAfter: 500 };
      await aws.put('trail', 'changes', randomBytes(3000));
      return 'pass';
    };

    await expect(bytesOf(unit('changes'))).rejects.toMatchObject({ code: 'PreconditionFailed' });
  });
});

test('an object that is overwritten between two parts is never read as parts of both', async () => {
  await aws.put('trail', 'changes', 'a'.repeat(3000));
  aws.proxy.decide = async ({ action }, index): Promise<Verdict> => {
    if (action === 'GetObject' && index === 1) await aws.put('trail', 'changes', 'b'.repeat(3000));
    return 'pass';
  };

  const reading = bytesOf(unit('changes', { partBytes: 1000 }));

  await expect(reading).rejects.toMatchObject({ code: 'PreconditionFailed', name: 'ObjectError' });
});

test('the size that a notification tells is not relied on', async () => {
  const content = randomBytes(5000);
  await aws.put('trail', 'lies', content);
  const lying = s3Unit({ bucket: 'trail', key: 'lies', size: 3 }, options({ partBytes: 1000 }));

  expect(lying.size).toBe(3);
  expect((await bytesOf(lying)).equals(content)).toBe(true);
});

test('an answer that is of no range is not taken for the object', async () => {
  aws.proxy.decide = () => ({ status: 200, body: 'x'.repeat(100) });

  await expect(bytesOf(unit('any'))).rejects.toMatchObject({ code: 'RETRY_LATER' });
});

test('an answer that is longer than its range is not taken', async () => {
  await aws.put('trail', 'long', randomBytes(2000));
  aws.proxy.decide = () => ({ change: (answer) => Buffer.concat([answer, answer]) });

  await expect(bytesOf(unit('long', { partBytes: 1000 }))).rejects.toMatchObject({ code: 'RETRY_LATER' });
});

test('one that never answers is given up', async () => {
  const s3 = { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS, maxAttempts: 1 };
  const clients = s3Clients({ s3: { ...s3, requestHandler: { socketTimeout: 100 } } });
  aws.proxy.decide = () => 'hang';

  const reading = bytesOf(s3Unit({ bucket: 'trail', key: 'any' }, clients(BUCKET)));

  await expect(reading).rejects.toMatchObject({ code: 'RETRY_LATER' });
  await expect(reading).rejects.toThrow(/TimeoutError/);
});

test('one that stops in the middle goes on by another connection', async () => {
  const content = randomBytes(3000);
  await aws.put('trail', 'stalls', content);
  const s3 = { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS };
  const clients = s3Clients({ s3: { ...s3, requestHandler: { socketTimeout: 100 } } });
  aws.proxy.decide = (_, index) => (index === 0 ? { stallAfter: 1000 } : 'pass');

  const read = await bytesOf(s3Unit({ bucket: 'trail', key: 'stalls' }, clients(BUCKET)));

  expect(read.equals(content)).toBe(true);
  expect(ranges()).toEqual(['bytes=0-8388607', 'bytes=1000-2999']);
});

test('errors of S3 that pass are tried again at once by the client', async () => {
  await aws.put('trail', 'small', 'hello');
  aws.proxy.decide = (_, index) => (index === 0 ? xmlError(503, 'SlowDown') : 'pass');
  const s3 = { endpoint: aws.proxy.url, forcePathStyle: true, credentials: TEST_KEYS };

  const read = await bytesOf(s3Unit({ bucket: 'trail', key: 'small' }, s3Clients({ s3 })(BUCKET)));

  expect(read.toString()).toBe('hello');
  expect(ranges()).toHaveLength(2);
});

/** Stored by gzip as they are, so that the object is as large as its content. @returns the hash of the content */
async function putLarge(key: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const gzip = createGzip({ level: 0 });
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  const block = randomBytes(MIB);
  for (let made = 0; made < size; made += MIB) {
    hash.update(block);
    if (!gzip.write(block)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await new Promise((resolve) => gzip.once('end', resolve));
  const content = Buffer.concat(parts);

  const at = { Bucket: 'trail', Key: key };
  const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(at));
  const uploaded = [];
  for (let start = 0, n = 1; start < content.length; start += 10 * MIB, n++) {
    const Body = content.subarray(start, start + 10 * MIB);
    const { ETag } = await aws.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: n, Body }));
    uploaded.push({ ETag, PartNumber: n });
  }
  await aws.s3.send(
    new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: uploaded } }),
  );
  aws.proxy.calls.length = 0;
  return hash.digest('hex');
}
