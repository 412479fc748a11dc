import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { s3Clients, type S3ClientsOptions, type SourceBucket } from '../../../detector/feeds/s3/clients.js';
import { roleCredentials } from '../../../detector/feeds/s3/credentials.js';
import { RoleError } from '../../../detector/feeds/s3/role-error.js';
import { s3Unit } from '../../../detector/feeds/s3/objects.js';
import { RetryLaterError } from '../../../detector/feeds/unit.js';
import { describeWith } from '../../support/capabilities.js';
import { AwsProxy, TEST_KEYS, type Verdict } from '../../support/fauxqs.js';
import { Moto, moto } from '../../support/moto.js';

const REGION = 'eu-west-1';
const ROLE = 'arn:aws:iam::210987654321:role/tocsin-reader';
const BUCKET: SourceBucket = { bucket: 'trail', region: REGION, roleArn: ROLE, externalId: 'tocsin-4711' };
/** More than the five minutes before its end at which a client looks for another one, or less. */
const minutesLeft = (minutes: number): Verdict => ({
  change: (answer) =>
    answer
      .toString()
      .replace(/(?<=<Expiration>)[^<]+/, new Date(Date.now() + minutes * 60_000).toISOString()),
});

const refusal: Verdict = {
  status: 403,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
    <Message>User: arn:aws:sts::111122223333:assumed-role/tocsin/x is not authorized to perform: sts:AssumeRole</Message>
    </Error></ErrorResponse>`,
};

describeWith(moto, 'the reader role', () => {
  let emulator: Moto;
  let proxy: AwsProxy;
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-token-'));
  const tokenFile = join(folder, 'token');

  beforeAll(async () => {
    emulator = await Moto.start();
    proxy = await AwsProxy.before(emulator.url);
    const s3 = new S3Client({
      endpoint: emulator.url,
      region: REGION,
      credentials: TEST_KEYS,
      forcePathStyle: true,
    });
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await s3.send(new CreateBucketCommand({ Bucket: 'trail', CreateBucketConfiguration }));
    await s3.send(new PutObjectCommand({ Bucket: 'trail', Key: 'a', Body: 'hello' }));
    s3.destroy();
  });
  afterAll(async () => {
    await proxy.close();
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    proxy.decide = () => 'pass';
    proxy.calls.length = 0;
  });

  const clients = (more: S3ClientsOptions = {}) =>
    s3Clients({
      s3: { endpoint: proxy.url, forcePathStyle: true, maxAttempts: 1 },
      sts: { endpoint: proxy.url, credentials: TEST_KEYS, maxAttempts: 1 },
      ...more,
    });

  async function read(options: ReturnType<ReturnType<typeof clients>>): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of s3Unit({ bucket: 'trail', key: 'a' }, options).open()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /** What STS was asked for. */
  const asked = (action: string) =>
    proxy.of(action).map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())));

  test('is assumed with the external id, for an hour, under a name that CloudTrail shows', async () => {
    expect(await read(clients({ sessionName: 'tocsin/main trail' })(BUCKET))).toBe('hello');

    expect(asked('AssumeRole')).toMatchObject([
      {
        RoleArn: ROLE,
        ExternalId: 'tocsin-4711',
        DurationSeconds: '3600',
        RoleSessionName: 'tocsin-main-trail',
      },
    ]);
    const [get] = proxy.of('GetObject');
    expect(get?.headers['x-amz-security-token']).toBeDefined();
    expect(get?.headers.authorization).not.toContain(TEST_KEYS.accessKeyId);
  });

  test('is assumed once for all objects and buckets of a region', async () => {
    const clientOf = clients();

    await Promise.all([read(clientOf(BUCKET)), read(clientOf(BUCKET))]);
    await read(clientOf({ ...BUCKET, bucket: 'another' }));

    expect(asked('AssumeRole')).toHaveLength(1);
    expect(clientOf({ ...BUCKET, region: 'eu-central-1' }).client).not.toBe(clientOf(BUCKET).client);
    expect(clientOf({ ...BUCKET, externalId: 'other' }).client).not.toBe(clientOf(BUCKET).client);
  });

  test('is assumed anew before the session ends', async () => {
    const options = clients()(BUCKET);
    const sessionsFor = async (minutes: number): Promise<number> => {
      const before = asked('AssumeRole').length;
      proxy.decide = ({ action }) => (action === 'AssumeRole' ? minutesLeft(minutes) : 'pass');
      await read(options);
      return asked('AssumeRole').length - before;
    };

    expect(await sessionsFor(4)).toBeGreaterThan(0);
    expect(await sessionsFor(4)).toBeGreaterThan(0);
    expect(await sessionsFor(30)).toBe(1);
    expect(await sessionsFor(30)).toBe(0);
  });

  test('is asked of the STS of its own region', async () => {
    const hosts: string[] = [];
    const real = new STSClient({ endpoint: proxy.url, region: REGION }).config;
    const requestHandler = {
      ...{ httpHandlerConfigs: () => ({}), updateHttpClientConfig: () => {} },
      handle: async (...[request, options]: Parameters<typeof real.requestHandler.handle>) => {
        hosts.push((request as { hostname: string }).hostname);
        const { hostname, port } = new URL(proxy.url);
        Object.assign(request, { hostname, port: Number(port), protocol: 'http:' });
        return real.requestHandler.handle(request, options);
      },
    };
    const sts = { credentials: TEST_KEYS, requestHandler };
    writeFileSync(tokenFile, 'a token');

    await roleCredentials({ roleArn: ROLE, region: 'eu-west-3', sts })();
    await roleCredentials({ roleArn: ROLE, region: 'us-gov-west-1', sts })();
    await roleCredentials({ roleArn: ROLE, region: 'cn-north-1', sts, tokenFile })();

    expect(hosts).toEqual([
      ...[
        'sts.eu-west-3.amazonaws.com',
        'sts.us-gov-west-1.amazonaws.com',
        'sts.cn-north-1.amazonaws.com.cn',
      ],
    ]);
  });

  test('is never assumed for more than an hour', async () => {
    const sts = { endpoint: proxy.url, credentials: TEST_KEYS };

    await roleCredentials({ roleArn: ROLE, region: REGION, sts, durationSeconds: 43_200 })();
    await roleCredentials({ roleArn: ROLE, region: REGION, sts, durationSeconds: 900 })();

    expect(asked('AssumeRole').map(({ DurationSeconds }) => DurationSeconds)).toEqual(['3600', '900']);
  });

  test('outside of AWS it is assumed by a token, which is read again each time', async () => {
    const sts = { endpoint: proxy.url };
    const options = clients({ tokenFile, sts })(BUCKET);
    proxy.decide = ({ action }) => (action === 'AssumeRoleWithWebIdentity' ? minutesLeft(4) : 'pass');

    writeFileSync(tokenFile, 'first');
    expect(await read(options)).toBe('hello');
    writeFileSync(tokenFile, 'second');
    await read(options);

    const sessions = asked('AssumeRoleWithWebIdentity');
    expect(sessions[0]).toMatchObject({ RoleArn: ROLE, RoleSessionName: 'tocsin', DurationSeconds: '3600' });
    expect(sessions[0]).toMatchObject({ WebIdentityToken: 'first' });
    expect(sessions.at(-1)).toMatchObject({ WebIdentityToken: 'second' });
    expect(proxy.of('AssumeRole')).toEqual([]);
  });

  test('that refuses is tried again later, and the message names it and what to compare', async () => {
    proxy.decide = ({ action }) => (action === 'AssumeRole' ? refusal : 'pass');

    const reading = read(clients()(BUCKET));

    await expect(reading).rejects.toBeInstanceOf(RetryLaterError);
    await expect(reading).rejects.toThrow(
      /^s3:\/\/trail\/a could not be read as arn:aws:iam::210987654321:role\/tocsin-reader: .*AccessDenied: User: .* is not authorized to perform: sts:AssumeRole → Compare the trust policy of the role with the role of the detector and with the external id: a role that was deleted and created again is another one/,
    );
  });

  test('that refuses is asked again for the next object', async () => {
    const options = clients()(BUCKET);
    proxy.decide = ({ action }, index) => (action === 'AssumeRole' && index === 0 ? refusal : 'pass');

    await expect(read(options)).rejects.toBeInstanceOf(RetryLaterError);
    expect(await read(options)).toBe('hello');
  });

  test('without its token file it is tried again later', async () => {
    const options = clients({ tokenFile: join(folder, 'nothing'), sts: { endpoint: proxy.url } })(BUCKET);

    await expect(read(options)).rejects.toBeInstanceOf(RetryLaterError);
    await expect(read(options)).rejects.toThrow(
      /ENOENT.* → Compare issuer, audience and subject of the token/,
    );
  });

  test('an error of it keeps its cause', async () => {
    proxy.decide = () => refusal;
    const sts = { endpoint: proxy.url, credentials: TEST_KEYS };

    const asking = roleCredentials({ roleArn: ROLE, region: REGION, sts })();

    await expect(asking).rejects.toBeInstanceOf(RoleError);
    await expect(asking).rejects.toMatchObject({
      code: 'ROLE_REFUSED',
      role: ROLE,
      cause: { name: 'AccessDenied' },
    });
  });
});

test('without a role the credentials of the machine are used', () => {
  const { client, role } = s3Clients({ s3: { credentials: TEST_KEYS } })({ bucket: 'trail', region: REGION });

  expect(role).toBeUndefined();
  return expect(client.config.credentials()).resolves.toMatchObject(TEST_KEYS);
});
