import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DESTINATION_OPTIONS,
  DestinationSetupError,
  processSecrets,
  referencesIn,
  resolveSecrets,
} from '../../../detector/destinations/index.js';
import { HTTP_FIXTURES } from './fixtures.js';

const problemsOf = (options: object): string =>
  (DESTINATION_OPTIONS.safeParse(options).error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('\n');

describe('options', () => {
  test('every type has a file of its name', () => {
    const files = readdirSync('detector/destinations');

    for (const { shape } of DESTINATION_OPTIONS.options) expect(files).toContain(`${shape.type.value}.ts`);
    expect(DESTINATION_OPTIONS.options.map(({ shape }) => shape.type.value)).toEqual([
      ...['slack', 'pagerduty', 'asana', 'webhook', 'file', 'stdout'],
    ]);
  });

  test('have safe defaults', () => {
    expect(DESTINATION_OPTIONS.parse({ type: 'pagerduty', routingKey: 'env:KEY' })).toEqual({
      ...{ type: 'pagerduty', routingKey: 'env:KEY', baseUrl: 'https://events.pagerduty.com' },
      ...{ allowInsecure: false, allowPrivate: false, timeoutSeconds: 10 },
    });
    expect(DESTINATION_OPTIONS.parse({ type: 'asana', token: 'env:T', project: '1' })).toMatchObject({
      dueDays: { critical: 1, high: 3, medium: 7, low: 14, info: null },
    });
  });

  const hook = { type: 'webhook', url: 'https://hooks.example/' };
  test.each<[string, object, string]>([
    [
      'a secret in place of a reference',
      { type: 'pagerduty', routingKey: 'abcdef' },
      'routingKey: expected a reference',
    ],
    ['neither webhook nor bot', { type: 'slack' }, 'either webhookUrl, or token and channel'],
    [
      'webhook and bot',
      { type: 'slack', webhookUrl: 'env:A', token: 'env:B', channel: 'C1' },
      'either webhookUrl, or token and channel',
    ],
    ['a bot without channel', { type: 'slack', token: 'env:B' }, 'either webhookUrl, or token and channel'],
    ['an unknown option', { ...hook, retries: 3 }, 'retries'],
    ['an unknown type', { type: 'email' }, 'type'],
    ['user and password in the URL', { ...hook, url: 'https://user:pass@hooks.example/' }, 'url'],
    ['a URL of another kind', { ...hook, url: 'ftp://hooks.example/' }, 'url'],
    [
      'a header that is ours',
      { ...hook, headers: { 'Webhook-Id': 'x' } },
      'headers.Webhook-Id: this header is set',
    ],
    ['the host header', { ...hook, headers: { Host: 'x' } }, 'headers.Host: this header is set'],
    [
      'the length',
      { ...hook, headers: { 'content-length': '1' } },
      'headers.content-length: this header is set',
    ],
    [
      'a header twice',
      { ...hook, headers: { 'x-a': '1', 'X-A': '2' } },
      'headers.X-A: this header is set twice',
    ],
    [
      'a line break in a header',
      { ...hook, headers: { 'x-a': '1\r\nx-b: 2' } },
      'headers.x-a: expected printable',
    ],
    ['no header name', { ...hook, headers: { 'x a': '1' } }, 'headers'],
    [
      'a secret in a header',
      { ...hook, headers: { Authorization: 'Bearer abc' } },
      'headers.Authorization: expected a reference',
    ],
    ['too many keys', { ...hook, signingSecrets: Array(6).fill('env:A') }, 'signingSecrets'],
    [
      'a project that is no gid',
      { type: 'asana', token: 'env:T', project: 'security' },
      'project: expected a gid',
    ],
    ['a path like a reference', { type: 'file', path: 'file:/tmp/x' }, 'path: expected a plain path'],
  ])('%s is refused', (_name, options, problem) => {
    const problems = problemsOf(options);

    expect(problems).toContain(problem);
    expect(problems).not.toMatch(/abcdef|Bearer abc|pass@/);
  });

  const insecure = 'http://example.com';
  test.each([
    ['slack', { token: 'env:T', channel: 'C1', baseUrl: insecure }],
    ['slack', { token: 'env:T', channel: 'C1', baseUrl: ' HT\tTP://example.com' }],
    ['pagerduty', { routingKey: 'env:K', baseUrl: insecure }],
    ['asana', { token: 'env:T', project: '1', baseUrl: insecure }],
    ['webhook', { url: insecure }],
  ])('plain http is refused of %s, unless it is allowed', (type, options) => {
    expect(problemsOf({ type, ...options })).toContain('plain http would send alerts unprotected');
    expect(problemsOf({ type, ...options, allowInsecure: true })).toBe('');
  });
});

describe('secrets', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string, mode = 0o600): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const source = (env: Record<string, string>) => ({ ...processSecrets, env });

  test('are found wherever a reference stands', async () => {
    const path = write('from a file\n');
    const options = {
      type: 'webhook',
      url: 'env:URL',
      signingSecrets: ['env:NEW', `file:${path}`],
      headers: { 'x-key': 'env:KEY', 'x-team': 'blue' },
    };

    const { secrets, warnings } = await resolveSecrets(
      'oncall',
      options,
      source({ URL: 'https://h.example/', NEW: 'new', KEY: 'key' }),
    );

    expect(secrets).toEqual({
      url: 'https://h.example/',
      'signingSecrets[0]': 'new',
      'signingSecrets[1]': 'from a file',
      'headers.x-key': 'key',
    });
    expect(warnings).toEqual([]);
  });

  test.each(HTTP_FIXTURES)('those of $name are found', ({ options, secrets }) => {
    const found = referencesIn(DESTINATION_OPTIONS.parse(options('https://hooks.example')));

    expect(found.map(([option]) => option).sort()).toEqual(Object.keys(secrets('')).sort());
  });

  test('one line break at the end of a file is no part of a secret', async () => {
    const path = write('a\n\r\n');

    const { secrets } = await resolveSecrets('oncall', { token: `file:${path}` });

    expect(secrets).toEqual({ token: 'a\n' });
  });

  test('a file that others can read brings a warning', async () => {
    const path = write('this-is-secret', 0o640);

    const { warnings } = await resolveSecrets('oncall', { token: `file:${path}` });

    expect(warnings).toEqual([
      `Destination "oncall", option "token": others can read ${path}; give it mode 600.`,
    ]);
  });

  test.each([
    ['a variable that is not set', 'env:TOCSIN_NOT_SET', 'the environment has no variable TOCSIN_NOT_SET'],
    ['an empty variable', 'env:EMPTY', 'the secret at env:EMPTY is empty'],
    ['a file that is not there', 'file:/no/such/file', 'the file /no/such/file cannot be read (ENOENT)'],
    ['a huge one', 'env:HUGE', 'more than 8192 characters'],
  ])('%s is refused, by destination and option', async (_name, reference, problem) => {
    const work = resolveSecrets(
      'oncall',
      { token: reference },
      source({ EMPTY: '', HUGE: 'x'.repeat(9000) }),
    );

    await expect(work).rejects.toThrow(DestinationSetupError);
    await expect(work).rejects.toThrow('Destination "oncall", option "token"');
    await expect(work).rejects.toThrow(problem);
    await expect(work).rejects.not.toThrow('xxx');
  });

  test('a file that holds only a line break is empty', async () => {
    const path = write('\n');

    await expect(resolveSecrets('oncall', { token: `file:${path}` })).rejects.toThrow('is empty');
  });
});
