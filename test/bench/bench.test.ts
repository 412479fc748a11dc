import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { jsonLines, ROOT } from '../support/cli.js';

/** Sizes so small that the numbers mean nothing: what is tested is that every case runs. */
const TINY = ['--no-build', '--mb', '0.1', '--runs', '1', '--warm-up', '0'];

describe('npm run bench', () => {
  test('measures every suite and prints a line for each case', async () => {
    const { code, out, err } = await bench([...TINY, '--json']);

    expect(err).toBe('');
    expect(code).toBe(0);
    const [machine, load, ...results] = jsonLines(out);
    expect(machine).toMatchObject({ machine: { node: process.versions.node } });
    expect(load).toMatchObject({ load: { name: 'generated logs of three clouds' } });
    expect([...new Set(results.map(({ suite }) => suite))]).toEqual([
      'pipeline',
      'log-types',
      'grouping',
      'ledger',
      'command',
    ]);
    expect(results.filter(({ runs, ratio }) => runs !== 1 || ratio === undefined)).toEqual([]);
  });

  test('runs one suite and prints it as a table', async () => {
    const { code, out } = await bench([...TINY, '--only', 'grouping']);

    expect(code).toBe(0);
    expect(out).toMatch(/^case +speed +spread +by CPU +of +events\/s +ms +spread$/m);
    expect(out).toMatch(/^one group, all at once +\d/m);
  });

  test.each([
    [['--only', 'everything'], '"everything" is no suite'],
    [['--runs', '0'], '--runs is "0"'],
    [['--load', 'no/such/folder'], 'no/such/folder'],
  ])('refuses %j and tells the options', async (args, problem) => {
    const { code, err } = await bench(['--no-build', ...args]);

    expect(code).toBe(2);
    expect(err).toContain(problem);
    expect(err).toContain('--only NAME');
  });
});

function bench(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(ROOT, 'bench/run.mjs'), ...args]);
    const [out, err] = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString();
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, out: out?.() ?? '', err: err?.() ?? '' }));
  });
}
