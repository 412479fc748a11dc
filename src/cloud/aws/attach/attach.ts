import type { NotificationConfiguration, TopicConfiguration } from '@aws-sdk/client-s3';
import type { AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import { UsageError } from '../../../errors.js';
import type { BucketNotifications } from './bucket-notifications.js';
import { entriesOf } from './entries.js';
import { ownerStatements, type OwnerStatement } from './owner-statements.js';
import {
  changedByOthers,
  conflictsWith,
  hasOwn,
  ownIn,
  wantedEntries,
  withOwn,
  withoutOwn,
  type Conflict,
  type OwnEntries,
} from './own-entries.js';
import type { TrailsSeen } from './trails.js';
import { sameWay, waysInto, wayText, type Way } from './ways.js';

/** What is known of a bucket and of the ways to hear from it. */
export interface AttachPlan {
  readonly source: SourcePlan;
  /** All that work, the one that changes least first. */
  readonly possible: readonly Way[];
  readonly configured: Way;
  /** `unknown` where nobody may look. */
  readonly works: 'yes' | 'no' | 'unknown';
  /** Entries of ours that are there. */
  readonly own: readonly TopicConfiguration[];
  /** `outdated`: they are not as they should be. */
  readonly entries: 'none' | 'there' | 'outdated';
  /** Entries as they should be, where the bucket's notifications are the way. */
  readonly wanted: readonly TopicConfiguration[];
  readonly conflicts: readonly Conflict[];
  readonly statements: readonly OwnerStatement[];
  readonly notes: readonly string[];
}

/** @throws UsageError for a source whose bucket is made by its stack */
export function ownEntries({ name, base, config, keyPrefixes, topic }: SourcePlan): OwnEntries {
  if (config.existing === undefined) {
    throw new UsageError(
      'NOTHING_TO_ATTACH',
      `The source "${name}" makes its own bucket, and its stack the notifications.`,
      'Apply its stack; attach is for sources with `existing`.',
    );
  }
  // Whatever tocsin.yaml says now, entries of before tell this topic.
  return { id: base, topicArn: topic.arn, prefixes: keyPrefixes };
}

export function planAttach(
  topology: AwsTopology,
  source: SourcePlan,
  own: OwnEntries,
  seen: TrailsSeen & { readonly notifications: NotificationConfiguration },
): AttachPlan {
  const { possible, conflicts } = waysInto(seen, own);
  const configured = source.config.existing?.notifications ?? { from: 'bucket' };
  const isPossible = possible.some((way) => sameWay(way, configured));
  const isUnseen = configured.from === 'trail-topic' && seen.problems.length > 0;
  const [best] = possible;
  const told = best === undefined || sameWay(best, configured) ? [configured] : [configured, best];
  const there = ownIn(seen.notifications, own);
  const plan = {
    ...{ source, possible, configured, conflicts },
    works: isPossible ? 'yes' : isUnseen ? 'unknown' : 'no',
    own: there,
    entries: there.length === 0 ? 'none' : hasOwn(seen.notifications, own) ? 'there' : 'outdated',
    wanted: wantedEntries(own),
    statements: [...new Map(told.flatMap((way) => keyed(ownerStatements(topology, source, way)))).values()],
  } as const;
  return { ...plan, notes: [...notesOn(plan, seen)] };
}

const keyed = (statements: readonly OwnerStatement[]) => statements.map((one) => [one.for, one] as const);

function* notesOn(
  { source, possible, configured, entries }: Omit<AttachPlan, 'notes'>,
  { trails, problems, notifications }: TrailsSeen & { readonly notifications: NotificationConfiguration },
): Generator<string> {
  const [best] = possible;
  if (best !== undefined && !sameWay(best, configured))
    yield `${wayText(best)} changes less than ${wayText(configured)}, which tocsin.yaml says.`;
  if (entries !== 'none' && configured.from !== 'bucket')
    yield 'An entry of Tocsin is still among the notifications; --undo --apply takes it out.';
  if (configured.from === 'bucket' && entriesOf(notifications).some(({ isOdd }) => isOdd))
    yield 'An entry filters by something that Tocsin does not know: it counts as being in the way.';
  for (const { message, fix } of problems) yield `The trails could not all be looked at: ${message} ${fix}`;
  if (trails.length === 0 && problems.length === 0)
    yield 'No trail of these accounts and regions fills the bucket; one of others may.';
  const keys = new Set(trails.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []));
  for (const key of keys) {
    if (source.bucket.kmsKeyArn !== key)
      yield `A trail encrypts the logs with ${key}; tocsin.yaml says ${source.bucket.kmsKeyArn === undefined ? 'no existing.kmsKeyArn' : `existing.kmsKeyArn: ${source.bucket.kmsKeyArn}`}.`;
  }
}

export interface Attached {
  /** `overwritten`: somebody else wrote the notifications at the same time, and ours are lost. */
  readonly outcome: 'attached' | 'detached' | 'unchanged' | 'refused' | 'overwritten';
  readonly conflicts: readonly Conflict[];
  /** Entries that somebody else changed meanwhile. */
  readonly others: ReturnType<typeof changedByOthers>;
}

/**
 * Adds our entries to the notifications of a bucket, or takes them out. All are read, changed and written as a whole:
 * S3 has no way to refuse a write that crosses another one. They are read again afterwards, and what others changed
 * meanwhile is told; who wrote between our reading and our writing, some milliseconds, is not seen.
 */
export async function attach(
  notifications: Pick<BucketNotifications, 'read' | 'readUntil' | 'write'>,
  own: OwnEntries,
  { undo, makesTopic }: { readonly undo: boolean; readonly makesTopic: string },
): Promise<Attached> {
  const none = { conflicts: [], others: { gone: [], come: [] } };
  const before = await notifications.read();
  const conflicts = undo ? [] : conflictsWith(before, own);
  if (conflicts.length > 0) return { ...none, outcome: 'refused', conflicts };
  const isDone = (seen: NotificationConfiguration): boolean =>
    undo ? ownIn(seen, own).length === 0 : hasOwn(seen, own);
  if (isDone(before)) return { ...none, outcome: 'unchanged' };
  await notifications.write(undo ? withoutOwn(before, own) : withOwn(before, own), makesTopic);
  const after = await notifications.readUntil(isDone);
  return {
    ...none,
    outcome: !isDone(after) ? 'overwritten' : undo ? 'detached' : 'attached',
    others: changedByOthers(before, after, own),
  };
}
