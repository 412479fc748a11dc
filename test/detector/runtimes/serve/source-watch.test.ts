import { describe, expect, test } from '@jest/globals';
import { SourceWatch } from '../../../../detector/runtimes/serve/source-watch.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const START = 1_000_000_000;

/** @param last when the source was heard of, before the detector began */
function watchOf(silentAfterMs?: number, last = START) {
  const clock = { now: START };
  const watch = new SourceWatch(
    [{ name: 'trail', silentAfterMs }],
    new Map([['trail', last]]),
    () => clock.now,
  );
  return { clock, watch };
}

describe('a source that cannot be read', () => {
  test('is told once the trouble has lasted five minutes, with the place and the reason', () => {
    const { clock, watch } = watchOf();
    watch.problem('trail', 'logs/a.json', 'EACCES: permission denied');
    watch.problem('trail', 'logs/b.json', 'EIO');
    expect(watch.unhealthy()).toEqual([]);
    expect([watch.unreadable('trail'), watch.unreadable('other')]).toEqual([2, 0]);

    clock.now += 5 * MINUTE;

    expect(watch.unhealthy()).toMatchObject([
      {
        rule: 'tocsin.source-unhealthy',
        about: 'trail',
        context: { place: 'logs/a.json', problem: 'EACCES: permission denied', places: 2 },
      },
    ]);
  });

  test('counts from when it began, also when it is reported again', () => {
    const { clock, watch } = watchOf();
    watch.problem('trail', 'logs/a.json', 'EACCES');
    clock.now += 4 * MINUTE;
    watch.problem('trail', 'logs/a.json', 'EACCES');
    clock.now += MINUTE;

    expect(watch.unhealthy()).toHaveLength(1);
  });

  test('is well again once it can be read', () => {
    const { clock, watch } = watchOf();
    watch.problem('trail', 'logs/a.json', 'EACCES');
    clock.now += HOUR;
    watch.problem('trail', 'logs/a.json', undefined);

    expect(watch.unhealthy()).toEqual([]);
  });
});

describe('logs that were lost before they were read', () => {
  test('are told at once, for an hour, and do not make the source unreadable', () => {
    const { clock, watch } = watchOf();
    watch.lost('trail', 'logs/a.jsonl', 'It was removed with 5 bytes unread.');

    expect(watch.unhealthy()).toEqual([
      {
        ...{ rule: 'tocsin.source-unhealthy', about: 'trail (lost logs)', at: START },
        title: 'Logs of trail were lost before they were read',
        context: {
          ...{ source: 'trail', place: 'logs/a.jsonl' },
          problem: 'It was removed with 5 bytes unread.',
        },
      },
    ]);
    expect(watch.unreadable('trail')).toBe(0);

    clock.now += HOUR;

    expect(watch.unhealthy()).toEqual([]);
  });

  test('are told of each source, of many losses the last', () => {
    const { watch } = watchOf();
    for (const place of ['a', 'b'])
      for (const source of ['trail', 'other']) watch.lost(source, place, 'It is gone.');

    expect(watch.unhealthy().map(({ about, context }) => [about, context.place])).toEqual([
      ['trail (lost logs)', 'b'],
      ['other (lost logs)', 'b'],
    ]);
  });
});

describe('a silent source', () => {
  test('is told after the time that its configuration allows, counted from the last unit', () => {
    const { clock, watch } = watchOf(2 * HOUR);
    clock.now += HOUR;
    watch.unit('trail');
    clock.now += 2 * HOUR - 1;
    expect(watch.unhealthy()).toEqual([]);

    clock.now += 1;

    expect(watch.unhealthy()).toMatchObject([
      { title: 'Source trail has delivered nothing for 2 hours', context: { minutes: 120 } },
    ]);
  });

  test('is told over a restart, once what came meanwhile could be read', () => {
    const { clock, watch } = watchOf(HOUR, START - 30 * HOUR);
    clock.now += 5 * MINUTE - 1;
    expect(watch.unhealthy()).toEqual([]);

    clock.now += 1;

    expect(watch.unhealthy()).toMatchObject([
      { title: 'Source trail has delivered nothing for 30 hours', context: { minutes: 30 * 60 + 5 } },
    ]);
  });

  test('is not told where the first look finds logs', () => {
    const { clock, watch } = watchOf(HOUR, START - 30 * HOUR);
    watch.unit('trail');
    clock.now += 30 * MINUTE;

    expect(watch.unhealthy()).toEqual([]);
  });

  test('may be silent as long as it likes when nothing is configured', () => {
    const { clock, watch } = watchOf();
    clock.now += 1_000 * HOUR;

    expect(watch.unhealthy()).toEqual([]);
  });
});
