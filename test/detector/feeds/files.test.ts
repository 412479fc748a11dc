import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { filesAt } from '../../../detector/feeds/files.js';
import type { Unit } from '../../../detector/feeds/unit.js';
import { capability, describeWith } from '../../support/capabilities.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function contentOf(unit: Unit): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unit.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Keys with content, or paths with the code of the error. */
async function listed(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const found of filesAt(path)) {
    lines.push(
      'unit' in found ? `${found.key}: ${await contentOf(found.unit)}` : `${found.path}: ${found.error.code}`,
    );
  }
  return lines;
}

describe('the files at a path', () => {
  test('are those of a folder, in the order of their names, with what cannot be read in its place (#20)', async () => {
    for (const name of ['b', 'a', 'c']) mkdirSync(join(folder, name));
    for (const name of ['b/2', 'b/1', 'a/3', 'z']) writeFileSync(join(folder, name), name);
    symlinkSync('../z', join(folder, 'a/link'));
    symlinkSync('..', join(folder, 'a/up'));
    symlinkSync('nowhere', join(folder, 'm'));

    expect(await listed(folder)).toEqual([
      ...['a/3: a/3', 'a/link: z', 'b/1: b/1', 'b/2: b/2', `${join(folder, 'm')}: ENOENT`, 'z: z'],
    ]);
  });

  test('are the file itself, known by its path', async () => {
    const path = join(folder, 'a.json');
    writeFileSync(path, '{}');
    expect(await listed(path)).toEqual([`${path}: {}`]);
    expect(await listed(join(folder, 'b.json'))).toEqual([`${join(folder, 'b.json')}: ENOENT`]);
  });
});

const anyBytes = capability('file names that are no UTF-8', () => {
  const path = mkdtempSync(join(tmpdir(), 'tocsin-files-'));
  try {
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]), '');
    return { found: true };
  } catch (error) {
    return { missing: `this file system refuses them (${String(error)}); use one of Linux` };
  } finally {
    rmSync(path, { recursive: true });
  }
});

describeWith(anyBytes, 'names that are no UTF-8 (#20)', () => {
  test('are opened by their bytes', async () => {
    const latin1 = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
    mkdirSync(latin1('log\xfcs'));
    writeFileSync(latin1('log\xfcs/caf\xe9.json'), 'one');
    writeFileSync(latin1('log\xfcs/caf\xe8.json'), 'two');
    symlinkSync('nowhere', latin1('\xff'));

    expect(await listed(folder)).toEqual([
      'log\\xfcs/caf\\xe8.json: two',
      'log\\xfcs/caf\\xe9.json: one',
      `${folder}/\\xff: ENOENT`,
    ]);
    for await (const found of filesAt(folder)) {
      if ('unit' in found) {
        expect(found.unit.name).toBe(`${folder}/${found.key}`);
        expect((await found.unit.readAll?.())?.length).toBe(3);
      }
    }
  });
});
