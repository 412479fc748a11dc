import { afterEach, describe, expect, test } from '@jest/globals';
import type { DynamoClientOptions } from '../../../detector/state/dynamodb-client.js';
import { openDynamoStore } from '../../../detector/state/dynamodb.js';
import { StoreError, type DocumentMarks } from '../../../detector/state/store.js';
import { dynamoClientOf, startDynalite } from '../../support/dynalite.js';
import type { Verdict } from '../../support/dynamo-proxy.js';
import { written } from './contract.js';
import { openDisturbed, serverOf, type Disturbed, type Decide } from './dynamodb-support.js';

const NEVER: DocumentMarks = { due: null, expires: null };

const url = serverOf(startDynalite);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const disturbed = async (decide: Decide, more: DynamoClientOptions = {}): Promise<Disturbed> => {
  const found = await openDisturbed(url(), decide, more);
  ends.push(found.end);
  return found;
};

describe('a failure', () => {
  interface Failing {
    readonly what: string;
    readonly verdict: Verdict;
    readonly outcome: StoreError['outcome'];
    readonly says: string;
    readonly fix: string;
    readonly attempts: number;
  }
  const error = (name: string, status = 400, message = 'because') =>
    ({ status, error: name, message }) as const;
  const coral = 'com.amazon.coral.service#';
  const cases: readonly Failing[] = [
    {
      ...{ what: 'throttled by the table', verdict: error('ProvisionedThroughputExceededException') },
      ...{ outcome: 'retry', says: 'takes no more requests', fix: 'capacity', attempts: 4 },
    },
    {
      ...{ what: 'throttled by the account', verdict: error('RequestLimitExceeded') },
      ...{ outcome: 'retry', says: 'takes no more requests', fix: 'quotas', attempts: 4 },
    },
    {
      ...{ what: 'throttled', verdict: error('ThrottlingException') },
      ...{ outcome: 'retry', says: 'ThrottlingException: because', fix: 'fewer workers', attempts: 4 },
    },
    {
      ...{ what: 'a fault of DynamoDB', verdict: error('InternalServerError', 500) },
      ...{ outcome: 'retry', says: 'failed by itself', fix: 'Health Dashboard', attempts: 4 },
    },
    {
      ...{ what: 'an outage', verdict: error('ServiceUnavailable', 503) },
      ...{ outcome: 'retry', says: 'failed by itself', fix: 'Health Dashboard', attempts: 4 },
    },
    {
      ...{ what: 'no answer', verdict: 'hang' },
      ...{ outcome: 'retry', says: 'does not answer', fix: 'proxies', attempts: 4 },
    },
    {
      ...{ what: 'a connection that breaks', verdict: 'cut' },
      ...{ outcome: 'retry', says: 'does not answer', fix: 'names, routes', attempts: 4 },
    },
    {
      ...{ what: 'a load balancer', verdict: { status: 503, html: '<h1>busy</h1>' } },
      ...{ outcome: 'retry', says: 'is not what answers', fix: 'proxies', attempts: 4 },
    },
    {
      ...{ what: 'a login page', verdict: { status: 200, html: '<h1>log in</h1>' } },
      ...{ outcome: 'retry', says: 'is not what answers', fix: 'proxies', attempts: 1 },
    },
    {
      ...{ what: 'expired credentials', verdict: error(`${coral}ExpiredTokenException`) },
      ...{
        outcome: 'retry',
        says: 'credentials are missing or have expired',
        fix: 'credentials',
        attempts: 1,
      },
    },
    {
      ...{ what: 'credentials of nobody', verdict: error(`${coral}UnrecognizedClientException`) },
      ...{
        outcome: 'permanent',
        says: 'does not accept the credentials',
        fix: 'valid credentials',
        attempts: 1,
      },
    },
    {
      ...{ what: 'a permission that lacks', verdict: error(`${coral}AccessDeniedException`) },
      ...{ outcome: 'permanent', says: 'refuses this process', fix: 'dynamodb:GetItem', attempts: 1 },
    },
    {
      ...{ what: 'a table of another shape', verdict: error(`${coral}ValidationException`) },
      ...{ outcome: 'permanent', says: 'made for something else', fix: 'its index is "due"', attempts: 1 },
    },
    {
      ...{ what: 'an error nobody knows', verdict: error('SurpriseException') },
      ...{ outcome: 'permanent', says: 'SurpriseException: because', fix: 'names', attempts: 1 },
    },
  ];

  test.each(cases)(
    'by $what is $outcome, and says what to do',
    async ({ verdict, outcome, says, fix, attempts }) => {
      const { store, proxy, table } = await disturbed(() => verdict, { answerMs: 100 });

      const thrown: unknown = await store
        .put('group/a', '1', undefined, NEVER)
        .catch((caught: unknown) => caught);

      expect(thrown).toBeInstanceOf(StoreError);
      expect(thrown).toMatchObject({
        outcome,
        message: expect.stringContaining(`The DynamoDB table "${table}" `),
        fix: expect.stringContaining(fix),
        cause: expect.any(Error),
      });
      expect((thrown as Error).message).toContain(says);
      expect((thrown as Error).message).not.toContain('\n');
      expect(proxy.calls).toHaveLength(attempts);
    },
  );

  test.each(['get', 'put', 'remove', 'list', 'listDue'] as const)('is told by %s', async (method) => {
    const { store } = await disturbed(() => error('AccessDeniedException'));
    const calls = {
      get: () => store.get('group/a'),
      put: () => store.put('group/a', '1', 'v1', NEVER),
      remove: () => store.remove('group/a', 'v1'),
      list: () => store.list('group', undefined, 1),
      listDue: () => store.listDue('group', 1, 1),
    };

    await expect(calls[method]()).rejects.toMatchObject({ code: 'STORE_FAILED', outcome: 'permanent' });
  });

  test('that passes is not noticed', async () => {
    const { store } = await disturbed((_call, index) =>
      index % 2 === 0 ? error('InternalServerError', 500) : 'pass',
    );

    const version = await written(store, 'group/a', '1');

    expect(await store.get('group/a')).toEqual({ body: '1', version });
  });

  test('of a table that is not there names it', async () => {
    const store = openDynamoStore({ client: dynamoClientOf(url()), table: 'nowhere' });
    ends.push(() => store.close());

    await expect(store.get('group/a')).rejects.toMatchObject({
      outcome: 'permanent',
      message: expect.stringContaining(
        'The DynamoDB table "nowhere" is not there (ResourceNotFoundException',
      ),
      fix: expect.stringContaining('tocsin apply'),
    });
  });

  test.each([
    ['a server that is not there', 'http://127.0.0.1:1'],
    ['a name that nobody has', 'http://dynamodb.invalid'],
  ])('of %s is worth another try', async (_what, endpoint) => {
    const store = openDynamoStore({ client: dynamoClientOf(endpoint), table: 'state' });
    ends.push(() => store.close());

    await expect(store.get('group/a')).rejects.toMatchObject({
      outcome: 'retry',
      message: expect.stringContaining('does not answer'),
    });
  });

  test('to find credentials is worth another try', async () => {
    const credentials = async () => {
      throw Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
    };
    const store = openDynamoStore({ client: dynamoClientOf(url(), { credentials }), table: 'state' });
    ends.push(() => store.close());

    await expect(store.get('group/a')).rejects.toMatchObject({
      outcome: 'retry',
      message: expect.stringContaining('credentials are missing'),
    });
  });
});

test('calls that wait for a connection do not run out of time', async () => {
  const CONNECT_MS = 1_000;
  const { store, proxy } = await disturbed(async (_call, index): Promise<Verdict> => {
    if (index < 50) await new Promise((resolve) => setTimeout(resolve, 1.2 * CONNECT_MS));
    return 'pass';
  });

  await Promise.all(Array.from({ length: 300 }, (_, number) => store.get(`group/${number}`)));

  expect(proxy.calls.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 300 }, () => 1));
});
