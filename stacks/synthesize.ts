import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'cdktf';
import { besideConfig } from '../src/serving/paths.js';
import type { LoadedConfig } from '../src/config/load.js';
import { settingsOf } from '../src/config/settings.js';
import { buildApp } from './app.js';
import { providerLock, TERRAFORM_VERSION } from './aws/provider-lock.js';
import { bundleDetector } from './bundle.js';
import { policiesFor, writePolicies } from './deployer-files.js';
import { readableHcl } from './readable-hcl.js';

export interface SynthesizeOptions {
  readonly outdir: string;
  /** HCL for people instead of JSON. @default false */
  readonly hcl?: boolean;
  /** What relative paths are relative to where there is no file. */
  readonly cwd: string;
}

export interface Synthesized {
  /** In the order in which they are applied. */
  readonly stacks: readonly {
    readonly name: string;
    readonly path: string;
    readonly after: readonly string[];
  }[];
  /** The zip that is deployed. */
  readonly bundle: { readonly bytes: number; readonly sha256: string };
  /** Policies for whoever plans and applies in each account. */
  readonly deployer: { readonly path: string; readonly files: readonly string[] };
  /** Folders of stacks that the configuration asks for no more. What they made is still there. */
  readonly left: readonly string[];
}

/** Writes every stack as plain Terraform: `terraform init` and `terraform apply` in its folder are all it takes. */
export async function synthesize(config: LoadedConfig, options: SynthesizeOptions): Promise<Synthesized> {
  const { outdir, hcl = false, cwd } = options;
  const { folder } = config.rules;
  const scratch = await mkdtemp(join(tmpdir(), 'tocsin-detector-'));
  try {
    const { zip, ...bundle } = await bundleDetector({
      settings: settingsOf(config),
      ...(folder === undefined ? {} : { rulesFolder: besideConfig(config, cwd, folder) }),
    });
    const detectorZip = join(scratch, 'detector.zip');
    await writeFile(detectorZip, zip);
    await mkdir(outdir, { recursive: true });
    const app = inFormat(hcl, () => buildApp(config, { outdir, detectorZip }));
    const stacks = Object.values(app.manifest.stacks).map(({ name, workingDirectory, dependencies }) => ({
      ...{ name, path: join(outdir, workingDirectory), after: dependencies },
    }));
    for (const { path } of stacks) {
      await writeFile(join(path, '.terraform.lock.hcl'), providerLock());
      await writeFile(join(path, 'versions.tf'), TERRAFORM_VERSION);
      // Terraform would read what the other format left beside it.
      await rm(join(path, hcl ? 'cdk.tf.json' : 'cdk.tf'), { force: true });
      if (hcl) await rewrite(join(path, 'cdk.tf'), readableHcl);
    }
    const policies = policiesFor(app, config);
    const deployer = { path: join(outdir, 'deployer'), files: policies.map(({ file }) => file) };
    await writePolicies(policies, deployer.path);
    return {
      stacks: stacks.toSorted((a, b) => a.after.length - b.after.length),
      ...{ bundle, deployer, left: await leftIn(outdir, new Set(stacks.map(({ name }) => name))) },
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const HCL = 'SYNTH_HCL_OUTPUT';

/** CDKTF is told the format by the environment alone: what the app's own option says, its stacks do not hear. */
function inFormat(hcl: boolean, build: () => App): App {
  const before = process.env[HCL];
  process.env[HCL] = String(hcl);
  try {
    const app = build();
    app.synth();
    return app;
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, HCL);
    else process.env[HCL] = before;
  }
}

async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

async function leftIn(outdir: string, known: ReadonlySet<string>): Promise<readonly string[]> {
  const found = await readdir(join(outdir, 'stacks'), { withFileTypes: true });
  return found
    .filter((entry) => entry.isDirectory() && !known.has(entry.name))
    .map(({ name }) => join(outdir, 'stacks', name));
}
