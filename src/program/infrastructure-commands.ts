import type { Command as Program } from 'commander';
import type { Run } from './operator-commands.js';

/** The commands of whoever sets Tocsin up. */
export function addInfrastructureCommands(program: Program, run: Run): void {
  program
    .command('config')
    .description('check tocsin.yaml')
    .command('check')
    .description('check tocsin.yaml and its rules, and list every mistake')
    .action((options: object) =>
      run(async () => (await import('../commands/config-check.js')).configCheck, options, program),
    );
  program
    .command('synth')
    .description('write the infrastructure that tocsin.yaml asks for, as plain Terraform')
    .option('--out <dir>', 'folder to write to', 'cdktf.out')
    .option('--hcl', 'write HCL, for people who read it, instead of JSON')
    .action((options: { out: string }) =>
      run(async () => (await import('../commands/synth.js')).synth, options, program),
    );
}
