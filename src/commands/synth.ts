import { relative, resolve } from 'node:path';
import type { Command } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { palette } from '../output/colors.js';
import { formatBytes, plural } from '../output/numbers.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';

export interface SynthOptions {
  /** @default cdktf.out */
  readonly out: string;
  readonly hcl?: boolean;
}

/** Writes the infrastructure that tocsin.yaml asks for, as plain Terraform. Talks to no cloud. */
export const synth: Command<SynthOptions> = async (options, deps) => {
  const config = await loadConfig(deps.cwd, options.config);
  if (config.aws === undefined) {
    throw new UsageError(
      'NOTHING_TO_SYNTHESIZE',
      `${config.file ?? 'The configuration'} asks for no infrastructure: it has no \`aws\`.`,
      'Say under `aws` which accounts there are and where the detector runs; docs/aws.md walks you through it.',
    );
  }
  const outdir = resolve(deps.cwd, options.out);
  const { synthesize } = await import('../../stacks/synthesize.js');
  const made = await synthesize(config, { outdir, hcl: options.hcl === true, cwd: deps.cwd });
  if (options.json === true) {
    await deps.out.write(jsonLine(made));
    return EXIT.done;
  }
  const shown = (path: string): string => terminalText(relative(deps.cwd, path) || '.');
  const { bold, yellow, dim } = palette(deps.out);
  for (const { name, path, after } of made.stacks) {
    const order = after.length === 0 ? '' : dim(`  after ${after.map(terminalText).join(', ')}`);
    await deps.out.write(`${bold(terminalText(name))}  ${shown(path)}${order}\n`);
  }
  if (options.quiet === true) return EXIT.done;
  for (const path of made.left) {
    await deps.err.write(
      yellow(`${shown(path)} belongs to no source any more; what it made is still there.\n`),
    );
  }
  const [first] = made.stacks;
  await deps.err.write(
    `${plural(made.stacks.length, 'stack')}; the detector has ${formatBytes(made.bundle.bytes)} (sha256 ${made.bundle.sha256.slice(0, 12)}…).\n` +
      `Policies for whoever plans and applies: ${shown(made.deployer.path)}\n` +
      `Next, stack by stack: cd ${shown(first?.path ?? outdir)} && terraform init && terraform plan\n`,
  );
  return EXIT.done;
};
