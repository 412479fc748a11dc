import type { SourceRoots } from './source-roots.js';

/** What can be read again. */
export interface StoredLog {
  /** What the prefixes of sources are compared with. */
  readonly key: string;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** Where logs that were read can be read again: nothing else is. */
export interface StoredLogs {
  readonly roots: SourceRoots;
  /** An object of a cloud, by the name of its unit; undefined where the name is none of an object. */
  readonly object: (name: string) => StoredLog | { readonly problem: string } | undefined;
}
