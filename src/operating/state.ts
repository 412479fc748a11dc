import { existsSync } from 'node:fs';
import { connectStore } from '../../detector/state/shared-client.js';
import { socketPathOf } from '../../detector/state/shared.js';
import { openSqliteStore } from '../../detector/state/sqlite.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { UsageError } from '../errors.js';
import { besideConfig } from '../serving/paths.js';

export interface OperatingState {
  readonly store: StateStore;
  /** A detector runs on it: what is queued here is sent by its sweep. */
  readonly isLive: boolean;
  readonly path: string;
}

/**
 * Works on the state that a detector left: through its socket while it runs, else on the file. Closes it afterwards,
 * with everything durable.
 * @throws UsageError where there is no state: a look must not make an empty one
 */
export async function withOperatingState<T>(
  config: LoadedConfig,
  { cwd }: Pick<Deps, 'cwd'>,
  work: (state: OperatingState) => Promise<T>,
): Promise<T> {
  const path = besideConfig(config, cwd, config.state.path);
  const live = await connectStore(socketPathOf(path));
  if (live === undefined && !existsSync(path)) {
    throw new UsageError(
      'NO_STATE',
      `There is no state of a detector at ${path}.`,
      'Start one with `tocsin serve`, or name its tocsin.yaml with --config.',
    );
  }
  const store = live ?? (await openSqliteStore({ path }));
  try {
    const result = await work({ store, isLive: live !== undefined, path });
    await store.durable();
    return result;
  } finally {
    await store.close();
  }
}
