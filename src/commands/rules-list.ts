import { loadConfig } from '../config/load.js';
import type { Command } from '../command.js';
import { EXIT } from '../errors.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { table } from '../output/table.js';
import { jsonLine } from '../output/terminal-text.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';

/** Lists rules: one line each, or one JSON object a line. */
export const rulesList: Command<RuleChoice> = async (options, deps) => {
  const loaded = await loadRules(options, await loadConfig(deps.cwd, options.config), deps.cwd);
  engineOf(loaded, true);
  const shown = loaded.map(({ rule }) => rule).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (options.json === true) {
    for (const {
      id,
      logTypes,
      severity,
      name,
      attack,
      enabled = true,
      alert = true,
      threshold = 1,
      windowMinutes = 60,
    } of shown) {
      const record = { id, logTypes, severity, name, attack, enabled, alert, threshold, windowMinutes };
      await deps.out.write(jsonLine(record));
    }
    return EXIT.done;
  }
  const { dim, severity } = palette(deps.out);
  const rows = shown.map((rule) => [
    { text: rule.severity, style: (text: string) => severity(rule.severity, text) },
    rule.id,
    rule.name,
    { text: rule.enabled === false ? 'off' : rule.alert === false ? 'signal' : '', style: dim },
  ]);
  const columns = [{ head: 'Severity' }, { head: 'Rule' }, { head: 'Name', flexible: true }, { head: '' }];
  await deps.out.write(table(columns, rows, deps.out));
  if (options.quiet !== true) {
    const off = shown.filter((rule) => rule.enabled === false).length;
    await deps.err.write(
      `${plural(shown.length, 'rule')}, ${String(off)} of them off. Next: tocsin rules show ID\n`,
    );
  }
  return EXIT.done;
};
