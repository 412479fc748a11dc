import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Message } from 'esbuild';
import { z } from 'zod';
import type { RuleSource } from '../../detector/engine/engine.js';
import { placeOf, RuleProblemsError } from '../../detector/engine/problem.js';
import { show } from '../../detector/engine/text.js';
import { LOG_TYPES, SEVERITIES, type Rule, type RuleTest } from '../../detector/rule.js';
import { EXIT, UsageError } from '../errors.js';
import { terminalText } from '../output/terminal-text.js';

/** A rule of the user's, with the tests beside it. */
interface UserRule extends RuleSource {
  readonly tests: readonly RuleTest[];
}

/**
 * Loads every TypeScript or JavaScript file below a folder as a rule: `export default defineRule({...})`, and
 * `export const tests`. The files are bundled, so they may import each other and `tocsin`; they run with the rights
 * of this process, like any code that one installs.
 * @throws RuleProblemsError naming each file that is no rule, UsageError when the folder cannot be read
 */
export async function loadUserRules(folder: string, cwd: string): Promise<readonly UserRule[]> {
  const files = await ruleFiles(folder);
  const out = await mkdtemp(join(tmpdir(), 'tocsin-rules-'));
  try {
    await bundle(files, folder, cwd, out);
    const problems: FileProblem[] = [];
    const loaded: UserRule[] = [];
    for (const [i, file] of files.entries()) {
      const shown = relative(cwd, file);
      const result = await loadRule(pathToFileURL(join(out, `${String(i)}.mjs`)).href, shown);
      if ('problems' in result) problems.push(...result.problems.map((p) => ({ ...p, file: shown })));
      else loaded.push({ ...result, file: shown, reviewed: false });
    }
    if (problems.length > 0) throw new RuleProblemsError(problems);
    return loaded;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

type FileProblem = RuleProblemsError['problems'][number];
type Loaded =
  | { readonly rule: Rule; readonly tests: readonly RuleTest[] }
  | { readonly problems: readonly FileProblem[] };

async function loadRule(url: string, file: string): Promise<Loaded> {
  let module: { default?: unknown; tests?: unknown };
  try {
    module = (await guardedImport(url, file)) as typeof module;
  } catch (error) {
    return problem(
      '(unknown)',
      'the file',
      `it failed to run: ${String(error)}`,
      'A rule file only describes a rule; correct what runs when it is loaded.',
    );
  }
  const { default: rule, tests = [] } = module;
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    return problem(
      '(none)',
      'export default',
      rule === undefined ? 'the file exports no rule' : `${show(rule)} is no rule`,
      'Write `export default defineRule({...})`, or move helpers to a folder named lib.',
    );
  }
  const checked = TESTS.safeParse(tests);
  if (checked.success) return { rule: rule as Rule, tests: tests as readonly RuleTest[] };
  const id = 'id' in rule && typeof rule.id === 'string' ? rule.id : '(without an id)';
  const problems = checked.error.issues.map(({ path, message }) => ({
    rule: id,
    at: placeOf(['tests', ...path]),
    message,
    fix: 'A test has a name, an event and `matches`; RuleTest of the module `tocsin` lists the rest.',
  }));
  return { problems };
}

const problem = (rule: string, at: string, message: string, fix: string): Loaded => ({
  problems: [{ rule, at, message, fix }],
});

const TESTS = z.array(
  z.strictObject({
    name: z.string(),
    event: z.custom((value) => typeof value === 'object' && value !== null, 'expected an object'),
    matches: z.boolean(),
    logType: z.enum(LOG_TYPES).optional(),
    settings: z.record(z.string(), z.unknown()).optional(),
    severity: z.enum(SEVERITIES).optional(),
    title: z.string().optional(),
    dedup: z.string().optional(),
    distinct: z.array(z.string()).optional(),
    context: z.record(z.string(), z.unknown()).optional(),
    lacks: z.array(z.string()).optional(),
  }),
);

/**
 * Imports a module. One that waits for something that never comes, or ends the process, would end it without a word
 * and, for a pipeline, with success.
 */
async function guardedImport(url: string, file: string): Promise<unknown> {
  let onIdle: () => void = () => undefined;
  const idle = new Promise<never>((_, reject) => {
    onIdle = () => reject(new Error('it waits for something that never comes'));
    process.once('beforeExit', onIdle);
  });
  const onExit = (): void => {
    process.stderr.write(
      `tocsin: ${terminalText(file)} ended the process while it was loaded.\n  → Take the call out of it.\n`,
    );
    process.exitCode = EXIT.usage;
  };
  process.once('exit', onExit);
  try {
    return await Promise.race([import(url), idle]);
  } finally {
    process.removeListener('beforeExit', onIdle);
    process.removeListener('exit', onExit);
  }
}

async function ruleFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names
      .filter((name) => /\.[mc]?[tj]s$/.test(name) && !/\.(?:d|test)\.[mc]?ts$/.test(name))
      .filter((name) => !/(?:^|[\\/])(?:lib|node_modules)[\\/]/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new UsageError(
      'RULES_UNREADABLE',
      `The rules folder ${folder} cannot be read: ${String(error)}`,
      'Name a readable folder with --rules-dir.',
      { cause: error },
    );
  }
}

async function bundle(files: readonly string[], folder: string, cwd: string, out: string): Promise<void> {
  try {
    await build({
      entryPoints: Object.fromEntries(files.map((file, i) => [String(i), file])),
      absWorkingDir: folder,
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      outExtension: { '.js': '.mjs' },
      alias: { tocsin: ruleModule() },
      logLevel: 'silent',
      sourcemap: 'inline',
    });
  } catch (error) {
    const errors =
      typeof error === 'object' && error !== null && 'errors' in error ? (error.errors as Message[]) : [];
    if (errors.length === 0) throw error;
    throw new RuleProblemsError(
      errors.map(({ text, location }) => ({
        rule: '(unknown)',
        ...(location === null
          ? {}
          : { file: `${relative(cwd, join(folder, location.file))}:${String(location.line)}` }),
        at: 'the file',
        message: text,
        fix: 'Correct the syntax or the import.',
      })),
    );
  }
}

/** What `import 'tocsin'` means in a user's rule: the module beside the bundled command, or our source. */
function ruleModule(): string {
  const bundled = fileURLToPath(new URL('../rule.js', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../../detector/rule.ts', import.meta.url));
}
