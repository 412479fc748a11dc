import { decodeGroup } from '../../detector/alerts/group-document.js';
import { rulesetHash } from '../../detector/alerts/ledger.js';
import { readStatistics } from '../../detector/alerts/statistics.js';
import type { Command, Deps } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { askBacklog, bothOf } from '../operating/backlog.js';
import { LetterCounts, readDeadLetters } from '../operating/dead-letters.js';
import { documentsOf } from '../operating/documents-of.js';
import { parseDurationOption } from '../operating/duration.js';
import { GroupTotals } from '../operating/group-totals.js';
import { readMutes } from '../operating/mutes.js';
import { withOperatingState } from '../operating/state.js';
import { statusReport, type StatusFacts } from '../operating/status-report.js';
import { statusText } from '../operating/status-text.js';
import { jsonLine } from '../output/terminal-text.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';

const MOST_SILENT_DAYS = 90;

export interface StatusOptions extends RuleChoice {
  /** How long a source may be silent, such as `24h`. */
  readonly silentAfter: string;
}

/** Shows how the detector is, running or not. Exit code 1 when something is not well. */
export const status: Command<StatusOptions> = async (options, deps) => {
  const silentAfterMs = parseDurationOption('--silent-after', options.silentAfter, MOST_SILENT_DAYS);
  const config = await loadConfig(deps.cwd, options.config);
  const ruleset = await rulesetOf(options, config, deps);
  const { host, port } = config.serve;
  const facts = await withOperatingState(config, deps, async ({ store, isLive, isCertain, path }) => {
    const totals = new GroupTotals();
    for await (const { body } of documentsOf(store, 'group')) totals.add(decodeGroup(body));
    const letters = new LetterCounts();
    for await (const { letter } of readDeadLetters(store)) letters.add(letter);
    const now = deps.now();
    return {
      ...{ now, config, isLive, isCertain, statePath: path, ruleset, totals, letters, silentAfterMs },
      statistics: await readStatistics(store, now),
      mutes: await readMutes(store, now),
      backlog: bothOf(
        isLive ? await askBacklog(host, port) : new Map(),
        config.aws === undefined
          ? new Map()
          : await (await import('../cloud/aws/queue-backlog.js')).askQueues(config, deps.cwd),
      ),
    } satisfies StatusFacts;
  });
  const report = statusReport(facts);
  await deps.out.write(options.json === true ? jsonLine(report) : statusText(report, deps.out));
  return report.well ? EXIT.done : EXIT.notWell;
};

/** A mistake in a rule must not hide how everything else is. */
async function rulesetOf(
  choice: RuleChoice,
  config: LoadedConfig,
  { cwd }: Deps,
): Promise<StatusFacts['ruleset']> {
  try {
    const engine = engineOf(await loadRules(choice, config, cwd));
    return { hash: rulesetHash(engine), rules: engine.rules };
  } catch (error) {
    const isMistake =
      error instanceof UsageError ||
      (error instanceof Error && 'code' in error && error.code === 'RULE_PROBLEMS');
    if (!isMistake) throw error;
    return { problem: error.message };
  }
}
