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
  const output: Output = {
    isTerminal,
    isPipe: !isTerminal && isPipe(stream.fd),
    colors: colors && isTerminal && stream.hasColors(),
    columns: (isTerminal ? stream.columns : 0) || 100,
    screen,
    write: async (text) => {
      const overlay = isTerminal ? screen.overlay : undefined;
      overlay?.hide();
      await new Promise<void>((resolve, reject) =>
        stream.write(text, (error) => {
          // Without anybody to tell, the stream's error event ends the process.
          if (error && output.onBroken !== undefined) reject(error);
          else resolve();
        }),
      );
      overlay?.show();
    },
  };
  return output;
}

function isPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}
