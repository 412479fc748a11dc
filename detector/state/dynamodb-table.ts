/**
 * The table of the DynamoDB store, as data: whoever makes the table and whoever uses it read the same. A table that
 * holds documents keeps all of this for ever.
 */
export const DYNAMO_TABLE = {
  /** `<kind>#<shard>`. */
  partitionKey: { name: 'shard', type: 'S' },
  /** What follows the kind in the key of a document. */
  sortKey: { name: 'rest', type: 'S' },
  /** Global. Holds only documents that are due: the others lack its sort key, milliseconds since the epoch. */
  index: {
    name: 'due',
    partitionKey: { name: 'shard', type: 'S' },
    sortKey: { name: 'due', type: 'N' },
    projection: 'KEYS_ONLY',
  },
  /** When DynamoDB deletes a document by itself, in whole seconds since the epoch. */
  ttlAttribute: 'ttl',
  /**
   * Parts of a kind, by hash of the rest. DynamoDB writes 1,000 units a second to one partition, the index's too; so
   * many parts take 16,000, and a listing asks each of them once.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
   */
  shards: 16,
} as const;

/** What a role that uses the store must be allowed, and no more. */
export const DYNAMO_ACTIONS = {
  table: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
  index: ['dynamodb:Query'],
} as const;
