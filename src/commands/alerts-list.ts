import { SEVERITIES, type Severity } from '../../detector/rule.js';
import type { Command, Deps, Output } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import {
  ALERT_STATES,
  byNewest,
  fitsFilter,
  standing,
  type AlertRecord,
  type AlertState,
} from '../operating/alert-record.js';
import { readAlerts } from '../operating/alerts.js';
import { parseSince, shortTime } from '../operating/duration.js';
import { withOperatingState } from '../operating/state.js';
import { palette } from '../output/colors.js';
import { formatCount, plural } from '../output/numbers.js';
import { table } from '../output/table.js';
import { jsonLine } from '../output/terminal-text.js';

export interface AlertsListOptions {
  readonly since?: string;
  readonly severity?: string;
  readonly rule?: string;
  readonly state?: string;
  /** 0: all of them. */
  readonly limit: string;
}

/** Lists the alerts that are stored, the newest first. */
export const alertsList: Command<AlertsListOptions> = async (options, deps) => {
  const since = parseSince(options.since, deps.now());
  const severity = oneOf<Severity>('--severity', options.severity, SEVERITIES);
  const state = oneOf<AlertState>('--state', options.state, ALERT_STATES);
  const limit = limitOf(options.limit);
  const config = await loadConfig(deps.cwd, options.config);

  const fitting: AlertRecord[] = [];
  let unknown = 0;
  await withOperatingState(config, deps, async ({ store }) => {
    for await (const record of readAlerts(store)) {
      if (fitsFilter(record, { since, severity, rule: options.rule, state })) fitting.push(record);
      else if (severity !== undefined && record.severity === undefined) unknown++;
    }
  });
  const shown = fitting.sort(byNewest).slice(0, limit);
  if (options.json === true) await deps.out.write(shown.map(jsonLine).join(''));
  else if (shown.length > 0) await deps.out.write(alertTable(shown, deps.out));
  if (options.quiet !== true && options.json !== true) await summarise(shown, fitting, unknown, deps);
  return EXIT.done;
};

async function summarise(
  shown: readonly AlertRecord[],
  all: readonly AlertRecord[],
  unknown: number,
  { err }: Deps,
): Promise<void> {
  const { dim } = palette(err);
  const rest = all.length - shown.length;
  const more = rest === 0 ? '' : ` of ${formatCount(all.length)}; --limit 0 lists all`;
  const left =
    unknown === 0
      ? ''
      : `\n${plural(unknown, 'alert')} left out: so old that their severity is not kept any more.`;
  const next = shown.length === 0 ? '' : dim(' Next: tocsin alerts show ID');
  await err.write(`${plural(shown.length, 'alert')}${more}.${next}${left}\n`);
}

function alertTable(records: readonly AlertRecord[], out: Output): string {
  const { dim, severity } = palette(out);
  const rows = records.map((record) => [
    record.alertId.slice(0, 8),
    {
      text: record.severity ?? '?',
      style: (text: string) => (record.severity === undefined ? dim(text) : severity(record.severity, text)),
    },
    { text: shortTime(Date.parse(record.firstEventTime ?? record.raisedAt)), style: dim },
    record.events === undefined ? '?' : formatCount(record.events),
    { text: record.title, below: [record.rule, standing(record)].filter((text) => text !== '').join('  ') },
  ]);
  const columns = [
    { head: 'Id' },
    { head: 'Severity' },
    { head: 'First event (UTC)' },
    { head: 'Events', align: 'right' as const },
    { head: 'Alert', flexible: true },
  ];
  return table(columns, rows, out);
}

function oneOf<T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError('BAD_CHOICE', `${option} "${text}" is not known.`, `Use one of: ${known.join(', ')}.`);
}

function limitOf(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (limit !== undefined) return limit === 0 ? Infinity : limit;
  throw new UsageError(
    'BAD_LIMIT',
    `--limit "${text}" is no whole number.`,
    'Write a number such as 20, or 0 for all.',
  );
}
