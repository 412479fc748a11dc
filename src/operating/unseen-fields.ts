import type { Statistics } from '../../detector/alerts/statistics.js';
import { fieldOf } from '../../detector/alerts/statistics-sums.js';
import { neededFields, type NeededField } from '../../detector/engine/fields-read.js';
import { fieldKey, shownField } from '../../detector/engine/seen-fields.js';
import type { Vocabulary } from '../../detector/engine/vocabulary.js';
import type { Rule } from '../../detector/rule.js';

/** A field that a rule needs and that no event had lately; several where one of them would do. */
export interface UnseenField {
  readonly field: string;
  /** Left out where it was never seen. */
  readonly lastSeen?: string;
}

export const LATELY_DAYS = 7;
const LATELY_MS = LATELY_DAYS * 86_400_000;
/** Fewer events tell nothing about a field that some of them have. */
const LEAST_LOOKED = 100;
const MOST_SHOWN = 3;

/**
 * What a rule needs and did not get lately, of the log types that had events lately. It says that nothing of the kind
 * happened, or that logs lack what the rule looks for: only a few events of each unit are looked at.
 */
export const unseenFields = (
  rule: Rule,
  vocabularies: readonly Vocabulary[],
  statistics: Pick<Statistics, 'logTypes' | 'fields'>,
  now: number,
): readonly UnseenField[] =>
  vocabularies.flatMap((vocabulary) => {
    const { id } = vocabulary;
    const known = Object.hasOwn(statistics.logTypes, id) ? statistics.logTypes[id] : undefined;
    const hasEvents = known !== undefined && known.looked >= LEAST_LOOKED && now - known.last < LATELY_MS;
    if (!hasEvents || !rule.logTypes.includes(id)) return [];
    return neededFields(rule, vocabulary).flatMap((needed): UnseenField[] => {
      const lastSeen = Math.max(
        ...needed.map((names) => statistics.fields[fieldOf(id, fieldKey(names))] ?? 0),
      );
      if (now - lastSeen < LATELY_MS) return [];
      const field = rule.logTypes.length === 1 ? shown(needed) : `${id}: ${shown(needed)}`;
      return [lastSeen === 0 ? { field } : { field, lastSeen: new Date(lastSeen).toISOString() }];
    });
  });

function shown(needed: NeededField): string {
  const fields = needed.slice(0, MOST_SHOWN).map(shownField);
  return [...fields, ...(needed.length > MOST_SHOWN ? ['…'] : [])].join(' or ');
}
