import { addressIn } from './ip.js';
import { isList, isObject, type Json } from './json.js';
import { SyntaxProblem } from './problem.js';
import type { Value } from './view.js';

/** A function of the path language, bound to its argument. Total: what it cannot work on gives no value. */
export type PathFunction = (value: Json) => Value;

interface FunctionKind {
  /** Works on a list as a whole; the others are applied to each element. */
  readonly wholeList?: boolean;
  readonly argument: 'none' | 'text';
  readonly bind: (argument: string) => PathFunction;
}

const ofText =
  (apply: (text: string, argument: string) => Value) =>
  (argument: string): PathFunction =>
  (value) =>
    typeof value === 'string' ? apply(value, argument) : undefined;

/** The catalogue. A new function is one line here; paths, templates and `fields` all have it then. */
const FUNCTIONS: Readonly<Record<string, FunctionKind>> = {
  /** The object or list inside a JSON text; one that is parsed already stays as it is. */
  json: { argument: 'none', bind: () => parseInner },
  /** The parts of a text between separators; `[n]` behind it picks one, `[-1]` the last. */
  split: { argument: 'text', bind: ofText((text, separator) => text.split(separator)) },
  /** The text behind the first occurrence; no value when it does not occur. */
  after: { argument: 'text', bind: ofText((text, mark) => behind(text, mark, text.indexOf(mark))) },
  /** The text behind the last occurrence; no value when it does not occur. */
  afterLast: { argument: 'text', bind: ofText((text, mark) => behind(text, mark, text.lastIndexOf(mark))) },
  /** The text before the first occurrence; no value when it does not occur. */
  before: {
    argument: 'text',
    bind: ofText((text, mark) => (text.includes(mark) ? text.slice(0, text.indexOf(mark)) : undefined)),
  },
  /** In a path such as an Azure resource id: the segment behind the first one of this name, letter case ignored. */
  segment: { argument: 'text', bind: ofText(segment) },
  /** The first value of a query parameter of a URL, decoded. */
  query: { argument: 'text', bind: ofText(queryParameter) },
  lower: { argument: 'none', bind: ofText((text) => text.toLowerCase()) },
  /** Elements of a list, or characters of a text. */
  length: {
    wholeList: true,
    argument: 'none',
    bind: () => (value) => (typeof value === 'string' || isList(value) ? value.length : undefined),
  },
  /** The different values of a list, nulls left out; a single one stands alone. */
  unique: { wholeList: true, argument: 'none', bind: () => differentValues },
  /**
   * The IP address in `1.2.3.4:443`, `[2001:db8::1]:443` or a plain address; no value when there is none. One that is
   * mapped into IPv6 is told as the IPv4 address that it is.
   */
  address: { argument: 'none', bind: ofText((text) => addressIn(text)) },
};

/** @throws SyntaxProblem for a name that is not in the catalogue, or a missing or needless argument. */
export function bindFunction(name: string, argument: string): (value: Value) => Value {
  const kind = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (kind === undefined) {
    throw new SyntaxProblem(
      `there is no function ${name}()`,
      `Use one of: ${Object.keys(FUNCTIONS).join(', ')}.`,
    );
  }
  if ((argument === '') !== (kind.argument === 'none')) {
    throw new SyntaxProblem(
      `${name}() ${kind.argument === 'none' ? `takes no argument, but has "${argument}"` : 'needs an argument'}`,
      kind.argument === 'none'
        ? `Write ${name}().`
        : `Write the text between the parentheses: ${name}(text).`,
    );
  }
  const apply = kind.bind(argument);
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (!isList(value) || kind.wholeList === true) return apply(value);
    const found = value.flatMap((element) => apply(element) ?? []);
    return found.length === 0 ? undefined : found;
  };
}

function parseInner(value: Json): Value {
  if (isObject(value) || isList(value)) return value;
  if (typeof value !== 'string') return undefined;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return undefined;
  }
}

const behind = (text: string, mark: string, at: number): Value =>
  at < 0 ? undefined : text.slice(at + mark.length);

function segment(path: string, name: string): Value {
  const parts = path.split('/');
  const at = parts.findIndex((part) => part.toLowerCase() === name.toLowerCase());
  return at < 0 ? undefined : parts[at + 1];
}

function differentValues(value: Json): Value {
  if (!isList(value)) return value;
  const different = [...new Set(value)].filter((element) => element !== null);
  return different.length > 1 ? different : different[0];
}

function queryParameter(url: string, name: string): Value {
  // A fragment is no part of the query (RFC 3986, section 3.5).
  const [address = ''] = url.split('#', 1);
  const start = address.indexOf('?');
  return start < 0 ? undefined : (new URLSearchParams(address.slice(start + 1)).get(name) ?? undefined);
}
