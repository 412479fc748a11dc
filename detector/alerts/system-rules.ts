import type { MessageKind } from '../destinations/destination.js';
import type { JsonObject } from '../engine/json.js';
import { cutText } from '../engine/text.js';
import { SEVERITIES, type Rule, type Severity } from '../rule.js';
import { limitContext } from './context.js';
import type { Alert } from './group.js';
import { shortHash, type ManifestEntry } from './manifest.js';

/** What the detector raises alerts about by itself. They are grouped, routed and delivered like all others. */
const SYSTEM_RULES = {
  'tocsin.rule-failed': {
    name: 'A rule failed on events',
    severity: 'medium',
    description:
      'The code of a rule threw an error or returned nonsense. Its matches were kept; a `when` that throws matches nothing, so attacks may be missed.',
    runbook: 'Read the error, correct the rule, and replay what it failed on: `tocsin replay --kind rule`.',
  },
  'tocsin.dead-letters': {
    name: 'Log data could not be processed',
    severity: 'high',
    description:
      'An object or records of it could not be read, parsed or classified. They were set aside and nothing looked at them yet.',
    runbook:
      'See what and why with `tocsin status`. Mend the cause, then process them again with `tocsin replay --kind unit`, ' +
      'and messages that a queue gave up with `tocsin replay --kind message`.',
  },
  'tocsin.delivery-failed': {
    name: 'An alert could not be delivered',
    severity: 'high',
    description:
      'A destination refused an alert for good, or did not take it in time. The alert exists and was not seen there.',
    runbook:
      'Read the answer in `tocsin alerts show`. Correct the destination, try it with `tocsin alerts send-test`, then `tocsin replay --kind delivery`.',
  },
  'tocsin.rule-limited': {
    name: 'A rule raised too many alerts',
    severity: 'high',
    description:
      'A rule raised more alerts within an hour than its limit. The alerts above it are listed and were not sent.',
    runbook:
      'Look at them with `tocsin alerts list --rule`. Raise the threshold, group more widely, add an exception, or mute the key.',
  },
  'tocsin.source-unhealthy': {
    name: 'A source delivers no logs or cannot be read',
    severity: 'high',
    description:
      'A source has been silent for longer than it ever should be, or its feed fails. While it is, nothing that happens there is detected.',
    runbook:
      'See which and since when with `tocsin status`. Check that the logs are still written, and that the detector may still read them.',
  },
} as const satisfies Record<
  string,
  { name: string; severity: Severity; description: string; runbook: string }
>;

export type SystemRuleId = keyof typeof SYSTEM_RULES;

/** The same trouble with the same thing is told again after this long. */
const WINDOW_MINUTES = 360;

export const systemRules: readonly Rule[] = Object.entries(SYSTEM_RULES).map(([id, rule]) => ({
  ...{ id, ...rule, logTypes: [], attack: [], falsePositives: [], windowMinutes: WINDOW_MINUTES },
  match: { not: {} },
}));

/** Something that the detector says about itself. */
export interface SystemEvent {
  readonly rule: SystemRuleId;
  /** What it is about: a rule, a source, a destination. */
  readonly about: string;
  readonly title: string;
  readonly context: JsonObject;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A source that cannot be read, or fell silent: what happens there is not detected. */
export const sourceUnhealthy = (
  source: string,
  title: string,
  context: JsonObject,
  at: number,
): SystemEvent => ({
  ...{ rule: 'tocsin.source-unhealthy', about: source, title, at },
  context: { source, ...context },
});

const HOUR_MS = 3_600_000;
const LONGEST_TEXT = 1000;

/** As a unit contributes it. The same trouble is the same event within an hour, whichever process sees it. */
export function systemEntry({ rule, about, title, context, at }: SystemEvent): ManifestEntry {
  const eventId = `${rule} ${String(Math.floor(at / HOUR_MS))}`;
  const id = shortHash(eventId);
  const severity = SEVERITIES.indexOf(SYSTEM_RULES[rule].severity);
  return {
    ...{ rule, logType: 'tocsin.system', dedup: cutText(about, LONGEST_TEXT), unit: 'tocsin', arrival: at },
    rows: [[at, id, severity, 0, eventId, 0]],
    shown: [{ id, title: cutText(title, LONGEST_TEXT), context: limitContext(context) }],
  };
}

/** What a first message about an alert is. */
export const firstKind = ({ rule, logType }: Pick<Alert, 'rule' | 'logType'>): MessageKind => {
  if (logType !== 'tocsin.system') return 'raised';
  return rule === ('tocsin.rule-limited' satisfies SystemRuleId) ? 'summary' : 'system';
};
