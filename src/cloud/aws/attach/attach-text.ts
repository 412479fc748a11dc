import type { Output } from '../../../command.js';
import { sheet } from '../../../operating/sheet.js';
import { palette } from '../../../output/colors.js';
import { terminalLines, terminalText } from '../../../output/terminal-text.js';
import type { Attached, AttachPlan } from './attach.js';
import type { Conflict } from './own-entries.js';
import type { Way } from './ways.js';

const SAYS: Readonly<Record<Way['from'], string>> = {
  'trail-topic': 'the trail tells this topic already',
  eventbridge: 'the bucket sends its events to EventBridge already',
  topic: 'the bucket tells this topic already',
  bucket: 'an entry is added to the notifications of the bucket',
};

/** The plan in one object, for programs. */
export function attachJson(plan: AttachPlan, attached: Attached | undefined) {
  const { source, possible, configured, works, entries, own, wanted, conflicts, statements, notes } = plan;
  const { account, accountId, region } = source.place;
  return {
    ...{ source: source.name, bucket: source.bucket.name, account, accountId, region },
    ...{ configured, works, possible, entries, own, wanted },
    conflicts: conflicts.map(({ kind, entry }) => ({ kind, ...entry })),
    ...{ statements, notes, applied: attached !== undefined },
    ...(attached === undefined ? {} : { outcome: attached.outcome, changedByOthers: attached.others }),
  };
}

/** @param undo whether our entries are to be taken out */
export function attachText(plan: AttachPlan, undo: boolean, out: Output): string {
  const { source, possible, configured, works, entries, own, wanted, conflicts, statements, notes } = plan;
  const { bold, green, red, yellow } = palette(out);
  const { line, block, list } = sheet(out);
  const { account, accountId, region } = source.place;
  const [best] = possible;
  const verdict = { yes: green('works'), no: red('does not work'), unknown: yellow('could not be checked') };
  const isDifferent = best !== undefined && snippet(source.name, best) !== snippet(source.name, configured);
  const json = (value: unknown): string => terminalLines(JSON.stringify(value, null, 2));
  return [
    `${bold(terminalText(source.bucket.name))}\n\n`,
    line('Place', `${account} (${accountId}), ${region}`),
    `${line('tocsin.yaml', `from: ${configured.from}`).trimEnd()}, ${verdict[works]}\n`,
    line('Entry of Tocsin', entries),
    block('Ways, the one that changes least first', list(possible.map(wayLine)) || '  none'),
    block('In the way', list(conflicts.map(conflictLine))),
    block('Notes', list(notes)),
    isDifferent ? block('For tocsin.yaml', terminalLines(snippet(source.name, best))) : '',
    undo
      ? block('Entries to take out', entries === 'none' ? '' : list(own.map(({ Id = '' }) => Id)))
      : block('Entries to add', configured.from === 'bucket' && entries !== 'there' ? json(wanted) : ''),
    ...statements.map((one) => block(`For the ${terminalText(one.for)}`, json(one.statement))),
  ].join('');
}

const wayLine = (way: Way): string =>
  `${way.from}${'topicArn' in way ? ` ${way.topicArn}` : ''}: ${SAYS[way.from]}`;

const conflictLine = ({ kind, entry }: Conflict): string =>
  `"${entry.id}" tells ${entry.target} of ${entry.events.join(', ')} below "${entry.prefix}"` +
  `${entry.suffix === '' ? '' : ` ending in "${entry.suffix}"`}: ` +
  (kind === 'overlaps'
    ? 'S3 takes no two entries for the same event whose prefixes overlap'
    : 'it has the id that ours would have');

/** What belongs into `tocsin.yaml`. */
function snippet(source: string, way: Way): string {
  const lines = [
    'sources:',
    `  - name: ${source}`,
    '    aws:',
    '      existing:',
    '        notifications:',
    `          from: ${way.from}`,
    ...('topicArn' in way ? [`          topicArn: ${way.topicArn}`] : []),
  ];
  return lines.join('\n');
}

/** What became of it. */
export function outcomeText({ outcome, others }: Attached, out: Output): string {
  const { green, red } = palette(out);
  const isWell = outcome === 'attached' || outcome === 'detached' || outcome === 'unchanged';
  const changes = [
    ...others.gone.map((entry) => `  gone: ${entry}\n`),
    ...others.come.map((entry) => `  come: ${entry}\n`),
  ];
  const meanwhile =
    changes.length === 0
      ? ''
      : `Somebody else changed the notifications meanwhile. Compare with what they should be:\n${terminalLines(changes.join(''))}`;
  return `${isWell ? green(outcome) : red(outcome)}\n${meanwhile}`;
}
