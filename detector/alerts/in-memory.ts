import type { FoundMatch } from '../evaluate-unit.js';
import type { Rule } from '../rule.js';
import { alertPolicy, contributionOf } from './contribution.js';
import { fold, type AlertChange } from './fold.js';
import { emptyGroup, type Alert, type Contribution, type Group } from './group.js';

/** Groups in memory, for a look at old logs: nothing is stored, everything is gone with the process. */
export class MemoryGroups {
  private readonly groups = new Map<string, Group>();
  private readonly pending = new Map<
    string,
    { readonly rule: Rule; readonly first: FoundMatch; readonly all: Contribution[] }
  >();

  /** Adds a match to those of the unit at hand; signals open no group. */
  add(found: FoundMatch): void {
    const { rule, dedup } = found.match;
    if (rule.alert === false) return;
    const key = JSON.stringify([rule.id, dedup]);
    const pending = this.pending.get(key);
    if (pending === undefined) this.pending.set(key, { rule, first: found, all: [contributionOf(found)] });
    else pending.all.push(contributionOf(found));
  }

  /** Folds what was added since the last call. Call it at the end of each unit. */
  settle(): readonly AlertChange[] {
    const changes: AlertChange[] = [];
    for (const [key, { rule, first, all }] of this.pending) {
      const group = this.groups.get(key) ?? emptyGroup(rule.id, first.logType, first.match.dedup);
      const folded = fold(group, all, alertPolicy(rule));
      this.groups.set(key, folded.group);
      changes.push(...folded.changes);
    }
    this.pending.clear();
    return changes;
  }

  /** How many matches wait for `settle`. */
  get waiting(): number {
    let sum = 0;
    for (const { all } of this.pending.values()) sum += all.length;
    return sum;
  }

  /** Every alert raised so far, by time of its first event. */
  alerts(): readonly Alert[] {
    return [...this.groups.values()]
      .flatMap((group) => group.alerts)
      .sort((a, b) => a.firstEventTime - b.firstEventTime || (a.id < b.id ? -1 : 1));
  }
}
