import type { ConditionName, FieldDefinitions, LogTypeId, Match, Path } from '../rule.js';

/** What a log type brings to rules: named fields and conditions, and what its alerts carry as context. */
export interface Vocabulary {
  readonly id: LogTypeId;
  readonly fields: FieldDefinitions;
  readonly conditions: Readonly<Partial<Record<ConditionName, Match>>>;
  readonly context: Readonly<Record<string, Path>>;
}
