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
  /** What a crash may fall back to: what is durable, then one for each write since. */
  private pasts: [string, never][][] | undefined;
  crashes = 0;

  /** @param writesThrough whether a write survives every crash at once; otherwise only what was made durable does */
  constructor(
    faults: readonly Fault[],
    private readonly writesThrough: boolean,
  ) {
    this.faults = [...faults];
    if (!writesThrough) this.pasts = [this.snapshot()];
  }

  private snapshot(): [string, never][] {
    return [...this.memory.documents] as [string, never][];
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

  written(): void {
    this.pasts?.push(this.snapshot());
  }

  durable(): void {
    if (this.pasts !== undefined) this.pasts = [this.snapshot()];
  }

  /** @param choose which of the pasts survives */
  crash(choose: (count: number) => number): void {
    this.crashes++;
    if (this.pasts === undefined) return;
    const past = this.pasts[choose(this.pasts.length)] ?? [];
    this.memory.documents.clear();
    for (const [key, document] of past) this.memory.documents.set(key, document);
    this.pasts = [this.snapshot()];
  }

  /** Everybody shares the fate of a process that holds what is not durable. */
  get isEmbedded(): boolean {
    return !this.writesThrough;
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
        const result = await work(...args);
        if (refusal !== undefined) this.state.written();
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
      expire: call(memory.expire, -1),
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
