import { DeliveryError, type AlertMessage } from '../../detector/destinations/destination.js';
import { hashOfParts } from '../../detector/hash.js';
import type { Command } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { palette } from '../output/colors.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { nearest } from '../rules/near.js';
import { buildDestinations } from '../serving/destinations.js';

/** As long as the detector gives an attempt. */
const ATTEMPT_MS = 30_000;

export interface AlertsSendTestOptions {
  /** The destination's name in tocsin.yaml. */
  readonly destination: string;
}

/** Sends a trial to one destination, past state and routes, and says what came of it. */
export const alertsSendTest: Command<AlertsSendTestOptions> = async (options, deps) => {
  const config = await loadConfig(deps.cwd, options.config);
  const { destination: name } = options;
  const own = Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined;
  if (own === undefined) throw noSuchDestination(name, Object.keys(config.destinations));
  // The secrets of the others may be missing here.
  const { destinations, warnings } = await buildDestinations(
    { ...config, destinations: { [name]: own } },
    deps,
  );
  for (const warning of warnings) await deps.err.write(`${terminalText(warning)}\n`);

  const started = deps.now();
  const result = await attempt(() =>
    destinations.get(name)?.deliver({
      ...{ kind: 'test', message: testMessage(name, started), attempt: 1 },
      signal: AbortSignal.timeout(ATTEMPT_MS),
    }),
  );
  const seconds = Math.max(0, deps.now() - started) / 1000;
  if (options.json === true) await deps.out.write(jsonLine({ destination: name, ...result, seconds }));
  else {
    const { green, red, yellow } = palette(deps.out);
    const paint = { delivered: green, retry: yellow, refused: red }[result.outcome];
    const words = { delivered: 'delivered', retry: 'not delivered now', refused: 'refused' }[result.outcome];
    const { receipt, error, response } = result;
    await deps.out.write(
      [
        `${paint(words)}  ${terminalText(name)} in ${seconds.toFixed(1)} s\n`,
        receipt === undefined ? '' : `receipt: ${terminalText(receipt)}\n`,
        error === undefined ? '' : `error: ${terminalText(error)}\n`,
        response === undefined ? '' : `it answered: ${terminalText(response)}\n`,
      ].join(''),
    );
  }
  return { delivered: EXIT.done, retry: EXIT.tryAgain, refused: EXIT.notWell }[result.outcome];
};

interface TestResult {
  readonly outcome: 'delivered' | 'retry' | 'refused';
  readonly receipt?: string;
  readonly error?: string;
  readonly response?: string;
}

async function attempt(deliver: () => Promise<string | undefined> | undefined): Promise<TestResult> {
  try {
    const receipt = await deliver();
    return { outcome: 'delivered', ...(receipt === undefined ? {} : { receipt }) };
  } catch (error) {
    if (!(error instanceof DeliveryError)) {
      return { outcome: 'retry', error: error instanceof Error ? error.message : String(error) };
    }
    const { outcome, message, response } = error;
    return {
      ...{ outcome: outcome === 'permanent' ? 'refused' : 'retry', error: message },
      ...(response === undefined ? {} : { response }),
    };
  }
}

/** Every trial is an alert of its own: receivers drop a message that they know. */
function testMessage(destination: string, now: number): AlertMessage {
  const time = new Date(now).toISOString();
  const id = hashOfParts(['test', destination, time]);
  return {
    ...{ alertId: id, groupId: id, logType: 'tocsin.system', severity: 'info' },
    rule: {
      ...{ id: 'tocsin.test', name: 'Trial of a destination', attack: [], references: [] },
      description: 'Somebody tried whether alerts arrive here. Nothing has happened.',
      runbook: 'Nothing is to be done. Close it.',
    },
    ...{ title: `Test: alerts of Tocsin reach ${destination}`, dedup: destination },
    ...{ firstEventTime: time, lastEventTime: time, events: 1, context: { destination }, pointers: [] },
    ...{ ruleset: 'none', late: false },
  };
}

function noSuchDestination(name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  return new UsageError(
    'NO_SUCH_DESTINATION',
    `There is no destination "${name}" in the configuration.`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : known.length === 0
        ? 'Add one under `destinations` in tocsin.yaml.'
        : `Choose one of: ${known.join(', ')}.`,
  );
}
