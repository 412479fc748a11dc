import type { Statistics } from '../../detector/alerts/statistics.js';
import { logTypes } from '../../detector/logs/index.js';
import type { Rule } from '../../detector/rule.js';
import type { Config } from '../config/schema.js';
import type { Backlog } from './backlog.js';
import type { LetterCount, LetterCounts } from './dead-letters.js';
import type { GroupTotals } from './group-totals.js';
import { muteRecord, type StoredMute } from './mutes.js';
import { union } from './names.js';
import { destinationsOf, type DestinationStatus } from './status-destinations.js';
import { problemsOf } from './status-problems.js';
import { sourcesOf, type SourceStatus } from './status-sources.js';
import { unseenFields, type UnseenField } from './unseen-fields.js';

/** What was read for `status`. Times are milliseconds since the epoch. */
export interface StatusFacts {
  readonly now: number;
  readonly config: Pick<Config, 'sources' | 'destinations'>;
  readonly isLive: boolean;
  /** Whether it is certain that none runs, where `isLive` is false. */
  readonly isCertain: boolean;
  readonly statePath: string;
  readonly ruleset: { readonly hash: string; readonly rules: readonly Rule[] } | { readonly problem: string };
  readonly statistics: Statistics;
  readonly backlog: ReadonlyMap<string, Backlog>;
  readonly totals: GroupTotals;
  readonly letters: LetterCounts;
  readonly mutes: readonly StoredMute[];
  /** A source without a unit for longer than this is silent, unless its configuration says otherwise. */
  readonly silentAfterMs: number;
}

export interface RuleStatus {
  readonly rule: string;
  readonly hits: number;
  readonly lastFired?: string;
  /** Of the fields that it needs. */
  readonly unseenFields: readonly UnseenField[];
}

export interface StatusReport {
  readonly time: string;
  /** Nothing is to be done. */
  readonly well: boolean;
  /** A sentence for each thing that is not well. */
  readonly problems: readonly string[];
  /** `running` is null where it cannot be told. */
  readonly detector: { readonly running: boolean | null; readonly state: string };
  readonly ruleset: { readonly hash: string; readonly rules: number } | { readonly problem: string };
  /** Since when is counted. */
  readonly since: string;
  readonly alerts: { readonly kept: number; readonly unresolved: number };
  readonly sources: readonly SourceStatus[];
  /** Rules that fired, and those that need fields which no event had lately. */
  readonly rules: readonly RuleStatus[];
  /** Events that were looked at for fields. */
  readonly logTypes: readonly {
    readonly logType: string;
    readonly lookedAt: number;
    readonly since: string;
    readonly latest: string;
  }[];
  readonly destinations: readonly DestinationStatus[];
  readonly deadLetters: readonly (Omit<LetterCount, 'latest'> & { readonly latest: string })[];
  /** Alerts that are held back, by reason. */
  readonly held: Readonly<Record<string, number>>;
  readonly mutes: readonly ReturnType<typeof muteRecord>[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function statusReport(facts: StatusFacts): StatusReport {
  const { now, statistics, totals, letters, mutes, ruleset } = facts;
  const sources = sourcesOf(facts);
  const destinations = destinationsOf(facts);
  const problems = problemsOf(facts, sources, destinations);
  return {
    time: iso(now),
    well: problems.length === 0,
    problems,
    detector: { running: facts.isLive || (facts.isCertain ? false : null), state: facts.statePath },
    ruleset: 'rules' in ruleset ? { ...ruleset, rules: ruleset.rules.length } : ruleset,
    since: iso(statistics.since),
    alerts: { kept: totals.alerts, unresolved: totals.unresolved },
    sources,
    rules: rulesOf(facts),
    logTypes: Object.entries(statistics.logTypes)
      .map(([logType, { looked, since, last }]) => ({
        ...{ logType, lookedAt: looked, since: iso(since), latest: iso(last) },
      }))
      .sort((a, b) => (a.logType < b.logType ? -1 : 1)),
    destinations,
    deadLetters: letters.byReason().map(({ latest, ...letter }) => ({ ...letter, latest: iso(latest) })),
    held: totals.held(),
    mutes: mutes.map(muteRecord),
  };
}

function rulesOf({ statistics, ruleset, now }: StatusFacts): readonly RuleStatus[] {
  const rules = new Map('rules' in ruleset ? ruleset.rules.map((rule) => [rule.id, rule]) : []);
  return union(Object.keys(statistics.rules), [...rules.keys()])
    .flatMap((id): RuleStatus[] => {
      const fired = Object.hasOwn(statistics.rules, id) ? statistics.rules[id] : undefined;
      const rule = rules.get(id);
      const unseen = rule === undefined ? [] : unseenFields(rule, logTypes, statistics, now);
      if (fired === undefined)
        return unseen.length === 0 ? [] : [{ rule: id, hits: 0, unseenFields: unseen }];
      const { hits, lastFired } = fired;
      return [{ rule: id, hits, lastFired: iso(lastFired), unseenFields: unseen }];
    })
    .sort((a, b) => b.hits - a.hits || (a.rule < b.rule ? -1 : 1));
}
