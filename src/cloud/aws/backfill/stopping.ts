/** A signal that ends work in order: Ctrl-C, or being told to end. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** Listens no more. */
  release(): void;
}

export function stopOnSignals(): Stopping {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.removeListener(name, stop);
    },
  };
}
