import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TerraformStack, type App } from 'cdktf';
import { topologyOf } from '../src/config/aws/of-config.js';
import {
  deployerPolicies,
  type DeployerPolicy,
  type StackFiles,
} from '../src/config/aws/deployer/policies.js';
import type { Config } from '../src/config/schema.js';

/** What planning and applying the stacks of an app takes, account by account. */
export function policiesFor(app: App, config: Config): readonly DeployerPolicy[] {
  const topology = topologyOf(config);
  return topology === undefined ? [] : deployerPolicies(topology, filesOf(app));
}

/** Into a folder of their own. What is there goes: with other resources there are more of them, or fewer. */
export async function writePolicies(policies: readonly DeployerPolicy[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { file, document } of policies)
    await writeFile(join(folder, file), `${JSON.stringify(document, null, 2)}\n`);
}

/** As JSON, in whatever format they are written. */
const filesOf = (app: App): StackFiles =>
  Object.fromEntries(
    app.node.children
      .filter((one) => TerraformStack.isStack(one))
      .map((stack) => [stack.node.id, stack.toTerraform() as StackFiles[string]]),
  );
