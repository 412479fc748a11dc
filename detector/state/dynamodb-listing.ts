import { paginateQuery, type DynamoDBClient, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from './dynamodb-items.js';

/** Items that a shard is asked for beyond its share of a listing, so that it is seldom asked twice. */
const SLACK = 8;

/**
 * The first items of a listing that is spread over shards, each in order by itself. All shards are asked at the same
 * time, for a little more than their share.
 * @param queries one for each shard
 * @param compare the order of all of them together
 */
export async function firstItems(
  client: DynamoDBClient,
  queries: readonly QueryCommandInput[],
  limit: number,
  compare: (a: Item, b: Item) => number,
): Promise<readonly Item[]> {
  if (limit === 0) return [];
  const pageSize = Math.ceil((1.5 * limit) / queries.length) + SLACK;
  const heads = await Promise.all(
    queries.map(async (query) => {
      const items = itemsOf(client, query, pageSize);
      return { items, head: await items.next() };
    }),
  );
  const found: Item[] = [];
  while (found.length < limit) {
    let first: (typeof heads)[number] | undefined;
    for (const one of heads) {
      if (one.head.done === true) continue;
      if (first?.head.value === undefined || compare(one.head.value, first.head.value) < 0) first = one;
    }
    if (first?.head.value === undefined) break;
    found.push(first.head.value);
    first.head = await first.items.next();
  }
  return found;
}

async function* itemsOf(
  client: DynamoDBClient,
  query: QueryCommandInput,
  pageSize: number,
): AsyncGenerator<Item, undefined> {
  for await (const { Items = [] } of paginateQuery({ client, pageSize }, query)) yield* Items;
  return undefined;
}
