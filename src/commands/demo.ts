import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { sourceMap } from '../../detector/logs/source-map.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import type { Command, Deps } from '../command.js';
import { sampleLogs } from '../demo/sample-logs.js';
import { DetectReport } from '../detection/report.js';
import { findLogFiles, scanFiles } from '../detection/scan-files.js';
import { alertLine, writerFor } from '../detection/writers.js';
import { EXIT, UsageError } from '../errors.js';
import { palette } from '../output/colors.js';
import { formatBytes, plural } from '../output/numbers.js';
import { CONFIG } from '../config/schema.js';
import { engineOf, loadRules } from '../rules/load-rules.js';

const HOURS = 24;
const EVENTS_PER_HOUR = 400;
const HOUR_MS = 3_600_000;

export interface DemoOptions {
  /** Where the sample logs are kept. @default a new folder among the system's temporary ones */
  readonly out?: string;
  readonly seed: string;
}

/** The main job in one command: sample logs of three clouds, with attacks in them, and the alerts that they raise. */
export const demo: Command<DemoOptions> = async (options, deps) => {
  const seed = Number(options.seed);
  if (!/^-?\d+$/.test(options.seed) || !Number.isSafeInteger(seed)) {
    throw new UsageError(
      'BAD_SEED',
      `--seed "${options.seed}" is no whole number.`,
      'Write a number such as 7.',
    );
  }
  const { bold, dim } = palette(deps.err);
  const say = (text: string): Promise<void> =>
    options.quiet === true ? Promise.resolve() : deps.err.write(text);

  const { folder, ...written } = await writeLogs(options.out, seed, deps);
  await say(
    `${bold('Sample logs')} of AWS, Azure and Google Cloud: ${plural(written.files, 'file')}, ${formatBytes(written.bytes)}\n${dim(folder)}\n\n`,
  );

  const engine = engineOf(await loadRules({}, CONFIG.parse({}), deps.cwd));
  const report = new DetectReport(deps.now);
  const files = await findLogFiles([folder], deps, report);
  const writer = writerFor(options, deps);
  await writer.start();
  const alerts = await scanFiles(
    files,
    { engine, sources: sourceMap([]), arrival: deps.now(), limits: DEFAULT_SPLIT_LIMITS },
    {
      deps,
      report,
      bar: options.quiet === true ? undefined : 'alerts',
      listener: {
        settled: async (changes) => {
          if (options.json === true) return;
          for (const { kind, alert } of changes)
            if (kind === 'raised') await deps.out.write(alertLine(alert, deps.out));
        },
      },
    },
  );
  if (options.json === true) await writer.finish(alerts);
  await say('\n');
  await report.write(options, deps);
  await say(
    `\n${bold('Next')}\n` +
      `  tocsin detect ${folder} --json   the alerts with their context\n` +
      '  tocsin rules show aws.cloudtrail.resource-made-public   what a rule looks for, and its runbook\n' +
      '  tocsin detect PATH...   your own logs: CloudTrail, Azure exports, Google log sinks\n',
  );
  return EXIT.done;
};

/** The logs of the last day; only the seed and the hour decide what they hold. */
async function writeLogs(
  out: string | undefined,
  seed: number,
  { now, cwd }: Deps,
): Promise<{ folder: string; files: number; bytes: number }> {
  const start = new Date(Math.floor(now() / HOUR_MS) * HOUR_MS - HOURS * HOUR_MS);
  let files = 0;
  let bytes = 0;
  try {
    const folder = out === undefined ? await mkdtemp(join(tmpdir(), 'tocsin-demo-')) : resolve(cwd, out);
    for (const file of sampleLogs({ seed, start, hours: HOURS, eventsPerHour: EVENTS_PER_HOUR })) {
      const path = join(folder, file.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.bytes);
      files++;
      bytes += file.bytes.length;
    }
    return { folder, files, bytes };
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UsageError(
      'OUT_UNWRITABLE',
      `The sample logs cannot be written: ${error.message}`,
      'Name a folder with --out that can be written.',
      { cause: error },
    );
  }
}
