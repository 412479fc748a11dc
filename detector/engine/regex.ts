import { RE2JS } from 're2js';
import { SyntaxProblem } from './problem.js';

export type TextTest = (text: string) => boolean;

/**
 * Compiles a pattern that is searched anywhere in a text.
 * Patterns of our own rules are reviewed and run on RegExp; users' patterns run on RE2, in time linear in the text
 * (about ten times slower), behind a literal that the text must contain.
 * @throws SyntaxProblem for a pattern that cannot be read
 */
export function compileRegex(pattern: string, options: { ignoreCase: boolean; reviewed: boolean }): TextTest {
  const { ignoreCase, reviewed } = options;
  try {
    if (reviewed) {
      const expression = new RegExp(pattern, ignoreCase ? 'iu' : 'u');
      return (text) => expression.test(text);
    }
    const expression = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    const literal = ignoreCase ? requiredLiteral(pattern).toLowerCase() : requiredLiteral(pattern);
    // Outside ASCII, letters fold to others than toLowerCase gives (U+017F is an s), so the literal proves nothing.
    const mayMatch = ignoreCase
      ? (text: string) => text.toLowerCase().includes(literal) || /[^\0-\x7f]/.test(text)
      : (text: string) => text.includes(literal);
    return (text) => mayMatch(text) && expression.matcher(text).find();
  } catch (error) {
    throw new SyntaxProblem(
      `the regular expression "${pattern}" cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Use RE2 syntax: no look-around and no back-references.',
    );
  }
}

/** A class that holds a bracket itself, such as `[]a]`, `[[:alpha:]b]` or `[a[b]`: where it ends takes a parser. */
const BRACKET_IN_CLASS = /\[\^?\]|\[[^\]]*\[/;

/**
 * The longest plain text that every match of the pattern contains, or '' when that is not plain to see: only runs of
 * letters, digits and a few marks outside of groups, classes and alternatives count.
 */
export function requiredLiteral(pattern: string): string {
  if (/[|\\]|\(\?/.test(pattern) || BRACKET_IN_CLASS.test(pattern)) return '';
  const outside = pattern.replace(/\([^()]*\)[?*+]?|\[[^\]]*\][?*+]?/g, '\n');
  if (/[()[\]{}]/.test(outside)) return '';
  const runs = outside.replace(/.[?*]/g, '\n').match(/[\w :/@=,;%&#~"'<>-]+/g) ?? [];
  return runs.reduce((best, run) => (run.length > best.length ? run : best), '');
}
