import { afterEach, describe, expect, test } from '@jest/globals';
import { createHttpClient, type HttpPolicy, type HttpRequest } from '../../../detector/destinations/http.js';
import { checkedAddresses, pinned } from '../../../detector/destinations/target.js';
import { closeServers, failureOf, serve } from './contract.js';
import { selfSigned } from './self-signed.js';

const STRICT: HttpPolicy = {
  destination: 'oncall',
  allowInsecure: false,
  allowPrivate: false,
  timeoutMs: 2000,
  secrets: [],
};
const LOCAL: HttpPolicy = { ...STRICT, allowInsecure: true, allowPrivate: true };

const post = (url: string, change: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: 'POST', url, body: '{}', signal: new AbortController().signal },
  ...change,
});

/** A resolver that gives another answer each time. */
const answers = (...all: readonly (readonly string[])[]) => {
  let asked = 0;
  return { resolve: async () => all[asked++] ?? [], asked: () => asked };
};

afterEach(closeServers);

describe('addresses that are not on the internet are refused', () => {
  test.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0.0.0.0/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a00:1::]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
    'https://224.0.0.1/',
  ])('%s', async (url) => {
    const error = await failureOf(createHttpClient().send(post(url), STRICT));

    expect(error.outcome).toBe('permanent');
    expect(error.message).toContain('not on the internet');
    expect(error.message).toContain('allowPrivate: true');
  });

  test('localhost, by the real resolver', async () => {
    const error = await failureOf(createHttpClient().send(post('https://localhost/'), STRICT));

    expect(error.message).toContain('allowPrivate: true');
  });

  test.each([
    [['10.0.0.7']],
    [['203.0.114.7', '192.168.1.1']],
    [['2606:4700::1111', '::1']],
    [['::ffff:127.0.0.1']],
    [['fe80::1%eth0']],
    [['nonsense']],
  ])('a name with the addresses %j', async (addresses) => {
    const client = createHttpClient({ resolve: async () => addresses });

    const error = await failureOf(client.send(post('https://hooks.example/'), STRICT));

    expect(error.outcome).toBe('permanent');
    expect(error.message).toContain('hooks.example has the address');
  });

  test('the name is resolved once: a second answer of the DNS changes nothing', async () => {
    const server = await serve(() => ({ status: 200 }));
    const rebinding = answers(['127.0.0.1'], ['127.0.0.2']);
    const client = createHttpClient(rebinding);

    await client.send(post(`http://hooks.example:${String(server.port)}/`), LOCAL);

    expect(rebinding.asked()).toBe(1);
    expect(server.requests[0]?.headers.host).toBe(`hooks.example:${String(server.port)}`);
  });

  test('first public, then private: the connection only ever sees the public answer', async () => {
    const { resolve, asked } = answers(['203.0.114.1', '2606:4700::1111'], ['127.0.0.1']);
    const { signal } = new AbortController();

    const checked = await checkedAddresses(new URL('https://hooks.example/'), STRICT, resolve, signal);
    const seen: unknown[] = [];
    const lookup = pinned(checked);
    lookup('hooks.example', { all: true }, (_error, all) => seen.push(all));
    lookup('hooks.example', {}, (_error, address, family) => seen.push([address, family]));

    expect(seen).toEqual([
      [
        { address: '203.0.114.1', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
      ['203.0.114.1', 4],
    ]);
    expect(asked()).toBe(1);
  });
});

describe('URLs', () => {
  test.each([
    ['http://hooks.example/', 'allowInsecure: true'],
    ['ftp://hooks.example/', '"ftp:" is no protocol'],
    ['file:///etc/passwd', '"file:" is no protocol'],
    ['not a url with-a-secret', 'cannot be read'],
  ])('%s is refused', async (url, message) => {
    const error = await failureOf(createHttpClient().send(post(url), STRICT));

    expect(error.outcome).toBe('permanent');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('with-a-secret');
  });
});

describe('names that are not found', () => {
  test('are tried again', async () => {
    const none = createHttpClient({ resolve: async () => [] });
    const failing = createHttpClient({
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })),
    });

    for (const client of [none, failing]) {
      const error = await failureOf(client.send(post('https://hooks.example/'), STRICT));
      expect(error.outcome).toBe('retry');
      expect(error.message).toContain('could not be reached');
    }
  });

  test('a resolver that hangs is left after the time-out', async () => {
    const client = createHttpClient({ resolve: () => new Promise(() => undefined) });

    const error = await failureOf(client.send(post('https://hooks.example/'), { ...STRICT, timeoutMs: 50 }));

    expect(error.message).toContain('did not answer within 0.05 s');
  });
});

describe('answers', () => {
  test('are read to 64 KiB, and the rest is discarded', async () => {
    const server = await serve(() => ({ status: 200, body: Buffer.alloc(10_000_000, 'x') }));

    const answer = await createHttpClient().send(post(server.url), LOCAL);

    expect([answer.text.length, answer.truncated]).toEqual([65_536, true]);
    await server.idle();
  });

  test('without end are left after 64 KiB', async () => {
    const server = await serve(() => 'endless');

    // Long: the limit of bytes ends this, not that of time.
    const patient = { ...LOCAL, timeoutMs: 600_000 };
    const answer = await createHttpClient().send(post(server.url), patient);

    expect([answer.text.length, answer.truncated]).toEqual([65_536, true]);
    await server.idle();
  });

  test('of exactly 64 KiB are whole', async () => {
    const server = await serve(() => ({ status: 200, body: Buffer.alloc(65_536, 'x') }));

    const answer = await createHttpClient().send(post(server.url), LOCAL);

    expect([answer.text.length, answer.truncated]).toEqual([65_536, false]);
  });

  test('many requests leave no connection open', async () => {
    const server = await serve((_request, index) => ({ status: index % 2 === 0 ? 200 : 500 }));
    const client = createHttpClient();

    await Promise.allSettled(Array.from({ length: 50 }, () => client.send(post(server.url), LOCAL)));

    expect(server.requests).toHaveLength(50);
    await server.idle();
  });

  test('a header that cannot be sent is a permanent failure without its value', async () => {
    const request = post('https://hooks.example/', { headers: { 'x-key': 'secret\nvalue' } });
    const client = createHttpClient({ resolve: async () => ['203.0.114.1'] });

    const error = await failureOf(client.send(request, STRICT));

    expect(error.outcome).toBe('permanent');
    expect(error.message).not.toContain('secret');
  });
});

describe('TLS', () => {
  const { key, cert } = selfSigned('hooks.example');
  const tlsServer = () => serve(() => ({ status: 200, body: 'ok' }), { tls: { key, cert } });

  test('the certificate is checked for the name, though the address is pinned', async () => {
    const server = await tlsServer();
    const client = createHttpClient({ resolve: async () => ['127.0.0.1'], roots: cert });

    const answer = await client.send(post(`https://hooks.example:${String(server.port)}/`), LOCAL);
    const other = await failureOf(client.send(post(`https://other.example:${String(server.port)}/`), LOCAL));

    expect(answer.text).toBe('ok');
    expect(server.requests[0]?.headers.host).toBe(`hooks.example:${String(server.port)}`);
    expect(other.outcome).toBe('retry');
    expect(other.message).toContain('certificate that is not trusted');
  });

  test('a certificate that nobody vouches for is refused, and tried again later', async () => {
    const server = await tlsServer();
    const client = createHttpClient({ resolve: async () => ['127.0.0.1'] });

    const error = await failureOf(client.send(post(`https://hooks.example:${String(server.port)}/`), LOCAL));

    expect(error.outcome).toBe('retry');
    expect(error.message).toContain('certificate that is not trusted');
    expect(server.requests).toEqual([]);
  });

  test('an expired certificate is refused, and tried again later', async () => {
    const old = selfSigned('hooks.example', new Date(Date.now() - 60_000));
    const server = await serve(() => ({ status: 200 }), { tls: old });
    const client = createHttpClient({ resolve: async () => ['127.0.0.1'], roots: old.cert });

    const error = await failureOf(client.send(post(`https://hooks.example:${String(server.port)}/`), LOCAL));

    expect(error.outcome).toBe('retry');
    expect(error.message).toContain('certificate');
  });
});
