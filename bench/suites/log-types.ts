import { LOG_TYPES } from '../../detector/rule.js';
import type { LoadFile } from '../load.js';
import { readNaively } from '../naive.js';
import { evaluateAll, shippedRules, unitOptions } from './engines.js';
import type { Suite } from './suite.js';
import { each } from './pipeline.js';

/** Every log type with all rules, beside what it costs to parse its files. */
export const logTypesSuite: Suite = {
  name: 'log-types',
  title: 'Log types, with all rules',
  prepare: async ({ load }) => {
    const options = unitOptions(shippedRules());
    return LOG_TYPES.flatMap((logType) => {
      const found = load.files.filter((file) => file.logType === logType);
      if (found.length === 0) return [];
      const files = enough(found);
      const naive = `${logType}: parse`;
      return [
        { name: naive, against: naive, run: async () => each(files, readNaively) },
        { name: logType, against: naive, run: () => evaluateAll(files, options) },
      ];
    });
  },
};

/** Stored bytes that a case reads at least: with less of them, little but the clock is measured. */
const LEAST_BYTES = 2_000_000;

/** The files, as often as it takes. */
function enough(files: readonly LoadFile[]): readonly LoadFile[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  return Array.from({ length: Math.max(1, Math.ceil(LEAST_BYTES / bytes)) }, () => files).flat();
}
