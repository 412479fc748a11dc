import type { Deps, GlobalOptions } from '../command.js';
import { palette } from '../output/colors.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;

/** A reader that does not read must not fill the memory; so many characters wait, and what comes then is left out. */
const MOST_WAITING = 1024 * 1024;
const LONGEST_MESSAGE = 8192;

/** What a process that runs on and on says of itself, on standard error: text for a terminal, else JSON lines. */
export function createLog({ err, now }: Pick<Deps, 'err' | 'now'>, { json, quiet }: GlobalOptions): Log {
  const { dim, red, yellow } = palette(err);
  const style = { info: dim, warn: yellow, error: red };
  let waiting = 0;
  return (level, text) => {
    if ((quiet === true && level === 'info') || waiting > MOST_WAITING) return;
    const time = new Date(now()).toISOString();
    const message = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}… [cut]` : text;
    const line =
      json === true || !err.isTerminal
        ? jsonLine({ time, level, message })
        : `${dim(time.slice(11, 19))} ${style[level](level.padEnd(5))} ${terminalText(message)}\n`;
    waiting += line.length;
    void err.write(line).finally(() => (waiting -= line.length));
  };
}
