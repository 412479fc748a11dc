import type { Output } from '../command.js';
import { palette } from '../output/colors.js';
import { terminalText } from '../output/terminal-text.js';
import { wrap } from '../output/wrap.js';

/** Lines longer than this are hard to read, however wide the terminal is. */
const LONGEST_LINE = 110;
const LABEL = 16;

/** Parts of a page about one thing. Every text is made safe for a terminal. */
export function sheet(out: Output) {
  const { bold, dim } = palette(out);
  const width = Math.min(out.columns, LONGEST_LINE);
  const wrapped = (text: string, indent = 0): string =>
    text
      .split('\n')
      .flatMap((line) => wrap(terminalText(line.trimEnd()), width - indent))
      .join(`\n${' '.repeat(indent)}`);
  return {
    wrapped,
    /** A label and a text beside it; nothing where there is no text. */
    line: (label: string, text: string | undefined): string =>
      text === undefined || text === '' ? '' : `${dim(label.padEnd(LABEL))}${wrapped(text, LABEL)}\n`,
    /** A heading with text below it, which has to be safe. */
    block: (label: string, text: string): string =>
      text === '' ? '' : `\n${bold(label)}\n${text.trimEnd()}\n`,
    list: (items: readonly string[]): string => items.map((item) => `  - ${wrapped(item, 4)}`).join('\n'),
  };
}
