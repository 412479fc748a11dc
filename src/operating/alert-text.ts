import type { AlertDocument } from '../../detector/alerts/alert-document.js';
import type { DeliveryLetter } from '../../detector/alerts/dead-letters.js';
import type { Output } from '../command.js';
import { palette } from '../output/colors.js';
import { formatCount, plural } from '../output/numbers.js';
import { table } from '../output/table.js';
import { terminalLines } from '../output/terminal-text.js';
import type { AlertRecord } from './alert-record.js';
import { shortTime } from './duration.js';
import type { EventAgain } from './events-again.js';
import type { Resolution } from './resolve.js';
import { sheet } from './sheet.js';

/** Everything that is known of an alert. */
export interface AlertDetails {
  readonly record: AlertRecord;
  readonly document: AlertDocument;
  readonly resolution: Resolution | undefined;
  readonly deadLetters: readonly (DeliveryLetter & { readonly at: number })[];
  /** The last error of a destination, by name: what waits is tried again, and keeps none of its own. */
  readonly lastErrors: ReadonlyMap<string, string>;
}

/** The alert in one object, for programs. */
export function alertDetailsJson(details: AlertDetails) {
  const { record, document, resolution, deadLetters, lastErrors } = details;
  const { name, description, runbook, references, attack } = document.rule;
  return {
    ...record,
    ...(resolution === undefined || record.resolvedAt === undefined
      ? {}
      : { resolvedFor: resolution.reason }),
    ...{ ruleName: name, description, runbook, references, attack },
    ruleset: document.ruleset,
    context: document.context,
    pointers: document.pointers,
    lastErrors: Object.fromEntries(lastErrors),
    deadLetters: deadLetters.map(({ destination, reason, response, at }) => ({
      ...{ destination, reason, at: new Date(at).toISOString() },
      ...(response === undefined ? {} : { response }),
    })),
  };
}

/** The same for people. Whatever stands in it came out of a log, and does nothing to the terminal. */
export function alertText(details: AlertDetails, out: Output): string {
  const { record, document, resolution } = details;
  const { bold, severity } = palette(out);
  const { wrapped, line, block, list } = sheet(out);
  const { rule, context, pointers } = document;
  const why = resolution === undefined ? '' : `: ${resolution.reason}`;
  const span =
    record.firstEventTime === undefined || record.lastEventTime === undefined
      ? undefined
      : `${iso(record.firstEventTime)} to ${iso(record.lastEventTime)}`;
  const units = new Set(pointers.map(({ unit }) => unit));
  return [
    `${bold(wrapped(document.title))}\n\n`,
    line('Id', record.alertId),
    record.severity === undefined
      ? ''
      : line('Severity', record.severity).replace(record.severity, severity(record.severity)),
    line('Rule', `${rule.id}  ${rule.name}`),
    line('Log type', record.logType),
    line('Group', record.dedup),
    line('Span (UTC)', span),
    line('Events', record.events === undefined ? 'not known any more' : formatCount(record.events)),
    line('Raised (UTC)', `${iso(record.raisedAt)}${record.late ? ', late: its events were old then' : ''}`),
    line('Resolved (UTC)', record.resolvedAt && `${iso(record.resolvedAt)}${why}`),
    line('ATT&CK', rule.attack.join(', ')),
    line('Ruleset', document.ruleset),
    block('Description', wrapped(rule.description)),
    block('Runbook', wrapped(rule.runbook)),
    block('References', list(rule.references)),
    block(
      'Context',
      Object.keys(context).length === 0 ? '' : terminalLines(JSON.stringify(context, null, 2)),
    ),
    block('Destinations', destinationsText(details, out)),
    block(
      'Events',
      list([...units].slice(0, 10)) +
        (pointers.length === 0
          ? '  none is known'
          : `\n  ${plural(pointers.length, 'event')} in ${plural(units.size, 'object')}; --events reads them again`),
    ),
  ].join('');
}

const iso = (time: string): string => shortTime(Date.parse(time));

function destinationsText({ record, deadLetters, lastErrors }: AlertDetails, out: Output): string {
  if (record.deliveries.length === 0) return '  none';
  const rows = record.deliveries.map(({ destination, state, kind, attempts, at, reason, receipt }) => {
    const letter = deadLetters.find((one) => one.destination === destination);
    const answer = letter?.response === undefined ? '' : ` (answered: ${letter.response})`;
    const isRetried = (state === 'waiting' || state === 'sending') && attempts > 0;
    const last = isRetried ? lastErrors.get(destination) : undefined;
    const told = reason ?? letter?.reason ?? (last && `last error of ${destination}: ${last}`);
    const detail = [
      told === undefined ? '' : `${told}${answer}`,
      receipt === undefined ? '' : `receipt ${receipt}`,
    ];
    return [
      destination,
      state,
      kind,
      formatCount(attempts),
      iso(at),
      detail.filter((part) => part !== '').join('; '),
    ];
  });
  const columns = [
    { head: 'Name' },
    { head: 'State' },
    { head: 'Message' },
    { head: 'Attempts', align: 'right' as const },
    { head: 'Due, or since (UTC)' },
    { head: 'Detail', flexible: true },
  ];
  return table(columns, rows, out);
}

/** Where an event was, and the event as JSON, or why it is gone. */
export function eventText(again: EventAgain, out: Output): string {
  const { dim, red } = palette(out);
  const place = dim(terminalLines(`${again.unit}  ${again.eventId}`));
  return 'event' in again
    ? `${place}\n${terminalLines(JSON.stringify(again.event, null, 2))}\n`
    : `${place}\n${red('cannot be read:')} ${terminalLines(again.problem)}\n`;
}
