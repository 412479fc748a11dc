import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.js';
import { writePolicies } from '../../stacks/deployer-files.js';
import { synthesize } from '../../stacks/synthesize.js';
import { folderWith } from '../support/cli.js';
import { oneAccount } from './configs.js';
import { Deployer } from './deployer.js';

const { policies } = new Deployer(oneAccount());
const expected = Object.fromEntries(policies.map(({ file, document }) => [file, document]));

const documentsIn = (folder: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
  );

describe('policies of deployers', () => {
  test('are written as JSON beside the stacks, be these HCL, and listed', async () => {
    const cwd = folderWith({ 'tocsin.yaml': JSON.stringify(oneAccount()) });

    const { deployer } = await synthesize(await loadConfig(cwd), {
      outdir: join(cwd, 'out'),
      cwd,
      hcl: true,
    });

    expect(deployer).toEqual({ path: join(cwd, 'out/deployer'), files: Object.keys(expected) });
    expect(documentsIn(deployer.path)).toEqual(expected);
  });

  test('that are no more are taken away', async () => {
    const folder = join(folderWith({}), 'deployer');
    await writePolicies(policies, folder);
    writeFileSync(join(folder, 'main-apply-9.json'), '{}');

    await writePolicies(policies, folder);

    expect(documentsIn(folder)).toEqual(expected);
  });
});
