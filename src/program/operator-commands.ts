import type { Command as Program } from 'commander';
import type { Command } from '../command.js';
import { ruleFolders, ruleOptions } from './rule-options.js';

/** Runs a command that is loaded first. */
export type Run = <Options>(
  load: () => Promise<Command<Options>>,
  own: Options,
  program: Program,
) => Promise<void>;

const SINCE = 'RFC 3339, a date (UTC), or how long ago, such as 24h';

/** The commands of whoever looks after a running detector. */
export function addOperatorCommands(program: Program, run: Run): void {
  addAlerts(program, run);
  ruleOptions(
    program.command('status').description('show how the detector is, and what is waiting, held or lost'),
  )
    .option('--silent-after <duration>', 'a source without logs for this long is not well', '24h')
    .action((options: { silentAfter: string }) =>
      run(async () => (await import('../commands/status.js')).status, options, program),
    );
  ruleFolders(
    program.command('replay').description('do again what failed for good; without --apply only show it'),
  )
    .option('--kind <kind>', 'only units, deliveries, rules or messages: unit, delivery, rule or message')
    .option('--rule <glob>', 'only what is about rules whose id fits')
    .option('--destination <name>', 'only deliveries to this destination')
    .option('--since <time>', `only what failed since: ${SINCE}`)
    .option('--apply', 'do it')
    .action((options: object) =>
      run(async () => (await import('../commands/replay.js')).replay, options, program),
    );
}

function addAlerts(program: Program, run: Run): void {
  const alerts = program
    .command('alerts')
    .description('list, show, resolve and mute alerts; try destinations');
  alerts
    .command('list')
    .description('list the alerts, the newest first')
    .option('--since <time>', `only alerts with an event since: ${SINCE}`)
    .option('--severity <severity>', 'only this severity and above')
    .option('--rule <glob>', 'only of rules whose id fits, such as "aws.*"')
    .option('--state <state>', 'only waiting, delivered, failed, held or resolved ones')
    .option('--limit <number>', 'most alerts that are listed; 0: all', '100')
    .action((options: { limit: string }) =>
      run(async () => (await import('../commands/alerts-list.js')).alertsList, options, program),
    );
  alerts
    .command('show')
    .argument('<id>', 'the id of an alert, or its first digits')
    .description('show everything about an alert')
    .option('--events', 'read its events again')
    .action((id: string, options: object) =>
      run(async () => (await import('../commands/alerts-show.js')).alertsShow, { ...options, id }, program),
    );
  alerts
    .command('resolve')
    .argument('<id>', 'the id of an alert, or its first digits')
    .description('end an alert, and tell its destinations')
    .option('--reason <text>', 'why, for whoever looks next')
    .action((id: string, options: object) =>
      run(
        async () => (await import('../commands/alerts-resolve.js')).alertsResolve,
        { ...options, id },
        program,
      ),
    );
  const mute = alerts
    .command('mute')
    .argument('<target>', 'the id of an alert, to mute its key; or of a rule')
    .description('send no alerts of a key, or of a rule, for a while; `mute list` lists what is muted')
    .option('--for <duration>', 'how long: 30m, 12h or 7d; at most 90d')
    .option('--reason <text>', 'why, for whoever looks next')
    .option('--all-keys', 'mute all keys of the rule')
    .action((target: string, options: object) =>
      run(
        async () => (await import('../commands/alerts-mute.js')).alertsMute,
        { ...options, target },
        program,
      ),
    );
  mute
    .command('list')
    .description('list what is muted, until when and why')
    .action((options: object) =>
      run(async () => (await import('../commands/alerts-mute-list.js')).alertsMuteList, options, program),
    );
  alerts
    .command('unmute')
    .argument('<target>', 'the id of a mute, of an alert or of a rule')
    .description('end a mute')
    .action((target: string) =>
      run(async () => (await import('../commands/alerts-unmute.js')).alertsUnmute, { target }, program),
    );
  alerts
    .command('send-test')
    .argument('<destination>', 'its name in tocsin.yaml')
    .description('send a test alert to one destination')
    .action((destination: string) =>
      run(
        async () => (await import('../commands/alerts-send-test.js')).alertsSendTest,
        { destination },
        program,
      ),
    );
}
