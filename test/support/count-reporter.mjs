// @ts-check
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Jest reporter that writes jest's own totals to build/test-totals.json, so that a script can print them
 * without reading the terminal output.
 *
 * `skipped` counts skipped and todo tests. `suitesNotRun` counts test files that failed before their tests
 * could be counted (an import that throws, a syntax error): their tests are in none of the other numbers.
 */
export default class CountReporter {
  /** @param {{ rootDir: string }} globalConfig */
  constructor(globalConfig) {
    this.folder = join(globalConfig.rootDir, 'build');
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/test-result').AggregatedResult} results
   */
  async onRunComplete(_contexts, results) {
    const totals = {
      passed: results.numPassedTests,
      failed: results.numFailedTests,
      skipped: results.numPendingTests + results.numTodoTests,
      suitesNotRun: results.numRuntimeErrorTestSuites,
    };
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, 'test-totals.json'), `${JSON.stringify(totals)}\n`);
  }
}
