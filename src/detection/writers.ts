import { severityRank, type Alert } from '../../detector/alerts/group.js';
import type { FoundMatch } from '../../detector/evaluate-unit.js';
import type { Deps, Output } from '../command.js';
import { palette } from '../output/colors.js';
import { csvLine } from '../output/csv.js';
import { formatCount } from '../output/numbers.js';
import { table } from '../output/table.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { textWidth, wrap } from '../output/wrap.js';

/** What is written and how; a table of alerts by default. */
export interface OutputFormat {
  readonly json?: boolean;
  readonly csv?: boolean;
  /** One line for each match instead of alerts. */
  readonly matches?: boolean;
}

/** Writes what was found to standard output, in one format. */
export interface DetectWriter {
  start(): Promise<void>;
  match(found: FoundMatch): void;
  /** Called between files, and in long ones now and then. */
  flush(): Promise<void>;
  finish(alerts: readonly Alert[]): Promise<void>;
}

const time = (ms: number): string => new Date(ms).toISOString();

const matchRecord = ({ match, logType, eventId, eventTime, unit, index }: FoundMatch) => ({
  rule: match.rule.id,
  logType,
  eventId,
  eventTime: time(eventTime),
  severity: match.severity,
  title: match.title,
  dedup: match.dedup,
  file: unit,
  index,
});

const alertRecord = (alert: Alert) => ({
  alertId: alert.id,
  rule: alert.rule,
  logType: alert.logType,
  severity: alert.severity,
  title: alert.title,
  dedup: alert.dedup,
  firstEventTime: time(alert.firstEventTime),
  lastEventTime: time(alert.lastEventTime),
  events: alert.events,
  context: alert.context,
});

const MATCH_COLUMNS = [
  'rule',
  'logType',
  'eventId',
  'eventTime',
  'severity',
  'title',
  'dedup',
  'file',
  'index',
] as const;
const ALERT_COLUMNS = [
  'alertId',
  'rule',
  'logType',
  'severity',
  'title',
  'dedup',
  'firstEventTime',
  'lastEventTime',
  'events',
  'context',
] as const;

export function writerFor(options: OutputFormat, deps: Deps): DetectWriter {
  if (options.json === true)
    return lines(
      deps,
      (found) => jsonLine(matchRecord(found)),
      (alert) => jsonLine(alertRecord(alert)),
    );
  if (options.csv === true) {
    const head = csvLine(options.matches === true ? MATCH_COLUMNS : ALERT_COLUMNS);
    return lines(
      deps,
      (found) => csvLine(Object.values(matchRecord(found))),
      (alert) => csvLine(Object.values({ ...alertRecord(alert), context: JSON.stringify(alert.context) })),
      head,
    );
  }
  return options.matches === true
    ? lines(
        deps,
        (found) => matchText(found, deps),
        () => '',
      )
    : terminalAlerts(deps);
}

function lines(
  deps: Deps,
  matchLine: (found: FoundMatch) => string,
  alertLine: (alert: Alert) => string,
  head = '',
): DetectWriter {
  let pending = '';
  const flush = async (): Promise<void> => {
    const text = pending;
    pending = '';
    if (text !== '') await deps.out.write(text);
  };
  return {
    start: async () => {
      pending = head;
    },
    match: (found) => {
      pending += matchLine(found);
    },
    flush,
    finish: async (alerts) => {
      for (const alert of alerts) {
        pending += alertLine(alert);
        if (pending.length > 1_000_000) await flush();
      }
      await flush();
    },
  };
}

function matchText({ match, eventTime, eventId, unit }: FoundMatch, { out }: Deps): string {
  const { dim, severity } = palette(out);
  const place = [match.rule.id, time(eventTime), terminalText(eventId), terminalText(unit)].join('  ');
  const title = hanging(fitted(terminalText(match.title), MATCH_INDENT, out), MATCH_INDENT);
  const below = hanging(fitted(place, MATCH_INDENT, out).map(dim), MATCH_INDENT);
  return `${severity(match.severity, match.severity.padEnd(8))} ${title}\n${' '.repeat(MATCH_INDENT)}${below}\n`;
}

/** An alert, as it comes: one line where there is room for it. */
export function alertLine(alert: Alert, out: Output): string {
  const { dim, severity } = palette(out);
  const when = dim(time(alert.start).slice(0, 16).replace('T', ' '));
  const title = terminalText(alert.title);
  const long = out.isTerminal && ALERT_INDENT + textWidth(`${title}  ${alert.rule}`) > out.columns;
  const text = long
    ? hanging([...fitted(title, ALERT_INDENT, out), dim(alert.rule)], ALERT_INDENT)
    : `${title}  ${dim(alert.rule)}`;
  return `${severity(alert.severity, alert.severity.padEnd(8))} ${when}  ${text}\n`;
}

/** Columns before the title of a match, and of an alert. */
const MATCH_INDENT = 9;
const ALERT_INDENT = 27;

/** Lines that fit beside the indent on a terminal that is wide enough for it; elsewhere one. */
const fitted = (text: string, indent: number, { isTerminal, columns }: Output): readonly string[] =>
  isTerminal && columns >= 2 * indent ? wrap(text, columns - indent) : [text];

const hanging = (lines: readonly string[], indent: number): string => lines.join(`\n${' '.repeat(indent)}`);

/** A table for people: the most severe first, then in order of time. */
function terminalAlerts(deps: Deps): DetectWriter {
  const { out } = deps;
  const { dim, severity } = palette(out);
  return {
    start: async () => undefined,
    match: () => undefined,
    flush: async () => undefined,
    finish: async (alerts) => {
      if (alerts.length === 0) return;
      const sorted = alerts.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
      const rows = sorted.map((alert) => [
        { text: alert.severity, style: (text: string) => severity(alert.severity, text) },
        { text: time(alert.firstEventTime).slice(0, 19).replace('T', ' '), style: dim },
        formatCount(alert.events),
        { text: alert.title, below: alert.rule },
      ]);
      await out.write(
        table(
          [
            { head: 'Severity' },
            { head: 'First event (UTC)' },
            { head: 'Events', align: 'right' },
            { head: 'Alert', flexible: true },
          ],
          rows,
          out,
        ),
      );
    },
  };
}
