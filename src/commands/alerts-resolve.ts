import type { AlertDocument } from '../../detector/alerts/alert-document.js';
import type { Command, Deps } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { findAlert } from '../operating/alerts.js';
import { checkedReason } from '../operating/reason.js';
import { resolveAlert } from '../operating/resolve.js';
import { sendNow } from '../operating/send-now.js';
import { sheet } from '../operating/sheet.js';
import { withOperatingState, type OperatingState } from '../operating/state.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { shortTime } from '../operating/duration.js';

const DAY_MS = 86_400_000;

export interface AlertsResolveOptions {
  readonly id: string;
  readonly reason?: string;
}

/** Ends an alert: says so in the state, and to the destinations that got it. */
export const alertsResolve: Command<AlertsResolveOptions> = async (options, deps) => {
  const reason = options.reason === undefined ? undefined : checkedReason(options.reason);
  const config = await loadConfig(deps.cwd, options.config);
  return withOperatingState(config, deps, async (state) => {
    const { store } = state;
    const document = await findAlert(store, options.id);
    const keepMs = config.alerts.retentionDays * DAY_MS;
    const resolved = await resolveAlert(store, document, {
      ...{ now: deps.now(), keepMs },
      ...(reason === undefined ? {} : { reason }),
    });
    if (resolved.outcome === 'forgotten') {
      throw new UsageError(
        'ALERT_FORGOTTEN',
        `The group of alert ${document.id.slice(0, 8)} does not keep it any more.`,
        'There is nothing to do: nothing about it is sent any more.',
      );
    }
    const told = await tell(state, document, resolved.queued, config, deps);
    const at = resolved.at ?? deps.now();
    const result = {
      ...{ alertId: document.id, outcome: resolved.outcome, resolvedAt: new Date(at).toISOString() },
      ...(reason === undefined ? {} : { reason }),
      destinations: told,
    };
    const names = told.map(({ destination, state: how }) => `${destination} ${how}`).join(', ');
    const text =
      resolved.outcome === 'already'
        ? `It was resolved already, at ${shortTime(at)} UTC.\n`
        : `${sheet(deps.out).wrapped(`Resolved: ${document.title}`)}\n${names === '' ? 'No destination has to be told.' : `Told: ${terminalText(names)}`}\n`;
    await deps.out.write(options.json === true ? jsonLine(result) : text);
    return EXIT.done;
  });
};

interface Told {
  readonly destination: string;
  /** `waiting`: the detector sends it with its next sweep, or when it starts. */
  readonly state: 'waiting' | 'delivered' | 'failed';
}

async function tell(
  { store, isLive }: OperatingState,
  { id, groupKey }: AlertDocument,
  queued: readonly string[],
  config: LoadedConfig,
  deps: Deps,
): Promise<readonly Told[]> {
  const states = new Map<string, Told['state']>(queued.map((name) => [name, 'waiting']));
  if (!isLive && queued.length > 0) {
    try {
      for (const { alertId, destination, outcome } of await sendNow(store, config, deps, [groupKey])) {
        if (alertId === id && outcome !== 'retry') states.set(destination, outcome);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'DESTINATION_SETUP')) throw error;
      await deps.err.write(`${terminalText(error.message)}\nThe message waits for the detector.\n`);
    }
  }
  return [...states].map(([destination, state]) => ({ destination, state }));
}
