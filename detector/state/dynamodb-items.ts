import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { hashOfParts } from '../hash.js';
import { DYNAMO_TABLE } from './dynamodb-table.js';
import { checkedKey } from './keys.js';
import type { DocumentMarks, Version } from './store.js';

export type Item = Record<string, AttributeValue>;

const { partitionKey, sortKey, index, ttlAttribute, shards } = DYNAMO_TABLE;

/** The values of the partition key that hold a kind. */
export const shardsOf = (kind: string): readonly string[] =>
  Array.from({ length: shards }, (_, shard) => `${kind}#${shard}`);

/** What identifies a document's item. @throws StoreError where the key is none */
export function itemKey(key: string): Item {
  const { kind, rest } = checkedKey(key);
  const shard = parseInt(hashOfParts([rest]).slice(0, 8), 16) % shards;
  return { [partitionKey.name]: { S: `${kind}#${shard}` }, [sortKey.name]: { S: rest } };
}

/** Its seconds are rounded up: nothing expires early. */
export const itemOf = (
  key: string,
  body: string,
  version: Version,
  { due, expires }: DocumentMarks,
): Item => ({
  ...itemKey(key),
  body: { S: body },
  version: { S: version },
  ...(due === null ? {} : { [index.sortKey.name]: { N: String(due) } }),
  ...(expires === null ? {} : { [ttlAttribute]: { N: String(Math.ceil(expires / 1000)) } }),
});

export const versionOf = (item: Item | undefined): Version | undefined =>
  item?.version?.S as Version | undefined;

export const restOf = (item: Item): string => item[sortKey.name]?.S ?? '';

export const dueOf = (item: Item): number => Number(item[index.sortKey.name]?.N);
