import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { shardsOf } from './dynamodb-items.js';
import { DYNAMO_TABLE } from './dynamodb-table.js';
import { checkedKey } from './keys.js';

const { partitionKey, sortKey, index } = DYNAMO_TABLE;

/** One query for each shard of a kind, for its documents after a key, in order of keys. */
export function queriesForKeys(table: string, kind: string, after: string | undefined): QueryCommandInput[] {
  const rest = after === undefined ? undefined : checkedKey(after).rest;
  return shardsOf(kind).map((shard) => ({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: rest === undefined ? '#shard = :shard' : '#shard = :shard AND #rest > :rest',
    ProjectionExpression: '#rest',
    ExpressionAttributeNames: { '#shard': partitionKey.name, '#rest': sortKey.name },
    ExpressionAttributeValues: {
      ':shard': { S: shard },
      ...(rest === undefined ? {} : { ':rest': { S: rest } }),
    },
  }));
}

/** One query for each shard of a kind, for its documents that are due, the longest due first. */
export const queriesForDue = (table: string, kind: string, until: number): QueryCommandInput[] =>
  shardsOf(kind).map((shard) => ({
    TableName: table,
    IndexName: index.name,
    KeyConditionExpression: '#shard = :shard AND #due <= :until',
    ExpressionAttributeNames: { '#shard': index.partitionKey.name, '#due': index.sortKey.name },
    ExpressionAttributeValues: { ':shard': { S: shard }, ':until': { N: String(until) } },
  }));
