import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { pureRules } from '../../stacks/pure-rules.mjs';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-pure-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a bundle has of a rule file when only its default export is used. */
async function bundled(source: string, plugins = [pureRules([folder])]): Promise<string> {
  await writeFile(join(folder, 'rule.ts'), source);
  const { outputFiles } = await build({
    stdin: { contents: "import rule from './rule.ts'; globalThis.rule = rule;", resolveDir: folder },
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', plugins },
  });
  return outputFiles[0]?.text ?? '';
}

/** The rule that the bundle makes. */
async function ruleOf(source: string): Promise<unknown> {
  const global = globalThis as { rule?: unknown };
  await import(`data:text/javascript,${encodeURIComponent(await bundled(source))}`);
  return global.rule;
}

const RULE =
  "const NAMES = ['StopLogging'];\nexport default { id: 'own.rule', match: { eventName: NAMES } };\n";

describe('a bundle of a rule', () => {
  test.each([
    ['data', "export const tests = [{ name: 'UNUSED' }];"],
    [
      'events made of others',
      "const event = { a: 'UNUSED' };\nexport const tests = [{ event: { ...event, b: 1 } }];",
    ],
    ['calls', "const make = (name: string) => ({ name });\nexport const tests = [make('UNUSED')];"],
    [
      'calls of functions of several lines',
      "function make(name: string) {\n  const all = [name];\n  return { all };\n}\nexport const tests = ['UNUSED'].map((name) => {\n  return make(name);\n});",
    ],
    [
      'texts of several lines',
      'const text = `];\nconst tests = UNUSED\n${1 + 1}`;\nexport const tests = [text.trim()];',
    ],
    ['comments', '/* ];\nUNUSED\n*/\nexport const tests = [Math.random() /* UNUSED\n] */];'],
  ])('leaves its tests out that are %s', async (_, tests) => {
    expect(await bundled(RULE + tests)).not.toContain('UNUSED');
  });

  test('keeps what the rule needs, in its order', async () => {
    const source = `
      const BASE = Object.freeze({ a: 1 });
      const MORE = { ...BASE, b: [BASE.a].map((x) => x + 1)[0] };
      let count = 0;
      count += MORE.a;
      export default { id: 'own.rule', more: MORE, count, text: \`a\${count}
b\` };
      export const tests = [BASE.a];
    `;

    expect(await ruleOf(source)).toEqual({ id: 'own.rule', more: { a: 1, b: 2 }, count: 1, text: 'a1\nb' });
  });

  test('keeps what waits: nothing can be waited for in the function that makes a value lazy', async () => {
    expect(await ruleOf("const id = await Promise.resolve('own.rule');\nexport default { id };")).toEqual({
      id: 'own.rule',
    });
  });

  test('keeps statements that do something', async () => {
    expect(await bundled(`globalThis.seen = 'USED';\n${RULE}`)).toContain('USED');
  });

  test('and of everything else is as esbuild makes it', async () => {
    const other = await bundled(`${RULE}export const tests = [String('KEPT')];`, [pureRules(['/elsewhere'])]);

    expect(other).toContain('KEPT');
  });
});
