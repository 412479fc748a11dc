import type { NotificationConfiguration } from '@aws-sdk/client-s3';
import type { SourcePlan } from '../../../config/aws/topology.js';
import { covers, entriesOf } from './entries.js';
import { conflictsWith, isOwn, type Conflict, type OwnEntries } from './own-entries.js';
import type { TrailSeen } from './trails.js';

/** What `existing.notifications` may say. */
export type Way = NonNullable<SourcePlan['config']['existing']>['notifications'];

export interface Ways {
  /** All that work, the one that changes least first. */
  readonly possible: readonly Way[];
  /** Why an entry of ours cannot be added. */
  readonly conflicts: readonly Conflict[];
}

export interface Seen {
  readonly trails: readonly TrailSeen[];
  readonly notifications: NotificationConfiguration;
}

/** How the detector can learn of new objects in a bucket that is there already. */
export function waysInto({ trails, notifications }: Seen, own: OwnEntries): Ways {
  const conflicts = conflictsWith(notifications, own);
  return {
    possible: [
      ...trailTopic(trails).map((topicArn): Way => ({ from: 'trail-topic', topicArn })),
      ...(notifications.EventBridgeConfiguration === undefined ? [] : [{ from: 'eventbridge' } as const]),
      ...bucketTopics(notifications, own).map((topicArn): Way => ({ from: 'topic', topicArn })),
      ...(conflicts.length === 0 ? [{ from: 'bucket' } as const] : []),
    ],
    conflicts,
  };
}

/** The topic that every trail tells: one that another trail does not tell would miss the files of that. */
function trailTopic(trails: readonly TrailSeen[]): readonly string[] {
  const topics = [...new Set(trails.map(({ topicArn }) => topicArn))];
  const [topic] = topics;
  return topics.length === 1 && topic !== undefined ? [topic] : [];
}

/** Topics of others that the bucket tells of every log below all prefixes. */
function bucketTopics(
  { TopicConfigurations = [] }: NotificationConfiguration,
  own: OwnEntries,
): readonly string[] {
  const entries = entriesOf({ TopicConfigurations: TopicConfigurations.filter((one) => !isOwn(own, one)) });
  const topics = [...new Set(entries.map(({ target }) => target))];
  return topics.filter((topic) =>
    own.prefixes.every((prefix) => entries.some((one) => one.target === topic && covers(one, prefix))),
  );
}

export const sameWay = (one: Way, other: Way): boolean => wayText(one) === wayText(other);

export const wayText = (way: Way): string => ('topicArn' in way ? `${way.from} ${way.topicArn}` : way.from);
