import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { randomBytes } from 'node:crypto';
import { storeErrorOf } from './dynamodb-error.js';
import { dueOf, itemKey, itemOf, restOf, versionOf, type Item } from './dynamodb-items.js';
import { firstItems } from './dynamodb-listing.js';
import { queriesForDue, queriesForKeys } from './dynamodb-queries.js';
import { checkDocument, checkedKind, checkWhole, listStart } from './keys.js';
import { StoreError, type StateStore, type Version } from './store.js';

export interface DynamoStoreOptions {
  /** Closed with the store. */
  readonly client: DynamoDBClient;
  /** Name or ARN of a table as DYNAMO_TABLE describes it. */
  readonly table: string;
}

/**
 * The store of many processes, in a DynamoDB table: conditional writes of one item, and consistent reads. A write is
 * durable when it is answered. DynamoDB itself deletes what expires, within days, for nothing; `expire` does nothing.
 *
 * What is due is read from an index that follows the table a moment later: `listDue` may still name what is done, and
 * not yet name what became due just now.
 */
export function openDynamoStore({ client, table }: DynamoStoreOptions): StateStore {
  const underWay = new Set<Promise<unknown>>();
  let isOpen = true;

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (!isOpen) {
      throw new StoreError(`The store in ${table} is closed.`, 'permanent', 'Open the store again.');
    }
    const running = work();
    underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw storeErrorOf(error, table);
    } finally {
      underWay.delete(running);
    }
  }

  async function read(key: Item): Promise<Item | undefined> {
    const answer = await client.send(
      new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }),
    );
    return answer.Item;
  }

  /**
   * Whether the write that conflicts with a version was the one that made it: done before, its answer lost, sent again
   * by the client.
   */
  async function isRepeated(
    { Item: found, $metadata }: ConditionalCheckFailedException,
    key: Item,
    version: Version,
  ): Promise<boolean> {
    if (found !== undefined) return versionOf(found) === version;
    // No document is there; or whoever answers does not say which one.
    return $metadata.attempts !== 1 && versionOf(await read(key)) === version;
  }

  return {
    get: (key) =>
      guarded(async () => {
        const found = await read(itemKey(key));
        const version = versionOf(found);
        return version && { body: found?.body?.S ?? '', version };
      }),

    put: (key, body, expected, marks) =>
      guarded(async () => {
        const id = itemKey(key);
        checkDocument(key, body, marks);
        const version = newVersion();
        const Item = itemOf(key, body, version, marks);
        try {
          await client.send(new PutItemCommand({ TableName: table, Item, ...onlyIf(expected) }));
          return version;
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
          return (await isRepeated(error, id, version)) ? version : 'conflict';
        }
      }),

    // A removal whose answer was lost conflicts with itself: of what is gone nobody can tell who removed it.
    remove: (key, expected) =>
      guarded(async () => {
        const Key = itemKey(key);
        try {
          await client.send(new DeleteItemCommand({ TableName: table, Key, ...onlyIf(expected) }));
          return 'removed';
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return 'conflict';
          throw error;
        }
      }),

    listDue: (kind, until, limit) =>
      guarded(async () => {
        checkedKind(kind);
        checkWhole('"until"', until);
        checkWhole('"limit"', limit);
        const queries = queriesForDue(table, kind, until);
        const items = await firstItems(client, queries, limit, (a, b) => dueOf(a) - dueOf(b));
        return items.map((item) => ({ key: `${kind}/${restOf(item)}`, due: dueOf(item) }));
      }),

    list: (kind, after, limit) =>
      guarded(async () => {
        listStart(kind, after);
        checkWhole('"limit"', limit);
        const queries = queriesForKeys(table, kind, after);
        const items = await firstItems(client, queries, limit, (a, b) => (restOf(a) < restOf(b) ? -1 : 1));
        return items.map((item) => `${kind}/${restOf(item)}`);
      }),

    expire: (now, limit) =>
      guarded(async () => {
        checkWhole('"now"', now);
        checkWhole('"limit"', limit);
        return 0;
      }),

    durable: () => guarded(async () => {}),

    async close() {
      if (!isOpen) return;
      isOpen = false;
      await Promise.allSettled(underWay);
      client.destroy();
    },
  };
}

/** 96 random bits: the same never comes again. */
const newVersion = (): Version => `v${randomBytes(12).toString('base64url')}`;

/** The condition of a write. What is there when it does not hold comes with the refusal. */
const onlyIf = (expected: Version | undefined) => ({
  ConditionExpression: expected === undefined ? 'attribute_not_exists(#version)' : '#version = :expected',
  ExpressionAttributeNames: { '#version': 'version' },
  ...(expected === undefined ? {} : { ExpressionAttributeValues: { ':expected': { S: expected } } }),
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
});
