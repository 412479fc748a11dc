import { expect, test } from '@jest/globals';
import { folderWith, tocsin } from '../support/cli.js';

test('a rule file that ends the process when it is loaded is a mistake, and no success', async () => {
  const cwd = folderWith({ 'mine/a.ts': 'process.exit(0);' });

  const { code, err } = await tocsin(['rules', 'test', '--rules-dir', 'mine', '--no-builtin'], { cwd });

  expect(err).toBe(
    'tocsin: mine/a.ts ended the process while it was loaded.\n  → Take the call out of it.\n',
  );
  expect(code).toBe(64);
});
