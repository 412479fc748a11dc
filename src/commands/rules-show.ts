import { loadConfig } from '../config/load.js';
import type { Command, Output } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { terminalLines, terminalText } from '../output/terminal-text.js';
import { wrap } from '../output/wrap.js';
import type { Rule } from '../../detector/rule.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';
import { nearest } from '../rules/near.js';

/** Lines longer than this are hard to read, however wide the terminal is. */
const LONGEST_LINE = 110;

/** Shows everything that a rule says: for a person who was woken by it, or who tunes it. */
export const rulesShow: Command<Omit<RuleChoice, 'rules'> & { readonly id: string }> = async (
  options,
  deps,
) => {
  const loaded = await loadRules(options, await loadConfig(deps.cwd, options.config), deps.cwd);
  engineOf(loaded, true);
  const found = loaded.find(({ rule }) => rule.id === options.id);
  if (found === undefined) {
    const near = nearest(
      options.id,
      loaded.map(({ rule }) => rule.id),
    );
    throw new UsageError(
      'NO_SUCH_RULE',
      `There is no rule "${options.id}".`,
      near.length === 0
        ? 'List the rules with `tocsin rules list`.'
        : `Did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`,
    );
  }
  if (options.json === true) await deps.out.write(`${terminalText(JSON.stringify(found.rule, showCode))}\n`);
  else await deps.out.write(describe(found.rule, deps.out));
  return EXIT.done;
};

const templateText = (title: Rule['title']): string | undefined =>
  typeof title === 'function'
    ? '(code)'
    : typeof title === 'object'
      ? title.map(({ value }) => value).join(' / ')
      : title;

const showCode = (_: string, value: unknown): unknown => (typeof value === 'function' ? '(code)' : value);

function describe(rule: Rule, output: Output): string {
  const { bold, dim, severity } = palette(output);
  const width = Math.min(output.columns, LONGEST_LINE);
  const wrapped = (text: string, indent = 0): string =>
    text
      .split('\n')
      .flatMap((line) => wrap(terminalText(line.trimEnd()), width - indent))
      .join(`\n${' '.repeat(indent)}`);
  const line = (label: string, text: string | undefined): string =>
    text === undefined || text === '' ? '' : `${dim(label.padEnd(16))}${wrapped(text, 16)}\n`;
  const block = (label: string, text: string): string => `\n${bold(label)}\n${text}\n`;
  const list = (label: string, items: readonly string[] | undefined): string =>
    items === undefined || items.length === 0
      ? ''
      : block(label, items.map((item) => `  - ${wrapped(item, 4)}`).join('\n'));
  const { threshold = 1, windowMinutes = 60, distinct } = rule;
  const counted =
    distinct === undefined
      ? plural(threshold, 'event')
      : `${plural(threshold, 'different value', 'different values')} of ${distinct}`;
  const settings = Object.entries(rule.settings ?? {}).map(
    ([name, { description, default: value }]) => `${name}: ${description} Default: ${JSON.stringify(value)}`,
  );
  const data = { fields: rule.fields, match: rule.match, severityBy: rule.severityBy };
  return [
    `${bold(rule.id)}  ${severity(rule.severity)}${rule.enabled === false ? dim('  off by default') : ''}\n`,
    `${wrapped(rule.name)}\n\n`,
    line('Log types', rule.logTypes.join(', ')),
    line('Alerts when', `${counted} within ${plural(windowMinutes, 'minute')}`),
    line('Raises', rule.alert === false ? 'no alert; recorded as a signal' : undefined),
    line('ATT&CK', rule.attack.join(', ')),
    line('Needs', rule.needs?.map(({ what, level }) => `${what} (${level})`).join('; ')),
    line('Title', templateText(rule.title)),
    line('Groups by', templateText(rule.dedup) ?? 'its title'),
    block('Description', wrapped(rule.description)),
    block('Runbook', wrapped(rule.runbook)),
    list('False positives', rule.falsePositives),
    list('Settings (tocsin.yaml, rules.settings)', settings),
    list('References', rule.references),
    block('Match', terminalLines(JSON.stringify(data, showCode, 2))),
    rule.when === undefined ? '' : dim('\nand code: see the rule file\n'),
  ].join('');
}
