/** SQS takes so many entries in a request. */
const MOST_ENTRIES = 10;

interface Waiting<T> {
  readonly entry: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what is asked for one by one into requests of up to ten. Nothing waits for company: what comes while a request
 * is under way goes with the next one.
 */
export class Batches<T> {
  private waiting: Waiting<T>[] = [];
  private isSending = false;

  /** @param send gives the reasons of the entries that failed, by their place */
  constructor(private readonly send: (entries: readonly T[]) => Promise<ReadonlyMap<number, Error>>) {}

  /** Resolves when the entry is done. */
  add(entry: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry, resolve, reject });
      if (this.isSending) return;
      this.isSending = true;
      // What is added in the same breath goes together.
      queueMicrotask(() => void this.sendAll());
    });
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_ENTRIES);
      try {
        const failed = await this.send(batch.map(({ entry }) => entry));
        for (const [i, { resolve, reject }] of batch.entries()) {
          const reason = failed.get(i);
          if (reason === undefined) resolve();
          else reject(reason);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isSending = false;
  }
}
