import type { SourcePlan } from '../../../config/aws/topology.js';
import type { Output } from '../../../command.js';
import { shortDuration, shortTime } from '../../../operating/duration.js';
import { sheet } from '../../../operating/sheet.js';
import { formatBytes, formatCount, plural } from '../../../output/numbers.js';
import { table, type Column } from '../../../output/table.js';
import type { Tally } from './tally.js';

export interface BackfillFacts {
  readonly source: SourcePlan;
  readonly from: string;
  readonly to: string;
  readonly tally: Tally;
  /** Objects a second. */
  readonly rate: number;
  /** What was sent by an earlier run that is gone on with. */
  readonly before: { readonly objects: number; readonly bytes: number };
  readonly late: LateAlerts;
}

/** What becomes of alerts about old events. */
export interface LateAlerts {
  readonly sendLate: boolean;
  readonly latenessHours: number;
}

/** Rows of the table of days; --json has them all. */
const MOST_DAYS = 31;

const sortedDays = ({ days }: Tally) => [...days].sort(([a], [b]) => (a < b ? -1 : 1));

export function backfillJson({ source, from, to, tally, rate, before, late }: BackfillFacts) {
  return {
    ...{ source: source.name, bucket: source.bucket.name, from, to },
    ...{ objects: tally.objects, bytes: tally.bytes },
    days: sortedDays(tally).map(([day, figures]) => ({ day: day.replaceAll('/', '-'), ...figures })),
    accounts: [...tally.accounts].sort(),
    regions: [...tally.regions].sort(),
    skipped: Object.fromEntries([...tally.skipped].sort()),
    sentBefore: before,
    ...{ objectsPerSecond: rate, seconds: Math.ceil(tally.objects / rate), sendsLateAlerts: late.sendLate },
  };
}

export function backfillText(facts: BackfillFacts, out: Output): string {
  const { source, from, to, tally, rate, before } = facts;
  const { line, block } = sheet(out);
  const days = sortedDays(tally);
  const skipped = [...tally.skipped].sort().map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const rows = days
    .slice(0, MOST_DAYS)
    .map(([day, { objects, bytes }]) => [day.replaceAll('/', '-'), formatCount(objects), formatBytes(bytes)]);
  const more = days.length - rows.length;
  return [
    line('Source', `${source.name}: ${source.bucket.name}`),
    line('Events (UTC)', `${shortTime(Date.parse(from))} to ${shortTime(Date.parse(to))}`),
    line('Delivered on', plural(days.length, 'day')),
    line('Objects', `${formatCount(tally.objects)}, ${formatBytes(tally.bytes)}`),
    line('From', `${plural(tally.accounts.size, 'account')}, ${plural(tally.regions.size, 'region')}`),
    line('Left out', skipped.join(', ')),
    line('Takes', `${shortDuration(Math.ceil(tally.objects / rate) * 1000)} at ${plural(rate, 'object')}/s`),
    before.objects === 0
      ? ''
      : line('Sent before', `${formatCount(before.objects)}, ${formatBytes(before.bytes)}; this is the rest`),
    rows.length === 0 ? '' : block('Days of delivery', table(COLUMNS, rows, out)),
    more > 0 ? `… and ${plural(more, 'day')} more (--json)\n` : '',
  ].join('');
}

const COLUMNS: readonly Column[] = [
  { head: 'Day' },
  { head: 'Objects', align: 'right' },
  { head: 'Bytes', align: 'right' },
];

/** Says before anybody is surprised whether old alerts page. */
export const lateText = ({ sendLate, latenessHours }: LateAlerts): string =>
  sendLate
    ? `Alerts about events older than ${latenessHours} h are sent: alerts.sendLate is true.\n`
    : `Alerts about events older than ${latenessHours} h are kept and sent nowhere; alerts.sendLate: true sends them.\n`;

/** Behind the bar. */
export const sendingTexts = (
  { files, bytes }: { readonly files: number; readonly bytes: number },
  seconds: number,
): readonly (readonly string[])[] => {
  const objects = plural(files, 'object');
  return [[objects, formatBytes(bytes), `${formatCount(Math.round(files / seconds))} objects/s`], [objects]];
};
