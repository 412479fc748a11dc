import { DeliveryError, type Destination } from './destination.js';
import { formatted } from './format.js';
import { kindsOf } from './kinds.js';
import type { DestinationDeps, OptionsOf } from './options.js';

/** Prints one line of JSON for every message. Escapes of a terminal stay escaped. */
export function createStdout(name: string, options: OptionsOf<'stdout'>, deps: DestinationDeps): Destination {
  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      try {
        await deps.print(formatted(options.format, delivery));
      } catch (error) {
        const { message } = error instanceof Error ? error : new Error(String(error));
        throw new DeliveryError(
          `Destination "${name}": standard output cannot be written: ${message}`,
          'retry',
          ...([undefined, undefined] as const),
          { cause: error },
        );
      }
      return undefined;
    },
  };
}
