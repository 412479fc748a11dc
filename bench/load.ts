import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Unit } from '../detector/feeds/unit.js';
import { classifierFor } from '../detector/logs/classify.js';
import { parseRecord } from '../detector/logs/parse.js';
import { sourceMap } from '../detector/logs/source-map.js';
import type { LogTypeId } from '../detector/rule.js';
import { sampleLogs } from '../src/demo/sample-logs.js';
import { OptionError } from './option-error.js';
import { recordsOf } from './records.js';

const MB = 1_000_000;
/** Of the generated CloudTrail events, on average. */
const EVENT_BYTES = 1345;
/** About 2,000 events an hour: objects of a few hundred KB, as CloudTrail delivers them. */
const MB_PER_HOUR = 2.7;
const SEED = 7;

export interface LoadFile {
  readonly key: string;
  readonly bytes: Buffer;
  /** Of its first record; undefined for what holds no events. */
  readonly logType: LogTypeId | undefined;
}

/** Log files, and their bytes as they are stored: the disk is measured by the suite `command` alone. */
export interface Load {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly LoadFile[];
}

/** Sample logs of three clouds, kept in build/ from run to run. @param mb of CloudTrail, decompressed */
export async function generatedLoad(root: string, mb: number): Promise<Load> {
  const cache = join(root, 'build/bench');
  const name = `load-${String(mb)}mb`;
  const folder = join(cache, `${name}-${await versionOf(join(root, 'src/demo'))}`);
  if ((await readdir(folder).catch(() => [])).length === 0) {
    // Loads of the same size that an older generator made.
    for (const entry of await readdir(cache).catch(() => [])) {
      const isOld = entry.startsWith(`${name}-`) && !entry.startsWith(basename(folder));
      if (isOld) await rm(join(cache, entry), { recursive: true, force: true });
    }
    await generate(folder, mb);
  }
  return loadFrom(folder, 'generated logs of three clouds');
}

async function generate(folder: string, mb: number): Promise<void> {
  const hours = Math.max(1, Math.round(mb / MB_PER_HOUR));
  const eventsPerHour = Math.max(1, Math.round((mb * MB) / EVENT_BYTES / hours));
  const partial = `${folder}.${String(process.pid)}.partial`;
  for (const file of sampleLogs({
    seed: SEED,
    start: new Date('2026-03-02T00:00:00Z'),
    hours,
    eventsPerHour,
  })) {
    const path = join(partial, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
  }
  try {
    await rename(partial, folder);
  } catch (error) {
    // Another run made the same files meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
    await rm(partial, { recursive: true, force: true });
  }
}

/** The generator's sources, and zlib's, decide every byte. */
async function versionOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const path of await filesBelow(folder)) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 12);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @throws OptionError when there is no such folder */
export async function loadFrom(folder: string, name: string): Promise<Load> {
  const files: LoadFile[] = [];
  for (const path of await filesBelow(folder).catch(refuse)) {
    const bytes = await readFile(path);
    files.push({ key: relative(folder, path), bytes, logType: await logTypeOf(bytes) });
  }
  return { name, folder, files };
}

function refuse(error: unknown): never {
  throw new OptionError(error instanceof Error ? error.message : String(error));
}

async function logTypeOf(bytes: Buffer): Promise<LogTypeId | undefined> {
  const classify = classifierFor('', sourceMap([]));
  if (classify === 'excluded') return undefined;
  for await (const record of recordsOf(bytes)) {
    const parsed = parseRecord(record);
    const kind = parsed.ok ? classify(parsed.value) : 'unknown';
    return typeof kind === 'string' ? undefined : kind.logType.id;
  }
  return undefined;
}

/** The files of one log type. @throws OptionError when there is none */
export function filesOf(load: Load, logType: LogTypeId): readonly LoadFile[] {
  const files = load.files.filter((file) => file.logType === logType);
  if (files.length === 0) throw new OptionError(`There is no file of ${logType} in ${load.folder}.`);
  return files;
}

/** A file in memory as a feed hands it over. */
export const unitOf = ({ key, bytes }: LoadFile): Unit => ({
  name: key,
  size: bytes.length,
  open: async function* () {
    for (let at = 0; at < bytes.length; at += MB) yield bytes.subarray(at, at + MB);
  },
  readAll: async () => bytes,
});

export function describeLoad({ name, files }: Load): string {
  const stored = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return `Load: ${name}, ${files.length} files, ${(stored / MB).toFixed(1)} MB as stored`;
}
