import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { BatchResponse } from '../../detector/runtimes/lambda/events.js';
import type { DetectorSettings } from '../../detector/settings.js';

const RUNTIME = join(import.meta.dirname, 'lambda-runtime.mjs');
const TIMEOUT_MS = 300_000;

interface Answer {
  readonly id?: string;
  readonly startedMs?: number;
  readonly answer?: BatchResponse | null;
  readonly failure?: string;
}

interface Waiting {
  readonly resolve: (answer: BatchResponse | undefined) => void;
  readonly reject: (error: Error) => void;
}

export interface LambdaOptions {
  readonly zip: Uint8Array;
  /** Credentials of the function's role, its region, and where AWS is. */
  readonly env: NodeJS.ProcessEnv;
  /** Makes other settings of those in the zip, for a run that must leave the deployed state alone. */
  readonly settings?: (deployed: DetectorSettings) => object;
  /** It lives so much later than everybody else. */
  readonly clockAheadMs?: number;
}

const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();

/**
 * The zip that is deployed, in a process of its own: one instance of the function. It is given what Lambda gives, and
 * nothing of the environment of the tests.
 */
export class LambdaInstance {
  private readonly waiting = new Map<string, Waiting>();
  private calls = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly written: readonly Buffer[],
    private readonly ended: Promise<void>,
    /** Until the handler could be called, since the process was started. */
    readonly startMs: number,
  ) {
    child.on('message', ({ id = '', answer, failure }: Answer) => {
      const call = this.waiting.get(id);
      this.waiting.delete(id);
      if (failure === undefined) call?.resolve(answer ?? undefined);
      else call?.reject(new Error(failure));
    });
    void ended.then(() => {
      for (const { reject } of this.waiting.values()) reject(new Error(`The function ended:\n${this.log}`));
    });
  }

  static async start({ zip, env, settings, clockAheadMs = 0 }: LambdaOptions): Promise<LambdaInstance> {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-function-'));
    for (const [name, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(folder, name), bytes);
    if (settings !== undefined) {
      const at = join(folder, 'settings.json');
      const deployed = JSON.parse(readFileSync(at, 'utf8')) as DetectorSettings;
      writeFileSync(at, JSON.stringify(settings(deployed)));
    }
    const child = fork(RUNTIME, [join(folder, 'index.mjs'), String(clockAheadMs)], {
      ...{ env, execArgv: [], silent: true },
    });
    const written: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => written.push(chunk));
    const ended = once(child, 'close').then(() => rmSync(folder, { recursive: true, force: true }));
    const { startedMs = 0 } = await new Promise<Answer>((resolve, reject) => {
      child.once('message', (message: Answer) => resolve(message));
      void ended.then(() => reject(new Error(`The function did not start:\n${textOf(written)}`)));
    });
    return new LambdaInstance(child, written, ended, startedMs);
  }

  /** What it wrote. */
  get log(): string {
    return textOf(this.written);
  }

  /** Calls the handler. @throws Error with what it threw, or what it wrote when it ended meanwhile */
  invoke(event: object): Promise<BatchResponse | undefined> {
    const id = String(++this.calls);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, event, timeoutMs: TIMEOUT_MS });
    });
  }

  /** At once, whatever it does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
