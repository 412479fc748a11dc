import { storedObjects } from '../cloud/aws/stored-objects.js';
import type { LoadedConfig } from '../config/load.js';
import { sourceRoots } from './source-roots.js';
import type { StoredLogs } from './stored-log.js';

export const storedLogs = (config: LoadedConfig, cwd: string): StoredLogs => ({
  roots: sourceRoots(config, cwd),
  object: storedObjects(config, cwd),
});
