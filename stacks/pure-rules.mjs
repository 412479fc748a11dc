// @ts-check
// JavaScript, since scripts/build.mjs runs it as it is.
import { readFile } from 'node:fs/promises';
import { extname, sep } from 'node:path';
import { transform } from 'esbuild';

/**
 * Marks what a rule file declares as free of side effects, so that a bundler leaves out what is not used: the tests
 * beside the rule, with the events that they make. Without it one call, or three dots in an object, keep all of them.
 * @param {readonly string[]} folders absolute paths of folders of rules
 * @returns {import('esbuild').Plugin}
 */
export const pureRules = (folders) => ({
  name: 'pure-rules',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.[mc]?[jt]s$/ }, async ({ path }) => {
      if (path.includes(`${sep}node_modules${sep}`)) return undefined;
      if (!folders.some((folder) => path.startsWith(folder + sep))) return undefined;
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: extname(path).endsWith('ts') ? 'ts' : 'js',
        // No line of a text is a line of the code then.
        supported: { 'template-literal': false },
        legalComments: 'none',
        sourcefile: path,
      });
      return { contents: statements(code).map(pure).join(''), loader: 'js' };
    }),
});

/**
 * esbuild indents all but the first and the last line of a statement, and the last begins with a bracket.
 * @param {string} code as esbuild prints it
 */
const statements = (code) => code.split(/^(?=[^\s)\]}])/m);

/** @param {string} statement */
const pure = (statement) =>
  /\bawait\b/.test(statement)
    ? statement
    : statement.replace(
        /^((?:export )?(?:const|let|var) [\w$]+ = )([^]*);(\s*)$/,
        (_, declared, value, end) => `${declared}/* @__PURE__ */ (() => (${value}))();${end}`,
      );
