import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Case, Work } from '../measure.js';
import type { Bench, Suite } from './suite.js';

/**
 * Loaded into the measured process: tells on file descriptor 3 how much memory it held, where there is /proc, and its
 * CPU time. Not `process.resourceUsage`, which counts the memory of what the process was forked from.
 */
const TELL_USAGE = `data:text/javascript,${encodeURIComponent(`
  import { existsSync, readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
    const kilobytes = /VmHWM:\\s*(\\d+) kB/.exec(status)?.[1];
    const { user, system } = process.cpuUsage();
    writeSync(3, JSON.stringify({
      cpuMs: (user + system) / 1000,
      ...(kilobytes === undefined ? {} : { peakBytes: Number(kilobytes) * 1024 }),
    }));
  });
`)}`;

/** The bundled command as a user runs it, reading from the disk; a naive reader as a process of its own beside it. */
export const command: Suite = {
  name: 'command',
  title: 'The command, from start to end',
  prepare: async ({ root, load, here }: Bench) => {
    const cli = join(root, 'dist/cli.js');
    const { out } = await node([join(here, 'naive-reader.mjs'), load.folder]);
    const work = JSON.parse(out) as Work;
    const read = async (args: readonly string[]): Promise<Work> => {
      const { usage } = await node(['--import', TELL_USAGE, ...args, load.folder]);
      return { ...work, ...usage };
    };
    const start = async (args: readonly string[]): Promise<Work> => {
      await node(args);
      return { events: 0 };
    };
    const cases: readonly Case[] = [
      { name: 'naive reader', run: () => read([join(here, 'naive-reader.mjs')]) },
      { name: 'tocsin detect', run: () => read([cli, 'detect', '--quiet']) },
      { name: 'node -e 0', against: 'node -e 0', run: () => start(['-e', '0']) },
      { name: 'tocsin --help', against: 'node -e 0', run: () => start([cli, '--help']) },
    ];
    return cases.map((one) => ({ ...one, elsewhere: true }));
  },
};

interface Ended {
  readonly out: string;
  /** What the process told about itself. */
  readonly usage: Pick<Work, 'cpuMs' | 'peakBytes'>;
}

function node(args: readonly string[]): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const [out, err, usage] = [1, 2, 3].map((fd) => {
      const chunks: Buffer[] = [];
      child.stdio[fd]?.on('data', (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString();
    });
    child.on('error', fail);
    child.on('close', (code) => {
      if (code !== 0) {
        fail(new Error(`node ${args.slice(-3).join(' ')} ended with ${String(code)}: ${err?.() ?? ''}`));
        return;
      }
      done({ out: out?.() ?? '', usage: JSON.parse(usage?.() || '{}') as Ended['usage'] });
    });
  });
}
