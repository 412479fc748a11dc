import { Command as Program, Option } from 'commander';
import type { Command, Deps, GlobalOptions, Output, Screen } from './command.js';
import { EXIT, UsageError, type ExitCode } from './errors.js';
import { processOutput } from './output/process-output.js';
import { explain, usageError } from './program/explain.js';
import { addAwsCommands } from './program/aws-commands.js';
import { addInfrastructureCommands } from './program/infrastructure-commands.js';
import { addOperatorCommands } from './program/operator-commands.js';
import { ruleFolders, ruleOptions } from './program/rule-options.js';
import { NODE_RANGE, VERSION } from './version.js';

/** Commands are loaded when they run: `--help` needs none of them. */
type Load<Options> = () => Promise<Command<Options>>;

let exitCode: ExitCode = EXIT.done;

function run<Options>(load: Load<Options>, own: Options, program: Program): Promise<void> {
  return load().then(async (command) => {
    const globals = program.opts<GlobalOptions & { color: boolean }>();
    exitCode = await command({ ...own, ...globals }, depsOf(globals.color));
  });
}

/** Standard output as the command sees it. */
let stdout: Output | undefined;

function depsOf(color: boolean): Deps {
  const colors = color && (process.env.NO_COLOR ?? '') === '';
  const screen: Screen = {};
  stdout = processOutput(process.stdout, colors, screen);
  return {
    cwd: process.cwd(),
    env: process.env,
    out: stdout,
    err: processOutput(process.stderr, colors, screen),
    now: Date.now,
  };
}

function buildProgram(): Program {
  const program = new Program('tocsin')
    .description('Cloud threat detection as code: from the logs of AWS, Azure and Google Cloud to alerts.')
    .version(VERSION)
    .option('--config <file>', 'configuration (default: tocsin.yaml, when it is there)')
    .option('--json', 'write JSON, one object a line')
    .option('--quiet', 'write results and problems only')
    .option('--no-color', 'write no colours (also: NO_COLOR=1)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .showSuggestionAfterError();

  ruleOptions(
    program
      .command('detect')
      .argument('<path...>', 'log files or folders of log files')
      .description('hold log files against the rules and show the alerts')
      .addOption(
        new Option('--log-type <type>', 'read every record as this log type instead of telling by its shape'),
      ),
  )
    .option('--include-disabled', 'run rules that are off by default too')
    .option('--from <time>', 'only events from this time on (RFC 3339, or a date, UTC)')
    .option('--to <time>', 'only events up to this time')
    .option('--matches', 'show each match instead of alerts')
    .option('--csv', 'write CSV')
    .action((paths: string[], options: object) =>
      run(async () => (await import('./commands/detect.js')).detect, { ...options, paths }, program),
    );

  ruleOptions(
    program.command('serve').description('run the detector: watch folders, raise alerts and send them'),
  ).action(async (options: object) => {
    await run(async () => (await import('./commands/serve.js')).serve, options, program);
    // What hangs, such as a disk that does not answer, must not keep a detector that was told to end.
    process.exit(exitCode);
  });

  const rules = program.command('rules').description('list, show and test rules');
  ruleOptions(rules.command('list').description('list the rules')).action((options: object) =>
    run(async () => (await import('./commands/rules-list.js')).rulesList, options, program),
  );
  ruleFolders(
    rules.command('show').argument('<id>', 'the id of a rule').description('show all that a rule says'),
  ).action((id: string, options: object) =>
    run(async () => (await import('./commands/rules-show.js')).rulesShow, { ...options, id }, program),
  );
  ruleOptions(rules.command('test').description('run the tests beside the rules, or foreign cases'))
    .option('--cases <file>', 'cases as JSON lines: {"id","rule","logType","event","expected","severity"?}')
    .action((options: object) =>
      run(async () => (await import('./commands/rules-test.js')).rulesTest, options, program),
    );

  program
    .command('demo')
    .description('write sample logs of three clouds, run the detector over them and show the alerts')
    .option('--out <dir>', 'keep the sample logs in this folder (default: a temporary one)')
    .option('--seed <number>', 'another seed writes other logs', '1')
    .action((options: { out?: string; seed: string }) =>
      run(async () => (await import('./commands/demo.js')).demo, options, program),
    );

  addInfrastructureCommands(program, run);
  addAwsCommands(program, run);
  addOperatorCommands(program, run);
  return program;
}

/** An older Node.js fails somewhere in the middle, in words that help nobody. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = (/[\d.]+/.exec(NODE_RANGE)?.[0] ?? '').split('.').map(Number);
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new UsageError(
    'OLD_NODE',
    `Tocsin needs Node.js ${NODE_RANGE}, and this is ${process.versions.node}.`,
    'Install a newer one (https://nodejs.org), or run Tocsin with it.',
  );
}

/** What CDKTF calls that Node.js would rather not have called; nobody who runs a command can change it. */
const OLD_CALL = 'DEP0044';

/** SQLite is part of every Node.js that Tocsin runs on, if under a warning: it would stand in every log. */
function withoutKnownWarnings(): void {
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite ')) return;
    if ('code' in warning && warning.code === OLD_CALL) return;
    for (const listener of others) listener.call(process, warning);
  });
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (stdout?.onBroken !== undefined) {
    stdout.onBroken(error);
    return;
  }
  // `tocsin detect … | head`: the reader has seen enough.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(
    `tocsin: standard output cannot be written: ${error.message}\n  → Make room for it, or write elsewhere.\n`,
  );
  process.exit(EXIT.tryAgain);
});
// Nobody listens any more; the result still counts.
process.stderr.on('error', () => undefined);

withoutKnownWarnings();
try {
  refuseOldNode();
  await buildProgram().parseAsync();
} catch (error) {
  const { code, text } = explain(error);
  exitCode = code;
  if (text !== '') process.stderr.write(text);
}
process.exitCode = exitCode;
