import { severityRank, type Alert } from '../../detector/alerts/group.js';
import type { FoundMatch } from '../../detector/evaluate-unit.js';
import type { Deps, Output } from '../command.js';
import { palette } from '../output/colors.js';
import { csvLine } from '../output/csv.js';
import { formatCount } from '../output/numbers.js';
import { table } from '../output/table.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import type { DetectOptions } from '../commands/detect.js';

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

export function writerFor(options: DetectOptions & { json?: boolean }, deps: Deps): DetectWriter {
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
  const place = dim(`${time(eventTime)}  ${terminalText(eventId)}  ${terminalText(unit)}`);
  return `${severity(match.severity, match.severity.padEnd(8))} ${terminalText(match.title)}\n         ${dim(match.rule.id)}  ${place}\n`;
}

/** An alert in one line, as it comes. */
export function alertLine(alert: Alert, out: Output): string {
  const { dim, severity } = palette(out);
  const when = dim(time(alert.start).slice(0, 16).replace('T', ' '));
  return `${severity(alert.severity, alert.severity.padEnd(8))} ${when}  ${terminalText(alert.title)}  ${dim(alert.rule)}\n`;
}

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
