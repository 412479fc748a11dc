import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { resolveSecrets } from '../../../../detector/destinations/secrets.js';
import { readSecret } from '../../../../src/cloud/aws/secret-input.js';
import { UsageError } from '../../../../src/errors.js';
import { describeWith, program } from '../../../support/capabilities.js';
import { folderWith, ROOT } from '../../../support/cli.js';
import { rejection } from './support.js';

const quiet = async (): Promise<void> => undefined;
const piped = (...parts: readonly (string | Uint8Array)[]): Promise<string> =>
  readSecret(Readable.from(parts.map((part) => Buffer.from(part))), quiet);

describe('a secret that is piped in', () => {
  test.each([
    ['as it is', ['xoxb-1234'], 'xoxb-1234'],
    ['without the line break of `echo`', ['xoxb-1234\n'], 'xoxb-1234'],
    ['without that of Windows', ['xoxb-1234\r\n'], 'xoxb-1234'],
    ['one line break alone is taken away', ['a\n\n'], 'a\n'],
    ['spaces are part of it', [' a b '], ' a b '],
    ['in pieces, cut in a letter', [Buffer.from([0xc3]), Buffer.from([0xa4])], 'ä'],
    ['without the mark that some editors write first', ['\ufeffabc'], 'abc'],
  ])('%s', async (_, parts, secret) => {
    expect(await piped(...parts)).toBe(secret);
  });

  test.each([
    ['nothing', [''], 'EMPTY_SECRET'],
    ['a line break alone', ['\n'], 'EMPTY_SECRET'],
    ['more than the detector takes', ['x'.repeat(8193)], 'LONG_SECRET'],
    ['a whole file', ['x'.repeat(70_000)], 'LONG_SECRET'],
    ['bytes that are no text', [Buffer.from([0xff, 0xfe, 0x00])], 'BINARY_SECRET'],
  ])('%s is refused', async (_, parts, code) => {
    const error = await rejection(piped(...parts));

    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code });
  });

  test('input without end is not read to its end', async () => {
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1024;
        this.push(Buffer.alloc(1024, 'x'));
      },
    });

    expect(await rejection(readSecret(endless, quiet))).toMatchObject({ code: 'LONG_SECRET' });
    expect(given).toBeLessThan(1024 ** 2);
  });

  test.each([
    [8192, 'is taken'],
    [8193, 'is refused'],
  ])('a secret of %i characters %s here, as by the detector', async (length) => {
    const secret = 'x'.repeat(length);
    const source = { env: { X: secret }, readSecretFile: async () => ({ text: '', mode: 0 }) };
    const taken = (promise: Promise<unknown>): Promise<boolean> =>
      promise.then(
        () => true,
        () => false,
      );

    expect(await taken(piped(secret))).toBe(await taken(resolveSecrets('hook', { key: 'env:X' }, source)));
  });
});

describe('a secret that is typed', () => {
  /** A terminal without its echo. */
  const typed = async (...keys: readonly string[]) => {
    const modes: boolean[] = [];
    const asked: string[] = [];
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => modes.push(on),
    });
    const secret = readSecret(input, async (text) => {
      asked.push(text);
    });
    for (const key of keys) input.write(key);
    return { secret, modes, asked: () => asked.join('') };
  };

  test.each([
    ['up to Enter', ['abc', '\r'], 'abc'],
    ['key by key', ['a', 'b', 'c', '\n'], 'abc'],
    ['with what is rubbed out', ['abd\x7fc\r'], 'abc'],
    ['rubbing out more than there is', ['\x7f\x7fabc\r'], 'abc'],
    ['begun again', ['wrong\x15abc\r'], 'abc'],
    ['arrows do nothing', ['ab\x1b[D\x1b[1;5Cc\x1bOA\r'], 'abc'],
    ['ended by Ctrl-D', ['abc\x04'], 'abc'],
    ['one line of several that are pasted', ['abc\rdef\r'], 'abc'],
    ['letters beyond the basic plane are one key', ['a😀\x7fb\r'], 'ab'],
  ])('%s', async (_, keys, secret) => {
    const terminal = await typed(...keys);

    expect(await terminal.secret).toBe(secret);
    expect(terminal.modes).toEqual([true, false]);
    expect(terminal.asked()).toBe('Secret (it is not shown): \n');
  });

  test.each([
    ['Ctrl-C', ['abc\x03'], 'CANCELLED'],
    ['nothing but Enter', ['\r'], 'EMPTY_SECRET'],
    ['more than the detector takes', ['x'.repeat(9000)], 'LONG_SECRET'],
  ])('%s sets nothing, and leaves the terminal as it was', async (_, keys, code) => {
    const terminal = await typed(...keys);

    expect(await rejection(terminal.secret)).toMatchObject({ code });
    expect(terminal.modes).toEqual([true, false]);
  });
});

describeWith(program('script'), 'on a real terminal', () => {
  test('the secret is asked for, not shown, and read', async () => {
    const folder = folderWith({});
    const driver = join(folder, 'driver.mjs');
    await build({
      stdin: {
        contents: `
          import { writeFileSync } from 'node:fs';
          import { readSecret } from './src/cloud/aws/secret-input.ts';
          const secret = await readSecret(process.stdin, async (text) => { process.stderr.write(text); });
          writeFileSync(${JSON.stringify(join(folder, 'secret'))}, secret);
          process.stdout.write('read ' + secret.length);`,
        resolveDir: ROOT,
        loader: 'ts',
      },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: driver, logLevel: 'error' },
    });
    const child = spawn('script', ['-qec', `"${process.execPath}" "${driver}"`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.endsWith('shown): ')) child.stdin.write('xoxb-secret\r');
    });

    const [code] = (await once(child, 'close')) as [number];

    expect(code).toBe(0);
    expect(shown).toBe('Secret (it is not shown): \r\nread 11');
  });
});
