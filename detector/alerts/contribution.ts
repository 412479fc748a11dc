import type { RuleMatch } from '../engine/engine.js';
import type { JsonObject } from '../engine/json.js';
import type { FoundMatch } from '../evaluate-unit.js';
import type { Rule } from '../rule.js';
import { limitContext } from './context.js';
import type { AlertPolicy } from './fold.js';
import type { Contribution } from './group.js';

const MINUTE_MS = 60_000;

/** When the groups of a rule alert. Without `latenessMs` nothing comes too late. */
export const alertPolicy = (rule: Rule, latenessMs?: number): AlertPolicy => ({
  threshold: rule.threshold ?? 1,
  windowMs: (rule.windowMinutes ?? 60) * MINUTE_MS,
  distinct: rule.distinct !== undefined,
  ...(latenessMs === undefined ? {} : { latenessMs }),
});

export const contributionOf = ({ match, unit, index, eventId, eventTime }: FoundMatch): Contribution => ({
  time: eventTime,
  id: eventId,
  ...(match.distinct === undefined ? {} : { values: match.distinct }),
  severity: match.severity,
  pointer: { unit, index, eventId },
  present: () => ({ title: match.title, context: shownContext(match) }),
});

/** The context that an alert carries. Whatever a rule's code hands out, an alert is not lost for it. */
export function shownContext(match: RuleMatch): JsonObject {
  try {
    return limitContext(match.context());
  } catch {
    return { error: 'The context of this match could not be computed.' };
  }
}
