import { expect, test } from '@jest/globals';
import type { DeadLetterQueue } from '../../../../detector/runtimes/failed-messages.js';
import { DeadLetterWatch } from '../../../../detector/runtimes/serve/dead-letter-watch.js';
import { turns } from '../../../support/core.js';

const MINUTE = 60_000;
const queue = (source: string, answer: DeadLetterQueue['answer']): DeadLetterQueue => ({
  ...{ source, url: `https://queues/${source}`, answer },
});

test('messages that queues gave up are told once a minute, as long as they are there', async () => {
  let now = 5 * MINUTE;
  let messages = 3;
  let asked = 0;
  const watch = new DeadLetterWatch(
    async () => {
      asked++;
      return [
        queue('trail', { messages }),
        queue('empty', { messages: 0 }),
        queue('denied', { problem: new Error('no') }),
      ];
    },
    () => now,
  );
  const told = async (): Promise<readonly unknown[]> => {
    const before = watch.givenUp();
    await turns(1);
    return [...before, ...watch.givenUp()];
  };

  expect(await told()).toEqual([
    {
      ...{ rule: 'tocsin.dead-letters', about: 'trail', at: now },
      title: 'Messages of trail failed again and again and were set aside',
      context: { source: 'trail', messages: 3, queue: 'https://queues/trail' },
    },
  ]);
  now += MINUTE - 1;
  expect([await told(), asked]).toEqual([[], 1]);
  now += 1;
  expect([await told(), asked]).toMatchObject([[{ at: now }], 2]);
  messages = 0;
  now += MINUTE;
  expect([await told(), asked]).toEqual([[], 3]);
});

test('a queue that does not answer keeps nobody waiting', () => {
  const watch = new DeadLetterWatch(
    () => new Promise(() => undefined),
    () => MINUTE,
  );

  expect([watch.givenUp(), watch.givenUp()]).toEqual([[], []]);
});
