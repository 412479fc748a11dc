import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { CLI, folderWith, jsonLines, tocsin } from '../support/cli.js';

const example = (name: string): string => readFileSync(`examples/aws-${name}.tocsin.yaml`, 'utf8');

/** Every file below a folder, with what it holds. */
const contents = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path).toString('base64')]),
  );

describe('tocsin synth', () => {
  const folder = folderWith({ 'tocsin.yaml': example('one-account') });
  const out = join(folder, 'cdktf.out');

  test('writes a folder for each stack, with the lock of its provider, and says what to do next', async () => {
    const { code, out: result, err } = await tocsin(['synth'], { cwd: folder });

    expect(code).toBe(0);
    expect(result).toMatch(
      /^tocsin-acme-detector {2}cdktf\.out\/stacks\/tocsin-acme-detector\ntocsin-acme-source-cloudtrail {2}\S+ {2}after tocsin-acme-detector\n/,
    );
    expect(err).toMatch(/^2 stacks; the detector has \d+ KB \(sha256 [0-9a-f]{12}…\)\.$/m);
    expect(err).toContain('terraform init');
    expect(err).toContain('Policies for whoever plans and applies: cdktf.out/deployer\n');
    expect(err).not.toContain('Warning');
    expect(readFileSync(join(out, 'stacks/tocsin-acme-detector/.terraform.lock.hcl'), 'utf8')).toContain(
      'version     = "5.100.0"',
    );
  });

  test('writes the same bytes again, from another folder', async () => {
    const other = folderWith({ 'tocsin.yaml': example('one-account') });

    await tocsin(['synth', '--quiet'], { cwd: other });

    expect(contents(join(other, 'cdktf.out'))).toEqual(contents(out));
  });

  test('lists the stacks as JSON', async () => {
    const { out: result } = await tocsin(['synth', '--json'], { cwd: folder });

    expect(jsonLines(result)).toMatchObject([
      {
        stacks: [
          { name: 'tocsin-acme-detector', after: [] },
          { name: 'tocsin-acme-source-cloudtrail', after: ['tocsin-acme-detector'] },
        ],
        bundle: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        deployer: { files: expect.arrayContaining(readdirSync(join(out, 'deployer'))) },
        left: [],
      },
    ]);
  });

  test('leaves what Terraform keeps there alone, and tells of stacks that nobody asks for any more', async () => {
    const own = folderWith({ 'tocsin.yaml': example('one-account') });
    const old = join(own, 'cdktf.out/stacks/tocsin-acme-source-old');
    mkdirSync(old, { recursive: true });
    writeFileSync(join(old, 'terraform.tfstate'), '{}');

    const { err } = await tocsin(['synth'], { cwd: own });

    expect(err).toContain(
      'tocsin-acme-source-old belongs to no source any more; what it made is still there.',
    );
    expect(readdirSync(old)).toEqual(['terraform.tfstate']);
  });

  test('writes HCL that people can read, and only that', async () => {
    await tocsin(['synth', '--hcl', '--out', 'hcl', '--quiet'], { cwd: folder });
    const stack = join(folder, 'hcl/stacks/tocsin-acme-detector');

    expect(readdirSync(stack)).not.toContain('cdk.tf.json');
    const text = readFileSync(join(stack, 'cdk.tf'), 'utf8');
    expect(text).toMatch(/^resource "aws_dynamodb_table" "\S+" \{\n {2}\w/m);
    expect(text).toMatch(/^ {2}provider = aws$/m);
    await tocsin(['synth', '--out', 'hcl', '--quiet'], { cwd: folder });
    expect(readdirSync(stack)).not.toContain('cdk.tf');
  });

  test('deploys rules of the user, and finds what is wrong with them before anything is written', async () => {
    const own = folderWith({ 'tocsin.yaml': `${example('one-account')}\nrules:\n  folder: rules\n` });
    cpSync(resolve('examples/rules'), join(own, 'rules'), { recursive: true });
    expect(await tocsin(['synth', '--quiet'], { cwd: own })).toMatchObject({ code: 0 });
    writeFileSync(join(own, 'rules/broken.ts'), 'export default 7;');

    const { code, err } = await tocsin(['synth', '--out', 'other', '--quiet'], { cwd: own });

    expect(code).toBe(64);
    expect(err).toContain('broken.ts');
    expect(readdirSync(own)).not.toContain('other');
  });

  test('takes nothing from the environment: a secret there reaches no file', async () => {
    const canary = 'canary-5b1f0a2e';

    await tocsin(['synth', '--out', 'canary', '--quiet'], {
      cwd: folder,
      env: { AWS_SECRET_ACCESS_KEY: canary, SLACK_TOKEN: canary, TF_VAR_token: canary },
    });

    expect(JSON.stringify(contents(join(folder, 'canary')))).not.toContain(
      Buffer.from(canary).toString('base64').slice(0, 16),
    );
    expect(contents(join(folder, 'canary'))).toEqual(contents(out));
  });

  test('says what is missing where there is no `aws`', async () => {
    const { code, err } = await tocsin(['synth'], { cwd: folderWith({ 'tocsin.yaml': 'sources: []' }) });

    expect(code).toBe(64);
    expect(err).toContain('asks for no infrastructure: it has no `aws`.');
  });

  test('does what cdktf.json runs', async () => {
    const app = JSON.parse(readFileSync('cdktf.json', 'utf8')) as { app: string };
    expect(app.app).toBe('node dist/stacks.js');
    const env = { ...process.env, CDKTF_OUTDIR: join(folder, 'by-cdktf') };

    await promisify(execFile)(process.execPath, [join(CLI, '../stacks.js')], { cwd: folder, env });

    expect(contents(join(folder, 'by-cdktf'))).toEqual(contents(out));
  });
});

describe('tocsin config check', () => {
  test.each(['one-account', 'organization', 'existing-bucket'])(
    'finds the example %s right',
    async (name) => {
      const { code, out } = await tocsin(['config', 'check', '--config', `examples/aws-${name}.tocsin.yaml`]);

      expect(code).toBe(0);
      expect(out).toMatch(/^right {2}\S+: \d sources?, \d destinations?, \d+ rules, \d stacks\n$/);
    },
  );

  test('says what is hardly meant', async () => {
    const cwd = folderWith({
      'tocsin.yaml':
        "aws:\n  accounts: { main: { id: '111111111111', region: eu-central-1 } }\n  detector: { account: main, enabled: false }",
    });

    const { code, err } = await tocsin(['config', 'check'], { cwd });

    expect(code).toBe(0);
    expect(err.split('\n').filter((line) => line.startsWith('note'))).toHaveLength(5);
  });

  test('lists mistakes as JSON', async () => {
    const cwd = folderWith({ 'tocsin.yaml': 'sources: 7\nrulez: {}' });

    const { code, out } = await tocsin(['config', 'check', '--json'], { cwd });

    expect(code).toBe(64);
    expect(jsonLines(out)).toMatchObject([{ ok: false, mistakes: [{ line: 1 }, { line: 2 }] }]);
  });

  test('wants a file', async () => {
    const { code, err } = await tocsin(['config', 'check'], { cwd: folderWith({}) });

    expect(code).toBe(64);
    expect(err).toContain('There is no tocsin.yaml here.');
  });
});
