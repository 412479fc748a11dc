import type { Destination } from '../../detector/destinations/destination.js';
import {
  createDestination,
  createHttpClient,
  resolveSecrets,
  type DestinationOptions,
} from '../../detector/destinations/index.js';
import { processSecrets } from '../../detector/destinations/secrets.js';
import { inLanes } from '../../detector/runtimes/lane.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { besideConfig } from './paths.js';

export interface BuiltDestinations {
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Sentences for the operator, such as a secret's file that others can read. */
  readonly warnings: readonly string[];
}

/**
 * Makes the destinations of a configuration, with their secrets.
 * @param reader whose credentials read a cloud's secret store: the detector's are those of the environment
 * @throws DestinationSetupError
 */
export async function buildDestinations(
  config: LoadedConfig,
  deps: Deps,
  reader: 'detector' | 'operator' = 'operator',
): Promise<BuiltDestinations> {
  const http = createHttpClient();
  const destinations = new Map<string, Destination>();
  const warnings: string[] = [];
  const beside = (path: string): string => besideConfig(config, deps.cwd, path);
  const source = {
    env: deps.env,
    readSecretFile: (path: string) => processSecrets.readSecretFile(beside(path)),
    ...(config.aws === undefined
      ? {}
      : {
          readStoredSecret: async (secret: string) =>
            (await import('../cloud/aws/state.js')).readSecret(config, deps.cwd, secret, reader),
        }),
  };
  const print = (line: string): Promise<void> => deps.out.write(`${line}\n`);
  for (const [name, written] of Object.entries<DestinationOptions>(config.destinations)) {
    const options = written.type === 'file' ? { ...written, path: beside(written.path) } : written;
    const { secrets, warnings: more } = await resolveSecrets(name, options, source);
    warnings.push(...more);
    destinations.set(name, createDestination(name, options, { http, now: deps.now, secrets, print }));
  }
  return { destinations: inLanes(destinations, config.destinations), warnings };
}
