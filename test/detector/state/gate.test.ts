import { expect, test } from '@jest/globals';
import { createGate } from '../../../detector/state/gate.js';

test('a gate lets so many in, and the others in order, also after one that fails', async () => {
  const gate = createGate(2);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const enter = (name: string): Promise<string> =>
    gate(() => {
      begun.push(name);
      return new Promise((resolve, reject) =>
        ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error))),
      );
    });
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };

  const all = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(enter));
  expect(begun).toEqual(['a', 'b']);
  await end('b', new Error('broken'));
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  await end('c');
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  await end('d');
  await end('e');

  expect((await all).map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
  const later = ['f', 'g', 'h'].map(enter);
  expect(begun.slice(5)).toEqual(['f', 'g']);
  for (const name of ['f', 'g', 'h']) await end(name);
  await Promise.all(later);
});
