// @ts-check
// Measures the speed of Tocsin: docs/performance.md says what and how.
//
//   npm run bench -- --help
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const args = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
try {
  // The command that is measured end to end must not be older than the sources that are measured beside it.
  const built =
    args.includes('--no-build') ||
    args.includes('--help') ||
    (await node(['scripts/build.mjs', '--if-stale'], root)) === 0;
  process.exitCode = built ? await bench() : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function bench() {
  await build({
    absWorkingDir: root,
    entryPoints: ['bench/main.ts', 'bench/naive-reader.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // What a suite alone needs is loaded with it; names stay readable in profiles.
    splitting: true,
    chunkNames: '[name]-[hash]',
    external: ['esbuild'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const flags = [...process.execArgv, '--disable-warning=ExperimentalWarning'];
  return node([...flags, join(folder, 'main.mjs'), root, ...args]);
}

/** @param {string[]} argv @param {string} [cwd] @returns {Promise<number>} the exit code */
function node(argv, cwd) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, argv, { stdio: 'inherit', ...(cwd === undefined ? {} : { cwd }) });
    child.on('error', fail);
    child.on('close', (code) => done(code ?? 1));
  });
}
