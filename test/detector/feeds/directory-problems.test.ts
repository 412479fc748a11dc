import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { capability, describeWith, program } from '../../support/capabilities.js';
import { bytesOf, Driver } from './driver.js';

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});
afterEach(() => driver.cleanup());

describe('what cannot be read is told once, and the rest is read (#20):', () => {
  test('a link that leads nowhere, until it leads somewhere', async () => {
    driver.write('a.json', '{"n":1}\n');
    symlinkSync(join(driver.folder, 'later.json'), driver.path('link.json'));
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
    await driver.poll();
    expect(driver.problems).toEqual(['link.json: ENOENT']);

    writeFileSync(join(driver.folder, 'later.json'), '{"n":2}\n');
    expect(await driver.texts()).toEqual(['link.json: {"n":2}\n']);
    expect(driver.problems).toEqual(['link.json: ENOENT', 'link.json: well']);
  });

  test('links in a circle, and links to folders', async () => {
    driver.write('sub/a.json', '{"n":1}\n');
    symlinkSync('b', driver.path('a'));
    symlinkSync('a', driver.path('b'));
    symlinkSync('..', driver.path('sub/up'));
    expect(await driver.texts()).toEqual(['sub/a.json: {"n":1}\n']);
    await driver.poll();
    expect(driver.problems).toEqual(['a: ELOOP', 'b: ELOOP', 'sub/up: LINK_TO_FOLDER']);
  });

  test('a problem that goes away with its file', async () => {
    symlinkSync('nowhere', driver.path('link.json'));
    await driver.poll();
    rmSync(driver.path('link.json'));
    await driver.poll();
    expect(driver.problems).toEqual(['link.json: ENOENT', 'link.json: well']);
  });

  test('a problem that becomes another one', async () => {
    symlinkSync('nowhere', driver.path('link'));
    await driver.poll();
    rmSync(driver.path('link'));
    symlinkSync('link', driver.path('link'));
    await driver.poll();
    expect(driver.problems).toEqual(['link: ENOENT', 'link: ELOOP']);
  });

  test('a path that is no folder and no file', async () => {
    driver.restart({ path: '/dev/null' });
    expect(await driver.poll()).toEqual([]);
    await driver.poll();
    expect(driver.problems).toEqual(['/dev/null: NOT_A_FILE']);
  });
});

describe('a socket', () => {
  let server: Server;
  let connections = 0;
  beforeEach(async () => {
    server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(driver.path('socket'), resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('is left alone and told of', async () => {
    driver.write('a.json', '{"n":1}\n');
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
    expect(driver.problems).toEqual(['socket: NOT_A_FILE']);
    expect(connections).toBe(0);
  });
});

describeWith(program('mkfifo'), 'a pipe', () => {
  test('is never opened: nobody would write to it', async () => {
    execFileSync('mkfifo', [driver.path('pipe')]);
    symlinkSync('pipe', driver.path('link'));
    driver.write('a.json', '{"n":1}\n');
    expect(await driver.texts()).toEqual(['a.json: {"n":1}\n']);
    expect(driver.problems).toEqual(['link: NOT_A_FILE', 'pipe: NOT_A_FILE']);
  });

  test('that takes the place of a file is not read for it', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    const unit = await driver.take();
    rmSync(driver.path('a.json'));
    execFileSync('mkfifo', [driver.path('a.json')]);

    await expect(bytesOf(unit!)).rejects.toThrow('is a socket, a pipe or a device');
  });
});

/** Root may read everything, so it becomes nobody for these tests. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe('without permission', () => {
  beforeEach(() => {
    if (!isRoot) return;
    for (const folder of [dirname(driver.root), driver.root]) chownSync(folder, NOBODY, NOBODY);
    process.seteuid?.(NOBODY);
  });
  afterEach(() => {
    if (isRoot) process.seteuid?.(0);
  });

  test('a file is told of, tried again, and read from its start', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.write('b.json', '{"n":2}\n');
    chmodSync(driver.path('a.json'), 0);
    expect(await driver.texts()).toEqual(['b.json: {"n":2}\n']);
    await driver.poll(5000);
    expect(driver.problems).toEqual(['a.json: EACCES']);

    chmodSync(driver.path('a.json'), 0o600);
    expect(await driver.texts(400_000)).toEqual(['a.json: {"n":1}\n']);
    expect(driver.problems).toEqual(['a.json: EACCES', 'a.json: well']);
  });

  test('a folder is told of, and what was read in it is not forgotten', async () => {
    driver.write('sub/a.json', '{"n":1}\n');
    await driver.poll();
    chmodSync(driver.path('sub'), 0);
    for (let polls = 0; polls < 4; polls++) await driver.poll();
    expect(driver.problems).toEqual(['sub: EACCES']);

    chmodSync(driver.path('sub'), 0o700);
    expect(await driver.poll()).toEqual([]);
    expect([...driver.store.documents.values()]).toMatchObject([{ expires: null }]);
  });
});

describe('what comes and goes', () => {
  test('a file that is removed between listing and look is no problem', async () => {
    for (let n = 0; n < 100; n++) driver.write(`${n}.json`, `{"n":${n}}\n`, 1_700_000_000 + n);
    driver.tick();
    const unit = await driver.take();
    expect(unit?.key).toBe('0.json');
    rmSync(driver.path('99.json'));
    expect((await driver.drain()).map(({ key }) => key).at(-1)).toBe('98.json');
    expect(driver.problems).toEqual([]);
  });

  test('a file that is removed before it is read is to be tried again, and then told of as lost', async () => {
    driver.write('a.json', '{"n":1}\n');
    driver.tick();
    const unit = await driver.take();
    rmSync(driver.path('a.json'));

    await expect(bytesOf(unit!)).rejects.toMatchObject({ code: 'RETRY_LATER' });
    await driver.settle(unit!, { kind: 'retry', reason: 'gone' });

    for (let polls = 0; polls < 4; polls++) expect(await driver.poll()).toEqual([]);
    expect(driver.problems).toEqual(['a.json: UNREAD_BYTES_LOST']);
  });

  test('a file that was read and is removed is no problem', async () => {
    driver.write('a.json', '{"n":1}\n');
    await driver.poll();
    rmSync(driver.path('a.json'));
    for (let polls = 0; polls < 4; polls++) await driver.poll();
    expect(driver.problems).toEqual([]);
  });

  test('a folder that becomes a file, and a file that becomes a folder', async () => {
    driver.write('a/x.json', '{"n":1}\n');
    driver.write('b', '{"n":2}\n');
    await driver.poll();
    rmSync(driver.path('a'), { recursive: true });
    rmSync(driver.path('b'));
    driver.write('a', '{"n":3}\n');
    driver.write('b/x.json', '{"n":4}\n');
    expect((await driver.texts()).sort()).toEqual(['a: {"n":3}\n', 'b/x.json: {"n":4}\n']);
    expect(driver.problems).toEqual([]);
  });
});

describe('names', () => {
  test('of temporary files and hidden ones are left out, of folders too', async () => {
    for (const name of ['a.tmp', 'b.partial', '.c.json', '.git/d.json', 'e.tmp/f.json', 'g.tmpl']) {
      driver.write(name, `{"n":"${name}"}\n`);
    }
    expect((await driver.poll()).map(({ key }) => key)).toEqual(['g.tmpl']);
    renameSync(driver.path('a.tmp'), driver.path('a.json'));
    expect((await driver.poll()).map(({ key }) => key)).toEqual(['a.json']);
  });

  test('to leave out can be set', async () => {
    driver.restart({ exclude: ['*.gz', 'archive'] });
    for (const name of ['a.gz', 'archive/b.json', '.c.json', 'd.json']) {
      driver.write(name, `{"n":"${name}"}\n`);
    }
    expect((await driver.poll()).map(({ key }) => key).sort()).toEqual(['.c.json', 'd.json']);
  });

  test('may be of any characters', async () => {
    const name = 'ein Täst \n"\\ %2F 🚨.json';
    driver.write(name, '{"n":1}\n');
    expect(await driver.texts()).toEqual([`${name}: {"n":1}\n`]);
  });

  const anyBytes = capability('file names that are no UTF-8', () => {
    const probe = new Driver();
    try {
      writeFileSync(Buffer.concat([Buffer.from(`${probe.root}/`), Buffer.from([0xff])]), '');
      return { found: true };
    } catch (error) {
      return { missing: `this file system refuses them (${String(error)}); use one of Linux` };
    } finally {
      probe.cleanup();
    }
  });

  describeWith(anyBytes, 'that are no UTF-8', () => {
    test('are opened by their bytes and shown with their numbers', async () => {
      const folder = Buffer.concat([Buffer.from(`${driver.root}/caf`), Buffer.from([0xe9])]);
      mkdirSync(folder);
      for (const byte of [0xfe, 0xff]) {
        writeFileSync(Buffer.concat([folder, Buffer.from('/ä'), Buffer.from([byte])]), `{"n":${byte}}\n`);
      }
      expect((await driver.texts()).sort()).toEqual([
        'caf\\xe9/ä\\xfe: {"n":254}\n',
        'caf\\xe9/ä\\xff: {"n":255}\n',
      ]);
      driver.restart();
      expect(await driver.poll()).toEqual([]);
    });
  });
});
