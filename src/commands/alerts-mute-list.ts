import type { Command } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT } from '../errors.js';
import { shortDuration, shortTime } from '../operating/duration.js';
import { muteRecord, readMutes } from '../operating/mutes.js';
import { withOperatingState } from '../operating/state.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { table } from '../output/table.js';
import { jsonLine } from '../output/terminal-text.js';

/** Lists the mutes that hold now, with their reasons and when they end. */
export const alertsMuteList: Command<object> = async (options, deps) => {
  const config = await loadConfig(deps.cwd, options.config);
  const now = deps.now();
  const mutes = await withOperatingState(config, deps, ({ store }) => readMutes(store, now));
  if (options.json === true) {
    await deps.out.write(mutes.map((mute) => jsonLine(muteRecord(mute))).join(''));
    return EXIT.done;
  }
  const { dim } = palette(deps.out);
  const rows = mutes.map(({ id, rule, dedup, reason, until }) => [
    id.slice(0, 8),
    { text: shortTime(until), style: dim },
    shortDuration(until - now),
    { text: `${rule}${dedup === undefined ? ', all keys' : `, key ${dedup}`}`, below: reason },
  ]);
  const columns = [
    { head: 'Id' },
    { head: 'Until (UTC)' },
    { head: 'Left', align: 'right' as const },
    { head: 'Rule, and why', flexible: true },
  ];
  if (rows.length > 0) await deps.out.write(table(columns, rows, deps.out));
  if (options.quiet !== true) await deps.err.write(`${plural(mutes.length, 'mute')}.\n`);
  return EXIT.done;
};
