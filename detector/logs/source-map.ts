import { globMatches } from '../engine/text.js';
import type { LogTypeId } from '../rule.js';

/** A configured origin of logs: which object keys hold which log type. */
export interface SourcePrefixes {
  /** Log type by key prefix. The longest prefix that a key starts with wins; '' covers every key. */
  readonly prefixes: Readonly<Record<string, LogTypeId>>;
  /** Globs over the whole key (`*` crosses slashes); what a prefix here covers and one of them fits is left out. */
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
      const covering = prefixes.filter(({ prefix }) => key.startsWith(prefix));
      const globs = covering.flatMap(({ source }) => source.exclude ?? []);
      return globs.some((glob) => globMatches(glob, key)) ? 'excluded' : covering[0]?.logType;
    },
  };
}
