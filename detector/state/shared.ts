import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { answerLine, MOST_CALL_BYTES, parseCall, type Answer, type Call } from './shared-protocol.js';
import { linesOf, writeLine } from './socket-lines.js';
import { StoreError, type StateStore } from './store.js';

/** Longest path of a Unix socket, by the smallest of the limits in use (macOS: 104 with the end mark). */
export const LONGEST_SOCKET_PATH = 103;
/** Processes that use the store at the same time; more are turned away. */
const MOST_PEERS = 32;

/** Where the process that holds a state file lets others in. */
export const socketPathOf = (statePath: string): string => `${statePath}.sock`;

/**
 * Lets other processes of the same user work on this process's store, through a Unix socket beside its file: JSON, one
 * call a line. The compare-and-set of the contract is all they need. Who sends what is no call is cut off; a peer's
 * calls are done one after the other, so that none can fill the memory.
 *
 * Call it only while holding the state file: a socket that a killed process left there is removed.
 * @returns what ends it
 * @throws StoreError where no socket can be made there
 */
export async function shareStore(store: StateStore, path: string): Promise<() => Promise<void>> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw new StoreError(
      `${path} is too long for a socket (${LONGEST_SOCKET_PATH} bytes).`,
      'permanent',
      'Set a shorter state.path.',
    );
  }
  await removeLeftSocket(path);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    void answerAll(store, socket).finally(() => socket.destroy());
  });
  server.maxConnections = MOST_PEERS;
  try {
    await listenPrivately(server, path);
  } catch (error) {
    const { message } = error as Error;
    const fix = 'Let this user write the folder of state.path.';
    throw new StoreError(`No socket can be made at ${path}: ${message}`, 'permanent', fix, { cause: error });
  }
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

async function removeLeftSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new StoreError(
      `${path} is there and is no socket.`,
      'permanent',
      'Move it away, or choose another state.path.',
    );
  }
  await rm(path, { force: true });
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  // The socket is made in this turn, and nobody else may enter before its mode is set.
  const before = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
      process.umask(before);
    });
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}

async function answerAll(store: StateStore, socket: Socket): Promise<void> {
  try {
    for await (const line of linesOf(socket, MOST_CALL_BYTES)) {
      const call = parseCall(line);
      if (call === undefined) return;
      await writeLine(socket, answerLine(await answer(store, call)));
    }
  } catch {
    // A line without an end, or a connection that broke: the peer is told by its closing.
  }
}

async function answer(store: StateStore, { id, run }: Call): Promise<Answer> {
  if (run === undefined) {
    const message = 'The detector that runs knows no such call.';
    return {
      id,
      error: { message, outcome: 'permanent', fix: 'Run the same release of both.' },
      result: null,
    };
  }
  try {
    return { id, result: (await run(store)) ?? null };
  } catch (error) {
    const { message, outcome, fix } =
      error instanceof StoreError ? error : new StoreError(String(error), 'permanent', 'Report this.');
    return { id, error: { message, outcome, fix }, result: null };
  }
}
