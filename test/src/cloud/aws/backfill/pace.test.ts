import { expect, test } from '@jest/globals';
import { Pace } from '../../../../../src/cloud/aws/backfill/pace.js';

/** A clock that only waiting moves. */
function clock() {
  let at = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => at,
    pass: (ms: number) => (at += ms),
    wait: async (ms: number) => {
      waits.push(ms);
      at += ms;
    },
  };
}

test('the first go at once, the next when those before have had their time', async () => {
  const time = clock();
  const pace = new Pace(50, time.now, time.wait);

  for (let i = 0; i < 4; i++) await pace.take(100);

  expect(time.waits).toEqual([2000, 2000, 2000]);
});

test('what takes its time by itself waits no longer', async () => {
  const time = clock();
  const pace = new Pace(50, time.now, time.wait);

  await pace.take(100);
  time.pass(1500);
  await pace.take(100);
  time.pass(10_000);
  await pace.take(100);
  await pace.take(100);

  expect(time.waits).toEqual([500, 2000]);
});
