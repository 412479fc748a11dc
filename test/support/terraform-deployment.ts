import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { topologyOf } from '../../src/config/aws/of-config.js';
import type { AwsTopology } from '../../src/config/aws/topology.js';
import { loadConfig, type LoadedConfig } from '../../src/config/load.js';
import type { Synthesized } from '../../stacks/synthesize.js';
import { AwsCalls } from './aws-calls.js';
import { folderWith, jsonLines, tocsin } from './cli.js';
import { Moto } from './moto.js';
import { Terraform } from './terraform.js';
import type { TerraformTool } from './terraform-tool.js';

/** A folder with a `tocsin.yaml`, the stacks that it asks for, and an emulator of its own to apply them to. */
export class Deployment {
  private constructor(
    readonly moto: Moto,
    readonly folder: string,
    readonly config: LoadedConfig,
    readonly topology: AwsTopology,
    /** In the order in which they are applied. */
    readonly stacks: readonly Terraform[],
    /** Every call that the emulator got. */
    readonly calls: AwsCalls,
  ) {}

  /** Synthesized as users do it: by `tocsin synth`. Nothing is applied yet. */
  static async of(
    tool: TerraformTool,
    config: object,
    files: Readonly<Record<string, string>> = {},
  ): Promise<Deployment> {
    const folder = folderWith({ 'tocsin.yaml': JSON.stringify(config), ...files });
    const loaded = await loadConfig(folder);
    const topology = topologyOf(loaded);
    if (topology === undefined) throw new Error('The configuration says nothing of AWS.');
    const { stacks } = await synthesized(folder);
    const calls = join(folder, 'calls.jsonl');
    const moto = await Moto.start(calls);
    const folders = stacks.map(({ path }) => new Terraform(tool, path, moto.url));
    return new Deployment(moto, folder, loaded, topology, folders, new AwsCalls(calls));
  }

  /** The zip that the function is made of. */
  get zip(): Uint8Array {
    const [detector] = this.stacks;
    const [made] = detector?.resources('aws_lambda_function') ?? [];
    return readFileSync(join(detector?.folder ?? '', String(made?.filename)));
  }

  /** Synthesizes another configuration over the one that is there; nothing of it is applied. */
  async change(config: object): Promise<void> {
    writeFileSync(join(this.folder, 'tocsin.yaml'), JSON.stringify(config));
    await synthesized(this.folder);
    for (const stack of this.stacks) stack.emulate();
  }
}

async function synthesized(folder: string): Promise<Synthesized> {
  const { code, out, err } = await tocsin(['synth', '--json'], { cwd: folder });
  const [made] = jsonLines(out);
  if (code !== 0 || made === undefined) throw new Error(`synth ended with ${String(code)}: ${err}`);
  return made as unknown as Synthesized;
}
