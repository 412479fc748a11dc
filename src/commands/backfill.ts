import { join, resolve } from 'node:path';
import { Backfill, prefixesOf } from '../cloud/aws/backfill/backfill.js';
import {
  backfillJson,
  backfillText,
  lateText,
  sendingTexts,
  type BackfillFacts,
} from '../cloud/aws/backfill/backfill-text.js';
import { ProgressFile } from '../cloud/aws/backfill/progress-file.js';
import { stopOnSignals } from '../cloud/aws/backfill/stopping.js';
import { loadAws, sourceNamed } from '../cloud/aws/configured.js';
import type { Command, Deps, GlobalOptions } from '../command.js';
import { parseTimeOption } from '../detection/time-option.js';
import { EXIT, UsageError } from '../errors.js';
import { plural } from '../output/numbers.js';
import { progressBar } from '../output/progress.js';
import { jsonLine } from '../output/terminal-text.js';

export interface BackfillOptions {
  /** Name of the source. */
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly prefix?: string;
  /** Objects a second. */
  readonly rate: string;
  /** File with the progress. @default backfill-<source>.progress.json beside the configuration */
  readonly state?: string;
  /** Without it, nothing is sent. */
  readonly apply?: boolean;
}

const MOST_OBJECTS_PER_SECOND = 10_000;

/** Lets the detector read files that are in the bucket already. A run that was interrupted goes on. */
export const backfill: Command<BackfillOptions> = async (options, deps) => {
  const span = spanOf(options);
  const rate = rateOf(options.rate);
  const aws = await loadAws(deps.cwd, options.config);
  const source = sourceNamed(aws.topology, options.source);
  const prefixes = prefixesOf(source, options.prefix);
  const [from, to] = [new Date(span.from).toISOString(), new Date(span.to).toISOString()];
  const path =
    options.state === undefined
      ? join(aws.folder, `backfill-${source.name}.progress.json`)
      : resolve(deps.cwd, options.state);
  const progress = await ProgressFile.open(path, {
    ...{ installation: aws.topology.installation, source: source.name, bucket: source.bucket.name, from, to },
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
  });
  const work = await Backfill.open(aws, { source, span, prefixes, progress });
  try {
    const tally = await work.plan();
    const { alerts: late } = aws.config;
    const facts = { source, from, to, tally, rate, before: { ...progress.sent }, late };
    if (options.json !== true) await deps.out.write(backfillText(facts, deps.out));
    if (options.quiet !== true && options.json !== true) await deps.err.write(lateText(late));
    if (options.apply === true) return await send(work, progress, facts, options, deps);
    if (options.json === true) await deps.out.write(jsonLine({ ...backfillJson(facts), applied: false }));
    else if (options.quiet !== true) await deps.err.write(nextText(tally.objects));
    return EXIT.done;
  } finally {
    work.close();
  }
};

function spanOf({ from, to }: BackfillOptions) {
  const span = { from: parseTimeOption('--from', from, 'start'), to: parseTimeOption('--to', to, 'end') };
  if (span.from <= span.to) return span;
  throw new UsageError(
    'EMPTY_SPAN',
    `--from "${from}" is after --to "${to}".`,
    'Give the earlier time as --from.',
  );
}

function rateOf(text: string): number {
  const rate = Number(text);
  if (Number.isInteger(rate) && rate >= 1 && rate <= MOST_OBJECTS_PER_SECOND) return rate;
  throw new UsageError(
    'BAD_RATE',
    `--rate "${text}" is no number of objects a second.`,
    `Write a whole number from 1 to ${MOST_OBJECTS_PER_SECOND}.`,
  );
}

const nextText = (objects: number): string =>
  objects === 0 ? 'There is nothing to send.\n' : 'Nothing was sent. Next: the same with --apply\n';

async function send(
  work: Backfill,
  progress: ProgressFile,
  facts: BackfillFacts,
  { json, quiet }: GlobalOptions,
  { out, err, now }: Deps,
) {
  const { tally, rate, before } = facts;
  const bar = progressBar(err, {
    ...{ storedBytes: tally.bytes, found: ['', ''], now },
    texts: sendingTexts,
  });
  // After the bar, whose own listening ends with the bar.
  const stopping = stopOnSignals();
  let isDone = false;
  try {
    isDone = await work.send({ rate, now, observe: (step) => bar.advance(step) }, stopping.signal);
    if (isDone) await progress.remove();
  } finally {
    bar.stop();
    stopping.release();
  }
  const sent = progress.sent.objects - before.objects;
  if (json === true) {
    await out.write(jsonLine({ ...backfillJson(facts), applied: true, sent, finished: isDone }));
  } else if (quiet !== true) {
    await err.write(
      isDone
        ? `Sent ${plural(sent, 'object')}. \`tocsin status\` shows how they are read.\n`
        : `Stopped after ${plural(sent, 'object')}. Next: the same command, which goes on (${progress.path})\n`,
    );
  }
  return isDone ? EXIT.done : EXIT.tryAgain;
}
