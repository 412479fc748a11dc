import { DeliveryError, type Destination } from '../destinations/destination.js';
import type { DestinationOptions } from '../destinations/options.js';

/** Messages under way at the same time. What writes a file or a stream takes one after the other anyway. */
const BY_HTTP = 8;
const ONE_BY_ONE = 1;

export interface LaneOptions {
  /** Messages under way to the destination at the same time. */
  readonly atOnce: number;
  /** How long a message waits for its turn before it is put off. @default 3000 */
  readonly patienceMs?: number;
}

/** The destination was asked for nothing: others hold it. The message is tried again like after any failure. */
export class BusyError extends DeliveryError {
  constructor(name: string) {
    super(`Destination "${name}" is held up by messages before this one.`, 'retry');
    this.name = 'BusyError';
  }
}

/** Each destination in a lane of its own, as wide as suits its type. */
export const inLanes = (
  destinations: ReadonlyMap<string, Destination>,
  configured: Readonly<Record<string, Pick<DestinationOptions, 'type'>>>,
): ReadonlyMap<string, Destination> =>
  new Map(
    [...destinations].map(([name, destination]) => {
      const type = configured[name]?.type;
      const atOnce = type === 'file' || type === 'stdout' ? ONE_BY_ONE : BY_HTTP;
      return [name, inLane(destination, { atOnce })];
    }),
  );

/**
 * Keeps a destination that hangs from holding up the others: so many messages are under way to it, and what finds no
 * place there soon is put off. A place is free only when the destination itself is done, whether somebody still waits
 * for it or not: calls to a disk that hangs cannot be ended, and must not use up the process's threads.
 */
export function inLane(destination: Destination, { atOnce, patienceMs = 3000 }: LaneOptions): Destination {
  let running = 0;
  const waiting = new Set<(isFree: boolean) => void>();

  /** Hands its place on, or leaves it free. */
  function release(): void {
    const [next] = waiting;
    if (next === undefined) running--;
    else next(true);
  }

  async function enter(): Promise<void> {
    if (running < atOnce) running++;
    else if (!(await turn())) throw new BusyError(destination.name);
  }

  const turn = (): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (isFree: boolean): void => {
        waiting.delete(settle);
        clearTimeout(timer);
        resolve(isFree);
      };
      const timer = setTimeout(settle, patienceMs, false).unref();
      waiting.add(settle);
    });

  return {
    name: destination.name,
    get kinds() {
      return destination.kinds;
    },
    async deliver(delivery) {
      await enter();
      return destination.deliver(delivery).finally(release);
    },
  };
}
