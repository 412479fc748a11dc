import { describe, expect, test } from '@jest/globals';
import { stoppable } from '../../../../detector/runtimes/lambda/stoppable.js';
import type { FeedUnit } from '../../../../detector/feeds/feed.js';
import { turns, unitOf } from '../../../support/core.js';

const forever = new Promise<never>(() => undefined);
const PART = Buffer.from('part');

/** A unit of these parts; it tells when its reading was ended. */
function unitWith(parts: () => AsyncGenerator<Uint8Array>): { unit: FeedUnit; isEnded: () => boolean } {
  let isEnded = false;
  return {
    isEnded: () => isEnded,
    unit: {
      ...unitOf('u', []),
      async *open() {
        try {
          yield* parts();
        } finally {
          isEnded = true;
        }
      },
    },
  };
}

async function readAll(unit: FeedUnit): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const part of unit.open()) read.push(part);
  return Buffer.concat(read).toString();
}

describe('a unit that can be stopped', () => {
  const endless = async function* () {
    for (;;) yield PART;
  };

  test('is read to its end where nobody stops it', async () => {
    const { unit, isEnded } = unitWith(async function* () {
      yield PART;
      yield PART;
    });

    expect(await readAll(stoppable(unit, new AbortController().signal))).toBe('partpart');
    expect(isEnded()).toBe(true);
  });

  test('that hangs is to be tried again once it is stopped', async () => {
    const stop = new AbortController();
    const { unit } = unitWith(async function* () {
      yield PART;
      await forever;
    });
    const reading = readAll(stoppable(unit, stop.signal));
    await turns(1);
    stop.abort();

    await expect(reading).rejects.toMatchObject({ code: 'RETRY_LATER' });
  });

  test.each([['before it is opened'], ['while it is read']])(
    'is not read on when stopped %s',
    async (when) => {
      const stop = new AbortController();
      const { unit, isEnded } = unitWith(endless);
      if (when === 'before it is opened') stop.abort();
      let parts = 0;

      const reading = (async () => {
        for await (const _ of stoppable(unit, stop.signal).open()) if (++parts === 3) stop.abort();
      })();

      await expect(reading).rejects.toThrow('There was no time to read u to its end.');
      await turns(1);
      expect([parts, isEnded()]).toEqual(when === 'while it is read' ? [3, true] : [0, false]);
    },
  );

  test('hands on what its transport throws', async () => {
    const { unit } = unitWith(async function* () {
      yield PART;
      throw new Error('broken');
    });

    await expect(readAll(stoppable(unit, new AbortController().signal))).rejects.toThrow('broken');
  });

  test('is ended where its reader ends early', async () => {
    const { unit, isEnded } = unitWith(endless);
    for await (const _ of stoppable(unit, new AbortController().signal).open()) break;
    await turns(1);

    expect(isEnded()).toBe(true);
  });
});
