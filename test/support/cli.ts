import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll } from '@jest/globals';

export const ROOT = resolve(import.meta.dirname, '../..');
export const CLI = join(ROOT, 'dist/cli.js');

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** The most memory that the process held, in bytes; 0 unless it was asked for. */
  readonly peakBytes: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Measures the memory of the process. Works where there is /proc. */
  readonly peak?: boolean;
}

/**
 * Loaded into the measured process: tells its peak on file descriptor 3. Not `process.resourceUsage`, which counts what
 * the process was forked from.
 */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    writeSync(3, /VmHWM:\\s*(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  });
`)}`;

/** Runs the bundled command as a user would, without a terminal. */
export function tocsin(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const measured = options.peak === true ? ['--import', TELL_PEAK] : [];
  return new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [...measured, '--disable-warning=ExperimentalWarning', CLI, ...args],
      {
        cwd: options.cwd ?? ROOT,
        env: { ...process.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe', options.peak === true ? 'pipe' : 'ignore'],
      },
    );
    const texts = [1, 2, 3].map((fd) => {
      const chunks: Buffer[] = [];
      child.stdio[fd]?.on('data', (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString();
    });
    child.on('error', fail);
    child.on('close', (code) => {
      const [out = '', err = '', peak = ''] = texts.map((text) => text());
      done({ code, out, err, peakBytes: Number(peak) * 1024 });
    });
  });
}

/** The objects of output that has one JSON object a line. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files in it, by path. It is removed when the tests of the file are done. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
