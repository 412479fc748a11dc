import { SingleBar } from 'cli-progress';
import type { Output } from '../command.js';
import { formatBytes, formatCount, plural } from './numbers.js';
import { textWidth } from './wrap.js';

/** What was done since the last call. */
export interface ProgressStep {
  readonly files?: number;
  readonly bytes?: number;
  readonly storedBytes?: number;
  readonly events?: number;
  /** Matches or alerts, whatever the command shows. */
  readonly found?: number;
}
export type ProgressDone = Readonly<Required<ProgressStep>>;

export interface Progress {
  advance(step: ProgressStep): void;
  /** Takes the bar away for good. */
  stop(): void;
}

export const NO_PROGRESS: Progress = { advance: () => undefined, stop: () => undefined };

export interface ProgressOptions {
  /** Bytes of all files, as they are stored. */
  readonly storedBytes: number;
  readonly found: readonly [one: string, many: string];
  readonly now: () => number;
  /** What stands behind the bar, in several lengths, the longest first. @default files, bytes, events and what was found */
  readonly texts?: (done: ProgressDone, seconds: number) => readonly (readonly string[])[];
}

/** Signals that end the process; the cursor must be back before they do. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A bar over the stored bytes of all files, on a terminal; nothing at all elsewhere. */
export function progressBar(output: Output, options: ProgressOptions): Progress {
  if (!output.isTerminal) return NO_PROGRESS;
  const { storedBytes, found, now } = options;
  const { texts = fileTextsOf(found) } = options;
  const started = now();
  let done: ProgressDone = { files: 0, bytes: 0, storedBytes: 0, events: 0, found: 0 };
  const total = Math.max(1, storedBytes);
  const bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: 8,
    format: () => {
      const seconds = Math.max(0.001, (now() - started) / 1000);
      const part = Math.min(1, done.storedBytes / total);
      return barLine(part, texts(done, seconds), terminalColumns(output));
    },
  });
  const show = (): void => bar.start(total, done.storedBytes);
  const hide = (): void => bar.stop();
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    process.kill(process.pid, signal);
  };
  const stop = (): void => {
    hide();
    output.screen.overlay = undefined;
    process.removeListener('exit', stop);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  output.screen.overlay = { hide, show };
  process.once('exit', stop);
  for (const signal of SIGNALS) process.once(signal, onSignal);
  show();
  return {
    advance: (step) => {
      done = {
        files: done.files + (step.files ?? 0),
        bytes: done.bytes + (step.bytes ?? 0),
        storedBytes: done.storedBytes + (step.storedBytes ?? 0),
        events: done.events + (step.events ?? 0),
        found: done.found + (step.found ?? 0),
      };
      bar.update(done.storedBytes);
    },
    stop,
  };
}

/** The terminal as it is now: it may have been resized. */
const terminalColumns = (output: Output): number => process.stderr.columns || output.columns;

/** The bar over files in one line that fits the terminal. */
export const progressLine = (
  done: ProgressDone,
  part: number,
  seconds: number,
  found: readonly [one: string, many: string],
  columns: number,
): string => barLine(part, fileTextsOf(found)(done, seconds), columns);

function fileTextsOf(found: ProgressOptions['found']): NonNullable<ProgressOptions['texts']> {
  return (done, seconds) => {
    const files = plural(done.files, 'file');
    const results = plural(done.found, ...found);
    const events = plural(done.events, 'event');
    const rate = `${formatCount(Math.round(done.events / seconds))} events/s`;
    return [[files, formatBytes(done.bytes), events, rate, results], [files, events, results], [results]];
  };
}

/** The bar in one line that fits the terminal: what matters least goes first. */
function barLine(part: number, texts: readonly (readonly string[])[], columns: number): string {
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  for (const parts of texts) {
    for (const size of [24, 12]) {
      const line = `${drawn(part, size)} ${[percent, ...parts].join(' │ ')}`;
      if (textWidth(line) < columns) return line;
    }
  }
  return percent;
}

function drawn(part: number, size: number): string {
  const full = Math.round(part * size);
  return '█'.repeat(full) + '░'.repeat(size - full);
}
