import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Claims } from '../../../detector/feeds/directory/claims.js';
import { Cursors } from '../../../detector/feeds/directory/cursors.js';
import { openFile, readAt, type OpenedFile } from '../../../detector/feeds/directory/open-file.js';
import { Places } from '../../../detector/feeds/directory/places.js';
import { rawPath } from '../../../detector/feeds/directory/raw-path.js';
import { newFile } from '../../../detector/feeds/directory/tracked-file.js';
import { memoryStore } from '../../support/memory-store.js';

let folder: string;
let opened: OpenedFile;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-places-'));
  writeFileSync(join(folder, 'a.json'), '{"n":1}\n');
  opened = await openFile(rawPath(join(folder, 'a.json')));
});
afterEach(async () => {
  await opened.handle.close();
  rmSync(folder, { recursive: true });
});

test('files with the same number and content on two devices have a cursor each, looked at together or not', async () => {
  const claims = new Claims();
  const places = new Places(new Cursors(memoryStore(), 'folder', 1, () => 1000), claims, () => 1000);
  const head = await readAt(opened.handle, 0, 4096);
  const find = (device: number) => {
    const file = newFile(`77 ${device}`, `${device}/a.json`, opened.stats, 1000, false);
    return places.find(file, opened.handle, head, false);
  };

  const [first, second] = await Promise.all([find(1), find(2)]);
  const third = await find(3);
  const firstAgain = await find(1);

  expect(new Set([first?.key, second?.key, third?.key]).size).toBe(3);
  expect(firstAgain?.key).toBe(first?.key);
});
