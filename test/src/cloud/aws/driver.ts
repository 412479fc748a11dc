import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { folderWith, ROOT } from '../../../support/cli.js';

/** The commands of this folder as a program of their own, so that a test can end it as a user or a machine would. */
export async function buildDriver(): Promise<string> {
  const folder = folderWith({});
  await build({
    stdin: {
      contents: `
        import { Command } from 'commander';
        import { processOutput } from './src/output/process-output.ts';
        import { addAwsCommands } from './src/program/aws-commands.ts';

        const screen = {};
        const deps = {
          cwd: process.cwd(), env: process.env, now: Date.now,
          out: processOutput(process.stdout, false, screen), err: processOutput(process.stderr, false, screen),
        };
        const program = new Command('tocsin').option('--config <file>').option('--json').option('--quiet');
        addAwsCommands(program, async (load, own, program) => {
          process.exitCode = await (await load())({ ...own, ...program.opts() }, deps);
        });
        await program.parseAsync().catch((error) => {
          process.stderr.write(error.code + ': ' + error.message + ' -> ' + error.fix + '\\n');
          process.exitCode = error.outcome === 'retry' ? 75 : 64;
        });`,
      resolveDir: ROOT,
      loader: 'ts',
    },
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', outdir: folder, logLevel: 'error' },
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return join(folder, 'stdin.mjs');
}

export interface Driven {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export function drive(driver: string, cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): Driven {
  const child = spawn(process.execPath, [driver, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(
    ([code, signal]: unknown[]) => (code ?? signal) as number | NodeJS.Signals,
  );
  return { child, out: () => out, err: () => err, ended };
}
