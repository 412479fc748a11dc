import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectStore } from '../../../detector/state/shared-client.js';
import { MOST_ANSWER_BYTES, MOST_CALL_BYTES, MOST_LISTED } from '../../../detector/state/shared-protocol.js';
import { shareStore, socketPathOf } from '../../../detector/state/shared.js';
import { openSqliteStore } from '../../../detector/state/sqlite.js';
import { StoreError, type DocumentMarks, type StateStore } from '../../../detector/state/store.js';
import { memoryStore, type MemoryStore } from '../../support/memory-store.js';
import { storeContract } from './contract.js';
import { copyOfFiles, newFolder } from './sqlite-support.js';

const NEVER: DocumentMarks = { due: null, expires: null };

/** Another process's view of a SQLite store; expiry is the owner's. */
storeContract('A store shared through a socket', async () => {
  const folder = newFolder();
  const open: (() => Promise<void>)[] = [];
  const share = async (path: string) => {
    const owner = await openSqliteStore({ path });
    const unshare = await shareStore(owner, socketPathOf(path));
    const client = (await connectStore(socketPathOf(path)))!;
    const end = async (): Promise<void> => {
      await unshare();
      await owner.close();
    };
    open.push(end);
    const store: StateStore = { ...client, expire: (now, limit) => owner.expire(now, limit) };
    return { store, end };
  };
  const path = join(folder, 'state.db');
  const first = await share(path);
  return {
    store: first.store,
    reopen: async (how) => {
      if (how === 'crash') return (await share(copyOfFiles(path, folder))).store;
      await first.store.close();
      await first.end();
      return (await share(path)).store;
    },
    cleanup: async () => {
      for (const end of open) await end();
      rmSync(folder, { recursive: true });
    },
  };
});

let folder: string;
let path: string;
let owner: MemoryStore;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'state.sock');
  owner = memoryStore();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true });
});

async function shared(): Promise<() => Promise<void>> {
  const unshare = await shareStore(owner, path);
  ends.push(unshare);
  return unshare;
}

async function client(timeoutMs?: number): Promise<StateStore> {
  const store = await connectStore(path, timeoutMs);
  if (store === undefined) throw new Error('nobody is there');
  ends.push(() => store.close().catch(() => undefined));
  return store;
}

/** A peer that sends what it likes. */
async function peer(): Promise<{ socket: Socket; answers: Promise<string> }> {
  const socket = connect(path);
  ends.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  return { socket, answers: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}

describe('the owner', () => {
  test('makes a socket that only its own user may enter, and takes it away', async () => {
    const unshare = await shared();
    const { mode } = statSync(path);
    expect(statSync(path).isSocket()).toBe(true);
    await unshare();

    expect((mode & 0o777).toString(8)).toBe('600');
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  test('leaves the mask for new files as it was', async () => {
    const modeOf = (name: string): number => {
      writeFileSync(join(folder, name), '');
      return statSync(join(folder, name)).mode;
    };
    const before = modeOf('before');
    await shared();

    expect(modeOf('after')).toBe(before);
  });

  test('puts its socket in the place of one that a killed process left', async () => {
    const left = createServer();
    await new Promise<void>((resolve) => left.listen(join(folder, 'first'), resolve));
    // A server that closes takes its file away; a killed one does not.
    const { renameSync } = await import('node:fs');
    renameSync(join(folder, 'first'), path);
    await new Promise((resolve) => left.close(resolve));
    expect(statSync(path).isSocket()).toBe(true);
    expect(await connectStore(path)).toBeUndefined();

    await shared();

    expect(await (await client()).get('groups/a')).toBeUndefined();
  });

  test('does not remove what is no socket', async () => {
    writeFileSync(path, 'precious');

    await expect(shareStore(owner, path)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: expect.stringContaining('is no socket'),
    });
    expect(statSync(path).size).toBe(8);
  });

  test('says so when the path is too long, or its folder is not there', async () => {
    const refusal = {
      code: 'STORE_FAILED',
      outcome: 'permanent',
      fix: expect.stringContaining('state.path'),
    };

    await expect(shareStore(owner, join(folder, 'x'.repeat(100)))).rejects.toMatchObject(refusal);
    await expect(shareStore(owner, join(folder, 'none', 's'))).rejects.toMatchObject(refusal);
  });
});

describe('nobody is there', () => {
  test('without a file, with a folder or file in its way, and with a path that no socket can have', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));

    expect(await connectStore(path)).toBeUndefined();
    expect(await connectStore(join(folder, 'file'))).toBeUndefined();
    expect(await connectStore(join(folder, 'folder'))).toBeUndefined();
    expect(await connectStore(join(folder, 'file', 'below'))).toBeUndefined();
    expect(await connectStore(join(folder, 'x'.repeat(200)))).toBeUndefined();
  });
});

describe('a hostile peer', () => {
  test.each([
    ['garbage', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['JSON that is no call', '[]\n'],
    ['null', 'null\n'],
    ['a call without a number', '{"method":"get","args":["groups/a"]}\n'],
    ['a number that is none', '{"id":1.5,"method":"get","args":["groups/a"]}\n'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
  ])('that sends %s is cut off without an answer', async (_what, text) => {
    await shared();
    const { socket, answers } = await peer();
    socket.write(text);

    expect(await answers).toBe('');
    expect(await (await client()).get('groups/a')).toBeUndefined();
  });

  test('that sends a line without an end is cut off before it fills the memory', async () => {
    await shared();
    const { socket, answers } = await peer();
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 0x61);
    const send = (): void => {
      while (!socket.destroyed && sent < 1024 * 1024 * 1024) {
        sent += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', send);
      }
    };
    send();

    expect(await answers).toBe('');
    expect(sent).toBeLessThan(MOST_CALL_BYTES + 4 * 1024 * 1024);
  });

  test.each([
    ['an unknown method', 'drop', []],
    ['a method that is not shared', 'close', []],
    ['what objects inherit', 'toString', []],
    ['what every object has', '__proto__', []],
    ['a key that is no text', 'get', [{}]],
    ['too few arguments', 'put', ['groups/a']],
    ['marks that are none', 'put', ['groups/a', '1', null, null]],
    ['a version that is an object', 'remove', ['groups/a', { v: 1 }]],
    ['a listing without an end', 'list', ['groups', null, MOST_LISTED + 1]],
    ['a limit that is no number', 'listDue', ['groups', 1, '1']],
  ])('that calls %s gets an error and may go on', async (_what, method, args) => {
    await shared();
    const { socket, answers } = await peer();
    socket.write(`${JSON.stringify({ id: 7, method, args })}\n`);
    socket.write(`${JSON.stringify({ id: 8, method: 'get', args: ['groups/a'] })}\n`);
    socket.end();

    const [first, second] = (await answers)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({ id: 7, error: { outcome: 'permanent' } });
    expect(second).toEqual({ id: 8, result: null });
  });

  test('that goes away in the middle of a line has done nothing', async () => {
    await shared();
    const { socket, answers } = await peer();
    socket.end(JSON.stringify({ id: 1, method: 'put', args: ['groups/a', '1', null, NEVER] }));
    await answers;

    expect(owner.documents.size).toBe(0);
  });

  test('that does not read its answers is not answered further, and others are', async () => {
    await shared();
    const big = JSON.stringify('x'.repeat(50_000));
    await owner.put('groups/a', big, undefined, NEVER);
    let reads = 0;
    owner.before = () => {
      reads++;
    };
    const { socket } = await peer();
    socket.pause();
    const call = `${JSON.stringify({ id: 1, method: 'get', args: ['groups/a'] })}\n`;
    for (let i = 0; i < 2000; i++) socket.write(call);
    const other = await client();
    for (let i = 0; i < 50; i++) await other.get('groups/b');

    // What fits the buffers of the connection; 2,000 answers are 100 MB.
    expect(reads - 50).toBeLessThan(100);
    expect((await other.get('groups/a'))?.body).toBe(big);
  });
});

describe('clients', () => {
  test('two at once lose no count', async () => {
    await shared();
    const count = async (store: StateStore): Promise<void> => {
      for (let done = 0; done < 100;) {
        const found = await store.get('groups/n');
        const next = String(Number(found?.body ?? 0) + 1);
        if ((await store.put('groups/n', next, found?.version, NEVER)) !== 'conflict') done++;
      }
    };
    await Promise.all([count(await client()), count(await client()), count(owner)]);

    expect((await owner.get('groups/n'))?.body).toBe('300');
  });

  test('are told what the store says, with its outcome', async () => {
    await shared();
    owner.before = () => {
      throw new StoreError('The disk is full.', 'retry', 'Free space.');
    };

    await expect((await client()).get('groups/a')).rejects.toEqual(
      new StoreError('The disk is full.', 'retry', 'Free space.'),
    );
  });

  test('are told of a fault of the store as one', async () => {
    await shared();
    owner.before = () => {
      throw new TypeError('no such thing');
    };

    await expect((await client()).get('groups/a')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: expect.stringContaining('no such thing'),
    });
  });

  test('whose detector ends get an error that may be tried again, for every call that waits', async () => {
    const unshare = await shared();
    const store = await client();
    const never = Promise.withResolvers<never>();
    owner.before = () => never.promise;
    const calls = [store.get('groups/a'), store.durable(), store.list('groups', undefined, 5)];
    const outcomes = Promise.allSettled(calls);
    await unshare();

    for (const { status, ...rest } of await outcomes) {
      expect(status).toBe('rejected');
      expect(rest).toMatchObject({ reason: { code: 'STORE_FAILED', outcome: 'retry' } });
    }
    await expect(store.get('groups/a')).rejects.toMatchObject({ outcome: 'retry' });
  });

  test('do not wait for ever', async () => {
    await shared();
    owner.before = () => new Promise(() => undefined);

    await expect((await client(50)).get('groups/a')).rejects.toMatchObject({
      outcome: 'retry',
      message: expect.stringContaining('did not answer within 0.05 s'),
    });
  });

  test('ask for no more keys than an answer holds', async () => {
    await shared();
    const store = await client();

    await expect(store.list('groups', undefined, MOST_LISTED + 1)).rejects.toMatchObject({
      outcome: 'permanent',
      message: expect.stringContaining(String(MOST_LISTED)),
    });
    expect(MOST_LISTED * 260).toBeLessThan(MOST_ANSWER_BYTES);
  });

  test.each([
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['an answer to another call', '{"id":99,"result":null}\n'],
    ['a line without an end', 'x'.repeat(MOST_ANSWER_BYTES + 1)],
    ['an error without words', '{"id":1,"error":{}}\n'],
  ])('that are answered with %s get a clear error', async (_what, text) => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.write(text));
      ends.push(() => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    ends.push(() => server.close());

    await expect((await client()).get('groups/a')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      outcome: 'permanent',
      message: expect.stringContaining('no detector of this release'),
    });
  });
});
