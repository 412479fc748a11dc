import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { rulesetHash } from '../../detector/alerts/ledger.js';
import { DESTINATION_OPTIONS } from '../../detector/destinations/options.js';
import { RuleProblemsError } from '../../detector/engine/problem.js';
import type { DetectorSettings } from '../../detector/settings.js';
import { tests as testsOfRules } from '../../rules/tests.js';
import { rules } from '../../rules/index.js';
import { CONFIG } from '../../src/config/schema.js';
import { settingsOf } from '../../src/config/settings.js';
import { engineOf, loadRules } from '../../src/rules/load-rules.js';
import { bundleDetector, type DetectorBundle } from '../../stacks/bundle.js';
import { ROOT } from '../support/cli.js';
import { oneAccount } from './configs.js';

const CANARY = 'canary-5b1c0f7e';
const CONFIGURED = settingsOf(
  CONFIG.parse(
    oneAccount({
      config: {
        destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
        alerts: { default: ['chat'] },
      },
    }),
  ),
);
/** With a reference that could be followed here. */
const SETTINGS: DetectorSettings = {
  ...CONFIGURED,
  destinations: {
    ...CONFIGURED.destinations,
    tickets: DESTINATION_OPTIONS.parse({
      ...{ type: 'webhook', url: 'https://example.com/a', signingSecrets: ['env:BUNDLE_CANARY'] },
    }),
  },
};
const OWN_RULE = `
import { defineRule, type RuleTest } from 'tocsin';
import { bucketOf } from './lib/buckets.js';

export default defineRule({
  id: 'own.bucket-emptied',
  logTypes: ['aws.cloudtrail'],
  name: 'Bucket emptied',
  description: 'Somebody empties a bucket.',
  severity: 'high',
  attack: [],
  falsePositives: [],
  runbook: 'Ask whoever did.',
  match: { eventName: 'DeleteObjects' },
  title: (event) => \`\${bucketOf(event)} emptied\`,
});

const event = { eventName: 'DeleteObjects' };
export const tests: readonly RuleTest[] = [{ name: 'UNUSED TEST', event: { ...event }, matches: true }];
`;
const OWN_LIB = "export const bucketOf = (_: unknown): string => 'a bucket';\n";
/** Tells what it was made with, and touches no cloud. */
const RUNTIME = `
export const createHandler = ({ settings, rules }) => async () => ({
  sources: settings.sources.map(({ name }) => name),
  rules: rules.map(({ rule, reviewed, file }) => ({ id: rule.id, reviewed, file })),
});
`;

let folder = '';
beforeAll(async () => {
  process.env.BUNDLE_CANARY = CANARY;
  folder = await mkdtemp(join(tmpdir(), 'tocsin-bundle-test-'));
  await writeFile(join(folder, 'runtime.mjs'), RUNTIME);
  await ownRules('own');
});
afterAll(async () => {
  Reflect.deleteProperty(process.env, 'BUNDLE_CANARY');
  await rm(folder, { recursive: true, force: true });
});

async function ownRules(name: string): Promise<string> {
  const at = join(folder, name);
  await mkdir(join(at, 'lib'), { recursive: true });
  await writeFile(join(at, 'bucket-emptied.ts'), OWN_RULE);
  await writeFile(join(at, 'lib/buckets.ts'), OWN_LIB);
  return at;
}

/** Unpacked, as Lambda does. */
async function unpacked({ zip }: DetectorBundle, name: string): Promise<string> {
  const at = join(folder, name);
  await mkdir(at);
  for (const [file, bytes] of Object.entries(unzipSync(zip))) await writeFile(join(at, file), bytes);
  return at;
}

/** What Node says in a process of its own, in a folder that has nothing else. */
async function node(cwd: string, code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    ...{ cwd, env: {} },
  });
  return stdout;
}

describe('the bundle of the detector', () => {
  test('gives the ruleset the name that `serve` and `status` give it', async () => {
    const own = join(folder, 'own');
    const { zip } = await bundleDetector({ settings: SETTINGS, rulesFolder: own });
    const config = CONFIG.parse({ rules: { folder: own } });

    const { ruleset } = JSON.parse(strFromU8(unzipSync(zip)['settings.json'] ?? new Uint8Array())) as {
      ruleset: string;
    };
    expect(ruleset).toBe(rulesetHash(engineOf(await loadRules({}, config, ROOT))));
  });

  test('is one module with everything in it, and the settings', async () => {
    const bundle = await bundleDetector({ settings: SETTINGS });
    const files = unzipSync(bundle.zip);
    const at = await unpacked(bundle, 'whole');

    expect(Object.keys(files)).toEqual(['index.mjs', 'settings.json']);
    expect(await readdir(at)).toEqual(['index.mjs', 'settings.json']);
    expect(await node(at, "console.log(typeof (await import('./index.mjs')).handler)")).toBe('function\n');
    expect(bundle.bytes).toBe(bundle.zip.length);
    expect(bundle.sha256).toBe(createHash('sha256').update(bundle.zip).digest('hex'));
    // Uploaded as it is; Lambda takes 50 MB, and a cold start is shorter with less.
    expect(bundle.bytes).toBeLessThan(700_000);
  });

  test('has settings as they are, with references and no secret', async () => {
    const { zip } = await bundleDetector({ settings: SETTINGS });
    const texts = Object.values(unzipSync(zip)).map((bytes) => strFromU8(bytes));

    expect(JSON.parse(texts[1] ?? '')).toEqual({
      ...(JSON.parse(JSON.stringify(SETTINGS)) as object),
      ruleset: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(texts[1]).toContain('env:BUNDLE_CANARY');
    for (const text of texts) expect(text).not.toContain(CANARY);
  });

  test('has no path of the machine that it was made on', async () => {
    const { zip } = await bundleDetector({ settings: SETTINGS, rulesFolder: join(folder, 'own') });
    const texts = Object.values(unzipSync(zip)).map((bytes) => strFromU8(bytes));

    for (const text of texts)
      for (const path of [ROOT, folder, 'node_modules/']) expect(text).not.toContain(path);
  });

  test('has our rules and the own ones, without the tests of either', async () => {
    const bundle = await bundleDetector({
      ...{ settings: SETTINGS, rulesFolder: join(folder, 'own'), runtime: join(folder, 'runtime.mjs') },
    });
    const at = await unpacked(bundle, 'rules');
    const said = JSON.parse(
      await node(at, "console.log(JSON.stringify(await (await import('./index.mjs')).handler()))"),
    ) as unknown;
    const code = strFromU8(unzipSync(bundle.zip)['index.mjs'] ?? new Uint8Array());

    expect(said).toEqual({
      sources: ['trail'],
      rules: [
        ...rules.map(({ id }) => ({ id, reviewed: true })),
        { id: 'own.bucket-emptied', reviewed: false, file: 'bucket-emptied.ts' },
      ],
    });
    expect(code).toContain('Somebody empties a bucket.');
    expect(code).not.toContain('UNUSED TEST');
    const names = Object.values(testsOfRules)
      .flat()
      .map(({ name }) => JSON.stringify(name).slice(1, -1));
    expect(names.filter((name) => name.length > 40 && code.includes(name))).toEqual([]);
  });

  test('is refused while an own rule has a mistake: the function would not start', async () => {
    const at = await ownRules('broken');
    await writeFile(join(at, 'bucket-emptied.ts'), OWN_RULE.replace("'high'", "'very high'"));

    const made = bundleDetector({ settings: SETTINGS, rulesFolder: at });

    await expect(made).rejects.toThrow(RuleProblemsError);
    await expect(made).rejects.toThrow(/bucket-emptied\.ts[^]*very high/);
  });

  test('is refused while an own rule has the id of another', async () => {
    const at = await ownRules('twice');
    await cp(join(at, 'bucket-emptied.ts'), join(at, 'again.ts'));

    await expect(bundleDetector({ settings: SETTINGS, rulesFolder: at })).rejects.toThrow(RuleProblemsError);
  });
});

describe('the same input gives the same bytes', () => {
  const make = async (name: string) =>
    (await bundleDetector({ settings: SETTINGS, rulesFolder: await ownRules(name) })).sha256;

  test('wherever the rules are, and whenever it is made', async () => {
    const first = await make('here');

    expect(await make('somewhere/else/deeper')).toBe(first);
  });

  test('and other input other ones', async () => {
    const at = await ownRules('changed');
    await writeFile(join(at, 'bucket-emptied.ts'), OWN_RULE.replace("'high'", "'low'"));
    const { sha256 } = await bundleDetector({ settings: SETTINGS, rulesFolder: at });

    expect(sha256).not.toBe(await make('unchanged'));
    expect(
      (await bundleDetector({ settings: { ...SETTINGS, maxRecordBytes: 1 }, rulesFolder: at })).sha256,
    ).not.toBe(sha256);
  });
});
