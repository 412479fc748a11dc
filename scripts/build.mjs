// @ts-check
// Builds dist/: the `tocsin` command, the rule contract, and what a deployed detector is bundled of, as ESM bundles that
// share their chunks; the type declarations of the contract, and the licences of what was bundled in.
//
//   node scripts/build.mjs             always builds
//   node scripts/build.mjs --if-stale  builds when a source is newer than dist/cli.js
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { pureRules } from '../stacks/pure-rules.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const types = join(dist, 'types');
const cli = join(dist, 'cli.js');

const SHEBANG = '#!/usr/bin/env -S node --disable-warning=ExperimentalWarning\n';

// esbuild turns `require` of CommonJS dependencies into a shim that uses a `require` in scope if there is one.
// ESM has none, so the file that holds the shim gets one.
const REQUIRE_SHIM = 'typeof require !== "undefined"';
const CREATE_REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\n" +
  'const require = __createRequire(import.meta.url);\n';

if (process.argv.includes('--if-stale') && (await isFresh())) process.exit(0);
await Promise.all([buildBundles(), buildTypes()]);

/** Bundles first and touches dist/ only after success, so that a failed build leaves the last good one. */
async function buildBundles() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      cli: 'src/cli.ts',
      rule: 'detector/rule.ts',
      // What cdktf.json runs, and what the bundle of a deployed detector is made of.
      stacks: 'stacks/main.ts',
      lambda: 'detector/runtimes/lambda/index.ts',
      rules: 'rules/index.ts',
    },
    plugins: [pureRules([join(root, 'rules')])],
    mainFields: ['module', 'main'],
    outdir: dist,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Commands are imported when they are called: each becomes a chunk, and `--help` loads none of them.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // User rule files are bundled at run time: esbuild is native, and the one dependency of the package.
    external: ['esbuild'],
    legalComments: 'external',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });

  const files = new Map(outputFiles.map((file) => [file.path, finish(file.path, file.text)]));
  files.set(
    join(dist, 'THIRD-PARTY-LICENSES.txt'),
    await thirdPartyNotices(root, Object.keys(metafile.inputs)),
  );
  for (const [path, text] of files) await replaceFile(path, text);
  await chmod(cli, 0o755);
  await removeAllBut(files);
}

/** @param {string} path @param {string} text */
function finish(path, text) {
  if (!path.endsWith('.js')) return text;
  const body = text.replace(/^#!.*\n/, '');
  return (path === cli ? SHEBANG : '') + (body.includes(REQUIRE_SHIM) ? CREATE_REQUIRE : '') + body;
}

/** Renames into place: a command that runs meanwhile never reads half a file. @param {string} path @param {string} text */
async function replaceFile(path, text) {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${String(process.pid)}.partial`;
  await writeFile(partial, text);
  await rename(partial, path);
}

/** Removes stale chunks. @param {Map<string, string>} files */
async function removeAllBut(files) {
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isTypes = path === types || !relative(types, path).startsWith('..');
    if (entry.isFile() && !isTypes && !files.has(path)) await rm(path, { force: true });
  }
}

async function buildTypes() {
  await rm(types, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
      cwd: root,
    });
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`tsc could not write the declarations of detector/rule.ts\n${output}`, { cause: error });
  }
}

async function isFresh() {
  const built = await modified(cli);
  if (built === 0) return false;
  const sources = ['package.json', 'scripts', 'detector', 'rules', 'src', 'stacks'].map((name) =>
    join(root, name),
  );
  for (const source of sources) {
    if ((await modified(source)) > built) return false;
    const below = await readdir(source, { recursive: true }).catch(() => []);
    for (const name of below) if ((await modified(join(source, name))) > built) return false;
  }
  return true;
}

/** Milliseconds since 1970, 0 for what does not exist. @param {string} path */
async function modified(path) {
  const found = await stat(path).catch(() => undefined);
  return found?.mtimeMs ?? 0;
}
