import { afterAll, beforeAll } from '@jest/globals';
import type { DynamoClientOptions } from '../../../detector/state/dynamodb-client.js';
import { openDynamoStore } from '../../../detector/state/dynamodb.js';
import type { StateStore } from '../../../detector/state/store.js';
import { createDynamoTable, dynamoClientOf, type DynamoServer } from '../../support/dynalite.js';
import {
  startDynamoProxy,
  type DynamoProxy,
  type Verdict,
  type DynamoCall,
} from '../../support/dynamo-proxy.js';
import type { OpenedStore } from './contract.js';

/** A server for all tests of a file. @returns its address, once tests run */
export function serverOf(start: () => Promise<DynamoServer>): () => string {
  let server: DynamoServer | undefined;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.close());
  return () => server?.url ?? '';
}

/** For the contract: a store in a table of its own. */
export async function openForContract(url: string): Promise<OpenedStore> {
  const table = await createDynamoTable(url);
  const stores: StateStore[] = [];
  const open = (): StateStore => {
    const store = openDynamoStore({ client: dynamoClientOf(url), table });
    stores.push(store);
    return store;
  };
  const store = open();
  return {
    store,
    reopen: async (how) => {
      if (how === 'close') await store.close();
      return open();
    },
    cleanup: async () => {
      for (const each of stores) await each.close();
    },
  };
}

export interface Disturbed {
  readonly proxy: DynamoProxy;
  /** Through the proxy. */
  readonly store: StateStore;
  /** Another process on the same table, which nothing disturbs. */
  readonly other: StateStore;
  readonly table: string;
  readonly end: () => Promise<void>;
}

export type Decide = (call: DynamoCall, index: number) => Verdict | Promise<Verdict>;

/** A store behind a proxy. @param decide what becomes of its calls */
export async function openDisturbed(
  url: string,
  decide: Decide,
  more: DynamoClientOptions = {},
): Promise<Disturbed> {
  const table = await createDynamoTable(url);
  const proxy = await startDynamoProxy(url, decide);
  const store = openDynamoStore({ client: dynamoClientOf(proxy.url, more), table });
  const other = openDynamoStore({ client: dynamoClientOf(url), table });
  return {
    ...{ proxy, store, other, table },
    end: async () => {
      await proxy.close();
      await Promise.all([store.close(), other.close()]);
    },
  };
}
