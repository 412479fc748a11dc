import type { Command as Program } from 'commander';
import type { Run } from './operator-commands.js';

/** The commands that work in the accounts of `tocsin.yaml`. */
export function addAwsCommands(program: Program, run: Run): void {
  program
    .command('secrets')
    .description("set the secrets of destinations in the cloud's secret store")
    .command('set')
    .argument('<name>', 'the NAME in secret:NAME')
    .description('set a secret, from standard input or asked for on a terminal')
    .action((name: string) =>
      run(async () => (await import('../commands/secrets-set.js')).secretsSet, { name }, program),
    );
  program
    .command('verify')
    .argument('[source...]', 'names of sources (default: all)')
    .description('hold the roles that were made against their design')
    .action((sources: string[]) =>
      run(async () => (await import('../commands/verify.js')).verify, { sources }, program),
    );
  program
    .command('attach')
    .argument('<source>', 'name of a source whose bucket is there already')
    .description('find how to hear of new objects in a bucket; without --apply only show it')
    .option('--undo', 'take the entry of Tocsin out of the notifications again')
    .option('--apply', 'do it')
    .action((source: string, options: object) =>
      run(async () => (await import('../commands/attach.js')).attach, { ...options, source }, program),
    );
  program
    .command('backfill')
    .argument('<source>', 'name of a source')
    .description(
      'let the detector read files that are in the bucket already; without --apply only count them',
    )
    .requiredOption('--from <time>', 'events from this time on (RFC 3339, or a date, UTC)')
    .requiredOption('--to <time>', 'events up to this time')
    .option('--prefix <prefix>', 'only keys that begin with this')
    .option('--rate <number>', 'most objects a second', '50')
    .option('--state <file>', 'where the progress is kept (default: beside tocsin.yaml)')
    .option('--apply', 'do it')
    .action((source: string, options: { from: string; to: string; rate: string }) =>
      run(async () => (await import('../commands/backfill.js')).backfill, { ...options, source }, program),
    );
}
