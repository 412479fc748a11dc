import { fstatSync } from 'node:fs';
import type { Output, Screen } from '../command.js';

/**
 * Standard output or error of this process.
 * @param screen shared by both: what is drawn on the terminal beside their text
 */
export function processOutput(
  stream: NodeJS.WriteStream & { readonly fd: number },
  colors: boolean,
  screen: Screen,
  term = process.env.TERM,
): Output {
  // Without a terminal Node leaves the property away, whatever its type says.
  const isTerminal = (stream as { isTTY?: boolean }).isTTY === true && term !== 'dumb';
  return {
    isTerminal,
    isPipe: !isTerminal && isPipe(stream.fd),
    colors: colors && isTerminal && stream.hasColors(),
    columns: (isTerminal ? stream.columns : 0) || 100,
    screen,
    write: async (text) => {
      const overlay = isTerminal ? screen.overlay : undefined;
      overlay?.hide();
      // The stream's error event, not this, says what became of a write that failed.
      await new Promise<void>((resolve) => stream.write(text, () => resolve()));
      overlay?.show();
    },
  };
}

function isPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}
