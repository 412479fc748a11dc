import type { Output } from '../command.js';
import { palette } from '../output/colors.js';
import { formatBytes, formatCount, plural } from '../output/numbers.js';
import { table, type Cell, type Column } from '../output/table.js';
import { terminalText } from '../output/terminal-text.js';
import { shortDuration, shortTime } from './duration.js';
import type { DestinationStatus } from './status-destinations.js';
import type { StatusReport } from './status-report.js';
import type { SourceStatus } from './status-sources.js';
import { LATELY_DAYS, type UnseenField } from './unseen-fields.js';

/** Rows of tables that can have thousands; --json has them all. */
const MOST_ROWS = 15;

const right = (head: string): Column => ({ head, align: 'right' });
const time = (iso: string | undefined): string => (iso === undefined ? 'never' : shortTime(Date.parse(iso)));

/** How the detector is, for people. */
export function statusText(report: StatusReport, out: Output): string {
  const { bold, dim, green, red } = palette(out);
  const { detector, ruleset, problems, well, held, alerts } = report;
  const section = (head: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string => {
    if (rows.length === 0) return '';
    const more = rows.length - MOST_ROWS;
    const rest = more > 0 ? dim(`  … and ${formatCount(more)} more (--json)\n`) : '';
    return `\n${bold(head)}\n${table(columns, rows.slice(0, MOST_ROWS), out)}${rest}`;
  };
  const rules =
    'problem' in ruleset
      ? red('the rules cannot be loaded')
      : `${plural(ruleset.rules, 'rule')}, ruleset ${ruleset.hash.slice(0, 12)}`;
  const running =
    detector.running === null
      ? 'may run elsewhere'
      : detector.running
        ? green('running')
        : red('not running');
  const heldTexts = Object.entries(held).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return [
    well
      ? `${green('well')}\n`
      : problems.map((problem) => `${red('not well')}  ${terminalText(problem)}\n`).join(''),
    `\nDetector   ${running}  ${dim(terminalText(detector.state))}\n`,
    `Rules      ${rules}\n`,
    `Alerts     ${formatCount(alerts.kept)} kept, ${formatCount(alerts.unresolved)} not resolved\n`,
    heldTexts.length === 0 ? '' : `Held       ${terminalText(heldTexts.join(', '))}\n`,
    section('Sources', SOURCE_COLUMNS, sourceRows(report)),
    section(
      'Announced and not read',
      [{ head: 'Source' }, { head: 'Reason' }, right('Count'), { head: 'Latest (UTC)' }],
      report.sources.flatMap(({ source, skipped }) =>
        skipped.map(({ reason, count, latest }) => [source, reason, formatCount(count), time(latest)]),
      ),
    ),
    section('Destinations', DESTINATION_COLUMNS, destinationRows(report)),
    section(
      'Dead letters',
      [
        { head: 'Kind' },
        { head: 'About' },
        right('Count'),
        { head: 'Latest (UTC)' },
        { head: 'Reason', flexible: true },
      ],
      report.deadLetters.map(({ kind, about, count, latest, reason }) => [
        ...[kind, about, formatCount(count), time(latest), reason],
      ]),
    ),
    section(
      'Mutes',
      [{ head: 'Until (UTC)' }, { head: 'Rule' }, { head: 'Why', flexible: true }],
      report.mutes.map(({ until, rule, reason, allKeys }) => [
        ...[time(until), `${rule}${allKeys ? ', all keys' : ''}`, reason],
      ]),
    ),
    section(
      'Rules that fired',
      [{ head: 'Rule' }, right('Hits'), { head: 'Last (UTC)' }],
      report.rules
        .filter(({ hits }) => hits > 0)
        .map(({ rule, hits, lastFired }) => [rule, formatCount(hits), time(lastFired)]),
    ),
    section(
      `Rules that need fields which no event had for ${LATELY_DAYS} days`,
      [{ head: 'Rule' }, { head: 'Fields', flexible: true }],
      report.rules
        .filter(({ unseenFields }) => unseenFields.length > 0)
        .map(({ rule, unseenFields }) => [rule, unseenFields.map(fieldText).join(', ')]),
    ),
    dim(`\nCounted since ${time(report.since)} UTC.\n`),
  ].join('');
}

const fieldText = ({ field, lastSeen }: UnseenField): string =>
  lastSeen === undefined ? field : `${field} (last ${lastSeen.slice(0, 10)})`;

const SOURCE_COLUMNS: readonly Column[] = [
  { head: 'Source' },
  { head: 'Last event (UTC)' },
  right('Lag'),
  right('Backlog'),
  right('Units'),
  right('Events'),
  right('Bytes'),
  { head: '' },
];

const sourceRows = ({ sources }: StatusReport): readonly (readonly Cell[])[] =>
  sources.map((one) => [
    one.source,
    time(one.lastEventTime),
    one.lagSeconds === undefined ? '' : shortDuration(one.lagSeconds * 1000),
    one.backlogUnits === undefined
      ? '?'
      : [
          formatCount(one.backlogUnits),
          ...(one.backlogBytes === undefined ? [] : [formatBytes(one.backlogBytes)]),
        ].join(', '),
    formatCount(one.units),
    formatCount(one.events),
    formatBytes(one.bytes),
    stateOf(one),
  ]);

const stateOf = ({ configured, silent, unreadable = 0 }: SourceStatus): string =>
  !configured ? 'not configured' : unreadable > 0 ? 'unreadable' : silent ? 'silent' : '';

/** One that was followed by a delivery is over. */
const errorOf = ({
  lastError = '',
  lastErrorTime = '',
  lastDeliveredTime = '',
}: DestinationStatus): string => (lastErrorTime > lastDeliveredTime ? lastError : '');

const DESTINATION_COLUMNS: readonly Column[] = [
  { head: 'Destination' },
  right('Delivered'),
  right('Waiting'),
  right('Failed'),
  right('Held'),
  { head: 'Last error', flexible: true },
];

const destinationRows = ({ destinations }: StatusReport): readonly (readonly Cell[])[] =>
  destinations.map((one) => [
    one.configured ? one.destination : `${one.destination} (not configured)`,
    formatCount(one.delivered),
    formatCount(one.waiting),
    formatCount(one.failed),
    formatCount(one.held),
    errorOf(one),
  ]);
