import type { Output } from '../command.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { terminalText } from '../output/terminal-text.js';
import { shortTime } from './duration.js';
import type { ReplayItem } from './replay-plan.js';

/** `planned` and `not possible` are of a dry run; `waiting` is sent by the detector. */
export type ReplayOutcome =
  'planned' | 'not possible' | 'waiting' | 'delivered' | 'failed' | 'done' | 'partly' | 'kept';

/** What became of a piece of work, or would. */
export interface ReplayResult {
  readonly item: ReplayItem;
  readonly outcome: ReplayOutcome;
  readonly detail: string;
}

/** Whether something is left to be done about it. */
export const isLeft = ({ outcome }: ReplayResult): boolean =>
  outcome === 'failed' || outcome === 'partly' || outcome === 'kept';

export function replayJson({ item, outcome, detail }: ReplayResult) {
  const common = { kind: item.kind, at: new Date(item.at).toISOString() };
  const end = { outcome, detail };
  switch (item.kind) {
    case 'delivery': {
      const { destination, alertId, reason, rule } = item;
      return { ...common, destination, alertId, ...(rule === undefined ? {} : { rule }), reason, ...end };
    }
    case 'unit': {
      const { source, unit, unitId, reasons } = item.letter;
      return { ...common, source, unit, unitId, reasons, ...end };
    }
    case 'rule': {
      const { source, unit, unitId, rule, hook, error, events } = item.letter;
      return { ...common, rule, hook, error, events, source, unit, unitId, ...end };
    }
    case 'message': {
      const { source, messages } = item;
      return { ...common, source, messages, ...end };
    }
  }
}

export function replayLine({ item, outcome, detail }: ReplayResult, out: Output): string {
  const { dim, green, red, yellow } = palette(out);
  const isGood = outcome === 'done' || outcome === 'delivered' || outcome === 'planned';
  const paint = isGood ? green : outcome === 'waiting' || outcome === 'partly' ? yellow : red;
  const [what, why] = wordsOf(item);
  const more = detail === '' ? '' : `             ${terminalText(detail)}\n`;
  return (
    `${paint(outcome.padEnd(12))} ${terminalText(what)}\n` +
    `             ${dim(`${shortTime(item.at)}  ${terminalText(why)}`)}\n${more}`
  );
}

function wordsOf(item: ReplayItem): readonly [what: string, why: string] {
  switch (item.kind) {
    case 'delivery':
      return [`send alert ${item.alertId.slice(0, 8)} to ${item.destination} again`, item.reason];
    case 'unit': {
      const reasons = Object.entries(item.letter.reasons).map(([reason, count]) => `${count} ${reason}`);
      return [`evaluate ${item.letter.unit} again`, `${item.letter.source}: ${reasons.join(', ')}`];
    }
    case 'rule':
      return [
        `hold ${item.letter.unit} against ${item.letter.rule} again`,
        `${item.letter.hook}: ${item.letter.error}`,
      ];
    case 'message':
      return [
        `put ${plural(item.messages, 'message')} back into the queue`,
        `${item.source}: the queue gave up after several tries`,
      ];
  }
}
