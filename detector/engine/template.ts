import { compilePath, type Getter, type PathContext, type Scope } from './scope.js';
import type { Json } from './json.js';
import { SyntaxProblem } from './problem.js';
import { cutText } from './text.js';
import { elementsOf, textOf } from './values.js';
import { NEEDS_MORE, type NeedsMore, type Value } from './view.js';

/** How many different values of one expression are written out; the rest is counted. */
const MOST_LISTED = 5;
/** Length of an object or list in a text, in characters. */
const LONGEST_JSON = 200;

export type Rendered = (scope: Scope, missing: string) => string | NeedsMore;

/** Compiles a template. `missing` stands where an expression has no value. @throws SyntaxProblem */
export function compileTemplate(text: string, context: PathContext): Rendered {
  const parts = splitTemplate(text).map((part) =>
    part.expression ? compilePath(part.text, context).get : part.text,
  );
  return (scope, missing) => {
    let rendered = '';
    for (const part of parts) {
      if (typeof part === 'string') rendered += part;
      else {
        const value = part(scope);
        if (value === NEEDS_MORE) return NEEDS_MORE;
        rendered += renderValue(value) || missing;
      }
    }
    return rendered;
  };
}

/** A template as a named value: no text at all counts as no value. */
export function templateGetter(text: string, context: PathContext): Getter {
  const render = compileTemplate(text, context);
  return (scope) => {
    const rendered = render(scope, '');
    return rendered === '' ? undefined : rendered;
  };
}

function renderValue(value: Value): string {
  const texts = new Set<string>();
  for (const element of elementsOf(value)) {
    if (element !== null && element !== '') texts.add(textOf(element) ?? jsonText(element));
  }
  const listed = [...texts].slice(0, MOST_LISTED).join(', ');
  return texts.size > MOST_LISTED ? `${listed} and ${String(texts.size - MOST_LISTED)} more` : listed;
}

/** A list or object as text; what is nested too deep for that, as a hostile event may be, gets a mark in its place. */
function jsonText(value: Json): string {
  try {
    return cutText(JSON.stringify(value), LONGEST_JSON);
  } catch {
    return '[nested too deep]';
  }
}

/** The expressions of a template. @throws SyntaxProblem */
export const expressionsIn = (template: string): readonly string[] =>
  splitTemplate(template).flatMap(({ expression, text }) => (expression ? [text] : []));

/** Whether a template says something whatever its expressions are. @throws SyntaxProblem */
export const hasOwnText = (template: string): boolean =>
  splitTemplate(template).some(({ expression }) => !expression);

interface Part {
  readonly expression: boolean;
  readonly text: string;
}

function splitTemplate(template: string): readonly Part[] {
  const parts: Part[] = [];
  let rest = template;
  while (rest !== '') {
    const plain = /^(?:\{\{|\}\}|[^{}])+/.exec(rest)?.[0];
    if (plain !== undefined) {
      parts.push({ expression: false, text: plain.replaceAll('{{', '{').replaceAll('}}', '}') });
      rest = rest.slice(plain.length);
      continue;
    }
    const braced = /^\{((?:"(?:[^"\\]|\\.)*"|[^{}"])+)\}/.exec(rest);
    if (braced?.[1] === undefined) {
      throw new SyntaxProblem(
        `in the template "${template}", the brace at "${cutText(rest, 30)}" does not close`,
        'Write expressions as {path}; write a brace itself twice.',
      );
    }
    parts.push({ expression: true, text: braced[1] });
    rest = rest.slice(braced[0].length);
  }
  return parts;
}
