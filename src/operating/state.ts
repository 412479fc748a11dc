import { existsSync } from 'node:fs';
import { connectStore } from '../../detector/state/shared-client.js';
import { socketPathOf } from '../../detector/state/shared.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { UsageError } from '../errors.js';
import { statePath, withState } from '../serving/state.js';

export interface OperatingState {
  readonly store: StateStore;
  /** A detector runs on it: what is queued here is sent by its sweep. */
  readonly isLive: boolean;
  readonly path: string;
}

/**
 * Works on the state that a detector left, or that a running one holds.
 * @throws UsageError where there is no state: a look must not make an empty one
 */
export async function withOperatingState<T>(
  config: LoadedConfig,
  deps: Pick<Deps, 'cwd'>,
  work: (state: OperatingState) => Promise<T>,
): Promise<T> {
  const path = statePath(config, deps.cwd);
  const live = await connectStore(socketPathOf(path));
  await live?.close();
  if (live === undefined && !existsSync(path)) {
    throw new UsageError(
      'NO_STATE',
      `There is no state of a detector at ${path}.`,
      'Start one with `tocsin serve`, or name its tocsin.yaml with --config.',
    );
  }
  // Should one start or end meanwhile, leases keep both from sending the same.
  return withState(config, deps, (store) => work({ store, isLive: live !== undefined, path }));
}
