import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  MOST_DOCUMENT_BYTES,
  type DocumentMarks,
  type StateStore,
  type Version,
} from '../../../detector/state/store.js';

/** A store that holds nothing yet. */
export interface OpenedStore {
  readonly store: StateStore;
  /**
   * The same documents through a new store. `crash`: as if the process had been killed now; the old store is not
   * asked for anything again. `close`: the old one is closed first.
   */
  readonly reopen: (how: 'crash' | 'close') => Promise<StateStore>;
  readonly cleanup: () => Promise<void>;
}

const NEVER: DocumentMarks = { due: null, expires: null };
const due = (time: number): DocumentMarks => ({ due: time, expires: null });
const expiring = (time: number): DocumentMarks => ({ due: null, expires: time });

/** Writes what must not conflict. */
export async function written(
  store: StateStore,
  key: string,
  body: string,
  version?: Version,
  marks: DocumentMarks = NEVER,
): Promise<Version> {
  const result = await store.put(key, body, version, marks);
  if (result === 'conflict') throw new Error(`unexpected conflict on ${key}`);
  return result;
}

/** `asked`: by `expire`, at once. `by itself`: some time after it may; `expire` forgets nothing then. */
type Forgets = 'asked' | 'by itself';

/** What every StateStore keeps to. Call it in a test file of the store. */
export function storeContract(
  name: string,
  open: () => Promise<OpenedStore>,
  forgets: Forgets = 'asked',
): void {
  describe(`${name} keeps the store contract:`, () => {
    let opened: OpenedStore;
    let store: StateStore;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterEach(() => opened.cleanup());

    const bodyOf = async (key: string) => (await store.get(key))?.body;
    const dueKeys = async (kind: string, until: number, limit = 100) =>
      (await store.listDue(kind, until, limit)).map(({ key }) => key);

    describe('one document', () => {
      test('is not there before it is written', async () => {
        expect(await store.get('groups/a')).toBeUndefined();
      });

      test('reads as it was written, with the version that the write returned', async () => {
        const version = await written(store, 'groups/a', '{"n":1}');

        expect(await store.get('groups/a')).toEqual({ body: '{"n":1}', version });
      });

      test('is written by only the first of those who found none', async () => {
        await written(store, 'groups/a', '"first"');

        expect(await store.put('groups/a', '"second"', undefined, NEVER)).toBe('conflict');
        expect(await bodyOf('groups/a')).toBe('"first"');
      });

      test('changes for who read its last version, and its version with it', async () => {
        const first = await written(store, 'groups/a', '1');
        const second = await written(store, 'groups/a', '2', first);

        expect(second).not.toBe(first);
        expect(await store.get('groups/a')).toEqual({ body: '2', version: second });
      });

      test('changes its version even when the same body is written', async () => {
        const first = await written(store, 'groups/a', '1');

        expect(await written(store, 'groups/a', '1', first)).not.toBe(first);
      });

      test('does not change for who read an older version', async () => {
        const first = await written(store, 'groups/a', '1');
        await written(store, 'groups/a', '2', first);

        expect(await store.put('groups/a', '3', first, NEVER)).toBe('conflict');
        expect(await store.remove('groups/a', first)).toBe('conflict');
        expect(await bodyOf('groups/a')).toBe('2');
      });

      test('is gone after its removal, and is not written by who read it before', async () => {
        const version = await written(store, 'groups/a', '1');

        expect(await store.remove('groups/a', version)).toBe('removed');
        expect(await store.get('groups/a')).toBeUndefined();
        expect(await store.remove('groups/a', version)).toBe('conflict');
        expect(await store.put('groups/a', '2', version, NEVER)).toBe('conflict');
        expect(await store.get('groups/a')).toBeUndefined();
      });

      test('never gets an old version back, neither after removal nor after reopening', async () => {
        const first = await written(store, 'groups/a', '1');
        await store.remove('groups/a', first);
        const second = await written(store, 'groups/a', '1');
        await store.remove('groups/a', second);
        const again = await opened.reopen('close');
        const third = await written(again, 'groups/a', '1');

        expect(new Set([first, second, third]).size).toBe(3);
      });

      test('is another one than that of another kind with the same rest', async () => {
        await written(store, 'groups/a', '1');

        expect(await store.get('units/a')).toBeUndefined();
      });

      test.each([
        ['an escaped NUL', JSON.stringify('a\0b')],
        ['an escaped lone surrogate', JSON.stringify('a\ud800b')],
        ['quotes and SQL', JSON.stringify(`'; DROP TABLE documents; -- "`)],
        ['a line separator and a pair of surrogates', '"\u2028\u{1f6a8}"'],
        ['control characters and a byte order mark', '"\u0001\u001b[2J\ufeff"'],
        ['keys that objects inherit', '{"__proto__":{"x":1},"constructor":1}'],
        ['a number that JavaScript rounds', '12345678901234567890.10'],
      ])('keeps a body with %s as it is', async (_what, body) => {
        await written(store, 'groups/a', body);

        expect(await bodyOf('groups/a')).toBe(body);
        expect(await (await opened.reopen('close')).get('groups/a')).toMatchObject({ body });
      });

      test('keeps any JSON', async () => {
        let version: Version | undefined;
        await fc.assert(
          fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (value) => {
            const body = JSON.stringify(value);
            version = await written(store, 'groups/any', body, version);
            expect(await store.get('groups/any')).toEqual({ body, version });
          }),
          { numRuns: 30 },
        );
      });
    });

    describe('limits', () => {
      test.each([
        ['of one byte', 'a'],
        ['of two bytes', 'é'],
        ['of three bytes', '€'],
        ['of four bytes', '\u{1f6a8}'],
      ])(
        'a body of characters %s may be as large as the limit, and not a byte larger',
        async (_size, unit) => {
          const room = MOST_DOCUMENT_BYTES - 2;
          const most = Math.floor(room / Buffer.byteLength(unit));
          const body = `"${unit.repeat(most)}${'.'.repeat(room - most * Buffer.byteLength(unit))}"`;
          const version = await written(store, 'groups/a', body);

          await expect(store.put('groups/a', `${body} `, version, NEVER)).rejects.toMatchObject({
            code: 'STORE_FAILED',
            outcome: 'permanent',
            message: expect.stringContaining('60001 bytes'),
          });
          expect(await store.get('groups/a')).toEqual({ body, version });
        },
      );

      test.each([
        ['empty', ''],
        ['with a NUL', '"\0"'],
        ['with half of a surrogate pair', '"\ud800"'],
      ])('a body %s is refused', async (_what, body) => {
        await expect(store.put('groups/a', body, undefined, NEVER)).rejects.toMatchObject({
          code: 'STORE_FAILED',
          outcome: 'permanent',
        });
      });

      test.each([
        ['a', 'groups/a'],
        ['hyphens in the kind', 'dead-letters/a'],
        ['all characters', 'groups/0A-z_.'],
        ['200 characters', `groups/${'a'.repeat(200)}`],
        ['a kind of 40 characters', `${'g'.repeat(40)}/a`],
      ])('a key may be %s', async (_what, key) => {
        await written(store, key, '1');

        expect(await bodyOf(key)).toBe('1');
        expect(await store.list(key.slice(0, key.indexOf('/')), undefined, 10)).toEqual([key]);
      });

      test.each([
        '',
        'groups',
        'groups/',
        '/a',
        'Groups/a',
        'g1/a',
        '-groups/a',
        'groups/a/b',
        'groups/a b',
        'groups/ä',
        'groups/a\n',
        'groups/.',
        'groups/__a__',
        `groups/${'a'.repeat(201)}`,
        `${'g'.repeat(41)}/a`,
      ])('the key %j is refused by every method', async (key) => {
        const refusal = { code: 'STORE_FAILED', outcome: 'permanent' };

        await expect(store.get(key)).rejects.toMatchObject(refusal);
        await expect(store.put(key, '1', undefined, NEVER)).rejects.toMatchObject(refusal);
        await expect(store.remove(key, 'v1')).rejects.toMatchObject(refusal);
        await expect(store.list('groups', key, 10)).rejects.toMatchObject(refusal);
      });

      test.each(['', 'Groups', 'groups/', "g'--", 'g'.repeat(41)])('the kind %j is refused', async (kind) => {
        const refusal = { code: 'STORE_FAILED', outcome: 'permanent' };

        await expect(store.list(kind, undefined, 10)).rejects.toMatchObject(refusal);
        await expect(store.listDue(kind, 10, 10)).rejects.toMatchObject(refusal);
      });

      test.each([NaN, Infinity, 1.5, -1])('%d is refused as a time and as a limit', async (value) => {
        const refusal = { code: 'STORE_FAILED', outcome: 'permanent' };

        await expect(store.put('groups/a', '1', undefined, due(value))).rejects.toMatchObject(refusal);
        await expect(store.put('groups/a', '1', undefined, expiring(value))).rejects.toMatchObject(refusal);
        await expect(store.listDue('groups', value, 1)).rejects.toMatchObject(refusal);
        await expect(store.listDue('groups', 1, value)).rejects.toMatchObject(refusal);
        await expect(store.list('groups', undefined, value)).rejects.toMatchObject(refusal);
        await expect(store.expire(value, 1)).rejects.toMatchObject(refusal);
        await expect(store.expire(1, value)).rejects.toMatchObject(refusal);
      });
    });

    describe('several writers', () => {
      test('that count through compare-and-set lose nothing', async () => {
        const keys = ['groups/a', 'groups/b', 'groups/c'];
        let conflicts = 0;
        async function increment(key: string): Promise<void> {
          for (;;) {
            const found = await store.get(key);
            const next = Number(found?.body ?? 0) + 1;
            if ((await store.put(key, String(next), found?.version, NEVER)) !== 'conflict') return;
            conflicts += 1;
          }
        }
        const worker = async (number: number) => {
          for (let turn = 0; turn < 30; turn++) {
            await increment(keys[(turn * (number + 1)) % keys.length]!);
            if (turn % 7 === number % 7) await store.durable();
          }
        };

        await Promise.all(Array.from({ length: 8 }, (_, number) => worker(number)));

        const counts = await Promise.all(keys.map(async (key) => Number((await bodyOf(key)) ?? 0)));
        expect(counts.reduce((sum, count) => sum + count)).toBe(8 * 30);
        expect(conflicts).toBeGreaterThan(0);
      });

      test('that all write a new document have one winner', async () => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, number) => store.put('units/a', String(number), undefined, NEVER)),
        );

        expect(results.filter((result) => result !== 'conflict')).toHaveLength(1);
        const winner = results.findIndex((result) => result !== 'conflict');
        expect(await store.get('units/a')).toEqual({ body: String(winner), version: results[winner] });
      });

      test('of which one removes and one writes have one winner', async () => {
        const version = await written(store, 'units/a', '1');

        const results = await Promise.all([
          store.remove('units/a', version),
          store.put('units/a', '2', version, NEVER),
        ]);

        expect(results.filter((result) => result !== 'conflict')).toHaveLength(1);
      });
    });

    describe('what is due', () => {
      test('comes with the longest due first, and not before its time', async () => {
        await written(store, 'outbox/c', '1', undefined, due(300));
        await written(store, 'outbox/a', '1', undefined, due(200));
        await written(store, 'outbox/b', '1', undefined, due(100));
        await written(store, 'outbox/never', '1');

        expect(await store.listDue('outbox', 200, 10)).toEqual([
          { key: 'outbox/b', due: 100 },
          { key: 'outbox/a', due: 200 },
        ]);
        expect(await store.listDue('outbox', 99, 10)).toEqual([]);
      });

      test('is of one kind', async () => {
        await written(store, 'outbox/a', '1', undefined, due(1));
        await written(store, 'outbox-old/a', '1', undefined, due(1));
        await written(store, 'groups/a', '1', undefined, due(1));

        expect(await dueKeys('outbox', 10)).toEqual(['outbox/a']);
      });

      test('is limited to those that are longest due, none left out that are due together', async () => {
        const keys = Array.from({ length: 7 }, (_, number) => `outbox/k${number}`);
        for (const key of keys) await written(store, key, '1', undefined, due(50));
        await written(store, 'outbox/first', '1', undefined, due(0));

        expect(await dueKeys('outbox', 50, 1)).toEqual(['outbox/first']);
        expect(await dueKeys('outbox', 50, 0)).toEqual([]);
        expect((await dueKeys('outbox', 50, 4))[0]).toBe('outbox/first');
        expect(new Set(await dueKeys('outbox', 50, 4)).size).toBe(4);
        expect((await dueKeys('outbox', 50, 8)).sort()).toEqual(['outbox/first', ...keys]);
      });

      test('follows the last write, committed or not', async () => {
        let a = await written(store, 'outbox/a', '1', undefined, due(100));
        const b = await written(store, 'outbox/b', '1', undefined, due(200));
        const c = await written(store, 'outbox/c', '1', undefined, due(300));
        await store.durable();
        a = await written(store, 'outbox/a', '2', a, due(250));
        await store.remove('outbox/b', b);
        await written(store, 'outbox/c', '2', c, NEVER);
        await written(store, 'outbox/d', '1', undefined, due(50));

        const expected = ['outbox/d', 'outbox/a'];
        expect(await dueKeys('outbox', 1000)).toEqual(expected);
        expect(await dueKeys('outbox', 1000, 1)).toEqual(['outbox/d']);
        await store.durable();
        expect(await dueKeys('outbox', 1000)).toEqual(expected);
        await written(store, 'outbox/a', '3', a, NEVER);
        expect(await dueKeys('outbox', 1000)).toEqual(['outbox/d']);
      });

      test('is found behind what was put off or removed since', async () => {
        const a = await written(store, 'outbox/a', '1', undefined, due(1));
        const b = await written(store, 'outbox/b', '1', undefined, due(2));
        await written(store, 'outbox/c', '1', undefined, due(3));
        await store.durable();
        await written(store, 'outbox/a', '2', a, due(9));
        await store.remove('outbox/b', b);

        expect(await dueKeys('outbox', 10, 1)).toEqual(['outbox/c']);
      });

      test('does not change with a write that conflicts', async () => {
        await written(store, 'outbox/a', '1', undefined, due(100));
        await store.put('outbox/a', '2', undefined, due(5));

        expect(await store.listDue('outbox', 1000, 10)).toEqual([{ key: 'outbox/a', due: 100 }]);
      });
    });

    describe('a listing', () => {
      test('pages through a kind in order of keys', async () => {
        const rests = ['b', 'a', 'a.b', 'B', '0', 'a-b', 'a_b', 'aa', 'z9'];
        for (const [number, rest] of rests.entries()) {
          await written(store, `groups/${rest}`, '1');
          if (number % 3 === 0) await store.durable();
        }
        await written(store, 'group/x', '1');
        await written(store, 'groups-old/x', '1');
        await written(store, 'groupsets/x', '1');
        await store.durable();

        const pages: string[][] = [];
        for (let after: string | undefined; ; after = pages.at(-1)?.at(-1)) {
          const page = await store.list('groups', after, 4);
          if (page.length === 0) break;
          pages.push([...page]);
        }

        expect(pages.map((page) => page.length)).toEqual([4, 4, 1]);
        expect(pages.flat()).toEqual(rests.map((rest) => `groups/${rest}`).sort());
      });

      test('continues after a key that is gone, and does not show what was removed', async () => {
        const version = await written(store, 'groups/b', '1');
        await written(store, 'groups/a', '1');
        await written(store, 'groups/c', '1');
        await store.durable();
        await store.remove('groups/b', version);

        expect(await store.list('groups', undefined, 10)).toEqual(['groups/a', 'groups/c']);
        expect(await store.list('groups', undefined, 2)).toEqual(['groups/a', 'groups/c']);
        expect(await store.list('groups', 'groups/b', 10)).toEqual(['groups/c']);
        expect(await store.list('groups', undefined, 0)).toEqual([]);
      });

      test('does not continue after a key of another kind', async () => {
        await expect(store.list('groups', 'alpha/a', 10)).rejects.toMatchObject({ outcome: 'permanent' });
      });
    });

    describe('expiry', () => {
      if (forgets === 'by itself') {
        test('keeps what is not over yet, whoever asks to forget, and goes by the last write', async () => {
          const put = await written(store, 'units/put-off', '1', undefined, expiring(100));
          const kept = await written(store, 'units/kept', '1', undefined, expiring(100));
          await written(store, 'units/later', '1', undefined, { due: 5, expires: 201 });
          await written(store, 'units/never', '1', undefined, due(5));
          await written(store, 'units/put-off', '2', put, expiring(900));
          await written(store, 'units/kept', '2', kept, NEVER);

          expect(await store.expire(200, 100)).toBe(0);
          const keys = ['units/kept', 'units/later', 'units/never', 'units/put-off'];
          expect(await store.list('units', undefined, 10)).toEqual(keys);
          expect((await dueKeys('units', 5)).sort()).toEqual(['units/later', 'units/never']);
        });
        return;
      }

      test('forgets what is over and nothing else', async () => {
        await written(store, 'units/over', '1', undefined, expiring(100));
        await store.durable();
        await written(store, 'units/just', '1', undefined, { due: 5, expires: 200 });
        await written(store, 'units/later', '1', undefined, { due: 5, expires: 201 });
        await written(store, 'units/never', '1', undefined, due(5));

        expect(await store.expire(200, 100)).toBe(2);
        expect(await store.list('units', undefined, 10)).toEqual(['units/later', 'units/never']);
        expect((await dueKeys('units', 5)).sort()).toEqual(['units/later', 'units/never']);
        expect(await store.expire(200, 100)).toBe(0);
      });

      test('finds what is over behind what was put off or removed since', async () => {
        const a = await written(store, 'units/a', '1', undefined, expiring(1));
        const b = await written(store, 'units/b', '1', undefined, expiring(2));
        await written(store, 'units/c', '1', undefined, expiring(3));
        await store.durable();
        await written(store, 'units/a', '2', a, expiring(9));
        await store.remove('units/b', b);

        expect(await store.expire(5, 1)).toBe(1);
        expect(await store.list('units', undefined, 10)).toEqual(['units/a']);
      });

      test('forgets no more at once than it may', async () => {
        for (let number = 0; number < 25; number++) {
          await written(store, `units/u${number}`, '1', undefined, expiring(number));
          if (number === 12) await store.durable();
        }

        const counts = [];
        for (let count = -1; count !== 0; counts.push(count)) count = await store.expire(1000, 10);

        expect(counts).toEqual([10, 10, 5, 0]);
        expect(await store.list('units', undefined, 100)).toEqual([]);
      });

      test('goes by the last write', async () => {
        const a = await written(store, 'units/a', '1', undefined, expiring(100));
        const b = await written(store, 'units/b', '1', undefined, expiring(100));
        await store.durable();
        await written(store, 'units/a', '2', a, expiring(900));
        await written(store, 'units/b', '2', b, NEVER);

        expect(await store.expire(500, 10)).toBe(0);
        expect(await bodyOf('units/a')).toBe('2');
      });

      test('makes room for a new document of the same key', async () => {
        const old = await written(store, 'units/a', '1', undefined, expiring(1));
        await store.expire(1, 10);

        expect(await written(store, 'units/a', '2')).not.toBe(old);
        expect(await bodyOf('units/a')).toBe('2');
      });
    });

    describe('the end of a process', () => {
      test('leaves what was written before it closed', async () => {
        const version = await written(store, 'groups/a', '1', undefined, due(5));
        const again = await opened.reopen('close');

        expect(await again.get('groups/a')).toEqual({ body: '1', version });
        expect(await again.listDue('groups', 5, 1)).toEqual([{ key: 'groups/a', due: 5 }]);
        expect(await written(again, 'groups/a', '2', version)).not.toBe(version);
      });

      test('that closed is told to who goes on, and closing twice is fine', async () => {
        await written(store, 'groups/a', '1');
        const waits = store.durable();
        await store.close();
        await store.close();
        await waits;

        const refusal = { code: 'STORE_FAILED', outcome: 'permanent' };
        await expect(store.get('groups/a')).rejects.toMatchObject(refusal);
        await expect(store.put('groups/b', '1', undefined, NEVER)).rejects.toMatchObject(refusal);
        await expect(store.durable()).rejects.toMatchObject(refusal);
      });

      test('by a crash leaves what was durable, and of the rest each write whole or not at all', async () => {
        const KEYS = ['groups/a', 'groups/b', 'units/a'];
        const step = fc.oneof(
          { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.nat(2) }) },
          { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.nat(2) }) },
          { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), key: fc.nat(40) }) },
          { weight: 2, arbitrary: fc.record({ do: fc.constant('durable' as const), key: fc.nat(2) }) },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
            const one = await open();
            try {
              // For each key what it may hold after a crash: what was durable, and all that came after.
              const allowed = new Map(KEYS.map((key) => [key, [undefined] as (string | undefined)[]]));
              const now = async (key: string) => (await one.store.get(key))?.body;
              for (const [number, { do: what, key: index }] of steps.entries()) {
                const key = KEYS[index % KEYS.length]!;
                const found = await one.store.get(key);
                if (what === 'put') {
                  // The marks repeat what the body says; a half write would tell them apart.
                  const body = JSON.stringify({ number, due: number * 2, pad: 'x'.repeat(number * 300) });
                  await written(one.store, key, body, found?.version, { due: number * 2, expires: number });
                } else if (what === 'remove') {
                  if (found) await one.store.remove(key, found.version);
                } else if (what === 'expire') {
                  await one.store.expire(index, 1);
                } else {
                  await one.store.durable();
                  for (const each of KEYS) allowed.set(each, [await now(each)]);
                }
                for (const each of KEYS) allowed.get(each)!.push(await now(each));
              }

              const after = await one.reopen('crash');

              for (const [key, bodies] of allowed) {
                const body = (await after.get(key))?.body;
                expect(bodies).toContain(body);
                const marks = await after.listDue(key.slice(0, key.indexOf('/')), 1000, 10);
                const expected = body && (JSON.parse(body) as { due: number }).due;
                expect(marks.find((mark) => mark.key === key)?.due).toBe(expected);
              }
            } finally {
              await one.cleanup();
            }
          }),
          { numRuns: 25 },
        );
      });
    });
  });
}
