import { setTimeout as delay } from 'node:timers/promises';
import { connectStore } from '../../detector/state/shared-client.js';
import { shareStore, socketPathOf } from '../../detector/state/shared.js';
import { openSqliteStore } from '../../detector/state/sqlite.js';
import { StoreError, type StateStore } from '../../detector/state/store.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { besideConfig } from './paths.js';

/** Another process that opens or closes the file is done with it soon. */
const TRIES = 20;
const PAUSE_MS = 100;
/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy. */
const BUSY = 5;

/** Whether the state is a table that many processes use. */
export const isShared = ({ state, aws }: LoadedConfig): boolean =>
  (state.store ?? (aws === undefined ? 'file' : 'dynamodb')) === 'dynamodb';

export const statePath = (config: LoadedConfig, cwd: string): string =>
  besideConfig(config, cwd, config.state.path);

/**
 * Works on the state: the shared one, or that of the running detector, or the file itself. Closes it afterwards.
 * @throws StoreError, `retry` when a detector holds the file and answers nobody
 */
export async function withState<T>(
  config: LoadedConfig,
  { cwd }: Pick<Deps, 'cwd'>,
  work: (store: StateStore) => Promise<T>,
): Promise<T> {
  const path = statePath(config, cwd);
  const store = isShared(config)
    ? await (await import('../cloud/aws/state.js')).openAsOperator(config, cwd)
    : await openFree(path, () => connectStore(socketPathOf(path)));
  try {
    const result = await work(store);
    await store.durable();
    return result;
  } finally {
    // After a failure it may have been lost; the failure is what counts.
    await store.close().catch(() => undefined);
  }
}

export interface OwnState {
  readonly store: StateStore;
  /** Why other commands cannot work on the state meanwhile, if they cannot. */
  readonly warning: string | undefined;
  /** Makes everything durable, and lets other processes have it. */
  close(): Promise<void>;
}

/** The state for a detector: the shared one, or a file, which it alone opens and lets others into. @throws StoreError */
export async function ownState(config: LoadedConfig, cwd: string): Promise<OwnState> {
  if (!isShared(config)) return ownFile(statePath(config, cwd));
  const store = await (await import('../cloud/aws/state.js')).openAsDetector(config);
  return { store, warning: undefined, close: () => store.close() };
}

async function ownFile(path: string): Promise<OwnState> {
  const socketPath = socketPathOf(path);
  const store = await openFree(path, async () => {
    const other = await connectStore(socketPath);
    if (other === undefined) return undefined;
    await other.close().catch(() => undefined);
    throw inUse(path, 'another detector, which runs and answers');
  });
  const sharing = await shareStore(store, socketPath).catch((error: unknown) => {
    if (error instanceof StoreError) return error;
    throw error;
  });
  const isOpen = !(sharing instanceof StoreError);
  return {
    store,
    warning: isOpen
      ? undefined
      : `${sharing.message} Other commands cannot use the state while this runs. ${sharing.fix}`,
    async close() {
      if (isOpen) await sharing();
      await store.close();
    },
  };
}

/** @param instead asked first, and whenever the file is in use */
async function openFree(path: string, instead: () => Promise<StateStore | undefined>): Promise<StateStore> {
  for (let tries = 1; ; tries++) {
    const other = await instead();
    if (other !== undefined) return other;
    try {
      return await openSqliteStore({ path });
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (tries === TRIES) throw inUse(path, 'another process, which does not answer');
    }
    await delay(PAUSE_MS);
  }
}

function isBusy(error: unknown): boolean {
  const cause = error instanceof StoreError ? (error.cause as { errcode?: unknown } | undefined) : undefined;
  return typeof cause?.errcode === 'number' && (cause.errcode & 0xff) === BUSY;
}

const inUse = (path: string, by: string): StoreError =>
  new StoreError(
    `The state file ${path} is in use by ${by}.`,
    'retry',
    'Try again when it has ended, or give each detector a state.path of its own.',
  );
