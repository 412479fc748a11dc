import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { itemKey, shardsOf } from '../../../detector/state/dynamodb-items.js';
import { DYNAMO_ACTIONS, DYNAMO_TABLE } from '../../../detector/state/dynamodb-table.js';
import { openDynamoStore } from '../../../detector/state/dynamodb.js';
import type { DocumentMarks, StateStore } from '../../../detector/state/store.js';
import { createDynamoTable, dynamoClientOf, startDynalite } from '../../support/dynalite.js';
import { storeContract, written } from './contract.js';
import { lostAnswers } from './dynamodb-lost-answers.js';
import { openDisturbed, openForContract, serverOf, type Decide, type Disturbed } from './dynamodb-support.js';

const NEVER: DocumentMarks = { due: null, expires: null };

const url = serverOf(startDynalite);

storeContract('The DynamoDB store', () => openForContract(url()), 'by itself');
lostAnswers('The DynamoDB store', url);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function opened(): Promise<{ store: StateStore; table: string }> {
  const table = await createDynamoTable(url());
  const store = openDynamoStore({ client: dynamoClientOf(url()), table });
  ends.push(() => store.close());
  return { store, table };
}

const disturbed = async (decide: Decide): Promise<Disturbed> => {
  const found = await openDisturbed(url(), decide);
  ends.push(found.end);
  return found;
};

describe('an item', () => {
  const itemIn = async (table: string, key: string) => {
    const client = dynamoClientOf(url());
    ends.push(async () => client.destroy());
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: itemKey(key), ConsistentRead: true }),
    );
    return Item;
  };

  test('has what it must to be found, to be due and to be deleted, and nothing else', async () => {
    const { store, table } = await opened();
    const version = await written(store, 'group/a', '{"n":1}', undefined, {
      due: 1_700_000_000_123,
      expires: 1,
    });

    expect(await itemIn(table, 'group/a')).toEqual({
      shard: { S: expect.stringMatching(/^group#\d+$/) },
      rest: { S: 'a' },
      body: { S: '{"n":1}' },
      version: { S: version },
      due: { N: '1700000000123' },
      ttl: { N: '1' },
    });
  });

  test('lacks what is never due and never expires, also when it was once', async () => {
    const { store, table } = await opened();
    const first = await written(store, 'group/a', '1', undefined, { due: 1, expires: 1 });
    await written(store, 'group/a', '2', first, NEVER);

    expect(Object.keys((await itemIn(table, 'group/a')) ?? {}).sort()).toEqual([
      'body',
      'rest',
      'shard',
      'version',
    ]);
  });

  test.each([
    [1_700_000_000_000, '1700000000'],
    [1_700_000_000_001, '1700000001'],
    [1_700_000_000_999, '1700000001'],
  ])('that expires at %d ms is not deleted before %s s', async (expires, seconds) => {
    const { store, table } = await opened();
    await written(store, 'group/a', '1', undefined, { due: null, expires });

    expect((await itemIn(table, 'group/a'))?.[DYNAMO_TABLE.ttlAttribute]).toEqual({ N: seconds });
  });
});

describe('shards', () => {
  const keys = Array.from({ length: 700 }, (_, number) => `group/${String((number * 7919) % 100_000)}`);
  const sorted = [...keys].sort();

  test('take about as many documents each', () => {
    const counts = new Map(shardsOf('group').map((shard) => [shard, 0]));
    for (let number = 0; number < 16_000; number++) {
      const shard = itemKey(`group/${number}`).shard?.S ?? '';
      counts.set(shard, (counts.get(shard) ?? NaN) + 1);
    }

    expect(counts.size).toBe(16);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('never change: documents are found where an earlier release put them', () => {
    expect(itemKey('group/a')).toEqual({ shard: { S: 'group#13' }, rest: { S: 'a' } });
    expect(itemKey('unit/0123456789abcdef')).toEqual({
      shard: { S: 'unit#11' },
      rest: { S: '0123456789abcdef' },
    });
  });

  test('are one listing, whatever the size of its pages, with one question to each of them', async () => {
    const { store, proxy } = await disturbed(() => 'pass');
    await Promise.all(
      keys.map((key, number) => written(store, key, '1', undefined, { due: 999 - number, expires: null })),
    );

    for (const size of [1, 50, 1000]) {
      const from = proxy.calls.length;
      expect(await store.list('group', undefined, size)).toEqual(sorted.slice(0, size));
      expect(await store.list('group', sorted[330], size)).toEqual(sorted.slice(331, 331 + size));
      expect((await store.listDue('group', 1000, size)).map(({ key }) => key)).toEqual(
        keys.toReversed().slice(0, size),
      );
      expect(proxy.calls.length - from).toBe(3 * DYNAMO_TABLE.shards);
    }
  });

  test('that hold more of a listing than their share are asked again', async () => {
    const { store, proxy } = await disturbed(() => 'pass');
    const lopsided = keys.filter((key) => itemKey(key).shard?.S === 'group#3').sort();
    expect(lopsided.length).toBeGreaterThan(30);
    await Promise.all(
      lopsided.map((key, number) => written(store, key, '1', undefined, { due: number, expires: null })),
    );

    const from = proxy.calls.length;
    expect(await store.list('group', undefined, 30)).toEqual(lopsided.slice(0, 30));
    expect((await store.listDue('group', 1000, 30)).map(({ key }) => key)).toEqual(lopsided.slice(0, 30));
    expect(proxy.calls.length - from).toBeGreaterThan(2 * DYNAMO_TABLE.shards);
  });

  test('of which one does not answer give no listing that lacks its part', async () => {
    const { store } = await disturbed(({ operation, input }) =>
      operation === 'Query' && JSON.stringify(input).includes('group#5"')
        ? { status: 500, error: 'InternalServerError' }
        : 'pass',
    );
    await Promise.all(keys.slice(0, 64).map((key) => written(store, key, '1')));

    await expect(store.list('group', undefined, 10)).rejects.toMatchObject({ outcome: 'retry' });
    await expect(store.listDue('group', 1000, 10)).rejects.toMatchObject({ outcome: 'retry' });
  });
});

test('a role needs exactly the actions that are exported', async () => {
  const { store, proxy } = await disturbed(() => 'pass');
  const version = await written(store, 'group/a', '1', undefined, { due: 1, expires: 1 });
  await store.put('group/a', '2', undefined, NEVER);
  await store.get('group/a');
  await store.list('group', undefined, 5);
  await store.listDue('group', 5, 5);
  await store.remove('group/a', version);
  await store.expire(5, 5);
  await store.durable();

  const actions = (ofIndex: boolean) =>
    [
      ...new Set(
        proxy.calls
          .filter(({ input }) => (input.IndexName === DYNAMO_TABLE.index.name) === ofIndex)
          .map(({ operation }) => `dynamodb:${operation}`),
      ),
    ].sort();
  expect(actions(false)).toEqual(DYNAMO_ACTIONS.table);
  expect(actions(true)).toEqual(DYNAMO_ACTIONS.index);
});

test('what the work itself reads is never stale', async () => {
  const { store, proxy } = await disturbed(() => 'pass');
  await store.get('group/a');
  await store.list('group', undefined, 5);

  expect(proxy.calls.every(({ input }) => input.ConsistentRead === true)).toBe(true);
});

describe('a store that is closed', () => {
  test('lets calls end that are under way', async () => {
    let arrived = () => {};
    const isThere = new Promise<void>((resolve) => (arrived = resolve));
    let letGo = () => {};
    const mayAnswer = new Promise<void>((resolve) => (letGo = resolve));
    const { store, other } = await disturbed(async () => {
      arrived();
      await mayAnswer;
      return 'pass' as const;
    });
    const put = store.put('group/a', '1', undefined, NEVER);
    await isThere;
    const closed = store.close();
    letGo();
    await closed;

    expect(await other.get('group/a')).toEqual({ body: '1', version: await put });
    await expect(store.get('group/a')).rejects.toMatchObject({ code: 'STORE_FAILED', outcome: 'permanent' });
  });
});
