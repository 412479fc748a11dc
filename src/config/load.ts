import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { show } from '../../detector/engine/text.js';
import { UsageError } from '../errors.js';
import { CONFIG, type Config } from './schema.js';

const DEFAULT_CONFIG_FILE = 'tocsin.yaml';

/** A configuration, with the file that it came from. */
export type LoadedConfig = Config & { readonly file?: string };

/**
 * The configuration, or the defaults when there is no file and none was named.
 * @throws UsageError that lists every mistake with its line, path, the value seen and what was expected
 */
export async function loadConfig(cwd: string, named?: string): Promise<LoadedConfig> {
  const file = resolve(cwd, named ?? DEFAULT_CONFIG_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    if (missing && named === undefined) return CONFIG.parse({});
    throw new UsageError(
      'CONFIG_UNREADABLE',
      `${file} cannot be read: ${String(error)}`,
      'Name a readable file with --config.',
      { cause: error },
    );
  }
  return { ...parseConfig(text, file), file };
}

export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const syntax = document.errors.map(({ code, pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    text: code === 'MULTIPLE_DOCS' ? 'a second document begins; one is expected' : message,
  }));
  if (syntax.length > 0) throw mistakes(file, syntax);

  const value = valueOf(document, file);
  const result = CONFIG.safeParse(value);
  if (result.success) return result.data;
  throw mistakes(
    file,
    result.error.issues.flatMap((issue) => {
      const what =
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: [...issue.path, key], says: 'there is no such key' }))
          : [{ path: issue.path, says: `${seenAt(value, issue.path)}: ${issue.message}` }];
      return what.map(({ path, says }) => ({
        line: lineOf(document, path, lines),
        text: `${path.map(String).join('.') || 'the file'}: ${says}`,
      }));
    }),
  );
}

/** Aliases are capped: a few nested ones can stand for more values than memory holds. */
function valueOf(document: Document.Parsed, file: string): unknown {
  try {
    // A file of comments alone says nothing, and that is null.
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw mistakes(file, [{ line: 1, text: `the aliases cannot be resolved: ${message}` }]);
  }
}

function seenAt(value: unknown, path: readonly PropertyKey[]): string {
  const seen = path.reduce<unknown>(
    (v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  if (seen === undefined) return 'it is missing';
  return mayBeSecret(seen, path) ? 'this does not fit' : `${show(seen)} does not fit`;
}

/** A secret that stands where its reference belongs must not reach the log of a pipeline. */
const mayBeSecret = (value: unknown, path: readonly PropertyKey[]): boolean =>
  path[0] === 'destinations' &&
  path.at(-1) !== 'type' &&
  (typeof value === 'string' || typeof value === 'object');

/** The line of the key or list element at a path, or of what is around it where it is missing. */
function lineOf(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  let node: unknown = document.contents;
  let at = 0;
  for (const name of path) {
    let found: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
      found = pair?.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      found = node.items[Number(name)];
      node = found;
    }
    if (!isNode(found) || found.range == null) break;
    at = found.range[0];
  }
  return lines.linePos(at).line;
}

/** One thing that does not fit, for people and for editors. */
export interface Mistake {
  readonly line: number;
  readonly text: string;
}

/** A configuration with mistakes: all of them at once. */
export class ConfigMistakesError extends UsageError {
  constructor(
    file: string,
    readonly mistakes: readonly Mistake[],
  ) {
    const many = mistakes.length === 1 ? 'a mistake' : `${String(mistakes.length)} mistakes`;
    super(
      'CONFIG_MISTAKES',
      `${file} has ${many}:\n${mistakes.map(({ line, text }) => `  line ${String(line)}: ${text}`).join('\n')}`,
      'Correct the lines named above; docs/configuration.md lists what may stand there.',
    );
  }
}

const mistakes = (file: string, list: readonly Mistake[]): UsageError =>
  new ConfigMistakesError(
    file,
    list.toSorted((a, b) => a.line - b.line),
  );
