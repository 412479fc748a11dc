import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eachInTurn } from '../../../detector/alerts/in-turn.js';
import { Turns } from '../../support/turns.js';

interface Item {
  readonly key: string;
  readonly number: number;
}
const items = (...keys: readonly string[]): readonly Item[] => keys.map((key, number) => ({ key, number }));
const keyOf = ({ key }: Item): string => key;

/** What is begun and not ended yet; a test ends it. */
function openWork() {
  const begun: { readonly item: Item; readonly end: () => void; readonly fail: (why: Error) => void }[] = [];
  const work = (item: Item): Promise<void> =>
    new Promise((resolve, reject) => begun.push({ item, end: resolve, fail: reject }));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { begun, work, settled, numbers: () => begun.map(({ item }) => item.number) };
}

describe('items are worked on', () => {
  test('at the same time, as many as may be', async () => {
    const { begun, work, settled, numbers } = openWork();
    const all = eachInTurn(items('a', 'b', 'c', 'd'), keyOf, 3, work);
    await settled();
    expect(numbers()).toEqual([0, 1, 2]);

    begun[1]?.end();
    await settled();
    expect(numbers()).toEqual([0, 1, 2, 3]);

    for (const { end } of begun) end();
    await all;
  });

  test('one after the other where they have the same key', async () => {
    const { begun, work, settled, numbers } = openWork();
    const all = eachInTurn(items('a', 'a', 'b', 'a'), keyOf, 9, work);
    await settled();
    expect(numbers()).toEqual([0, 2]);

    begun[0]?.end();
    await settled();
    expect(numbers()).toEqual([0, 2, 1]);

    begun[2]?.end();
    await settled();
    expect(numbers()).toEqual([0, 2, 1, 3]);
    for (const { end } of begun) end();
    await all;
  });

  test('each once and each key in order, whoever is done first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat(100)),
        async (keys, most, choices) => {
          const turns = new Turns();
          const running = new Set<string>();
          const ended: Item[] = [];
          let isOver = false;
          void eachInTurn(items(...keys), keyOf, most, async (item) => {
            expect(running.has(item.key)).toBe(false);
            running.add(item.key);
            expect(running.size).toBeLessThanOrEqual(most);
            await turns.wait();
            running.delete(item.key);
            ended.push(item);
          }).then(() => (isOver = true));

          const left = [...choices];
          await turns.run(
            () => isOver,
            (count) => (left.shift() ?? 0) % count,
          );

          expect(ended).toHaveLength(keys.length);
          const byKey = Object.values(Object.groupBy(ended, keyOf)).map((of) =>
            of?.map(({ number }) => number),
          );
          for (const numbers of byKey) expect(numbers).toEqual(numbers?.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});

describe('after a failure', () => {
  test('nothing is begun, and what is under way is waited for', async () => {
    const { begun, work, settled, numbers } = openWork();
    let told: unknown;
    const all = eachInTurn(items('a', 'b', 'a', 'c'), keyOf, 3, work).catch(
      (error: unknown) => (told = error),
    );
    await settled();
    begun[0]?.fail(new Error('first'));
    await settled();
    expect(numbers()).toEqual([0, 1]);
    expect(told).toBeUndefined();

    begun[1]?.fail(new Error('second'));
    await all;
    expect(numbers()).toEqual([0, 1]);
    expect(told).toEqual(new Error('first'));
  });

  test('of what gives the items, too', async () => {
    const { begun, work, settled } = openWork();
    async function* broken(): AsyncGenerator<Item> {
      yield* items('a');
      throw new Error('no more');
    }
    let told: unknown;
    const all = eachInTurn(broken(), keyOf, 3, work).catch((error: unknown) => (told = error));
    await settled();
    expect(told).toBeUndefined();

    begun[0]?.end();
    await all;
    expect(told).toEqual(new Error('no more'));
  });
});
