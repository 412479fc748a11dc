import { expect, test } from '@jest/globals';
import { OneByOne } from '../../../detector/alerts/one-by-one.js';
import { turns } from '../../support/core.js';

test('work on one key goes in order, one after the other; work on others does not wait', async () => {
  const queue = new OneByOne();
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (key: string, name: string): Promise<string> =>
    queue.run(key, async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });

  const all = Promise.all([begin('a', 'a1'), begin('a', 'a2'), begin('b', 'b1'), begin('a', 'a3')]);
  await turns();
  expect(log).toEqual(['a1', 'b1']);
  for (const name of ['a1', 'a2', 'b1', 'a3']) {
    ends.get(name)?.();
    await turns();
  }

  expect(log).toEqual(['a1', 'b1', 'a2', 'a3']);
  expect(await all).toEqual(['a1', 'a2', 'b1', 'a3']);
});

test('what fails is told to who asked for it, and the next goes on', async () => {
  const queue = new OneByOne();
  const failing = queue.run('a', () => Promise.reject(new Error('no')));
  const next = queue.run('a', async () => 'yes');

  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
  expect(await queue.run('a', async () => 'later')).toBe('later');
});
