import { StoreError, type StateStore } from '../../detector/state/store.js';
import { memoryStore, type MemoryStore } from './memory-store.js';
import type { Turns } from './turns.js';

/**
 * What can befall one call: the process dies `before` it or `after` it; it is refused (`throttle`) or done without an
 * answer (`timeout`); a write conflicts with nobody (`conflict`), or with itself, since a client repeated it (`echo`).
 */
export const FAULTS = ['before', 'after', 'throttle', 'timeout', 'conflict', 'echo'] as const;
export type FaultKind = (typeof FAULTS)[number];
export const HARMLESS: readonly FaultKind[] = ['throttle', 'timeout', 'conflict', 'echo'];

export interface Fault {
  /** Calls that go well before it. */
  readonly after: number;
  readonly kind: FaultKind;
  /** So many calls in a row. */
  readonly times: number;
}

/** Documents that processes share and that outlive them. */
export class SharedState {
  readonly memory: MemoryStore = memoryStore();
  private readonly faults: Fault[];
  private calls = 0;
  /** Writes that are not durable yet, as what undoes them. */
  private undo: (() => void)[] = [];
  crashes = 0;

  /** @param writesThrough whether a write survives every crash at once; otherwise only what was made durable does */
  constructor(
    faults: readonly Fault[],
    private readonly writesThrough: boolean,
  ) {
    this.faults = [...faults];
  }

  nextFault(): FaultKind | undefined {
    const [fault] = this.faults;
    if (fault === undefined || this.calls++ < fault.after) return undefined;
    if (this.calls === fault.after + fault.times) {
      this.faults.shift();
      this.calls = 0;
    }
    return fault.kind;
  }

  /** Called before a write. */
  writing(key: string): void {
    if (this.writesThrough) return;
    const { documents } = this.memory;
    const before = documents.get(key);
    this.undo.push(() => (before === undefined ? documents.delete(key) : documents.set(key, before)));
  }

  durable(): void {
    this.undo = [];
  }

  /** @param choose how many of the writes that were not durable are lost */
  crash(choose: (count: number) => number): void {
    this.crashes++;
    const kept = choose(this.undo.length + 1);
    for (const undo of this.undo.slice(kept).reverse()) undo();
    this.undo = [];
  }
}

/** A process that uses the state, until it dies: then no call of it ever returns. */
export class TestProcess {
  isAlive = true;
  readonly store: StateStore;

  constructor(
    private readonly state: SharedState,
    private readonly turns: Turns,
    private readonly onCrash: (process: TestProcess) => void,
  ) {
    const { memory } = state;
    const call =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>, refusal?: R): ((...args: A) => Promise<R>) =>
      async (...args) => {
        await this.turns.wait();
        if (!this.isAlive) return never();
        const fault = this.state.nextFault();
        if (fault === 'before') return this.die();
        if (fault === 'throttle') throw throttled();
        if (fault === 'conflict' && refusal !== undefined) return refusal;
        if (refusal !== undefined) this.state.writing(String(args[0]));
        const result = await work(...args);
        if (fault === 'after') return this.die();
        if (fault === 'timeout') throw throttled();
        return fault === 'echo' && refusal !== undefined ? refusal : result;
      };
    this.store = {
      get: call(memory.get),
      put: call(memory.put, 'conflict'),
      remove: call(memory.remove, 'conflict'),
      listDue: call(memory.listDue),
      list: call(memory.list),
      expire: call(memory.expire),
      durable: call(async () => this.state.durable()),
      close: call(async () => undefined),
    };
  }

  private die(): Promise<never> {
    this.isAlive = false;
    this.onCrash(this);
    return never();
  }
}

const never = (): Promise<never> => new Promise(() => undefined);
const throttled = () => new StoreError('The store is busy.', 'retry', 'Wait.');
