import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { z } from 'zod';
import { createEngine } from '../../detector/engine/engine.js';
import { RuleProblemsError } from '../../detector/engine/problem.js';
import { awsCloudtrail } from '../../detector/logs/aws-cloudtrail.js';
import type { JsonObject, Rule } from '../../detector/rule.js';
import { parseConfig } from '../../src/config/load.js';
import { CONFIG } from '../../src/config/schema.js';
import { jsonLines, ROOT, tocsin } from '../support/cli.js';
import { fencedBlocks, linksOf, sectionOf, tablesOf } from '../support/markdown.js';

const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const rulesPage = page('docs/rules.md');

const RULE: Rule = {
  id: 'docs.example',
  logTypes: ['aws.cloudtrail'],
  name: 'Example',
  description: 'Example',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'Example',
  match: { '["here"]': true },
};
/** The match of an event by a rule with these parts, if any. */
const evaluate = (parts: Partial<Rule>, event: JsonObject) =>
  createEngine([{ rule: { ...RULE, ...parts } }], [awsCloudtrail]).evaluate('aws.cloudtrail', () => event)
    .matches[0];
/** A cell that holds a value as TypeScript writes it, as JSON; undefined for `undefined`. */
const valueOf = (cell: string): unknown => {
  const value: unknown = runInNewContext(`(${codeOf(cell)})`);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
};
const codeOf = (cell: string): string => /^`+ ?(.*?) ?`+$/.exec(cell)?.[1] ?? cell;

describe('rule examples in docs/rules.md', () => {
  let folder = '';
  const blocks = fencedBlocks(rulesPage, 'ts').map((text, i) => ruleFile(text, i));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-docs-test-'));
    await Promise.all(blocks.map((text, i) => writeFile(join(folder, `example-${String(i)}.ts`), text)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('run, and their tests pass', async () => {
    const { code, out, err } = await tocsin([
      'rules',
      'test',
      '--rules-dir',
      folder,
      '--no-builtin',
      '--json',
    ]);

    expect(err).toBe('');
    expect(code).toBe(0);
    expect(jsonLines(out).filter(({ ok }) => ok === false)).toEqual([]);
    expect(jsonLines(out).at(-1)).toMatchObject({ rules: blocks.length, passed: 6, failed: 0 });
  });

  test('and those of examples/rules have the types of the contract', () => {
    const files = [
      ...blocks.map((_, i) => join(folder, `example-${String(i)}.ts`)),
      ...readdirSync(join(ROOT, 'examples/rules')).map((name) => join(ROOT, 'examples/rules', name)),
    ];

    expect(typeErrors(files)).toEqual([]);
  });
});

describe('tables in docs/rules.md', () => {
  const event = JSON.parse(fencedBlocks(sectionOf(rulesPage, 'Paths'), 'json')[0] ?? '') as JsonObject;
  const rows = (heading: string): string[][] => tablesOf(sectionOf(rulesPage, heading)).flat();
  const here = { ...event, here: true };

  test.each([...rows('Paths'), ...rows('Functions')].map(([path = '', value = '']) => ({ path, value })))(
    'the path $path is $value',
    ({ path, value }) => {
      const context = evaluate({ context: { value: codeOf(path) } }, here)?.context();

      expect(context).toBeDefined();
      expect(context?.value).toEqual(valueOf(value));
    },
  );

  test.each(rows('Templates').map(([template = '', text = '']) => ({ template, text })))(
    'the template $template is $text',
    ({ template, text }) => {
      expect(evaluate({ title: codeOf(template) }, here)?.title).toBe(codeOf(text));
    },
  );

  test.each(rows('Operators').map(([operators = '', yes = '', no = '']) => ({ operators, yes, no })))(
    '$operators holds for $yes and not for $no',
    ({ operators, yes, no }) => {
      const match = { value: valueOf(operators) } as Rule['match'];
      const eventWith = (cell: string): JsonObject => {
        const value = valueOf(cell);
        return value === undefined ? {} : { value: value as JsonObject };
      };

      expect(evaluate({ match }, eventWith(yes))).toBeDefined();
      expect(evaluate({ match }, eventWith(no))).toBeUndefined();
    },
  );

  test('list every operator', () => {
    const all = namesInFix({ match: { value: { nope: 1 } as never } });

    expect(all.filter((name) => !rows('Operators').some(([cell]) => cell?.includes(`${name}:`)))).toEqual([]);
  });

  test('list every function', () => {
    const all = namesInFix({ match: { 'value.nope()': 1 } });

    expect(all.filter((name) => !rows('Functions').some(([cell]) => cell?.includes(`.${name}(`)))).toEqual(
      [],
    );
  });

  test.each([
    ['Rule', 'All parts of a rule'],
    ['RuleTest', 'Tests'],
  ])('list every part of %s', (name, heading) => {
    expect(rows(heading).map(([cell = '']) => codeOf(cell))).toEqual(
      expect.arrayContaining(membersOf(join(ROOT, 'detector/rule.ts'), name)),
    );
  });
});

describe('configuration', () => {
  const examples = PAGES.flatMap((path) =>
    fencedBlocks(page(path), 'yaml').map((text, i) => ({ path, number: i + 1, text })),
  );

  test.each(examples)('example $number of $path is right', ({ path, text }) => {
    expect(() => parseConfig(text, path)).not.toThrow();
  });

  test('docs/configuration.md has a row for every key', () => {
    const text = page('docs/configuration.md');
    const rows = tablesOf(text)
      .flat()
      .map(([cell = '']) => codeOf(cell));

    const keys = leavesOf(z.toJSONSchema(CONFIG, { io: 'input' }));
    const missing = keys.filter((key) => !rows.includes(key));

    expect(missing).toEqual([]);
  });

  test('docs/configuration.md holds the example of examples/tocsin.yaml', () => {
    const [example = ''] = fencedBlocks(page('docs/configuration.md'), 'yaml');

    expect(parseConfig(example, 'docs')).toEqual(parseConfig(page('examples/tocsin.yaml'), 'examples'));
  });
});

describe('examples', () => {
  test('the rules pass their tests', async () => {
    const { code, err } = await tocsin(['rules', 'test', '--rules-dir', 'examples/rules', '--no-builtin']);

    expect(err).toMatch(/^1 rule, 6 tests: 6 passed, 0 failed\n$/);
    expect(code).toBe(0);
  });

  test('examples/tocsin.yaml loads with its rules and settings', async () => {
    const { code, out } = await tocsin(['rules', 'list', '--config', 'examples/tocsin.yaml', '--json']);

    expect(code).toBe(0);
    expect(jsonLines(out).map(({ id }) => id)).toContain('custom.aws.secrets-read-in-bulk');
  });
});

describe('docs/commands.md', () => {
  const text = page('docs/commands.md');
  const optionsIn = (part: string): string[] =>
    [...new Set(part.match(/(?<=^|[\s`])--[a-z][a-z-]*/gm))].sort();
  const documented = (part: string): string[] =>
    optionsIn(
      tablesOf(part)
        .flat()
        .map(([cell]) => cell)
        .join('\n'),
    );
  const helpOf = async (command: string): Promise<string> =>
    (await tocsin([...command.split(' '), '--help'])).out;

  test.each(['detect', 'rules list', 'rules show', 'rules test', 'demo'])(
    'has the options of %s',
    async (command) => {
      const [own = '', global = ''] = (await helpOf(command)).split('Global Options:');
      const listed = /^Options:\n([^]*)/m.exec(own)?.[1] ?? '';

      expect(documented(sectionOf(text, command))).toEqual(
        optionsIn(listed).filter((name) => name !== '--help'),
      );
      expect(documented(text.split('\n## ', 1)[0] ?? '')).toEqual(optionsIn(`${global} --help`));
    },
  );

  test('has every command', async () => {
    const { out } = await tocsin(['--help']);
    const commands = [...out.matchAll(/^ {2}([a-z]+)(?: \[| {2,})/gm)].map(([, name = '']) => name);

    expect(commands).toContain('detect');
    for (const name of commands.filter((command) => command !== 'help')) {
      expect(text).toMatch(new RegExp(`^## ${name}\\b`, 'm'));
    }
  });
});

test('docs/dependencies.md has a row for every package, with its version', () => {
  const manifest = JSON.parse(page('package.json')) as Record<'dependencies' | 'devDependencies', object>;
  const rows = tablesOf(page('docs/dependencies.md'))
    .flat()
    .map(([name, version]) => `${name ?? ''} ${version ?? ''}`);

  const packages = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(rows.sort()).toEqual(packages.map(([name, version]) => `${name} ${String(version)}`).sort());
});

test('generated pages are up to date', async () => {
  const script = join(ROOT, 'scripts/docs-generate.mjs');

  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check']).catch(
    (error: unknown) => error as { stderr: string },
  );

  expect(stderr).toBe('');
});

test.each(PAGES)('links of %s lead somewhere', (path) => {
  const broken = linksOf(page(path)).filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });

  expect(broken).toEqual([]);
});

/** As GitHub makes them of headings. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** A block that is no rule file holds some parts of one as constants: it becomes a rule with these parts. */
function ruleFile(text: string, number: number): string {
  if (text.includes('export default')) return text;
  const parts = [...text.matchAll(/^const (\w+):/gm)].map(([, name = '']) => name);
  const { match: _, ...rest } = { ...RULE, id: `docs.example-${String(number)}` };
  const match = parts.includes('match') ? '' : `match: { eventName: 'x' },`;
  return `import { defineRule, type FieldDefinitions, type Match, type Rule } from 'tocsin';
${text}
export type Used = [FieldDefinitions, Match, Rule];
export default defineRule({ ...${JSON.stringify(rest)} as const, ${match} ${parts.join(', ')} });
`;
}

function typeErrors(files: readonly string[]): string[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    paths: { tocsin: [join(ROOT, 'detector/rule.ts')] },
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

/** The names that a mistake in a rule offers instead: all there are. */
function namesInFix(parts: Partial<Rule>): readonly string[] {
  try {
    createEngine([{ rule: { ...RULE, ...parts } }], [awsCloudtrail]);
  } catch (error) {
    if (error instanceof RuleProblemsError) {
      return /Use one of: (.*)\./.exec(error.problems[0]?.fix ?? '')?.[1]?.split(', ') ?? [];
    }
    throw error;
  }
  throw new Error('the rule has no mistake');
}

function membersOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  ) as ts.InterfaceDeclaration | undefined;
  return found?.members.map((member) => member.name?.getText(source) ?? '') ?? [];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Keys of a configuration in dotted form; `[]` is an element of a list. */
function leavesOf(schema: unknown, at = ''): string[] {
  const { properties, items } = schema as Schema;
  if (items?.properties !== undefined) return leavesOf(items, `${at}[]`);
  if (properties === undefined) return [at];
  return Object.entries(properties).flatMap(([name, inner]) =>
    leavesOf(inner, at === '' ? name : `${at}.${name}`),
  );
}
