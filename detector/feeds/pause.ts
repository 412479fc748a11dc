import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after a time, or at once when the signal is aborted. Never rejects. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const waitByTimer: Wait = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined);

/** A wait that can be cut short from elsewhere. */
export class Pause {
  private current: AbortController | undefined;

  constructor(private readonly wait: Wait) {}

  /** @returns whether the time passed */
  async for(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const controller = new AbortController();
    const end = () => controller.abort();
    signal.addEventListener('abort', end, { once: true });
    this.current = controller;
    try {
      await this.wait(ms, controller.signal);
      return !controller.signal.aborted;
    } finally {
      this.current = undefined;
      signal.removeEventListener('abort', end);
    }
  }

  end(): void {
    this.current?.abort();
  }
}
