import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AWS_PROVIDER_VERSION, providerLock } from '../../stacks/aws/provider-lock.js';
import { capability } from './capabilities.js';
import { ROOT } from './cli.js';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';
const PROBE_MS = 600_000;

const STUB = {
  terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: AWS_PROVIDER_VERSION } } },
};

/** Folders in which administrators put a mirror of providers, beside those that Terraform looks into by itself. */
const CUSTOMARY = ['/opt', '/usr/local/lib', '/usr/local/share', '/usr/share', homedir(), ROOT];

/** What a run of Terraform needs of the machine. */
export interface TerraformTool {
  readonly version: string;
  /** Its environment: nothing of the user's settings for Terraform and AWS, but where the provider comes from. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Terraform with the AWS provider of the stacks: from the mirror that TOCSIN_TF_PLUGINS names, from one at a customary
 * place, else from where `terraform init` finds it.
 */
export const terraform = capability(`terraform with provider aws ${AWS_PROVIDER_VERSION}`, () => {
  const mirror = process.env.TOCSIN_TF_PLUGINS ?? CUSTOMARY.flatMap(mirrorsIn)[0];
  const env = environment(mirror);
  const version = run(['version', '-json'], tmpdir(), env);
  if (version.failed !== undefined) return { missing: version.failed };
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-terraform-'));
  try {
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(STUB));
    writeFileSync(join(folder, '.terraform.lock.hcl'), providerLock());
    const { failed } = run(['init', '-lockfile=readonly', '-no-color'], folder, env);
    if (failed !== undefined) {
      const seen = mirror === undefined ? 'no mirror was found' : `the mirror is ${mirror}`;
      return { missing: `${failed} (${seen}; TOCSIN_TF_PLUGINS names the folder of one)` };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { terraform_version } = JSON.parse(version.out) as { readonly terraform_version: string };
  return { found: { version: terraform_version, env } };
});

/** The folder, or one in it, where it has the provider as a mirror has. */
function mirrorsIn(folder: string): readonly string[] {
  const children = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return [
    folder,
    ...children.filter((one) => one.isDirectory()).map(({ name }) => join(folder, name)),
  ].filter((candidate) => existsSync(join(candidate, PROVIDER, AWS_PROVIDER_VERSION)));
}

function environment(mirror: string | undefined): NodeJS.ProcessEnv {
  const downloads = join(ROOT, 'build/terraform-providers');
  if (mirror === undefined) mkdirSync(downloads, { recursive: true });
  const others = Object.entries(process.env).filter(([name]) => !/^(?:TF|AWS)_/.test(name));
  return {
    ...Object.fromEntries(others),
    TF_CLI_CONFIG_FILE: devNull,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    // Provider and Terraform are short-lived: a third of their time was spent collecting garbage.
    GOGC: '400',
    ...(mirror === undefined
      ? { TF_PLUGIN_CACHE_DIR: downloads }
      : { TF_CLI_ARGS_init: `-plugin-dir='${mirror}'` }),
  };
}

function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): { out: string; failed?: string } {
  const { error, status, stdout, stderr } = spawnSync('terraform', args, {
    ...{ cwd, env, encoding: 'utf8', timeout: PROBE_MS },
  });
  if (error !== undefined) return { out: '', failed: `"terraform" could not be started (${error.message})` };
  if (status === 0) return { out: stdout };
  const reason = /Error: .*/.exec(stderr)?.[0] ?? stderr.trim();
  return { out: '', failed: `"terraform ${args.join(' ')}" ended with status ${String(status)}: ${reason}` };
}
