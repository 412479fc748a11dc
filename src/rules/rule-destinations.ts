import type { Rule } from '../../detector/rule.js';
import { UsageError } from '../errors.js';

/** Where rules are going to raise alerts that are sent. @throws UsageError when one names a destination that is not there */
export function refuseUnknownDestinations(
  rules: readonly Rule[],
  { destinations }: { readonly destinations: Readonly<Record<string, unknown>> },
): void {
  const wrong = rules.flatMap(({ id, destinations: wanted = [] }) =>
    wanted.filter((name) => !Object.hasOwn(destinations, name)).map((name) => `rule ${id} names "${name}"`),
  );
  if (wrong.length === 0) return;
  const known = Object.keys(destinations).join(', ') || 'none';
  throw new UsageError(
    'UNKNOWN_DESTINATION',
    `Rules send alerts to destinations that are not configured (there is: ${known}): ${wrong.join('; ')}.`,
    'Correct the `destinations` of the rule, or configure one of this name.',
  );
}
