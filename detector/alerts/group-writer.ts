import type { MessageKind } from '../destinations/destination.js';
import type { Rule } from '../rule.js';
import type { StateStore } from '../state/store.js';
import { addPointers, alertKey, decodeAlert, encodeAlert, groupKey, shownRule } from './alert-document.js';
import type { AlertDocument } from './alert-document.js';
import { alertPolicy } from './contribution.js';
import { hold, queue, type DeliveryState } from './delivery-state.js';
import { updateDocument } from './documents.js';
import { fold, type AlertChange, type AlertPolicy, type Folded } from './fold.js';
import {
  decodeGroup,
  encodeGroup,
  groupDue,
  groupMarks,
  isOpen,
  openDeliveries,
  type StoredGroup,
} from './group-document.js';
import { emptyGroup, type Alert, type Contribution } from './group.js';
import { contributionsOf, type ManifestEntry } from './manifest.js';
import { OneByOne } from './one-by-one.js';
import { firstKind, type SystemEvent } from './system-rules.js';

export interface GroupWriterOptions {
  readonly store: StateStore;
  readonly now: () => number;
  /** Names the rules that raise alerts. */
  readonly ruleset: string;
  /** How late events may be. @default 24 h */
  readonly latenessMs: number;
  /** How long alerts are kept. @default 90 days */
  readonly alertRetentionMs: number;
  /**
   * Where a new alert is sent, or one whose severity rose; or why it is held. The same alert can be asked about again:
   * it must count once.
   */
  readonly plan: (alert: AlertToPlan) => Promise<DeliveryPlan>;
  /** Whether a destination shows messages of a kind; what it does not is never queued. @default all of them */
  readonly accepts?: (destination: string, kind: MessageKind) => boolean;
  /** Groups are kept for at least this long after each change. */
  readonly keepMs: number;
  /** Has the detector say something about itself. */
  readonly tell: (event: SystemEvent, touched: Set<string>) => Promise<void>;
}

export interface AlertToPlan {
  readonly rule: Rule;
  readonly alert: Alert;
  /** Destinations that had it already, or that a mute spared: they are not planned for. None for a new alert. */
  readonly told: readonly string[];
  /** Its events are older than they may be. */
  readonly late: boolean;
  /** Its group holds as much to be sent as fits a document. */
  readonly crowded: boolean;
}

export interface DeliveryPlan {
  readonly destinations: readonly string[];
  /** Raised, listed, and not sent. */
  readonly held?: string;
  /** What the detector says about it, before the alert is on record. */
  readonly tell?: SystemEvent;
}

/** Alerts that a group knows; the oldest that were told are forgotten, and what comes late to them alerts again. */
const MOST_ALERTS = 50;
/** Messages of one group that wait or are under way. */
const MOST_OPEN = 500;

/** Where one alert stands, by destination. */
type States = Readonly<Record<string, DeliveryState>>;

/** One write of a group: everything that it is computed from, and what is known again when it has to be repeated. */
interface Work {
  readonly key: string;
  readonly rule: Rule;
  readonly policy: AlertPolicy;
  readonly entry: ManifestEntry;
  /** Which part of which unit; a group counts none of them twice. Absent where the events themselves tell. */
  readonly part: string | undefined;
  readonly touched: Set<string>;
  /** By alert, severity and those who were told. */
  readonly plans: Map<string, DeliveryPlan>;
}

/** Folds contributions into the documents of their groups, and queues what is to be sent. */
export class GroupWriter {
  /** Units that are counted at the same time wait for each other: writing in vain costs more with each of them. */
  private readonly units = new OneByOne();

  constructor(private readonly options: GroupWriterOptions) {}

  /** @param touched takes the keys of groups with something to deliver now */
  async apply(
    part: string | undefined,
    rule: Rule,
    entry: ManifestEntry,
    touched: Set<string>,
  ): Promise<void> {
    const key = groupKey(entry.rule, entry.dedup);
    const policy = alertPolicy(rule, this.options.latenessMs);
    const work = { key, rule, policy, entry, part, touched, plans: new Map() };
    const write = (): Promise<void> => this.write(work, contributionsOf(entry));
    // What the detector says itself comes up within the writing of another group, which must not wait for it.
    await (part === undefined ? write() : this.units.run(key, write));
  }

  private async write(work: Work, contributions: readonly Contribution[]): Promise<void> {
    const { store, now } = this.options;
    const { key, entry, part, policy, touched } = work;
    const found: { due: number | null } = { due: null };
    await updateDocument(store, key, async (body) => {
      const stored = body === undefined ? newGroup(entry) : decodeGroup(body);
      found.due = groupDue(stored);
      if (part !== undefined && stored.units.includes(part)) return undefined;
      const folded = fold(stored.group, contributions, policy);
      if (folded.late.length > 0) await this.writeLate(work, folded.late);
      if (folded.group === stored.group) return undefined;
      const next = await this.advance(work, stored, folded);
      found.due = groupDue(next);
      return { body: encodeGroup(next), marks: groupMarks(next), result: undefined };
    });
    if (found.due !== null && found.due <= now()) touched.add(key);
  }

  /**
   * What is older than its group remembers makes groups of its own, where nothing is too late: old logs raise alerts.
   * Comes before the group's own write, so that a crash between the two repeats both.
   */
  private writeLate(work: Work, contributions: readonly Contribution[]): Promise<void> {
    const { rule, dedup } = work.entry;
    const { latenessMs: _, ...policy } = work.policy;
    return this.write({ ...work, key: groupKey(rule, dedup, 'late'), policy }, contributions);
  }

  private async advance(work: Work, stored: StoredGroup, folded: Folded): Promise<StoredGroup> {
    const { now, alertRetentionMs, keepMs, latenessMs } = this.options;
    const { policy, part } = work;
    const deliveries = await this.deliveriesAfter(work, stored, folded.changes);
    const alerts = remembered(stored, folded, deliveries);
    const known = new Set(alerts.map(({ id }) => id));
    const ofKnown = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(record).filter(([id]) => known.has(id)));
    const escalated = new Set(
      folded.changes.filter(({ kind }) => kind === 'escalated').map((change) => change.alert.id),
    );
    const keep = Math.max(alertRetentionMs, keepMs, latenessMs + 2 * policy.windowMs);
    return {
      group: { ...folded.group, alerts },
      units: part === undefined ? stored.units : [...stored.units, part],
      deliveries: ofKnown(deliveries),
      // A higher severity opens again what somebody ended.
      resolved: Object.fromEntries(
        Object.entries(ofKnown(stored.resolved)).filter(([id]) => !escalated.has(id)),
      ),
      keepUntil: Math.max(stored.keepUntil, Math.ceil(now() + keep)),
    };
  }

  /** Writes what alerts show, and queues what is to be sent. */
  private async deliveriesAfter(
    work: Work,
    stored: StoredGroup,
    changes: readonly AlertChange[],
  ): Promise<StoredGroup['deliveries']> {
    const { now, latenessMs } = this.options;
    const deliveries: Record<string, States> = { ...stored.deliveries };
    for (const change of changes) {
      const { alert, kind } = change;
      const late = alert.lastEventTime < work.entry.arrival - latenessMs;
      const isOurs = await this.writeAlert(work, change, late);
      const before = deliveries[alert.id] ?? {};
      const after = this.followed(before, kind);
      const room = roomIn(deliveries) - openDeliveries(after) + openDeliveries(before);
      if (room >= 0) deliveries[alert.id] = after;
      if (kind === 'joined' && room >= 0) continue;
      // A higher severity can lead to more destinations, and is worth asking again about those that it was held from.
      const told = toldIn(before);
      const { destinations, held } = await this.planFor(work, { alert, late, told, room });
      if (kind === 'joined') continue;
      const why = held ?? (isOurs ? undefined : 'raised before');
      const first = firstKind(alert);
      const state = why === undefined ? queue(undefined, first, now()) : hold(first, now(), why);
      const firsts = Object.fromEntries(destinations.map((name) => [name, state]));
      deliveries[alert.id] = { ...deliveries[alert.id], ...firsts };
    }
    return deliveries;
  }

  /** Where an alert stands when those that had it are to be told what became of it. */
  private followed(before: States, kind: AlertChange['kind']): States {
    const { now, accepts = () => true } = this.options;
    const message = kind === 'escalated' ? 'escalated' : 'updated';
    return Object.fromEntries(
      Object.entries(before).map(([name, state]) => [
        name,
        accepts(name, message) ? queue(state, message, now()) : state,
      ]),
    );
  }

  /** Asks once for each alert and severity, however often the group has to be written anew. */
  private async planFor(
    { plans, rule, touched }: Work,
    { room, ...asked }: Omit<AlertToPlan, 'rule' | 'crowded'> & { readonly room: number },
  ): Promise<DeliveryPlan> {
    const { plan, tell } = this.options;
    // Another process can have raised the alert since: then it is told to fewer.
    const key = JSON.stringify([asked.alert.id, asked.alert.severity, asked.told]);
    const known = plans.get(key);
    if (known !== undefined) return known;
    let planned = await plan({ rule, ...asked, crowded: false });
    if (planned.held === undefined && planned.destinations.length > room)
      planned = await plan({ rule, ...asked, crowded: true });
    if (planned.tell !== undefined) await tell(planned.tell, touched);
    plans.set(key, planned);
    return planned;
  }

  /** @returns whether the alert is this group's: old logs can raise again what was raised when they were new */
  private async writeAlert(
    { key, rule }: Work,
    { alert, kind }: AlertChange,
    late: boolean,
  ): Promise<boolean> {
    const { store, now, ruleset, alertRetentionMs } = this.options;
    let isOurs = true;
    await updateDocument(store, alertKey(alert.id), (body) => {
      const known = body === undefined ? undefined : decodeAlert(body);
      isOurs = known === undefined || known.groupKey === key;
      // Only a new alert has content; of another one it can be lost when the alert lives longer than it is kept.
      const title = kind === 'raised' ? alert.title : rule.name;
      const fresh: AlertDocument = {
        ...{ v: 1, id: alert.id, groupKey: key, title, context: alert.context, rule: shownRule(rule) },
        ...{ ruleset, late, raisedAt: now(), pointers: [] },
      };
      const document = addPointers(known ?? fresh, alert.pointers);
      if (document === known) return undefined;
      const marks = { due: null, expires: Math.ceil(now() + alertRetentionMs) };
      return { body: encodeAlert(document), marks, result: undefined };
    });
    return isOurs;
  }
}

/** The alerts that the fold needs, with those that are still to be sent; of many, the newest. */
function remembered(
  stored: StoredGroup,
  { group }: Folded,
  deliveries: StoredGroup['deliveries'],
): readonly Alert[] {
  const folded = new Set(group.alerts.map(({ id }) => id));
  const unsent = stored.group.alerts.filter(({ id }) => !folded.has(id) && isOpen(deliveries[id]));
  const all = [...unsent, ...group.alerts].sort((a, b) => a.start - b.start);
  let surplus = all.length - MOST_ALERTS;
  return surplus <= 0 ? all : all.filter(({ id }) => isOpen(deliveries[id]) || surplus-- <= 0);
}

/** Those that had an alert, or will. What a mute held back is not sent afterwards; what was late or too many may be. */
const toldIn = (states: States): readonly string[] =>
  Object.entries(states)
    .filter(([, { state, reason }]) => state !== 'held' || reason === 'muted')
    .map(([name]) => name);

function roomIn(deliveries: StoredGroup['deliveries']): number {
  const open = Object.values(deliveries).map(openDeliveries);
  const alerts = open.filter((count) => count > 0).length;
  return alerts < MOST_ALERTS ? MOST_OPEN - open.reduce((sum, count) => sum + count, 0) : 0;
}

const newGroup = ({ rule, logType, dedup }: ManifestEntry): StoredGroup => ({
  group: emptyGroup(rule, logType, dedup),
  ...{ units: [], deliveries: {}, resolved: {}, keepUntil: 0 },
});
