import { CommanderError } from 'commander';
import { EXIT, UsageError, type ExitCode } from '../errors.js';
import { terminalLines } from '../output/terminal-text.js';

/** Commander's words (`error: …`, and maybe `(Did you mean …?)`) in the form of our own. */
export function usageError(text: string): string {
  const [what = '', hint = '(See `tocsin --help`.)'] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n');
  return terminalLines(`tocsin: ${what}\n  → ${hint.replace(/^\(|\)$/g, '')}\n`);
}

/** Says what went wrong; only here is it decided what is the user's to mend and what a fault of ours. */
export function explain(error: unknown): { readonly code: ExitCode; readonly text: string } {
  if (error instanceof CommanderError)
    return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage, text: '' };
  if (error instanceof UsageError) return told(EXIT.usage, error.message, error.fix);
  // These classes are known by their codes: what defines them is loaded only by the commands that need it.
  const { code, message, fix, outcome } = (error instanceof Error ? error : {}) as Partial<
    Error & { code: unknown; fix: string; outcome: unknown }
  >;
  switch (code) {
    case 'RULE_PROBLEMS':
    case 'DESTINATION_SETUP':
      // Their texts say what to do themselves.
      return told(EXIT.usage, message, undefined);
    case 'STORE_FAILED':
    case 'AWS_FAILED':
      return told(outcome === 'retry' ? EXIT.tryAgain : EXIT.usage, message, fix);
    case 'CONTENTION':
      return told(EXIT.tryAgain, message, 'Run the command again.');
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: EXIT.internal,
    text: terminalLines(`tocsin: a fault in Tocsin itself. Please report it with this text:\n${stack}\n`),
  };
}

const told = (code: ExitCode, message = '', fix: string | undefined) => ({
  code,
  text: terminalLines(`tocsin: ${message}\n${fix === undefined ? '' : `  → ${fix}\n`}`),
});
