import type { Load } from '../load.js';
import type { Case } from '../measure.js';
import { command } from './command.js';
import { grouping } from './grouping.js';
import { ledger } from './ledger.js';
import { logTypesSuite } from './log-types.js';
import { pipeline } from './pipeline.js';

export interface Bench {
  /** Of the project. */
  readonly root: string;
  readonly load: Load;
  /** A folder for state, removed at the end. */
  readonly scratch: string;
  /** The folder of the bundled programs. */
  readonly here: string;
}

export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly prepare: (bench: Bench) => Promise<readonly Case[]>;
}

/** In the order in which they are run. */
export const suites: readonly Suite[] = [pipeline, logTypesSuite, grouping, ledger, command];
