import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Batches } from '../../../detector/feeds/sqs/batches.js';
import { Holdings, type Again } from '../../../detector/feeds/sqs/holdings.js';
import { turns, unitOf } from '../../support/core.js';

describe('requests are gathered', () => {
  /** Batches whose requests end when the test says so. */
  function gathered() {
    const sent: (readonly number[])[] = [];
    const ends: ((failed: ReadonlyMap<number, Error>) => void)[] = [];
    const batches = new Batches<number>((entries) => {
      sent.push(entries);
      return new Promise((resolve) => ends.push(resolve));
    });
    return { batches, sent, end: (failed = new Map<number, Error>()) => ends.shift()?.(failed) };
  }

  test('those of one breath together, those that come meanwhile with the next', async () => {
    const { batches, sent, end } = gathered();
    const first = [1, 2].map((n) => batches.add(n));
    await turns();
    const second = [3, 4].map((n) => batches.add(n));
    await turns();
    expect(sent).toEqual([[1, 2]]);

    end();
    await Promise.all(first);
    await turns();
    end();
    await Promise.all(second);

    expect(sent).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('ten at most', async () => {
    const { batches, sent, end } = gathered();
    const all = Array.from({ length: 23 }, (_, n) => batches.add(n));
    for (let n = 0; n < 3; n++) {
      await turns();
      end();
    }
    await Promise.all(all);

    expect(sent.map((entries) => entries.length)).toEqual([10, 10, 3]);
  });

  test('and each is told of its own failure', async () => {
    const { batches, end } = gathered();
    const all = Promise.allSettled([batches.add(1), batches.add(2), batches.add(3)]);
    await turns();

    end(new Map([[1, new Error('this one')]]));

    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('a request that fails fails for its own, and not for the next ones', async () => {
    let isDown = true;
    const batches = new Batches<number>(async () => {
      if (isDown) throw new Error('down');
      return new Map();
    });
    await expect(batches.add(1)).rejects.toThrow('down');

    isDown = false;

    await expect(batches.add(2)).resolves.toBeUndefined();
  });
});

describe('messages wait for their units', () => {
  const message = (id: string) => ({ id, receipt: `${id}-1`, body: '', sent: undefined, times: 1 });

  test('whatever the order, each is over once, when the last of its units is', () => {
    const unitIds = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    const again = fc.constantFrom<Again>('never', 'now', 'later');
    const step = fc.oneof(
      fc.record({ hold: unitIds, isDamaged: fc.boolean() }),
      fc.record({ release: fc.nat(10), again }),
    );

    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const holdings = new Holdings();
        const waits = new Map<string, { open: Set<string>; asked: Again[] }>();
        const out: string[] = [];
        const over: string[] = [];
        const release = (unit: string, how: Again): void => {
          const expected = [...waits].filter(([, { open }]) => open.has(unit));
          for (const [, one] of expected) {
            one.open.delete(unit);
            one.asked.push(how);
          }
          const released = holdings.release(unit, how);
          expect(released.map(({ id }) => id)).toEqual(
            expected.filter(([, { open }]) => open.size === 0).map(([id]) => id),
          );
          for (const { id, again: found } of released) {
            const { asked = [] } = waits.get(id) ?? {};
            const worst = (['later', 'now', 'never'] as const).find((one) => asked.includes(one));
            expect(found).toBe(worst);
            over.push(id);
            waits.delete(id);
          }
        };

        for (const [n, one] of steps.entries()) {
          if ('hold' in one) {
            const units = one.hold.map((id) => unitOf(id, []));
            const { fresh } = holdings.hold(message(`m${n}`), { units, isDamaged: one.isDamaged }, 0);
            expect(fresh.map(({ id }) => id)).toEqual(one.hold.filter((id) => !out.includes(id)));
            out.push(...fresh.map(({ id }) => id));
            waits.set(`m${n}`, { open: new Set(one.hold), asked: one.isDamaged ? ['later'] : [] });
          } else if (out.length > 0) {
            release(out.splice(one.release % out.length, 1)[0] ?? '', one.again);
          }
          expect(holdings.size).toBe(waits.size);
        }
        for (const unit of out) release(unit, 'never');

        expect(holdings.size).toBe(0);
        expect(new Set(over).size).toBe(over.length);
        expect(over).toHaveLength(steps.filter((one) => 'hold' in one).length);
      }),
    );
  });

  test('one that is delivered again while it is held goes on under its new receipt', () => {
    const holdings = new Holdings();
    holdings.hold(message('m'), { units: [unitOf('a', [])], isDamaged: false }, 1000);

    expect(holdings.renew({ ...message('m'), receipt: 'm-2', times: 2 }, 2000)).toBe(true);
    expect(holdings.renew(message('other'), 2000)).toBe(false);

    expect(holdings.release('a', 'never')).toMatchObject([
      { id: 'm', receipt: 'm-2', times: 2, since: 2000 },
    ]);
  });

  test('a unit that nobody waits for ends nothing', () => {
    expect(new Holdings().release('a', 'never')).toEqual([]);
  });
});
