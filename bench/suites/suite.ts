import type { Load } from '../load.js';
import type { Case } from '../measure.js';

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
