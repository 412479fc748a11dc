import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { CLI, folderWith, jsonLines } from './cli.js';

/** How long a test waits for what must come, on a machine that is busy with other things. */
const DEADLINE_MS = 90_000;
const LEAST_PAUSE_MS = 10;

/** Asks again and again until the answer is there. Asking takes half of the time at most: it can be a process. */
export async function eventually<T>(ask: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const begun = Date.now();
    const found = await ask();
    if (found !== undefined && found !== null && found !== false) return found;
    const now = Date.now();
    if (now > deadline) throw new Error(`this did not come within ${DEADLINE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(LEAST_PAUSE_MS, now - begun)));
  }
}

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

/** A `tocsin serve` process, the bundle as a user would run it. */
export class Serving {
  out = '';
  err = '';
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private isOver = false;
  private readonly ended: Promise<number | NodeJS.Signals>;

  constructor(
    readonly folder: string,
    options: {
      readonly env?: NodeJS.ProcessEnv;
      readonly nodeArgs?: readonly string[];
      readonly args?: readonly string[];
    } = {},
  ) {
    const { env, nodeArgs = [], args = [] } = options;
    this.child = spawn(process.execPath, [...nodeArgs, CLI, 'serve', ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        this.isOver = true;
        resolve(code ?? signal ?? 'SIGKILL');
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get log(): readonly LogLine[] {
    const whole = this.err.slice(0, this.err.lastIndexOf('\n') + 1);
    return jsonLines(whole) as unknown as LogLine[];
  }

  says(text: string): Promise<LogLine> {
    const find = (): LogLine | undefined => {
      const found = this.log.find(({ message }) => message.includes(text));
      if (found === undefined && this.isOver) throw new Error(`it ended without a log line with "${text}"`);
      return found;
    };
    return eventually(find, `a log line with "${text}"`).catch((error: unknown) => {
      throw new Error(`${String(error)}; it said:\n${this.err}`);
    });
  }

  /** Where it serves health and metrics. */
  async url(): Promise<string> {
    const { message } = await this.says('Serving ');
    return /http:\S+(?=\/metrics)/.exec(message)?.[0] ?? '';
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${await this.url()}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics');
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Whoever reads its standard output goes away. */
  stopReading(): void {
    this.child.stdout.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns its exit code, or the signal that ended it */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (signal !== undefined) this.kill(signal);
    return this.ended;
  }
}

/** A folder with a configuration for `serve`; the state is in it, and logs are read from `logs/`. */
export function servingFolder(config: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith({
    'tocsin.yaml': `sources: [{ name: trail, directory: logs }]\n${config}`,
    ...files,
  });
  mkdirSync(join(folder, 'logs'), { recursive: true });
  return folder;
}

/** The part of a configuration that sends every alert to a server of a test. */
export const toWebhook = (url: string, more = ''): string =>
  `destinations: { hook: { type: webhook, url: '${url}', allowInsecure: true, allowPrivate: true${more} } }
alerts: { default: [hook], sendLate: true }
serve: { port: 0 }
`;

export function write(folder: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
