import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { openSqliteFile, STEPS } from '../../../detector/state/sqlite-file.js';
import { openSqliteStore, type SqliteStoreOptions } from '../../../detector/state/sqlite.js';
import type { StateStore } from '../../../detector/state/store.js';
import { storeContract, written } from './contract.js';
import { copyOfFiles, newFolder, openForContract } from './sqlite-support.js';

storeContract('SQLite', () => openForContract());
// Commits between any two writes instead of rarely.
storeContract('SQLite, committing every other write,', () => openForContract({ commitEveryPuts: 2 }));

let folder: string;
let path: string;
const stores: StateStore[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'state.db');
});
afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  for (const store of stores.splice(0)) await store.close().catch(() => {});
  rmSync(folder, { recursive: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<StateStore> {
  const store = await openSqliteStore({ path, ...options });
  stores.push(store);
  return store;
}
const afterCrash = (): Promise<StateStore> => open({ path: copyOfFiles(path, folder) });

const IN_USE = {
  code: 'STORE_FAILED',
  outcome: 'permanent',
  message: expect.stringMatching(/state\.db is in use by another process/),
  fix: expect.stringMatching(/^Stop the other process, or give each process a state file of its own/),
};

/** @returns how many transactions were committed until the function given back is called */
function countCommits(): () => number {
  const exec = jest.spyOn(DatabaseSync.prototype, 'exec');
  return () => {
    const count = exec.mock.calls.filter(([sql]) => sql === 'COMMIT').length;
    exec.mockRestore();
    return count;
  };
}

describe('group commit', () => {
  test('of all who wait in the same turn of the event loop is one', async () => {
    const store = await open();
    const commits = countCommits();

    await Promise.all(
      Array.from({ length: 128 }, async (_, number) => {
        await written(store, `units/u${number}`, '1');
        await store.durable();
      }),
    );

    expect(commits()).toBe(1);
    expect(await (await afterCrash()).list('units', undefined, 1000)).toHaveLength(128);
  });

  test('is not made when nothing was written', async () => {
    const store = await open();
    const commits = countCommits();

    await Promise.all([store.durable(), store.durable()]);
    await store.get('units/a');

    expect(commits()).toBe(0);
  });

  test('comes after a while for writes that nobody waits for', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const store = await open({ commitEveryMs: 500 });
      await written(store, 'units/a', '1');

      jest.advanceTimersByTime(499);
      await nextTurn();
      expect(await (await afterCrash()).get('units/a')).toBeUndefined();
      jest.advanceTimersByTime(1);
      await nextTurn();
      expect(await (await afterCrash()).get('units/a')).toBeDefined();
    } finally {
      jest.useRealTimers();
    }
  });

  test('comes after a number of writes, so that a crash loses no more than those', async () => {
    const store = await open({ commitEveryPuts: 100 });
    for (let number = 0; number < 1050; number++) await written(store, `units/u${number}`, '1');

    expect(await (await afterCrash()).list('units', undefined, 2000)).toHaveLength(1000);
  });

  test('comes after 8 MiB of writes', async () => {
    const store = await open();
    const body = JSON.stringify('x'.repeat(59_000));
    for (let number = 0; number < 150; number++) await written(store, `units/u${number}`, body);

    const kept = await (await afterCrash()).list('units', undefined, 200);
    expect(kept.length).toBeGreaterThan(140);
    expect(kept.length).toBeLessThan(150);
  });
});

describe('one process', () => {
  test('keeps another store of its own out, who does not break the lock', async () => {
    await written(await open(), 'units/a', '1');

    await expect(open()).rejects.toMatchObject(IN_USE);
    await expect(open()).rejects.toMatchObject(IN_USE);

    const child = start(path);
    expect(await child.next()).toMatchObject({ refused: expect.stringContaining(path) });
  });

  test('keeps other processes out until it closes', async () => {
    const store = await open();
    const refused = await start(path).next();
    expect(refused).toEqual({ refused: IN_USE.message, outcome: IN_USE.outcome, fix: IN_USE.fix });

    await store.close();

    expect(await start(path).next()).toEqual({ opened: true });
  });

  test('is kept out by another, until that is killed', async () => {
    const child = start(path);
    expect(await child.next()).toEqual({ opened: true });
    await expect(open()).rejects.toMatchObject(IN_USE);

    await killed(child.process);

    await written(await open(), 'units/a', '1');
  });

  test('of many that start at once is never two', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => start(path).next()));

    expect(answers.filter((answer) => 'opened' in answer).length).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => 'refused' in answer).length).toBeGreaterThanOrEqual(3);
  });

  test('killed at any moment leaves what it said is durable, and no half of a pair', async () => {
    let durable = 0;
    for (let round = 0; round < 10; round++) {
      const child = start(path, 'pairs');
      expect(await child.next()).toEqual({ opened: true });
      // A moment that no turn of ours decides: between two lines, and the child goes on writing until the signal.
      for (let lines = Math.floor(Math.random() * 25); lines > 0; lines--) await child.next();
      await killed(child.process);
      await child.rest();
      durable = Math.max(durable, child.lastDurable());

      const store = await open();
      const left = await pairs(store, 'left');
      const right = await pairs(store, 'right');
      await store.close();

      expect(left).toEqual(right);
      for (const [slot, number] of left) expect(number % 20).toBe(slot);
      expect(Math.max(0, ...left.values())).toBeGreaterThanOrEqual(durable);
      // Each slot holds its newest number up to the durable one, or a newer.
      for (let number = Math.max(1, durable - 19); number <= durable; number++) {
        expect(left.get(number % 20)).toBeGreaterThanOrEqual(number);
      }
    }
    expect(durable).toBeGreaterThan(0);
  });
});

describe('the file', () => {
  test('and its log are for this user alone, and so is a folder made for it', async () => {
    path = join(folder, 'new', 'deep', 'state.db');
    const store = await open();
    await written(store, 'units/a', '1');
    await store.durable();

    const modes = [path, `${path}-wal`, join(folder, 'new'), join(folder, 'new', 'deep')].map(
      (each) => statSync(each).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o700, 0o700]);
  });

  test('that others could read is closed to them', async () => {
    await (await open()).close();
    chmodSync(path, 0o644);

    await open();

    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is one file again after closing', async () => {
    const store = await open();
    await written(store, 'units/a', '1');
    await store.close();

    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('may be empty', async () => {
    writeFileSync(path, '');

    await written(await open(), 'units/a', '1');
  });

  test('of an older version is brought up to date with what it holds', async () => {
    const store = await open();
    const version = await written(store, 'units/a', '1', undefined, { due: 5, expires: null });
    await store.close();

    const newer = [...STEPS, "ALTER TABLE documents ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"];
    const { db, generation } = openSqliteFile(path, undefined, newer);
    const found = db.prepare('SELECT body, version, due, note FROM documents').all();
    const at = db.prepare('PRAGMA user_version').get();
    db.close();

    expect(found).toEqual([expect.objectContaining({ body: '1', version, due: 5, note: 'none' })]);
    expect(at).toMatchObject({ user_version: STEPS.length + 1 });
    expect(generation).toBe(2);
  });

  test('stays as it was when a step to a newer version fails', async () => {
    const store = await open();
    await written(store, 'units/a', '1');
    await store.close();

    const broken = [...STEPS, 'ALTER TABLE documents ADD COLUMN note TEXT; DROP TABLE nowhere'];
    expect(() => openSqliteFile(path, undefined, broken)).toThrow(/state\.db failed unexpectedly/);

    expect(await (await open()).get('units/a')).toMatchObject({ body: '1' });
  });

  test('of a newer version is refused, and left as it is', async () => {
    await (await open()).close();
    openSqliteFile(path, undefined, [...STEPS, 'CREATE TABLE later (x)']).db.close();
    const before = readFileSync(path);

    await expect(open()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: `The state file ${path} has version ${STEPS.length + 1}; this release of Tocsin knows ${STEPS.length} and older.`,
      fix: 'Run the release that wrote it, or a newer one.',
    });
    expect(readFileSync(path)).toEqual(before);
  });

  test('of another program is refused, and left as it is', async () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE songs (title TEXT)');
    other.close();
    const before = readFileSync(path);

    await expect(open()).rejects.toMatchObject({
      outcome: 'permanent',
      message: expect.stringContaining('is a SQLite database of another program'),
      fix: 'Choose another path for the state file.',
    });
    expect(readFileSync(path)).toEqual(before);
  });

  const SET_ASIDE = expect.stringMatching(/^Restore it from a backup, or move it and its "-wal" file aside/);

  test('that is no database is refused, and left as it is', async () => {
    writeFileSync(path, 'destination: slack\n'.repeat(500));

    await expect(open()).rejects.toMatchObject({
      outcome: 'permanent',
      message: expect.stringContaining(`${path} is not a state file, or its beginning is damaged`),
      fix: SET_ASIDE,
    });
    expect(readFileSync(path, 'utf8')).toBe('destination: slack\n'.repeat(500));
  });

  test.each([
    ['overwritten in the middle', (): void => overwrite(path, 3 * 4096, Buffer.alloc(20 * 4096, 0xa5))],
    ['overwritten with zeros', (): void => overwrite(path, 3 * 4096, Buffer.alloc(20 * 4096))],
    ['cut short', (): void => truncateSync(path, 10 * 4096)],
  ])('that was %s is refused as damaged', async (_how, damage) => {
    const store = await open();
    for (let number = 0; number < 100; number++) {
      await written(store, `units/u${number}`, JSON.stringify('x'.repeat(1000)), undefined, {
        due: number,
        expires: number,
      });
    }
    await store.close();
    damage();

    await expect(open()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: expect.stringContaining(`${path} is damaged`),
      fix: SET_ASIDE,
    });
  });

  test('that is damaged while it is open says so at the next read or commit', async () => {
    const store = await open();
    for (let number = 0; number < 5000; number++) {
      await written(store, `units/u${number}`, JSON.stringify('x'.repeat(1000)));
    }
    await store.close();
    const again = await open();
    overwrite(path, 4096, Buffer.alloc(statSync(path).size - 4096, 0xa5));

    const all = Array.from({ length: 5000 }, (_, number) => again.get(`units/u${number}`));
    const refused = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({
      reason: { code: 'STORE_FAILED', outcome: 'permanent', fix: SET_ASIDE },
    });
  });

  test('that is a folder, or lies in a file, is refused with what to do', async () => {
    mkdirSync(path);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining(path) });

    writeFileSync(join(folder, 'file'), '');
    const inFile = join(folder, 'file', 'state.db');
    await expect(open({ path: inFile })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: expect.stringContaining(inFile),
    });
  });
});

describe('a full disk', () => {
  const body = (number: number) => JSON.stringify({ number, pad: 'x'.repeat(4000) });
  const FULL = {
    code: 'STORE_FAILED',
    outcome: 'retry',
    message: expect.stringContaining('cannot grow: the disk, or its own limit, is full'),
    fix: expect.stringMatching(/^Free space on the disk of /),
  };

  test('loses nothing: writes wait, reads see them, and expiry makes room', async () => {
    const store = await open({ mostBytes: 300_000 });
    for (let number = 0; number < 50; number++) {
      await written(store, `units/old${number}`, body(number), undefined, { due: null, expires: 1 });
    }
    await store.durable();
    for (let number = 0; number < 30; number++) await written(store, `units/new${number}`, body(number));

    await expect(store.durable()).rejects.toMatchObject(FULL);
    await expect(Promise.all([store.durable(), store.durable()])).rejects.toMatchObject(FULL);
    expect(await store.get('units/new29')).toMatchObject({ body: body(29) });
    expect(await (await afterCrash()).list('units', undefined, 100)).toHaveLength(50);

    await store.expire(1, 40);
    await store.durable();

    expect(await (await afterCrash()).list('units', undefined, 100)).toHaveLength(40);
    expect(await store.get('units/new29')).toMatchObject({ body: body(29) });
  });

  test('refuses writes once as many wait as may, and takes them again when there is room', async () => {
    const store = await open({ mostBytes: 300_000, commitEveryPuts: 20 });
    const results: PromiseSettledResult<unknown>[] = [];
    for (let number = 0; number < 120; number++) {
      const marks = { due: null, expires: number };
      results.push(
        ...(await Promise.allSettled([written(store, `units/u${number}`, body(number), undefined, marks)])),
      );
    }
    const accepted = results.filter(({ status }) => status === 'fulfilled').length;
    const refused = results.slice(accepted);

    expect(accepted % 20).toBe(0);
    expect(accepted).toBeGreaterThanOrEqual(40);
    expect(refused.length).toBeGreaterThan(0);
    for (const each of refused) expect(each).toMatchObject({ status: 'rejected', reason: FULL });
    expect(await store.get(`units/u${accepted}`)).toBeUndefined();
    expect(await store.list('units', undefined, 1000)).toHaveLength(accepted);

    await store.expire(29, 1000);
    await store.durable();

    await written(store, `units/u${accepted}`, body(accepted));
    await store.durable();
    expect(await (await afterCrash()).list('units', undefined, 1000)).toHaveLength(accepted - 30 + 1);
  });

  test('or one with an error is asked again by who waits next', async () => {
    const store = await open();
    await written(store, 'units/a', '1');
    const real = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')!.value as (
      sql: string,
    ) => void;
    const exec = jest.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: unknown, sql) {
      if (sql !== 'COMMIT') {
        real.call(this, sql);
        return;
      }
      throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 1034 });
    });

    await expect(store.durable()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'retry',
      message: expect.stringContaining('the disk reports an error (SQLite 1034: disk I/O error)'),
    });
    exec.mockRestore();
    await store.durable();

    expect(await (await afterCrash()).get('units/a')).toMatchObject({ body: '1' });
  });

  test('is told by close, which lets go all the same', async () => {
    const store = await open({ mostBytes: 100_000 });
    for (let number = 0; number < 50; number++) await written(store, `units/u${number}`, body(number));

    await expect(store.close()).rejects.toMatchObject(FULL);

    expect(await (await open()).list('units', undefined, 100)).toEqual([]);
  });
});

describe('the size of the file', () => {
  const MIB = 1024 * 1024;
  const size = () => statSync(path).size + (existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0);
  const pad = 'x'.repeat(1000);
  const write = async (store: StateStore, from: number, to: number) => {
    for (let number = from; number < to; number++) {
      const marks = { due: number, expires: number };
      await written(store, `units/u${number}`, JSON.stringify({ number, pad }), undefined, marks);
    }
  };

  test('shrinks when 20,000 documents expire', async () => {
    const store = await open();
    await write(store, 0, 20_000);
    await store.durable();
    const full = size();

    while ((await store.expire(20_000, 1000)) > 0) await store.durable();
    await store.close();

    expect(full).toBeGreaterThan(20 * MIB);
    expect(full).toBeLessThan(50 * MIB);
    expect(size()).toBeLessThan(3 * MIB);
  });

  test('stays bounded while 20,000 documents come and go', async () => {
    const store = await open();
    let most = 0;
    for (let from = 0; from < 20_000; from += 1000) {
      await write(store, from, from + 1000);
      await store.expire(from - 1000 < 0 ? 0 : from - 1000, 2000);
      await store.durable();
      most = Math.max(most, size());
    }

    expect(most).toBeLessThan(16 * MIB);
  });
});

function overwrite(file: string, position: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, position);
  closeSync(handle);
}

/** Slot to number, of one side of the pairs that child.ts writes. */
async function pairs(store: StateStore, side: string): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  for (const key of await store.list('pairs', undefined, 100)) {
    const slot = key.split(`pairs/${side}-`)[1];
    if (slot === undefined) continue;
    const found = await store.get(key);
    numbers.set(Number(slot), (JSON.parse(found!.body) as { number: number }).number);
  }
  return numbers;
}

let program: string;
beforeAll(() => {
  const [output] = buildSync({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  }).outputFiles;
  program = output!.text;
});

type Line = Readonly<Record<string, unknown>>;

/** child.ts in a process of its own. */
function start(file: string, work = 'hold') {
  const script = join(folder, 'child.mjs');
  // Once: another child may be reading it.
  if (!existsSync(script)) writeFileSync(script, program);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file, work], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let lastDurable = 0;
  const next = async (): Promise<Line | undefined> => {
    const read = await lines.next();
    if (read.done === true) return undefined;
    const line = JSON.parse(read.value) as Line;
    if (typeof line.durable === 'number') lastDurable = line.durable;
    return line;
  };
  return {
    process: child,
    /** The last pair that it said is durable. */
    lastDurable: () => lastDurable,
    next: async (): Promise<Line> => {
      const line = await next();
      if (line === undefined) throw new Error('The child ended without another line.');
      return line;
    },
    rest: async (): Promise<void> => {
      while ((await next()) !== undefined);
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
