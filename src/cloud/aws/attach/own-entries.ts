import type { NotificationConfiguration, TopicConfiguration } from '@aws-sdk/client-s3';
import { entriesOf, entryOf, overlaps, type Entry } from './entries.js';

/** What Tocsin adds to the notifications of a bucket that is not its own. */
export interface OwnEntries {
  /** Id of the first entry; further ones have a number behind it. */
  readonly id: string;
  readonly topicArn: string;
  /** Keys of logs begin with one of these. */
  readonly prefixes: readonly string[];
}

/** Why the entries cannot be added. */
export type Conflict = { readonly kind: 'overlaps' | 'id-taken'; readonly entry: Entry };

/** One entry a prefix: S3 takes one prefix in each, and none that another one covers. */
export function wantedEntries({ id, topicArn, prefixes }: OwnEntries): readonly TopicConfiguration[] {
  const widest = [...new Set(prefixes)].filter(
    (prefix, _, all) => !all.some((other) => other !== prefix && prefix.startsWith(other)),
  );
  return widest.sort().map((prefix, i) => ({
    Id: i === 0 ? id : `${id}-${i + 1}`,
    TopicArn: topicArn,
    Events: ['s3:ObjectCreated:*'],
    ...(prefix === '' ? {} : { Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } } }),
  }));
}

const isOwnId = (own: OwnEntries, id: string): boolean =>
  id === own.id || (id.startsWith(`${own.id}-`) && /^\d+$/.test(id.slice(own.id.length + 1)));

/** Ours by id and by topic: an entry that only looks so is somebody else's. */
export const isOwn = (own: OwnEntries, { Id = '', TopicArn }: TopicConfiguration): boolean =>
  TopicArn === own.topicArn && isOwnId(own, Id);

/** What stands in the way of our entries among all others. */
export function conflictsWith(
  configuration: NotificationConfiguration,
  own: OwnEntries,
): readonly Conflict[] {
  const wanted = wantedEntries(own).map((one) => entryOf(one, one.TopicArn));
  return entriesOf(withoutOwn(configuration, own)).flatMap((entry): Conflict[] => {
    if (wanted.some(({ prefix }) => overlaps(entry, prefix))) return [{ kind: 'overlaps', entry }];
    return wanted.some(({ id }) => id === entry.id) ? [{ kind: 'id-taken', entry }] : [];
  });
}

/** The configuration with our entries in it, behind all others, which stay as they are. */
export function withOwn(
  configuration: NotificationConfiguration,
  own: OwnEntries,
): NotificationConfiguration {
  if (hasOwn(configuration, own)) return configuration;
  const others = withoutOwn(configuration, own);
  return {
    ...others,
    TopicConfigurations: [...(others.TopicConfigurations ?? []), ...wantedEntries(own)],
  };
}

/** Whether our entries are there, just as they are wanted. */
export const hasOwn = (configuration: NotificationConfiguration, own: OwnEntries): boolean =>
  sameEntries(ownIn(configuration, own), wantedEntries(own));

export const ownIn = (
  { TopicConfigurations = [] }: NotificationConfiguration,
  own: OwnEntries,
): readonly TopicConfiguration[] => TopicConfigurations.filter((one) => isOwn(own, one));

export function withoutOwn(
  configuration: NotificationConfiguration,
  own: OwnEntries,
): NotificationConfiguration {
  const { TopicConfigurations: topics, ...others } = configuration;
  const rest = (topics ?? []).filter((one) => !isOwn(own, one));
  return rest.length === 0 ? others : { ...others, TopicConfigurations: rest };
}

/** Whether two lists hold the same entries, in any order, letter for letter but for the case of names of rules. */
export const sameEntries = (these: readonly object[], those: readonly object[]): boolean =>
  JSON.stringify(these.map(fingerprint).sort()) === JSON.stringify(those.map(fingerprint).sort());

/** Entries of others that are in only one of two configurations. */
export function changedByOthers(
  before: NotificationConfiguration,
  after: NotificationConfiguration,
  own: OwnEntries,
): { readonly gone: readonly string[]; readonly come: readonly string[] } {
  const [old, now] = [before, after].map((one) => parts(withoutOwn(one, own))) as [string[], string[]];
  return { gone: old.filter((one) => !now.includes(one)), come: now.filter((one) => !old.includes(one)) };
}

const parts = (configuration: NotificationConfiguration): string[] => [
  ...(configuration.TopicConfigurations ?? []).map(fingerprint),
  ...(configuration.QueueConfigurations ?? []).map(fingerprint),
  ...(configuration.LambdaFunctionConfigurations ?? []).map(fingerprint),
  ...(configuration.EventBridgeConfiguration === undefined ? [] : ['EventBridge']),
];

/** JSON with sorted names; order among events and filter rules means nothing. */
function fingerprint(value: object): string {
  return JSON.stringify(sortedValue(value));
}

function sortedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sortedValue(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => [
      name,
      // `Prefix` and `prefix` are one.
      name === 'Name' && typeof inner === 'string' ? inner.toLowerCase() : sortedValue(inner),
    ])
    .sort();
}
