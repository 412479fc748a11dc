import type { FeedUnit } from '../../feeds/feed.js';
import { RetryLaterError } from '../../feeds/unit.js';

/**
 * The unit, whose reading ends with the signal: to be tried again. A function that has answered is stopped as it stands
 * and goes on with the next call; what it still read would take the memory of that one.
 */
export const stoppable = (unit: FeedUnit, signal: AbortSignal): FeedUnit => ({
  ...unit,
  open: () => until(signal, unit),
});

async function* until(signal: AbortSignal, { name, open }: FeedUnit): AsyncGenerator<Uint8Array> {
  const late = new RetryLaterError(`There was no time to read ${name} to its end.`);
  if (signal.aborted) throw late;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(late);
  signal.addEventListener('abort', stop);
  const chunks = open()[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([aborted, chunks.next()]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // What hangs does not hear it until its own time is over; nobody waits for that.
    void chunks.return?.().catch(() => undefined);
  }
}
