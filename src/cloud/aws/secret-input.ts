import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { UsageError } from '../../errors.js';

/** Standard input: a terminal, or whatever is piped in. */
export type SecretInput = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
};

/** What the detector takes at most: a longer secret is a mistake, such as a file that was meant for something else. */
const MOST_CHARACTERS = 8192;
/** Reading ends here, whatever is piped in. */
const MOST_BYTES = 64 * 1024;

/**
 * Reads a secret without showing it: a line that is typed or pasted, or all of what is piped in. A line break at the
 * end does not count.
 * @param ask writes the question to a terminal
 * @throws UsageError for an empty or a long one, and for what is no text
 */
export async function readSecret(input: SecretInput, ask: (text: string) => Promise<void>): Promise<string> {
  const isTerminal = input.isTTY === true;
  const text = isTerminal ? await typedLine(input, ask) : await pipedText(input);
  if (text === '') {
    throw new UsageError(
      'EMPTY_SECRET',
      'The secret is empty.',
      isTerminal
        ? 'Run the command again and type or paste the secret.'
        : 'Pipe the secret into the command, or run it on a terminal to be asked for it.',
    );
  }
  if (text.length > MOST_CHARACTERS) throw tooLong();
  return text;
}

const tooLong = (): UsageError =>
  new UsageError(
    'LONG_SECRET',
    `The secret has more than ${MOST_CHARACTERS} characters.`,
    'Check that it is the right one: a token, a key or an address.',
  );

async function pipedText(input: SecretInput): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of input as AsyncIterable<Buffer | string>) {
    const buffer = Buffer.from(part);
    bytes += buffer.length;
    if (bytes > MOST_BYTES) throw tooLong();
    parts.push(buffer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(
      'BINARY_SECRET',
      'The secret is no text in UTF-8.',
      'Pipe the text of the secret itself into the command.',
      { cause: error },
    );
  }
}

const ENTER = /[\r\n]/;
const CANCEL = '\x03';
const END = '\x04';
const CLEAR = '\x15';
const RUB_OUT = /[\x08\x7f]/;
/** Arrows and the like. */
const ESCAPE_SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/g;
const CONTROL = /\p{Cc}/u;

/** Raw mode: the terminal shows nothing, and editing the line is up to us. */
async function typedLine(input: SecretInput, ask: (text: string) => Promise<void>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  const line: string[] = [];
  // Before the question: who sees it may type at once.
  input.setRawMode?.(true);
  try {
    await ask('Secret (it is not shown): ');
    for await (const part of input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer | string>) {
      const text = typeof part === 'string' ? part : decoder.write(part);
      for (const character of text.replace(ESCAPE_SEQUENCES, '')) {
        if (ENTER.test(character) || character === END) return line.join('');
        if (character === CANCEL) {
          throw new UsageError('CANCELLED', 'Nothing was set.', 'Run the command again when you are ready.');
        }
        if (character === CLEAR) line.length = 0;
        else if (RUB_OUT.test(character)) line.pop();
        else if (!CONTROL.test(character)) line.push(character);
        if (line.length > MOST_CHARACTERS) throw tooLong();
      }
    }
    return line.join('');
  } finally {
    input.setRawMode?.(false);
    // A terminal that is still read keeps the process alive.
    input.pause();
    await ask('\n');
  }
}
