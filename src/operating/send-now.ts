import { Outbox, type AttemptReport } from '../../detector/alerts/outbox.js';
import { StatisticsRecorder } from '../../detector/alerts/statistics.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { buildDestinations } from '../serving/destinations.js';

/**
 * Sends what is due in some groups with the configured destinations: where no detector runs whose sweep would.
 * @throws DestinationSetupError where a secret is missing; everything then waits for the detector
 */
export async function sendNow(
  store: StateStore,
  config: LoadedConfig,
  deps: Deps,
  groupKeys: Iterable<string>,
): Promise<readonly AttemptReport[]> {
  // What a destination prints is not the result of the command.
  const { destinations } = await buildDestinations(config, { ...deps, out: deps.err });
  const reports: AttemptReport[] = [];
  const statistics = new StatisticsRecorder();
  const outbox = new Outbox({
    ...{ store, destinations, now: deps.now, random: Math.random },
    observe: (report) => {
      reports.push(report);
      statistics.delivery(report);
    },
  });
  for (const key of new Set(groupKeys)) await outbox.attempt(key);
  await statistics.flush(store, deps.now());
  return reports;
}
