import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { Screen } from '../../src/command.js';
import { processOutput } from '../../src/output/process-output.js';

/** A stream that looks like one of the process. */
function stream(properties: { readonly isTTY?: boolean; readonly columns?: number; readonly fd?: number }) {
  const pass = new PassThrough();
  const fake = Object.assign(pass, { fd: -1, hasColors: () => true, ...properties });
  return {
    fake: fake as unknown as NodeJS.WriteStream & { fd: number },
    text: () => String(pass.read() ?? ''),
  };
}

test.each([
  ['a terminal', { isTTY: true, columns: 80 }, 'xterm', { isTerminal: true, colors: true, columns: 80 }],
  [
    'a dumb terminal',
    { isTTY: true, columns: 80 },
    'dumb',
    { isTerminal: false, colors: false, columns: 100 },
  ],
  ['a terminal of unknown width', { isTTY: true, columns: 0 }, 'xterm', { isTerminal: true, columns: 100 }],
  ['a file or pipe', {}, 'xterm', { isTerminal: false, colors: false, columns: 100 }],
])('%s', (_, properties, term, expected) => {
  expect(processOutput(stream(properties).fake, true, {}, term)).toMatchObject(expected);
});

test('what is drawn on the terminal steps aside for text, on whichever output it comes', async () => {
  const order: string[] = [];
  const screen: Screen = { overlay: { hide: () => order.push('hide'), show: () => order.push('show') } };
  const out = stream({ isTTY: true });
  await processOutput(out.fake, true, screen, 'xterm').write('a result\n');
  const file = stream({});
  await processOutput(file.fake, true, screen, 'xterm').write('a result\n');

  expect(order).toEqual(['hide', 'show']);
  expect([out.text(), file.text()]).toEqual(['a result\n', 'a result\n']);
});

test('a write that fails does not hang the command: the stream tells', async () => {
  const { fake } = stream({});
  const errors: Error[] = [];
  fake.on('error', (error: Error) => errors.push(error));
  fake.destroy(new Error('EIO'));
  await processOutput(fake, true, {}, 'xterm').write('a result\n');

  expect(errors).toHaveLength(1);
});

test('a write that fails is refused where the command wants to know', async () => {
  const { fake } = stream({});
  fake.on('error', () => undefined);
  const output = processOutput(fake, true, {}, 'xterm');
  output.onBroken = () => undefined;
  fake.destroy(new Error('EPIPE'));

  await expect(output.write('a result\n')).rejects.toThrow();
});
