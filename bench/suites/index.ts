import { command } from './command.js';
import { grouping } from './grouping.js';
import { ledger } from './ledger.js';
import { logTypesSuite } from './log-types.js';
import { pipeline } from './pipeline.js';
import type { Suite } from './suite.js';

/** In the order in which they are run. */
export const suites: readonly Suite[] = [pipeline, logTypesSuite, grouping, ledger, command];
