import { isAbsolute, relative, sep } from 'node:path';
import type { LoadedConfig } from '../config/load.js';
import { besideConfig } from '../serving/paths.js';

/** Folders that sources watch, by source: nothing outside of them is read again. */
export type SourceRoots = ReadonlyMap<string, string>;

export const sourceRoots = (config: LoadedConfig, cwd: string): SourceRoots =>
  new Map(
    config.sources.flatMap(({ name, directory }): [string, string][] =>
      directory === undefined ? [] : [[name, besideConfig(config, cwd, directory)]],
    ),
  );

/** The path of a file below a folder, with `/`; '' for the folder itself, undefined for what is not in it. */
export function pathBelow(root: string, file: string): string | undefined {
  if (root === file) return '';
  const path = relative(root, file);
  const isOutside = path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  return isOutside ? undefined : path.split(sep).join('/');
}

/** What the prefixes of sources are compared with: the path below the folder; of a source that is one file, its path. */
export const keyBelow = (file: string, path: string): string => (path === '' ? file : path);
