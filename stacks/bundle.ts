import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rulesetHash } from '../detector/alerts/ledger.js';
import { createEngine, type RuleSource } from '../detector/engine/engine.js';
import { logTypes } from '../detector/logs/index.js';
import type { DetectorSettings } from '../detector/settings.js';
import { rules as builtInRules } from '../rules/index.js';
import { refuseUnknownDestinations } from '../src/rules/rule-destinations.js';
import { loadUserRules } from '../src/rules/user-rules.js';
import { pureRules } from './pure-rules.mjs';
import { zipped } from './zip.js';

export interface BundleOptions {
  /** They hold references to secrets and never one. */
  readonly settings: DetectorSettings;
  /** Absolute path of the user's own rules. @default none */
  readonly rulesFolder?: string;
  /** Path of the module with `createHandler({ settings, rules })`. @default what runs on Lambda */
  readonly runtime?: string;
}

export interface DetectorBundle {
  /** `index.mjs`, with `handler`, and `settings.json`. */
  readonly zip: Uint8Array;
  readonly bytes: number;
  /** Of the zip, in hexadecimal. */
  readonly sha256: string;
}

/**
 * The detector, our rules and the user's, and the settings, as one zip. The same input gives the same bytes, wherever
 * and whenever it is made: a plan shows a change of the function only when there is one.
 * @throws RuleProblemsError for mistakes in the user's rules, UsageError when their folder cannot be read or one of them
 * names a destination that is not there
 */
export async function bundleDetector(options: BundleOptions): Promise<DetectorBundle> {
  const { settings, rulesFolder, runtime } = options;
  const own = rulesFolder === undefined ? [] : await loadUserRules(rulesFolder, rulesFolder);
  const ruleset = rulesetOf(settings, own);
  const zip = zipped({
    'index.mjs': await bundled(own, rulesFolder, runtime),
    'settings.json': new TextEncoder().encode(JSON.stringify({ ...settings, ruleset }, null, 2)),
  });
  return { zip, bytes: zip.length, sha256: createHash('sha256').update(zip).digest('hex') };
}

/**
 * The name that `serve` and `status` give these rules too; the function could not tell it of minified code. What is
 * wrong with a rule is found here, and not by the function when it starts.
 */
function rulesetOf(settings: DetectorSettings, own: readonly RuleSource[]): string {
  const ours = builtInRules.map((rule) => ({ rule, reviewed: true }));
  const all = [...ours, ...own].map((source) => ({
    ...source,
    settings: settingsFor(settings, source.rule.id),
  }));
  const engine = createEngine(all, logTypes);
  refuseUnknownDestinations(engine.rules, settings);
  return rulesetHash(engine);
}

type RuleSettings = NonNullable<RuleSource['settings']>;
const settingsFor = ({ rules }: DetectorSettings, id: string): RuleSettings =>
  (Object.hasOwn(rules, id) ? rules[id] : {}) as RuleSettings;

async function bundled(
  own: readonly RuleSource[],
  folder = '',
  runtime = moduleOf('lambda.js', 'detector/runtimes/lambda/index.ts'),
): Promise<Uint8Array> {
  const rules = moduleOf('rules.js', 'rules/index.ts');
  // Those beside the bundled command are marked already.
  const toMark = [...(rules.endsWith('.ts') ? [dirname(rules)] : []), ...(folder === '' ? [] : [folder])];
  const files = own.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const { outputFiles } = await build({
    stdin: { contents: entry({ runtime, rules, files, folder }), resolveDir: dirname(runtime) },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    alias: { tocsin: moduleOf('rule.js', 'detector/rule.ts') },
    plugins: [pureRules(toMark)],
    // Names of modules would be paths of this machine; minified, there are none.
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
    // What is left of CommonJS requires modules of Node, which ES modules cannot.
    banner: {
      js: "import{createRequire as createRequire_}from'node:module';const require=createRequire_(import.meta.url);",
    },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no file of the detector.');
  return file.contents;
}

interface Entry {
  readonly runtime: string;
  readonly rules: string;
  /** Of the user's own rules, relative to their folder. */
  readonly files: readonly string[];
  readonly folder: string;
}

const entry = ({ runtime, rules, files, folder }: Entry): string => `
import { readFileSync } from 'node:fs';
import { createHandler } from ${JSON.stringify(runtime)};
import { rules } from ${JSON.stringify(rules)};
${files.map((file, i) => `import own${i} from ${JSON.stringify(join(folder, file))};`).join('\n')}
export const handler = createHandler({
  settings: JSON.parse(readFileSync(new URL('settings.json', import.meta.url), 'utf8')),
  rules: [
    ...rules.map((rule) => ({ rule, reviewed: true })),
    ${files.map((file, i) => `{ rule: own${i}, reviewed: false, file: ${JSON.stringify(file)} },`).join('\n    ')}
  ],
});
`;

/** A module of ours: beside the bundled command or one folder up, as `scripts/build.mjs` puts it, or as source. */
function moduleOf(built: string, source: string): string {
  const places = [built, `../${built}`, `../${source}`].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? source;
}
