import { bindFunction } from './functions.js';
import { isList, isObject, type Json } from './json.js';
import { SyntaxProblem } from './problem.js';
import { cutText } from './text.js';
import { follow, member, nameOf, type Name, type Value } from './view.js';

/** One step of a path behind its leading names. */
export type Step = (value: Value) => Value;

export interface PathNode {
  /** Leading plain names, read from the event in one go. */
  readonly names: readonly Name[];
  readonly steps: readonly Step[];
  /** Set for a quoted text: `actor ?? "nobody"`. */
  readonly literal?: string;
  /** Set for `.`: the value itself. */
  readonly self?: true;
  /** The first name was written in brackets, so it means the event's own field and never a named one. */
  readonly verbatim?: true;
  /** The path goes through json(): names behind it keep their letter case. */
  readonly exact?: true;
}

/** The alternatives of `a ?? b`, in order; at least one. */
export type Expression = readonly PathNode[];

const NAME = /[^.[\](){}"?\s]+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const HELP = 'Join names with dots, put a name that holds dots in ["..."], and close every bracket.';

/**
 * Reads a path of the rule language (see `Path` in ../rule.ts).
 * @param exact names keep their letter case from the start, as they do behind json()
 * @throws SyntaxProblem that quotes the text and the place
 */
export function parseExpression(text: string, exact = false): Expression {
  const reader = new Reader(text);
  const alternatives = [parsePath(reader, exact)];
  while (reader.take('??')) alternatives.push(parsePath(reader, exact));
  if (!reader.done()) reader.fail('was not expected here');
  return alternatives;
}

function parsePath(reader: Reader, exactStart: boolean): PathNode {
  reader.skipSpace();
  const literal = reader.match(QUOTED);
  if (literal !== undefined) return { names: [], steps: [], literal: unquote(reader, literal) };
  if (reader.takeSelf()) return { names: [], steps: [], self: true };

  const names: Name[] = [];
  const steps: Step[] = [];
  let exact = exactStart;
  let throughJson = false;
  const verbatim = reader.peek('["');
  const addName = (text: string): void => {
    const name = nameOf(text);
    const isExact = exact;
    if (steps.length === 0) names.push(name);
    else steps.push((value) => follow(value, [name], isExact));
  };
  for (let first = true; ; first = false) {
    if (reader.take('[')) {
      const quoted = reader.match(QUOTED);
      if (quoted === undefined) steps.push(parseSelector(reader, exact));
      else addName(unquote(reader, quoted));
      reader.expect(']');
    } else if (first || reader.take('.')) {
      const name = reader.match(NAME) ?? reader.fail('is no name');
      if (reader.take('(')) {
        if (first) reader.fail('is a function without a value before it');
        steps.push(bindFunction(name, reader.argument()));
        if (name === 'json') {
          exact = true;
          throughJson = true;
        }
      } else addName(name);
    } else break;
  }
  reader.skipSpace();
  return { names, steps, ...(verbatim ? { verbatim } : {}), ...(throughJson ? { exact: true } : {}) };
}

/** `[2]`, `[-1]` (from the end) or `[name=text]`. */
function parseSelector(reader: Reader, exact: boolean): Step {
  const index = reader.match(/-?\d+(?=\])/y);
  if (index !== undefined) {
    const at = Number(index);
    return (value) => (isList(value) ? value.at(at) : undefined);
  }
  const name = nameOf(reader.match(/[^=\]]+/y) ?? reader.fail('is no index and no name'));
  reader.expect('=');
  const quoted = reader.match(QUOTED);
  const wanted = quoted === undefined ? (reader.match(/[^\]]*/y) ?? '') : unquote(reader, quoted);
  const chosen = (element: Json): boolean => isObject(element) && member(element, name, exact) === wanted;
  return (value) => {
    const found = (isList(value) ? value : value === undefined ? [] : [value]).filter(chosen);
    return found.length === 0 ? undefined : found;
  };
}

function unquote(reader: Reader, quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return reader.fail('is no quoted text');
  }
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  done(): boolean {
    return this.at >= this.text.length;
  }
  peek(token: string): boolean {
    return this.text.startsWith(token, this.at);
  }
  take(token: string): boolean {
    if (!this.peek(token)) return false;
    this.at += token.length;
    return true;
  }
  /** A dot that is the whole path. */
  takeSelf(): boolean {
    const alone = this.match(/\.(?=\s*(?:$|\?\?))/y) !== undefined;
    if (alone) this.skipSpace();
    return alone;
  }
  expect(token: string): void {
    if (!this.take(token)) this.fail(`should be ${token}`);
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  /** The argument of a function, up to its closing parenthesis; in quotes where it holds one itself. */
  argument(): string {
    const quoted = this.match(QUOTED);
    const argument = quoted === undefined ? (this.match(/[^)]*/y) ?? '') : unquote(this, quoted);
    this.expect(')');
    return argument;
  }
  skipSpace(): void {
    this.match(/\s+/y);
  }
  fail(what: string): never {
    const rest = this.done() ? 'its end' : `"${cutText(this.text.slice(this.at), 30)}"`;
    throw new SyntaxProblem(
      `in the path "${this.text}", ${rest} at position ${String(this.at)} ${what}`,
      HELP,
    );
  }
}
