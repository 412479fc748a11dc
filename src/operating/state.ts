import { existsSync } from 'node:fs';
import { connectStore } from '../../detector/state/shared-client.js';
import { socketPathOf } from '../../detector/state/shared.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Deps } from '../command.js';
import { topologyOf } from '../config/aws/of-config.js';
import type { LoadedConfig } from '../config/load.js';
import { UsageError } from '../errors.js';
import { isShared, statePath, withState } from '../serving/state.js';

export interface OperatingState {
  readonly store: StateStore;
  /** A detector runs on it: what is queued here is sent by its sweep. */
  readonly isLive: boolean;
  /** Where none runs as far as is known: whether that is certain. */
  readonly isCertain: boolean;
  /** Of the file, or what says which table it is. */
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
  if (isShared(config)) {
    // A function looks after it, whether somebody watches or not; who else serves it cannot be told from here.
    const isLive = config.aws?.detector.runtime === 'lambda';
    const path = `dynamodb:${topologyOf(config)?.detector.table.name ?? ''}`;
    return withState(config, deps, (store) => work({ store, isLive, isCertain: isLive, path }));
  }
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
  return withState(config, deps, (store) =>
    work({ store, isLive: live !== undefined, isCertain: true, path }),
  );
}
