import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { DestinationSetupError } from './setup-error.js';

const REFERENCE = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+|secret:[a-z0-9]+(?:-[a-z0-9]+)*)$/;
/** Longer ones are no secrets but mistakes. */
const MOST_CHARACTERS = 8192;

/**
 * Where a secret is found: `env:NAME`, `file:PATH`, or `secret:NAME` in the secret store of the cloud that the detector
 * runs in. A secret itself is never part of the configuration.
 */
export const SECRET_REFERENCE = z.string().regex(REFERENCE, {
  // The text is not quoted: somebody may have put the secret itself here.
  error: 'expected a reference to a secret, env:NAME, file:PATH or secret:NAME, never the secret itself',
});

export const isSecretReference = (value: unknown): value is string =>
  typeof value === 'string' && REFERENCE.test(value);

/** Secrets of one destination by option, such as `token`, `signingSecrets[0]` or `headers.authorization`. */
export type Secrets = Readonly<Record<string, string>>;

/** Where references lead. */
export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @returns the file's text and its mode bits */
  readonly readSecretFile: (path: string) => Promise<{ readonly text: string; readonly mode: number }>;
  /** @returns the secret of this name in the cloud's store; undefined while nobody has set it */
  readonly readStoredSecret?: (name: string) => Promise<string | undefined>;
}

export const processSecrets: SecretSource = {
  env: process.env,
  readSecretFile: async (path) => {
    const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, mode };
  },
};

export interface ResolvedSecrets {
  readonly secrets: Secrets;
  /** Sentences for the operator, such as a file that others can read. */
  readonly warnings: readonly string[];
}

/**
 * Reads the secrets that a destination's options refer to, wherever they stand in them. A line break at the end of a
 * file does not count; an empty secret is refused.
 * @throws DestinationSetupError
 */
export async function resolveSecrets(
  destination: string,
  options: object,
  source: SecretSource = processSecrets,
): Promise<ResolvedSecrets> {
  const secrets: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [option, reference] of referencesIn(options)) {
    const fail = (problem: string, fix: string) =>
      new DestinationSetupError(destination, option, problem, fix);
    const { text, warning } = await read(reference, source, fail);
    if (text === '') throw fail(`the secret at ${reference} is empty.`, 'Put the secret there.');
    if (text.length > MOST_CHARACTERS) {
      throw fail(
        `the secret at ${reference} has more than ${String(MOST_CHARACTERS)} characters.`,
        'Check that it is the right one.',
      );
    }
    if (warning !== undefined) warnings.push(`Destination "${destination}", option "${option}": ${warning}`);
    secrets[option] = text;
  }
  return { secrets, warnings };
}

/** Every reference with its place: `token`, `signingSecrets[0]`, `headers.x-api-key`. */
export function referencesIn(value: unknown, at = ''): readonly (readonly [string, string])[] {
  if (isSecretReference(value)) return [[at, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    referencesIn(inner, Array.isArray(value) ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`),
  );
}

type Fail = (problem: string, fix: string) => DestinationSetupError;

async function read(
  reference: string,
  source: SecretSource,
  fail: Fail,
): Promise<{ readonly text: string; readonly warning?: string }> {
  const place = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('secret:')) return { text: await readStored(place, source, fail) };
  if (reference.startsWith('env:')) {
    const text = source.env[place];
    if (text !== undefined) return { text };
    throw fail(`the environment has no variable ${place}.`, `Set ${place}, or correct the reference.`);
  }
  try {
    const { text, mode } = await source.readSecretFile(place);
    const warning = `others can read ${place}; give it mode 600.`;
    return { text: text.replace(/\r?\n$/, ''), ...((mode & 0o044) === 0 ? {} : { warning }) };
  } catch (error) {
    const code = (error as Partial<NodeJS.ErrnoException>).code ?? 'unknown error';
    throw fail(
      `the file ${place} cannot be read (${code}).`,
      'Create it, or let this program read it, or correct the reference.',
    );
  }
}

async function readStored(name: string, { readStoredSecret }: SecretSource, fail: Fail): Promise<string> {
  if (readStoredSecret === undefined) {
    throw fail(
      `secret:${name} is in a cloud's secret store, and none is configured.`,
      'Configure the cloud that the detector runs in, or use env:NAME or file:PATH.',
    );
  }
  try {
    const text = await readStoredSecret(name);
    if (text !== undefined) return text;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw fail(
      `the secret ${name} cannot be read: ${message}`,
      'Let the detector read it, or correct the reference.',
    );
  }
  throw fail(`the secret ${name} has no value yet.`, `Set it with \`tocsin secrets set ${name}\`.`);
}
