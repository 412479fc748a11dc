import { mute, type Mute } from '../../detector/alerts/mutes.js';
import { systemRules } from '../../detector/alerts/system-rules.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Command, Deps } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { findAlert, GroupReader, mayBeAlertId } from '../operating/alerts.js';
import { parseDurationOption, shortTime } from '../operating/duration.js';
import { muteRecord, readMutes } from '../operating/mutes.js';
import { checkedReason } from '../operating/reason.js';
import { sheet } from '../operating/sheet.js';
import { withOperatingState } from '../operating/state.js';
import { jsonLine } from '../output/terminal-text.js';
import { loadRules } from '../rules/load-rules.js';
import { nearest } from '../rules/near.js';

const MOST_DAYS = 90;

export interface AlertsMuteOptions {
  /** Id of a rule or of an alert. */
  readonly target: string;
  readonly for?: string;
  readonly reason?: string;
  readonly allKeys?: boolean;
}

/** Holds back messages about one key of a rule, or about all of them, for a while. Alerts are raised and listed. */
export const alertsMute: Command<AlertsMuteOptions> = async (options, deps) => {
  const { until, reason } = termsOf(options, deps.now());
  const config = await loadConfig(deps.cwd, options.config);
  const rules = await knownRules(config, deps);
  return withOperatingState(config, deps, async ({ store }) => {
    const what = await targetOf(store, options, rules);
    const wanted: Mute = { ...what, reason, until };
    await mute(store, wanted);
    const stored = (await readMutes(store, deps.now())).find(
      ({ rule, dedup }) => rule === what.rule && dedup === what.dedup,
    );
    if (options.json === true) {
      await deps.out.write(stored === undefined ? '' : jsonLine(muteRecord(stored)));
      return EXIT.done;
    }
    const keys = what.dedup === undefined ? 'all keys' : `the key "${what.dedup}"`;
    const { wrapped } = sheet(deps.out);
    await deps.out.write(
      `${wrapped(`Muted until ${shortTime(until)} UTC: ${what.rule}, ${keys}.`)}\n` +
        'New alerts are listed as held and not sent, then or later.\n',
    );
    if (options.quiet !== true)
      await deps.err.write(`End it with: tocsin alerts unmute ${stored?.id.slice(0, 8) ?? what.rule}\n`);
    return EXIT.done;
  });
};

/** A mute without an end or a reason outlives everybody who knows about it. */
function termsOf(options: AlertsMuteOptions, now: number): Pick<Mute, 'until' | 'reason'> {
  if (options.for === undefined || options.reason === undefined) {
    throw new UsageError(
      'MUTE_TERMS',
      'A mute needs --for and --reason.',
      `Say how long and why, as in: --for 7d --reason "known pentest".`,
    );
  }
  return {
    until: now + parseDurationOption('--for', options.for, MOST_DAYS),
    reason: checkedReason(options.reason),
  };
}

const knownRules = async (config: LoadedConfig, { cwd }: Deps): Promise<readonly string[]> => [
  ...(await loadRules({}, config, cwd)).map(({ rule }) => rule.id),
  ...systemRules.map(({ id }) => id),
];

async function targetOf(
  store: StateStore,
  { target, allKeys }: AlertsMuteOptions,
  rules: readonly string[],
): Promise<Pick<Mute, 'rule' | 'dedup'>> {
  if (rules.includes(target)) {
    if (allKeys === true) return { rule: target };
    throw new UsageError(
      'WHICH_KEYS',
      `"${target}" is a rule: a mute of it would hold back every alert that it raises.`,
      'Add --all-keys if that is meant, or name an alert to mute its key alone.',
    );
  }
  if (!mayBeAlertId(target)) {
    const near = nearest(target, rules);
    throw new UsageError(
      'NOTHING_TO_MUTE',
      `"${target}" is neither a rule nor the id of an alert.`,
      near.length === 0
        ? 'List rules with `tocsin rules list`, and alerts with `tocsin alerts list`.'
        : `Did you mean ${near.join(' or ')}?`,
    );
  }
  const { id, rule, groupKey } = await findAlert(store, target);
  if (allKeys === true) return { rule: rule.id };
  const alert = (await new GroupReader(store).get(groupKey))?.alerts.find((one) => one.id === id);
  if (alert !== undefined) return { rule: rule.id, dedup: alert.dedup };
  throw new UsageError(
    'ALERT_FORGOTTEN',
    `The group of alert ${id.slice(0, 8)} does not keep it any more, nor its key.`,
    'Name a newer alert of the same kind, or add --all-keys.',
  );
}
