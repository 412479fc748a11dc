import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { importBreaches } from '../support/import-rules.js';

const ROOMS = ['detector', 'rules', 'src', 'stacks'];

describe('imports go one way', () => {
  test.each(ROOMS.filter((room) => existsSync(room)))('in %s', (room) => {
    const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
      .map((path) => `${room}/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts'));

    const breaches = files.flatMap((file) => importBreaches(file, readFileSync(file, 'utf8')));

    expect(files).not.toEqual([]);
    expect(breaches).toEqual([]);
  });
});

describe('a breach is found', () => {
  test.each([
    [
      'rules/aws/cloudtrail/a.ts',
      '../../../detector/engine/scan.js',
      'rules import nothing but detector/rule',
    ],
    ['rules/aws/cloudtrail/a.ts', 'node:fs', 'rules import nothing but detector/rule'],
    ['rules/aws/cloudtrail/a.ts', 'zod', 'rules import nothing but detector/rule'],
    ['detector/alerts/fold.ts', '../../src/config/load.js', 'the detector never imports src'],
    ['detector/runtimes/serve.ts', '../../rules/index.js', 'the detector never imports src, stacks or rules'],
    ['detector/state/sqlite.ts', '../../stacks/bundle.js', 'the detector never imports src, stacks or rules'],
    ['detector/engine/scan.ts', '../feeds/s3.js', 'import only each other'],
    ['detector/rule.ts', './alerts/fold.js', 'import only each other'],
    ['detector/engine/scan.ts', 'node:fs/promises', 'import nothing that does I/O'],
    ['detector/engine/scan.ts', 'zlib', 'import nothing that does I/O'],
    ['detector/engine/scan.ts', 'yaml', 'import nothing that does I/O'],
    ['detector/alerts/fold.ts', '@aws-sdk/client-s3', 'cloud SDKs are imported only in'],
    ['src/commands/plan.ts', '@azure/identity', 'cloud SDKs are imported only in'],
    ['stacks/gcp/feed.ts', '@google-cloud/storage', 'cloud SDKs are imported only in'],
    ['src/terraform/synth.ts', 'cdktf', 'CDKTF is imported only in stacks'],
    [
      'src/terraform/synth.ts',
      '@cdktf/provider-aws/lib/iam-role/index.js',
      'CDKTF is imported only in stacks',
    ],
    ['stacks/main.ts', '../src/commands/plan.js', 'stacks never import src/commands'],
    ['src/commands/init.ts', 'inquirer', 'inquirer is imported only in src/prompts.ts'],
    ['src/commands/init.ts', '@inquirer/prompts', 'inquirer is imported only in src/prompts.ts'],
  ])('%s imports %s', (file, specifier, rule) => {
    const breaches = importBreaches(file, `import { x } from '${specifier}';`);

    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toContain(`${file} imports "${specifier}", but `);
    expect(breaches[0]).toContain(rule);
  });

  test.each([
    ["import type { X } from 'node:fs';"],
    ["import 'node:fs';"],
    ["export * from 'node:fs';"],
    ["const fs = await import('node:fs');"],
    ["type Stats = import('node:fs').Stats;"],
    ["const fs = require('node:fs');"],
  ])('however it is written: %s', (text) => {
    expect(importBreaches('detector/engine/scan.ts', text)).toHaveLength(1);
  });
});

describe('what is allowed passes', () => {
  test.each([
    ['rules/aws/cloudtrail/a.ts', '../../../detector/rule.js'],
    ['rules/aws/cloudtrail/a.ts', '../../lib/principals.js'],
    ['detector/engine/scan.ts', './walk.js'],
    ['detector/engine/scan.ts', '../rule.js'],
    ['detector/engine/scan.ts', 'node:buffer'],
    ['detector/engine/regex.ts', 're2js'],
    ['detector/feeds/s3.ts', '@aws-sdk/client-s3'],
    ['detector/feeds/s3.ts', '../engine/scan.js'],
    ['detector/feeds/directory.ts', 'node:fs/promises'],
    ['src/cloud/doctor.ts', '@azure/identity'],
    ['src/commands/plan.ts', '../../stacks/main.js'],
    ['src/commands/detect.ts', '../../rules/index.js'],
    ['src/prompts.ts', 'inquirer'],
    ['stacks/main.ts', '../src/config/schema.js'],
    ['stacks/main.ts', 'cdktf'],
  ])('%s imports %s', (file, specifier) => {
    expect(importBreaches(file, `import { x } from '${specifier}';`)).toEqual([]);
  });

  test('an import that is only mentioned in a comment or a string', () => {
    const text = `// import 'node:fs'\nexport const text = "import 'node:fs'";`;

    expect(importBreaches('detector/engine/scan.ts', text)).toEqual([]);
  });
});
