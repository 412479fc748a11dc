import { afterEach, describe, expect, test } from '@jest/globals';
import type { DocumentMarks } from '../../../detector/state/store.js';
import type { DynamoCall, Verdict } from '../../support/dynamo-proxy.js';
import { written } from './contract.js';
import { openDisturbed, type Disturbed } from './dynamodb-support.js';

const NEVER: DocumentMarks = { due: null, expires: null };

/** A write that is done and whose answer is lost is sent again by the client, and then conflicts with itself. */
export function lostAnswers(name: string, url: () => string): void {
  describe(`${name}: a write whose answer is lost`, () => {
    let opened: Disturbed | undefined;
    afterEach(() => opened?.end());

    /** Loses the answers of the first `count` calls of an operation. */
    const losing = async (operation: string, count = 1): Promise<Disturbed> => {
      let lost = 0;
      const decide = (call: DynamoCall): Verdict =>
        call.operation === operation && lost++ < count ? 'lose' : 'pass';
      return (opened = await openDisturbed(url(), decide));
    };

    test('is no conflict, for a new document', async () => {
      const { store, other, proxy } = await losing('PutItem');

      const version = await written(store, 'groups/a', '1');

      expect(await other.get('groups/a')).toEqual({ body: '1', version });
      expect(proxy.calls.filter(({ operation }) => operation === 'PutItem')).toHaveLength(2);
    });

    test('is no conflict, for a document that was there, however often it is lost', async () => {
      const { store, other } = await losing('PutItem', 3);
      const first = await written(other, 'groups/a', '1');

      const second = await written(store, 'groups/a', '2', first);

      expect(await other.get('groups/a')).toEqual({ body: '2', version: second });
      expect(await written(store, 'groups/a', '3', second)).not.toBe(second);
    });

    test('is a conflict where somebody else wrote before it was sent again', async () => {
      const table = { overwrite: async () => {} };
      let puts = 0;
      opened = await openDisturbed(url(), async ({ operation }) => {
        if (operation !== 'PutItem') return 'pass';
        puts += 1;
        if (puts === 2) await table.overwrite();
        return puts === 1 ? 'lose' : 'pass';
      });
      const { store, other } = opened;
      table.overwrite = async () => {
        const mine = await other.get('groups/a');
        await written(other, 'groups/a', '"theirs"', mine?.version);
      };

      expect(await store.put('groups/a', '"mine"', undefined, NEVER)).toBe('conflict');
      expect(await other.get('groups/a')).toMatchObject({ body: '"theirs"' });
    });

    test('is a conflict where somebody else removed the document before it was sent again', async () => {
      let puts = 0;
      opened = await openDisturbed(url(), async ({ operation }) => {
        if (operation !== 'PutItem') return 'pass';
        puts += 1;
        if (puts === 2) {
          const mine = await opened?.other.get('groups/a');
          if (mine !== undefined) await opened?.other.remove('groups/a', mine.version);
        }
        return puts === 1 ? 'lose' : 'pass';
      });
      const first = await written(opened.other, 'groups/a', '1');

      expect(await opened.store.put('groups/a', '2', first, NEVER)).toBe('conflict');
      expect(await opened.other.get('groups/a')).toBeUndefined();
    });

    test('that loses all its answers may be done, and is to be tried again', async () => {
      const { store, other } = await losing('PutItem', 4);

      await expect(store.put('groups/a', '1', undefined, NEVER)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        outcome: 'retry',
      });
      expect(await other.get('groups/a')).toMatchObject({ body: '1' });
    });

    test('is done, where it removes, and says that somebody was first', async () => {
      const { store, other } = await losing('DeleteItem');
      const version = await written(other, 'groups/a', '1');

      expect(await store.remove('groups/a', version)).toBe('conflict');
      expect(await other.get('groups/a')).toBeUndefined();
    });
  });
}
