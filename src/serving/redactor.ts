import { createRedactor, type Redactor } from '../../detector/alerts/redact.js';
import { UsageError } from '../errors.js';

/** @throws UsageError for a path in alerts.redact that cannot be read */
export function redactorOf(paths: readonly string[]): Redactor {
  for (const path of paths) {
    try {
      createRedactor([path]);
    } catch (error) {
      throw new UsageError(
        'REDACT_PATH',
        `alerts.redact: ${JSON.stringify(path)} is no path: ${error instanceof Error ? error.message : String(error)}`,
        'Write paths as rules do; docs/rules.md shows how.',
        { cause: error },
      );
    }
  }
  return createRedactor(paths);
}
