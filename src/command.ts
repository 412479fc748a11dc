import type { ExitCode } from './errors.js';

/** What a command may touch of the world; handed in, so that tests can stand in its place. */
export interface Deps {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The result of the command, and nothing else. */
  readonly out: Output;
  /** Everything else: progress, summaries, warnings. */
  readonly err: Output;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Output {
  readonly isTerminal: boolean;
  /** Another program reads it, and may write to the terminal meanwhile. */
  readonly isPipe: boolean;
  /** Whether colours may be written: a terminal, and neither NO_COLOR nor --no-color. */
  readonly colors: boolean;
  readonly columns: number;
  readonly screen: Screen;
  /** Waits while the reader is slow; a reader that went away ends the command in silence, unless `onBroken` is set. */
  write(text: string): Promise<void>;
  /** Set by a command that goes on, or ends in its own way, when nothing can be written any more: writes then reject. */
  onBroken?: (error: Error) => void;
}

/** The terminal that standard output and error share. */
export interface Screen {
  /** Drawn there until it is taken away; it steps aside while text is written. */
  overlay?: Overlay | undefined;
}

export interface Overlay {
  hide(): void;
  show(): void;
}

export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export type Command<Options> = (options: Options & GlobalOptions, deps: Deps) => Promise<ExitCode>;
