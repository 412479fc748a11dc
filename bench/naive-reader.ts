// Run as a process of its own: reads every file of a folder naively, and tells what it held.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNaively } from './naive.js';

let events = 0;
let bytes = 0;
for (const entry of await readdir(process.argv[2] ?? '.', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const work = readNaively(await readFile(join(entry.parentPath, entry.name)));
  events += work.events;
  bytes += work.bytes;
}
process.stdout.write(JSON.stringify({ events, bytes }));
