import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { createDynamoClient, type DynamoClientOptions } from '../../detector/state/dynamodb-client.js';
import { DYNAMO_TABLE } from '../../detector/state/dynamodb-table.js';

export interface DynamoServer {
  /** Such as http://127.0.0.1:40123. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** DynamoDB in this process, in memory. */
export async function startDynalite(): Promise<DynamoServer> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The client that the detector uses, for a server of a test. */
export const dynamoClientOf = (url: string, more: DynamoClientOptions = {}): DynamoDBClient =>
  createDynamoClient({
    ...{ endpoint: url, region: 'eu-west-1' },
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'none' },
    ...more,
  });

let tables = 0;

/** A table as DYNAMO_TABLE says. @returns its name */
export async function createDynamoTable(url: string): Promise<string> {
  const client = dynamoClientOf(url);
  const { partitionKey, sortKey, index } = DYNAMO_TABLE;
  const name = `state-${String(process.pid)}-${String(++tables)}`;
  const keys = (partition: Key, sort: Key) => [
    { AttributeName: partition.name, KeyType: 'HASH' as const },
    { AttributeName: sort.name, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partitionKey, sortKey, index.sortKey].map((key) => ({
        AttributeName: key.name,
        AttributeType: key.type,
      })),
      KeySchema: keys(partitionKey, sortKey),
      GlobalSecondaryIndexes: [
        {
          IndexName: index.name,
          KeySchema: keys(index.partitionKey, index.sortKey),
          Projection: { ProjectionType: index.projection },
        },
      ],
    }),
  );
  client.destroy();
  return name;
}

interface Key {
  readonly name: string;
}
