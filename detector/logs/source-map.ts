import { globMatches } from '../engine/text.js';
import type { LogTypeId } from '../rule.js';

/** A configured origin of logs: which object keys hold which log type. */
export interface SourcePrefixes {
  /** Log type by key prefix. The longest prefix that a key starts with wins; '' covers every key. */
  readonly prefixes: Readonly<Record<string, LogTypeId>>;
  /** Globs over the whole key (`*` crosses slashes); objects that fit one are left out and counted. */
  readonly exclude?: readonly string[];
}

export interface SourceMap {
  /** The log type of an object's key, undefined where no prefix covers it. */
  lookUp(key: string): LogTypeId | 'excluded' | undefined;
}

export function sourceMap(sources: readonly SourcePrefixes[]): SourceMap {
  const prefixes = sources
    .flatMap((source) =>
      Object.entries(source.prefixes).map(([prefix, logType]) => ({ prefix, logType, source })),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    lookUp: (key) => {
      const found = prefixes.find(({ prefix }) => key.startsWith(prefix));
      const excluded = found?.source.exclude?.some((glob) => globMatches(glob, key)) ?? false;
      return excluded ? 'excluded' : found?.logType;
    },
  };
}
