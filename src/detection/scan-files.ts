import { resolve } from 'node:path';
import type { AlertChange } from '../../detector/alerts/fold.js';
import type { Alert } from '../../detector/alerts/group.js';
import { MemoryGroups } from '../../detector/alerts/in-memory.js';
import {
  evaluateUnit,
  SMALL_OBJECT_BYTES,
  type FoundMatch,
  type UnitOptions,
} from '../../detector/evaluate-unit.js';
import { filesAt } from '../../detector/feeds/files.js';
import type { Unit } from '../../detector/feeds/unit.js';
import type { Deps } from '../command.js';
import { UsageError } from '../errors.js';
import { NO_PROGRESS, progressBar, type Progress } from '../output/progress.js';
import type { DetectReport } from './report.js';

/** A file to read, with the key that the prefixes of configured sources are compared with. */
export interface LogFile {
  readonly unit: Unit;
  readonly key: string;
}

/**
 * The files at some paths. Everything is listed first, so that a path that does not exist is refused before anything
 * is read; what cannot be read below a folder is a dead letter.
 */
export async function findLogFiles(
  paths: readonly string[],
  deps: Deps,
  report: DetectReport,
): Promise<readonly LogFile[]> {
  const files = new Map<string, LogFile>();
  for (const path of paths) {
    // An empty path, as of a shell variable that is not set, would resolve to the current folder.
    if (path === '') throw nothingAt('""');
    const root = resolve(deps.cwd, path);
    for await (const found of filesAt(root)) {
      if ('unit' in found) {
        const name = shortName(found.unit.name, deps.cwd);
        // A file that is named alone has no folder to be relative to.
        const key = found.unit.name === root ? name : found.key;
        // Paths can overlap; a file read twice would count twice.
        if (!files.has(name)) files.set(name, { key, unit: { ...found.unit, name } });
      } else if (found.path === root && found.error.code === 'ENOENT') {
        throw nothingAt(path);
      } else {
        report.deadLetter({
          reason: 'unreadable',
          message: found.error.message,
          unit: shortName(found.path, deps.cwd),
        });
      }
    }
  }
  return [...files.values()];
}

const nothingAt = (path: string): UsageError =>
  new UsageError('NO_SUCH_PATH', `There is nothing at ${path}.`, 'Name a log file or a folder of log files.');

const shortName = (name: string, cwd: string): string =>
  name.startsWith(`${cwd}/`) ? name.slice(cwd.length + 1) : name;

/** Small files that are read while earlier ones are evaluated. */
const FILES_AHEAD = 8;

/** The same files in the same order; small ones are being read already when their turn comes. */
async function* readAhead(files: readonly LogFile[]): AsyncGenerator<LogFile> {
  const started: LogFile[] = [];
  let next = 0;
  while (next < files.length || started.length > 0) {
    for (let file = files[next]; file !== undefined && started.length < FILES_AHEAD; file = files[++next]) {
      started.push({ ...file, unit: startReading(file.unit) });
    }
    const file = started.shift();
    if (file !== undefined) yield file;
  }
}

function startReading(unit: Unit): Unit {
  const { readAll, size = Infinity } = unit;
  if (readAll === undefined || size > SMALL_OBJECT_BYTES) return unit;
  const bytes = readAll();
  // A failure belongs to whoever asks for the bytes; until then it is nobody's.
  bytes.catch(() => undefined);
  return { ...unit, readAll: () => bytes };
}

export interface ScanListener {
  /** Called for each match. True: it is dealt with and joins no group. */
  readonly match?: (found: FoundMatch) => boolean;
  /** Called after each file, and in long ones now and then, with what has changed. */
  readonly settled?: (changes: readonly AlertChange[]) => Promise<void>;
}

export interface Scan {
  readonly deps: Deps;
  readonly report: DetectReport;
  readonly listener: ScanListener;
  /** What the bar on a terminal counts; without it no bar is shown. */
  readonly bar?: 'matches' | 'alerts' | undefined;
}

/**
 * Content that is read before its matches are folded and its results written, in bytes: a match holds its whole event
 * until then.
 */
const SETTLE_BYTES = 1024 * 1024;

/** Reads files one after the other, holds their events against the rules, and groups the matches in memory. */
export async function scanFiles(
  files: readonly LogFile[],
  options: UnitOptions,
  scan: Scan,
): Promise<readonly Alert[]> {
  const { report, listener } = scan;
  const groups = new MemoryGroups();
  const bar = barFor(files, scan);
  let unsettled = 0;
  const settle = async (): Promise<void> => {
    unsettled = 0;
    const changes = groups.settle();
    if (scan.bar === 'alerts') bar.advance({ found: changes.filter(({ kind }) => kind === 'raised').length });
    await listener.settled?.(changes);
  };
  try {
    for await (const { unit, key } of readAhead(files)) {
      let stored = 0;
      const counts = await evaluateUnit(
        counted(unit, (bytes) => (stored += bytes)),
        key,
        options,
        {
          match: (found) => {
            report.match();
            if (scan.bar === 'matches') bar.advance({ found: 1 });
            if (listener.match?.(found) !== true) groups.add(found);
          },
          deadLetter: (letter) => report.deadLetter(letter),
          ruleFailure: (failure) => report.ruleFailure(failure),
          progress: (events, bytes) => {
            bar.advance({ events, bytes, storedBytes: stored });
            stored = 0;
            unsettled += bytes;
            return unsettled < SETTLE_BYTES ? undefined : settle();
          },
        },
      );
      report.file(counts);
      bar.advance({ files: 1, storedBytes: stored });
      await settle();
    }
  } finally {
    bar.stop();
  }
  const alerts = groups.alerts();
  report.alerts(alerts.length);
  return alerts;
}

function barFor(files: readonly LogFile[], { deps, bar }: Scan): Progress {
  // It would run into what the program behind a pipe writes to the same terminal.
  if (bar === undefined || deps.out.isPipe) return NO_PROGRESS;
  return progressBar(deps.err, {
    storedBytes: files.reduce((sum, { unit }) => sum + (unit.size ?? 0), 0),
    found: bar === 'matches' ? ['match', 'matches'] : ['alert', 'alerts'],
    now: deps.now,
  });
}

/** The same unit; tells how many of its bytes were read. */
function counted(unit: Unit, read: (bytes: number) => void): Unit {
  const { readAll } = unit;
  return {
    ...unit,
    open: async function* () {
      for await (const chunk of unit.open()) {
        read(chunk.length);
        yield chunk;
      }
    },
    ...(readAll === undefined
      ? {}
      : {
          readAll: async () => {
            const bytes = await readAll();
            read(bytes.length);
            return bytes;
          },
        }),
  };
}
