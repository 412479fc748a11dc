import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeLoad, generatedLoad, loadFrom } from './load.js';
import { machine } from './machine.js';
import { measure, type Measurement } from './measure.js';
import { OptionError } from './option-error.js';
import { jsonLine, tableOf } from './report.js';
import { suites } from './suites/index.js';
import type { Bench, Suite } from './suites/suite.js';

const USAGE = `npm run bench -- [options]

  --only NAME   run one suite: ${suites.map(({ name }) => name).join(', ')}
  --runs N      rounds that are measured (default 7)
  --warm-up N   seconds of rounds before them that are not measured, one round at least (default 3)
  --mb N        megabytes of CloudTrail to generate; the other clouds get as many events (default 50)
  --load DIR    measure the log files of a folder, CloudTrail among them, instead of generated ones
  --json        JSON lines: the machine, the load, then one line for each case
  --no-build    measure dist/ as it is, be it older than the sources
`;

try {
  await main(process.argv[2] ?? '.', process.argv.slice(3));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** @param root of the project */
async function main(root: string, args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const load =
    options.load === undefined
      ? await generatedLoad(root, options.mb)
      : await loadFrom(resolve(options.load), 'the files of a folder');
  const scratch = await mkdtemp(join(tmpdir(), 'tocsin-bench-state-'));
  const bench: Bench = { root, load, scratch, here: import.meta.dirname };
  try {
    const report = reporter(options.json);
    report.about(bench);
    for (const suite of options.suites) {
      report.suite(suite, await measure(await suite.prepare(bench), options));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function reporter(json: boolean) {
  const write = (text: string): void => void process.stdout.write(text);
  return {
    about: ({ load }: Bench): void => {
      const { text, facts } = machine();
      const loaded = { name: load.name, files: load.files.length };
      if (json) write(jsonLine({ machine: facts }) + jsonLine({ load: loaded }));
      else write(`${text}\n${describeLoad(load)}\n`);
    },
    suite: ({ name, title }: Suite, results: readonly Measurement[]): void => {
      if (json) write(results.map((result) => jsonLine({ suite: name, ...result })).join(''));
      else write(`\n${title}\n\n${tableOf(results)}`);
    },
  };
}

function readOptions(args: string[]) {
  const values = parsed(args);
  const chosen = suites.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) throw new OptionError(`"${values.only ?? ''}" is no suite.`);
  return {
    ...{ suites: chosen, load: values.load, json: values.json === true, help: values.help === true },
    runs: number('--runs', values.runs, (value) => Number.isSafeInteger(value) && value > 0),
    warmUp: number('--warm-up', values['warm-up'], (value) => value >= 0),
    mb: number('--mb', values.mb, (value) => value > 0),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        runs: { type: 'string', default: '7' },
        'warm-up': { type: 'string', default: '3' },
        mb: { type: 'string', default: '50' },
        load: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        'no-build': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string, fits: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && fits(value)) return value;
  throw new OptionError(`${name} is "${text}", which does not fit.`);
}
