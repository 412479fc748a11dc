import type { StateStore } from '../../detector/state/store.js';
import type { Command } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { findAlert, GroupReader, mayBeAlertId } from '../operating/alerts.js';
import { muteRecord, mutesOf, readMutes, type StoredMute } from '../operating/mutes.js';
import { sheet } from '../operating/sheet.js';
import { withOperatingState } from '../operating/state.js';
import { jsonLine } from '../output/terminal-text.js';

export interface AlertsUnmuteOptions {
  /** Id of a mute, of a rule or of an alert. */
  readonly target: string;
}

/** Ends mutes before their time. What was held back meanwhile stays so. */
export const alertsUnmute: Command<AlertsUnmuteOptions> = async (options, deps) => {
  const config = await loadConfig(deps.cwd, options.config);
  return withOperatingState(config, deps, async ({ store }) => {
    for (const mute of await meant(store, options.target, deps.now())) {
      await store.remove(mute.key, mute.version);
      const what = `${mute.rule}${mute.dedup === undefined ? ', all keys' : `, key "${mute.dedup}"`}`;
      const { wrapped } = sheet(deps.out);
      await deps.out.write(
        options.json === true ? jsonLine(muteRecord(mute)) : `${wrapped(`Ended: the mute of ${what}.`)}\n`,
      );
    }
    return EXIT.done;
  });
};

async function meant(store: StateStore, target: string, now: number): Promise<readonly StoredMute[]> {
  const mutes = await readMutes(store, now);
  const ofRule = mutesOf(mutes, { kind: 'rule', rule: target });
  if (ofRule.length > 0) return ofRule;
  if (!mayBeAlertId(target)) throw notMuted(`No mute is about "${target}".`);
  const byId = mutesOf(mutes, { kind: 'id', prefix: target.toLowerCase() });
  if (byId.length === 1) return byId;
  if (byId.length > 1) throw notMuted(`More than one mute begins with "${target}".`);
  const { id, rule, groupKey } = await findAlert(store, target);
  const alert = (await new GroupReader(store).get(groupKey))?.alerts.find((one) => one.id === id);
  const ofKey =
    alert === undefined ? [] : mutesOf(mutes, { kind: 'alert', rule: rule.id, dedup: alert.dedup });
  if (ofKey.length > 0) return ofKey;
  const ofAll = mutes.some((mute) => mute.rule === rule.id && mute.dedup === undefined);
  throw notMuted(
    ofAll
      ? `The key of this alert has no mute of its own; all keys of ${rule.id} are muted.`
      : `Nothing mutes the key of alert ${id.slice(0, 8)}.`,
  );
}

const notMuted = (what: string): UsageError =>
  new UsageError('NOT_MUTED', what, 'List the mutes with `tocsin alerts mute list`.');
