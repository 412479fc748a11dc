import type { Socket } from 'node:net';

const LINE_END = 10;

/** A peer sent more without a line end than any line has. */
export class LineTooLongError extends Error {}

/**
 * The lines that a peer sends, without their ends. What follows the last end is no line: the peer went away in its
 * middle. Nothing is read from the socket while a line is worked on.
 * @throws LineTooLongError, and what the socket throws
 */
export async function* linesOf(socket: Socket, mostBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let from = 0;
    while (from < chunk.length) {
      const found = chunk.indexOf(LINE_END, from);
      const part = chunk.subarray(from, found < 0 ? chunk.length : found);
      bytes += part.length;
      if (bytes > mostBytes) throw new LineTooLongError(`a line has more than ${mostBytes} bytes`);
      parts.push(part);
      if (found < 0) break;
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      bytes = 0;
      from = found + 1;
      yield line;
    }
  }
}

/** Writes a line and waits until it is on its way, or the socket is gone: a peer that does not read holds up itself. */
export const writeLine = (socket: Socket, line: string): Promise<void> =>
  new Promise((resolve) => socket.write(`${line}\n`, () => resolve()));
