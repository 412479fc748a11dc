import {
  alertId,
  higher,
  severityRank,
  type Alert,
  type Contribution,
  type Group,
  type Member,
} from './group.js';
import { Tally } from './tally.js';

/** When a group alerts; from the rule, and how late data may be. */
export interface AlertPolicy {
  /** Different events, or distinct values, that raise an alert. */
  readonly threshold: number;
  readonly windowMs: number;
  /** Count `values` instead of events. */
  readonly distinct: boolean;
  /**
   * How far behind the newest event that its group already holds an event may be, in milliseconds. What arrives in one
   * call is never late to itself. @default no limit
   */
  readonly latenessMs?: number;
  /** Members that a group remembers; at least the threshold. @default 1000 */
  readonly mostMembers?: number;
}

export interface AlertChange {
  /** `raised`: notify. `escalated`: a match of higher severity joined, notify again. `joined`: counted, no notice. */
  readonly kind: 'raised' | 'escalated' | 'joined';
  readonly alert: Alert;
}

export interface Folded {
  readonly group: Group;
  readonly changes: readonly AlertChange[];
  /**
   * Contributions that came later than the policy allows, each event once; they are not counted. Events that were
   * counted long ago and are delivered again are among them, once the group no longer remembers them.
   */
  readonly late: readonly Contribution[];
}

const MOST_MEMBERS = 1000;
const MOST_POINTERS = 100;

/**
 * Adds matches to their group and raises the alerts that they complete. Pure.
 *
 * A group alerts as soon as some span of the window's length holds `threshold` different events (or values), by event
 * time, in whatever order they arrive. The alert covers that span; matches within one window of it are counted there
 * and raise nothing. What brings nothing new leaves the group as it is.
 */
export function fold(group: Group, contributions: readonly Contribution[], policy: AlertPolicy): Folded {
  const folding = new Folding(group, policy);
  folding.add([...contributions].sort(byTime));
  folding.absorb();
  folding.raise();
  return folding.finish();
}

const byTime = (a: { time: number; id: string }, b: { time: number; id: string }): number =>
  a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Every step passes once over the members, so that a fold takes about linear time. */
class Folding {
  private members: readonly Member[];
  /** Contributions that are new to the group, by event id. */
  private readonly fresh = new Map<string, Contribution>();
  private readonly late = new Map<string, Contribution>();
  private readonly raised: Alert[] = [];
  private readonly changes = new Map<string, AlertChange>();
  /** By event id, the alert that counts it from now on. */
  private readonly joined = new Map<string, string>();

  constructor(
    private readonly group: Group,
    private readonly policy: AlertPolicy,
  ) {
    this.members = group.members;
  }

  /** @param contributions by time */
  add(contributions: readonly Contribution[]): void {
    const known = new Set(this.members.map(({ id }) => id));
    const horizon = this.horizon();
    const added: Member[] = [];
    for (const contribution of contributions) {
      const { time, id, values, severity, pointer } = contribution;
      if (known.has(id)) continue;
      known.add(id);
      if (time < horizon) this.late.set(id, contribution);
      else {
        this.fresh.set(id, contribution);
        added.push({
          ...{ time, id, severity, pointer },
          ...(values === undefined ? {} : { values: this.enough(values) }),
        });
      }
    }
    if (added.length > 0) this.members = [...this.members, ...added].sort(byTime);
  }

  /** What reaches the threshold on its own needs no more values, however many a hostile event brings. */
  private enough(values: readonly string[]): readonly string[] {
    const { threshold, distinct } = this.policy;
    return distinct && values.length > threshold ? [...new Set(values)].slice(0, threshold) : values;
  }

  /** Counts what waits near an alert there: what is new, and what a window that grew has reached. */
  absorb(): void {
    if (this.group.alerts.length === 0) return;
    for (const member of this.waiting()) {
      const alert = this.alertNear(member.time);
      if (alert !== undefined) this.join(member, alert);
    }
  }

  /** Raises an alert for every span of waiting members that reaches the threshold, from the earliest on. */
  raise(): void {
    const { threshold, windowMs, distinct } = this.policy;
    const waiting = this.waiting();
    let tally = new Tally();
    let from = 0;
    let free = 0;
    for (const [to, member] of waiting.entries()) {
      if (to < free) continue;
      tally.enter(keysOf(member, distinct));
      for (
        let first = waiting[from];
        first !== undefined && member.time - first.time > windowMs;
        first = waiting[++from]
      ) {
        tally.leave(keysOf(first, distinct));
      }
      if (tally.size < threshold) continue;

      const span = waiting.slice(from, to + 1).filter((m) => keysOf(m, distinct).length > 0);
      const start = span[0]?.time ?? member.time;
      const end = member.time;
      const isNear = (m: Member | undefined): boolean =>
        m !== undefined && this.covers({ start, end }, m.time);
      let first = from;
      while (first > free && isNear(waiting[first - 1])) first--;
      free = to + 1;
      while (isNear(waiting[free])) free++;
      const near = waiting.slice(first, free);
      const alert = this.open(start, end, this.speaker([...span, ...near]));
      for (const joining of near) this.join(joining, alert);
      from = free;
      tally = new Tally();
    }
  }

  finish(): Folded {
    const changes = [...this.changes.values()];
    const late = [...this.late.values()];
    if (this.fresh.size === 0 && changes.length === 0) return { group: this.group, changes, late };

    // A match at the horizon can end a span that starts one window earlier and covers another window before that.
    const oldest = this.horizon() - 2 * this.policy.windowMs;
    const recent = this.members
      .filter(({ time }) => time >= oldest)
      .map((member) => {
        const alert = member.alert === undefined ? this.joined.get(member.id) : undefined;
        return alert === undefined ? member : { ...member, alert };
      });
    const members = this.cap(recent);
    const alerts = [...this.group.alerts, ...this.raised]
      .map((alert) => this.changes.get(alert.id)?.alert ?? alert)
      // However old, what has just changed is still to be delivered.
      .filter((alert) => alert.lastEventTime >= oldest || this.changes.has(alert.id));
    if (this.raised.length > 0) alerts.sort((a, b) => a.start - b.start);
    const forgotten = this.group.forgotten + recent.length - members.length;
    return { group: { ...this.group, members, alerts, forgotten }, changes, late };
  }

  /** Events before this time come too late: measured from the newest event that the group holds. */
  private horizon(): number {
    const { latenessMs = Infinity } = this.policy;
    const member = this.members.at(-1)?.time ?? -Infinity;
    // The cap may have pushed the newest member out; its alert still tells.
    const alert = this.group.alerts.at(-1)?.lastEventTime ?? -Infinity;
    return Math.max(member, alert) - latenessMs;
  }

  private waiting(): readonly Member[] {
    return this.members.filter(({ id, alert }) => alert === undefined && !this.joined.has(id));
  }

  /** The alert that covers a time; of two, the one before it. Their spans never overlap, so a search by start finds it. */
  private alertNear(time: number): Alert | undefined {
    const { alerts } = this.group;
    let low = 0;
    let high = alerts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((alerts[middle]?.start ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return alerts.slice(Math.max(0, low - 1), low + 1).find((alert) => this.covers(alert, time));
  }

  private covers({ start, end }: Pick<Alert, 'start' | 'end'>, time: number): boolean {
    return time >= start - this.policy.windowMs && time <= end + this.policy.windowMs;
  }

  /** The most severe of the new matches among them, the first among equals. */
  private speaker(members: readonly Member[]): Contribution | undefined {
    let best: Contribution | undefined;
    for (const { id } of members) {
      const next = this.fresh.get(id);
      if (next === undefined) continue;
      if (best === undefined || severityRank(next.severity) > severityRank(best.severity)) best = next;
    }
    return best;
  }

  /** @param speaker gives title and context; there is none where a changed policy lets old matches alert */
  private open(start: number, end: number, speaker: Contribution | undefined): Alert {
    const { rule, logType, dedup } = this.group;
    const { title, context } = speaker?.present() ?? { title: rule, context: {} };
    const alert: Alert = {
      ...{ id: alertId(rule, dedup, start), rule, logType, dedup, severity: 'info', title, context },
      ...{ start, end, firstEventTime: start, lastEventTime: end, events: 0, pointers: [] },
    };
    this.raised.push(alert);
    this.changes.set(alert.id, { kind: 'raised', alert });
    return alert;
  }

  private join(member: Member, to: Alert): void {
    const { alert, kind } = this.changes.get(to.id) ?? { alert: to, kind: 'joined' };
    const severity = higher(alert.severity, member.severity);
    this.changes.set(to.id, {
      kind: kind === 'raised' || severity === alert.severity ? kind : 'escalated',
      alert: {
        ...alert,
        severity,
        firstEventTime: Math.min(alert.firstEventTime, member.time),
        lastEventTime: Math.max(alert.lastEventTime, member.time),
        events: alert.events + 1,
        pointers:
          alert.pointers.length < MOST_POINTERS ? [...alert.pointers, member.pointer] : alert.pointers,
      },
    });
    this.joined.set(member.id, to.id);
  }

  /**
   * Keeps what waits for a threshold rather than what an alert has counted, and the newest of each. Of what waits,
   * values that newer members bring too give way first: repeating one value pushes no other out.
   */
  private cap(members: readonly Member[]): readonly Member[] {
    const most = Math.max(this.policy.mostMembers ?? MOST_MEMBERS, this.policy.threshold);
    if (members.length <= most) return members;
    const needed: Member[] = [];
    const spare: Member[] = [];
    const counted: Member[] = [];
    const seen = new Set<string>();
    for (const member of members.toReversed()) {
      if (member.alert !== undefined) {
        counted.push(member);
        continue;
      }
      const keys = keysOf(member, this.policy.distinct);
      if (keys.every((key) => seen.has(key))) spare.push(member);
      else needed.push(member);
      for (const key of keys) seen.add(key);
    }
    const kept = new Set([...needed, ...spare, ...counted].slice(0, most));
    return members.filter((member) => kept.has(member));
  }
}

/** What a member counts: itself, or its distinct values. */
const keysOf = (member: Member, distinct: boolean): readonly string[] =>
  distinct ? (member.values ?? []) : [member.id];
