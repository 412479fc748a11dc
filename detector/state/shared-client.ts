import { connect, type Socket } from 'node:net';
import { checkDocument, checkedKey, checkedKind, checkWhole, listStart } from './keys.js';
import {
  callLine,
  MOST_ANSWER_BYTES,
  MOST_LISTED,
  parseAnswer,
  type SharedMethod,
} from './shared-protocol.js';
import { LONGEST_SOCKET_PATH } from './shared.js';
import { LineTooLongError, linesOf } from './socket-lines.js';
import { StoreError, type StateStore, type Version } from './store.js';

/** A detector that evaluates a large object answers late, not never. */
const TIMEOUT_MS = 30_000;

/**
 * The store of another process, through its socket; undefined when no process is there. Expiry is left to that process.
 * @param timeoutMs how long an answer may take
 * @throws StoreError where somebody is there who does not let this process in
 */
export async function connectStore(path: string, timeoutMs = TIMEOUT_MS): Promise<StateStore | undefined> {
  const socket = await dial(path);
  return socket && sharedStore(new Peer(socket, path, timeoutMs), path);
}

function sharedStore(peer: Peer, path: string): StateStore {
  let isOpen = true;
  // Checked here as well: what is no JSON, such as NaN, would arrive as something else.
  async function call<T>(check: () => void, method: SharedMethod, ...args: readonly unknown[]): Promise<T> {
    if (!isOpen) {
      throw new StoreError(`The connection to ${path} is closed.`, 'permanent', 'Open the store again.');
    }
    check();
    return (await peer.call(method, args)) as T;
  }
  return {
    get: (key) => call(() => checkedKey(key), 'get', key),
    put: (key, body, version, marks) => {
      const check = (): void => checkDocument(checkedKey(key).key, body, marks);
      return call<Version | 'conflict'>(check, 'put', key, body, version, marks);
    },
    remove: (key, version) => call(() => checkedKey(key), 'remove', key, version),
    listDue: (kind, until, limit) => {
      const check = (): void => {
        checkedKind(kind);
        checkWhole('"until"', until);
        checkLimit(limit);
      };
      return call(check, 'listDue', kind, until, limit);
    },
    list: (kind, after, limit) => {
      const check = (): void => {
        listStart(kind, after);
        checkLimit(limit);
      };
      return call(check, 'list', kind, after, limit);
    },
    expire: async () => 0,
    durable: () => call(() => undefined, 'durable'),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      // Calls are done one after the other, so this waits for all that were made before.
      await peer.call('durable', []).finally(() => peer.end());
    },
  };
}

function checkLimit(limit: number): void {
  checkWhole('"limit"', limit);
  if (limit <= MOST_LISTED) return;
  throw new StoreError(
    `The value of "limit" is ${limit}; through a socket ${MOST_LISTED} is the most.`,
    'permanent',
    'List page by page.',
  );
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** The other end of a connection, and the calls that wait for it. */
class Peer {
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private failure: StoreError | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly path: string,
    timeoutMs: number,
  ) {
    socket.setTimeout(timeoutMs, () => {
      if (this.waiting.size === 0) return;
      const what = `The detector at ${path} did not answer within ${timeoutMs / 1000} s.`;
      this.fail(
        new StoreError(what, 'retry', 'Run the command again; if it stays so, restart the detector.'),
      );
    });
    socket.on('error', () => undefined);
    void this.listen();
  }

  call(method: SharedMethod, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      const id = ++this.calls;
      this.waiting.set(id, { resolve, reject });
      this.socket.write(`${callLine(id, method, args)}\n`);
    });
  }

  end(): void {
    this.socket.destroy();
  }

  private async listen(): Promise<void> {
    try {
      for await (const line of linesOf(this.socket, MOST_ANSWER_BYTES)) {
        if (!this.take(line)) this.fail(this.nonsense());
      }
    } catch (error) {
      if (error instanceof LineTooLongError) this.fail(this.nonsense());
    }
    this.fail(new StoreError('The detector ended meanwhile.', 'retry', 'Run the command again.'));
  }

  /** @returns whether the line is the answer to a call */
  private take(line: string): boolean {
    const answer = parseAnswer(line);
    const caller = answer && this.waiting.get(answer.id);
    if (answer === undefined || caller === undefined) return false;
    this.waiting.delete(answer.id);
    const { error, result } = answer;
    if (error === undefined) caller.resolve(result ?? undefined);
    else caller.reject(new StoreError(error.message, error.outcome, error.fix));
    return true;
  }

  private nonsense(): StoreError {
    const what = `What answers at ${this.path} is no detector of this release.`;
    return new StoreError(what, 'permanent', 'Run the same release of both processes.');
  }

  private fail(failure: StoreError): void {
    this.failure ??= failure;
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
    this.socket.destroy();
  }
}

/** Nobody listens there: no file, what a killed process left, or a path that cannot be a socket's. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);

function dial(path: string): Promise<Socket | undefined> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const refused = ({ code = '', message }: NodeJS.ErrnoException): void => {
      if (NOBODY.has(code)) resolve(undefined);
      else if (code === 'EACCES' || code === 'EPERM')
        reject(refusal(path, message, 'permanent', 'Run the command as the user of the detector.'));
      else reject(refusal(path, message, 'retry', 'Run the command again.'));
    };
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(socket);
    });
  });
}

const refusal = (path: string, message: string, outcome: StoreError['outcome'], fix: string): StoreError =>
  new StoreError(`The detector at ${path} cannot be reached: ${message}`, outcome, fix);
