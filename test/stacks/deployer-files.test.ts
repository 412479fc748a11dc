import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.js';
import { synthesize } from '../../stacks/synthesize.js';
import { folderWith } from '../support/cli.js';
import { oneAccount } from './configs.js';
import { Deployer } from './deployer.js';

const config = oneAccount();

/** The files of policies, as `tocsin synth` writes them. */
async function written(hcl: boolean, folder = folderWith({ 'tocsin.yaml': JSON.stringify(config) })) {
  const { deployer } = await synthesize(await loadConfig(folder), {
    outdir: join(folder, 'out'),
    cwd: folder,
    hcl,
  });
  const read = (file: string): unknown => JSON.parse(readFileSync(join(deployer.path, file), 'utf8'));
  return {
    ...deployer,
    folder,
    documents: Object.fromEntries(readdirSync(deployer.path).map((file) => [file, read(file)])),
  };
}

describe('policies of deployers', () => {
  const expected = Object.fromEntries(
    new Deployer(config).policies.map(({ file, document }) => [file, document]),
  );

  test('are written beside the stacks, the same in either format, and listed', async () => {
    const [json, hcl] = [await written(false), await written(true)];

    expect(json.documents).toEqual(expected);
    expect(json.path).toBe(join(json.folder, 'out/deployer'));
    expect(json.files).toEqual(Object.keys(expected));
    expect(hcl.documents).toEqual(expected);
  });

  test('that are no more are taken away', async () => {
    const { folder, path } = await written(false);
    writeFileSync(join(path, 'main-apply-9.json'), '{}');

    expect((await written(false, folder)).documents).toEqual(expected);
  });
});
