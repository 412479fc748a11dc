import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { show } from '../../detector/engine/text.js';
import { UsageError } from '../errors.js';
import { expected } from './expected.js';
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
  const fail = (found: readonly Found[]): UsageError =>
    new ConfigMistakesError(
      file,
      found
        .toSorted((a, b) => a.at - b.at)
        .map((one) => ({ line: lines.linePos(one.at).line, text: one.text })),
    );
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const syntax = document.errors.map(({ code, pos: [at], message }) => ({
    at,
    text: code === 'MULTIPLE_DOCS' ? 'a second document begins; one is expected' : message,
  }));
  if (syntax.length > 0) throw fail(syntax);

  let value: unknown;
  try {
    // Aliases are capped: a few nested ones can stand for more values than memory holds. A file of comments is null.
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw fail([{ at: 0, text: `the aliases cannot be resolved: ${message}` }]);
  }
  const result = CONFIG.safeParse(value, { error: expected });
  if (result.success) return result.data;
  throw fail(
    result.error.issues.flatMap((issue) => {
      const what =
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: [...issue.path, key], says: issue.message }))
          : [{ path: issue.path, says: `${seenIn(value, issue)}: ${issue.message}` }];
      return what.map(({ path, says }) => ({
        at: placeOf(document, path),
        text: `${path.map(String).join('.') || 'the file'}: ${says}`,
      }));
    }),
  );
}

/** A mistake with its place in the text. */
interface Found {
  readonly at: number;
  readonly text: string;
}

function seenIn(value: unknown, { code, path }: z.core.$ZodIssue): string {
  if (code === 'invalid_key') return 'this name does not fit';
  const seen = path.reduce<unknown>(
    (v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  if (seen === undefined) return code === 'custom' ? 'it is not set' : 'it is missing';
  return mayBeSecret(seen, path) ? 'this does not fit' : `${show(seen)} does not fit`;
}

/** A secret that stands where its reference belongs must not reach the log of a pipeline. */
const mayBeSecret = (value: unknown, path: readonly PropertyKey[]): boolean =>
  path[0] === 'destinations' &&
  path.at(-1) !== 'type' &&
  (typeof value === 'string' || typeof value === 'object');

/** The place of the key or list element at a path, or of what is around it where it is missing. */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
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
  return at;
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
