import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { strToU8, unzipSync } from 'fflate';
import { zipped } from '../../stacks/zip.js';
import { ROOT } from '../support/cli.js';

const FILES = { 'b.json': strToU8('{}'), 'a.mjs': strToU8('export {};') };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a zip', () => {
  test('has the files in the order of their names', () => {
    expect(Object.keys(unzipSync(zipped(FILES)))).toEqual(['a.mjs', 'b.json']);
    expect(unzipSync(zipped(FILES))).toEqual(FILES);
  });

  test('is the same, in whichever order they come', () => {
    const { 'a.mjs': a, 'b.json': b } = FILES;

    expect(hex(zipped({ 'a.mjs': a, 'b.json': b }))).toBe(hex(zipped({ 'b.json': b, 'a.mjs': a })));
  });

  test.each(['UTC', 'Asia/Tokyo', 'America/Los_Angeles', 'Africa/Monrovia'])(
    'is the same in the time zone %s',
    async (TZ) => {
      const code = `
        import { zipped } from ${JSON.stringify(pathToFileURL(join(ROOT, 'stacks/zip.ts')).href)};
        const files = { 'b.json': Buffer.from('{}'), 'a.mjs': Buffer.from('export {};') };
        console.log(Buffer.from(zipped(files)).toString('hex'));
      `;
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
        env: { TZ },
      });

      expect(stdout).toBe(`${hex(zipped(FILES))}\n`);
    },
  );

  test('has files that everybody may read, and no time', () => {
    const zip = Buffer.from(zipped(FILES));
    // The first entry of the central directory: time and date at 12, attributes at 38.
    const entry = zip.indexOf(Buffer.from('504b0102', 'hex'));

    expect(zip.subarray(entry + 12, entry + 16).toString('hex')).toBe('00002100');
    expect(zip.readUInt32LE(entry + 38) >>> 16).toBe(0o100644);
  });
});
