import { dirname, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.js';

/** Paths in `tocsin.yaml` are relative to it; without one, to the working folder. */
export const besideConfig = (config: LoadedConfig, cwd: string, path: string): string =>
  resolve(config.file === undefined ? cwd : dirname(config.file), path);
