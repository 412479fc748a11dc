import type { Engine, RuleMatch } from '../../detector/engine/engine.js';
import { logTypes } from '../../detector/logs/index.js';
import type { JsonObject, LogTypeId } from '../../detector/rule.js';
import { timeOf } from '../../src/demo/event.js';

/** The log type that takes a record of which nothing else is known. */
export const logTypeOf = (record: JsonObject): LogTypeId | undefined =>
  logTypes.find(({ recognises }) => recognises(record))?.id;

/** A match that raises an alert, or would if its rule did not only record signals. */
export interface Raised {
  readonly rule: string;
  readonly isSignal: boolean;
  readonly title: string;
}

/** What the rules raise on these records: every match, or where a rule counts, every match from its threshold on. */
export function raisedBy(engine: Engine, records: readonly JsonObject[]): readonly Raised[] {
  const groups = new Map<string, { readonly time: number; readonly value: string }[]>();
  return records
    .toSorted((a, b) => timeOf(a) - timeOf(b))
    .flatMap((record) => {
      const logType = logTypeOf(record);
      if (logType === undefined) return [];
      return engine
        .evaluate(logType, () => record)
        .matches.filter((match) => isDue(groups, match, timeOf(record)))
        .map(({ rule, title }) => ({ rule: rule.id, isSignal: rule.alert === false, title }));
    });
}

function isDue(
  groups: Map<string, { readonly time: number; readonly value: string }[]>,
  match: RuleMatch,
  time: number,
): boolean {
  const { id, threshold = 1, windowMinutes = 60 } = match.rule;
  const key = `${id}\n${match.dedup}`;
  const seen = groups.get(key) ?? [];
  groups.set(key, seen);
  const values = match.distinct ?? [String(seen.length)];
  seen.push(...values.map((value) => ({ time, value })));
  const recent = seen.filter((entry) => entry.time > time - windowMinutes * 60_000);
  return new Set(recent.map(({ value }) => value)).size >= threshold;
}
