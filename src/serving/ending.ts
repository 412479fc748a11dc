import type { Output } from '../command.js';
import type { Config } from '../config/schema.js';
import { EXIT, type ExitCode } from '../errors.js';
import type { Log } from './log.js';

/** What ends a detector, and how. */
export interface Ending {
  readonly signal: AbortSignal;
  exitCode(): ExitCode;
}

/**
 * Ends at the first SIGTERM or SIGINT; a second one ends the process at once. Ends also when nobody reads what
 * destinations print any more: a pipe never comes back, and going on would look well while alerts reach nobody.
 */
export function endingOf({ destinations }: Pick<Config, 'destinations'>, out: Output, log: Log): Ending {
  const controller = new AbortController();
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const end = (signal: NodeJS.Signals): void => {
    for (const one of signals) process.off(one, end);
    log('info', `${signal}: finishing what is under way.`);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, end);

  let code: ExitCode = EXIT.done;
  const printing = Object.keys(destinations).filter((name) => destinations[name]?.type === 'stdout');
  if (printing.length > 0) {
    out.onBroken = ({ message }) => {
      if (code !== EXIT.done) return;
      code = EXIT.tryAgain;
      const names = printing.map((name) => JSON.stringify(name)).join(', ');
      log(
        'error',
        `Standard output, where destination ${names} prints, cannot be written: ${message}. ` +
          'Ending; alerts that were not printed wait. Start what reads them, and tocsin serve, again.',
      );
      controller.abort();
    };
  }
  return { signal: controller.signal, exitCode: () => code };
}
