import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOTO_KEYS } from './moto.js';
import { changesIn, goneIn, type Change, type PlanFile } from './terraform-plan.js';
import type { TerraformTool } from './terraform-tool.js';

/** Nearly all of the time is spent in the provider's waiting. */
const AT_ONCE = '-parallelism=30';
const PLAN_FILE = 'reviewed.tfplan';

/** Every service that a stack may touch. */
const SERVICES = [
  ...['cloudtrail', 'cloudwatch', 'dynamodb', 'events', 'iam', 'kms', 'lambda', 'logs', 's3', 'scheduler'],
  ...['secretsmanager', 'sns', 'sqs', 'sts'],
];

/** Terraform ended otherwise than it should. */
export class TerraformError extends Error {
  constructor(
    command: string,
    readonly status: number | null,
    output: string,
  ) {
    super(`terraform ${command} ended with status ${String(status)}:\n${output}`);
    this.name = 'TerraformError';
  }
}

/**
 * Terraform in the folder of a synthesized stack, as a user runs it there, with an emulator in the place of AWS: one
 * more file beside the untouched synth says where that is.
 */
export class Terraform {
  constructor(
    private readonly tool: TerraformTool,
    /** Such as outdir/stacks/<name>. */
    readonly folder: string,
    private readonly endpoint: string,
  ) {
    this.emulate();
  }

  /** Sends all that the stack calls to the emulator, as it is synthesized now. */
  emulate(): void {
    const providers = this.synthesized.provider.aws.map(({ alias }) => emulated(alias, this.endpoint));
    writeFileSync(join(this.folder, 'zz_override.tf.json'), JSON.stringify({ provider: { aws: providers } }));
  }

  /** What was synthesized of a type. */
  resources(type: string): readonly Readonly<Record<string, unknown>>[] {
    return Object.values(this.synthesized.resource[type] ?? {});
  }

  private get synthesized(): StackFile {
    return JSON.parse(readFileSync(join(this.folder, 'cdk.tf.json'), 'utf8')) as StackFile;
  }

  /** With the provider of the stack's lock file and no other. */
  async init(): Promise<void> {
    await this.run(['init', '-lockfile=readonly']);
  }

  /** @returns what it warns of */
  async validate(): Promise<readonly string[]> {
    const { diagnostics } = JSON.parse(await this.run(['validate', '-json'])) as {
      readonly diagnostics: readonly { readonly summary: string; readonly detail: string }[];
    };
    return diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`);
  }

  /**
   * Plans what `apply` then does, and nothing else.
   * @returns whether there is anything to do
   */
  async plan({ refresh = true } = {}): Promise<boolean> {
    const options = ['-detailed-exitcode', AT_ONCE, `-refresh=${String(refresh)}`, `-out=${PLAN_FILE}`];
    return (await this.start(['plan', ...options], [0, 2])).status === 2;
  }

  /** What the plan that was made last wants to do. */
  async changes(): Promise<readonly Change[]> {
    return changesIn(await this.planned());
  }

  /** Does what the plan says. */
  async apply(): Promise<void> {
    await this.run(['apply', AT_ONCE, PLAN_FILE]);
  }

  async output(name: string): Promise<unknown> {
    return JSON.parse(await this.run(['output', '-json', name]));
  }

  /** Addresses of what is in the state, without data sources. */
  async addresses(): Promise<readonly string[]> {
    const listed = await this.run(['state', 'list']);
    return listed.split('\n').filter((address) => address !== '' && !address.startsWith('data.'));
  }

  /** Takes resources out of the state, and leaves them where they are. */
  async forget(addresses: readonly string[]): Promise<void> {
    await this.run(['state', 'rm', ...addresses]);
  }

  async destroy(): Promise<void> {
    await this.run(['destroy', '-auto-approve', AT_ONCE]);
  }

  /** The state, for `gone`. */
  state(): Promise<string> {
    return this.run(['state', 'pull']);
  }

  /** Addresses in an earlier state of what is there no more. */
  async gone(state: string): Promise<readonly string[]> {
    writeFileSync(join(this.folder, 'earlier.tfstate'), state);
    await this.run(['state', 'push', '-force', 'earlier.tfstate']);
    await this.run(['plan', '-refresh-only', AT_ONCE, `-out=${PLAN_FILE}`]);
    return goneIn(await this.planned());
  }

  private async planned(): Promise<PlanFile> {
    return JSON.parse(await this.run(['show', '-json', PLAN_FILE])) as PlanFile;
  }

  private async run(args: readonly string[]): Promise<string> {
    return (await this.start(args, [0])).out;
  }

  private start(args: readonly string[], fine: readonly number[]): Promise<{ status: number; out: string }> {
    const [command = '', ...rest] = args;
    const quiet = NOT_INTERACTIVE[command] ?? [];
    return new Promise((done, fail) => {
      const child = spawn('terraform', [command, ...quiet, ...rest], {
        cwd: this.folder,
        env: { ...this.tool.env, ...MOTO_KEYS },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', fail);
      child.on('close', (status) => {
        const text = Buffer.concat(out).toString();
        if (status !== null && fine.includes(status)) done({ status, out: text });
        // What went wrong is on standard error; of a command that writes JSON it is in that.
        else fail(new TerraformError(args.join(' '), status, Buffer.concat(err).toString() || text));
      });
    });
  }
}

/** Options of the commands that would ask, or paint. */
const NOT_INTERACTIVE: Readonly<Record<string, readonly string[]>> = {
  init: ['-input=false', '-no-color'],
  plan: ['-input=false', '-no-color'],
  apply: ['-input=false', '-no-color'],
  destroy: ['-input=false', '-no-color'],
};

interface StackFile {
  readonly provider: { readonly aws: readonly { readonly alias?: string }[] };
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** What a provider is told in the emulator, besides what it says itself: the account is checked, roles are assumed. */
const emulated = (alias: string | undefined, endpoint: string): object => ({
  ...(alias === undefined ? {} : { alias }),
  endpoints: [Object.fromEntries(SERVICES.map((service) => [service, endpoint]))],
  s3_use_path_style: true,
  skip_metadata_api_check: 'true',
  max_retries: 3,
});
