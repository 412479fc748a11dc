import { pointersOf, type AlertDocument } from '../../detector/alerts/alert-document.js';
import { decodeGroup } from '../../detector/alerts/group-document.js';
import { readStatistics } from '../../detector/alerts/statistics.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import type { Command, Deps } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT } from '../errors.js';
import { alertRecord } from '../operating/alert-record.js';
import { alertDetailsJson, alertText, eventText, type AlertDetails } from '../operating/alert-text.js';
import { findAlert, GroupReader } from '../operating/alerts.js';
import { readDeadLetters } from '../operating/dead-letters.js';
import { readEventsAgain } from '../operating/events-again.js';
import { splitLimits } from '../operating/processor.js';
import { resolutionOf } from '../operating/resolve.js';
import { storedLogs } from '../operating/stored-logs.js';
import { withOperatingState, type OperatingState } from '../operating/state.js';
import { plural } from '../output/numbers.js';
import { jsonLine } from '../output/terminal-text.js';
import { redactorOf } from '../serving/redactor.js';

export interface AlertsShowOptions {
  readonly id: string;
  readonly events?: boolean;
}

/** Shows everything about one alert, and on request the events that it is about. */
export const alertsShow: Command<AlertsShowOptions> = async (options, deps) => {
  const config = await loadConfig(deps.cwd, options.config);
  const details = await withOperatingState(config, deps, (state) =>
    readDetails(state, options.id, deps.now()),
  );
  const { json } = options;
  await deps.out.write(json === true ? jsonLine(alertDetailsJson(details)) : alertText(details, deps.out));
  if (options.events === true) await writeEvents(details, config, deps, options);
  return EXIT.done;
};

async function readDetails({ store }: OperatingState, typed: string, now: number): Promise<AlertDetails> {
  const found = await findAlert(store, typed);
  const group = await new GroupReader(store).get(found.groupKey);
  const document = await withOwnPointers(store, found);
  const deadLetters: AlertDetails['deadLetters'][number][] = [];
  for await (const { letter } of readDeadLetters(store)) {
    if (letter.kind === 'delivery' && letter.alertId === document.id) deadLetters.push(letter);
  }
  const resolution = await resolutionOf(store, document.id);
  const record = alertRecord(document, group);
  const { destinations } = await readStatistics(store, now);
  const lastErrors = new Map(
    record.deliveries.flatMap(({ destination }): [string, string][] => {
      const { lastError } = Object.hasOwn(destinations, destination) ? (destinations[destination] ?? {}) : {};
      return lastError === undefined ? [] : [[destination, lastError.message]];
    }),
  );
  return { record, document, resolution, deadLetters, lastErrors };
}

async function withOwnPointers(
  store: OperatingState['store'],
  document: AlertDocument,
): Promise<AlertDocument> {
  const stored = await store.get(document.groupKey);
  return stored === undefined
    ? document
    : { ...document, pointers: pointersOf(document, decodeGroup(stored.body).group) };
}

async function writeEvents(
  { document, record }: AlertDetails,
  config: LoadedConfig,
  deps: Deps,
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
): Promise<void> {
  if (json !== true) await deps.out.write('\n');
  if (record.logType === 'tocsin.system') {
    if (quiet !== true)
      await deps.err.write('The detector itself raised this alert; no log has an event of it.\n');
    return;
  }
  const again = readEventsAgain(document.pointers, {
    logs: storedLogs(config, deps.cwd),
    sources: sourceMap(config.sources),
    limits: splitLimits(config),
    redact: redactorOf(config.alerts.redact),
  });
  let gone = 0;
  for await (const event of again) {
    if ('problem' in event) gone++;
    await deps.out.write(json === true ? jsonLine(event) : eventText(event, deps.out));
  }
  const { events = 0 } = record;
  const beyond = events - document.pointers.length;
  const notes = [
    gone === 0 ? '' : `${plural(gone, 'event')} cannot be read any more.`,
    beyond <= 0
      ? ''
      : `${plural(beyond, 'further event')} were counted; the alert names the first ones only.`,
  ].filter((note) => note !== '');
  if (notes.length > 0) await deps.err.write(`${notes.join('\n')}\n`);
}
