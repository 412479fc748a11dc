import type { ObjectRef } from './object-ref.js';

/** Why an object holds no events. */
export type LeftOut = 'folder' | 'empty' | 'digest' | 'insight' | 'aggregated';

/**
 * What CloudTrail writes beside its events, for an account or, with one more folder, for an organisation
 * (docs.aws.amazon.com, "Digest file location" and "Getting and viewing your CloudTrail log files"). Events are in
 * `CloudTrail` and `CloudTrail-NetworkActivity`.
 */
const BESIDE_EVENTS = /(?:^|\/)AWSLogs\/(?:[^/]+\/)?\d{12}\/CloudTrail-(Digest|Insight|Aggregated)\//;
const KINDS = { Digest: 'digest', Insight: 'insight', Aggregated: 'aggregated' } as const;

/** Told by key and size alone, without reading; undefined for an object that is to be read. */
export function leftOut({ key, size }: Pick<ObjectRef, 'key' | 'size'>): LeftOut | undefined {
  const kind = BESIDE_EVENTS.exec(key)?.[1];
  if (kind !== undefined) return KINDS[kind as keyof typeof KINDS];
  // The console makes a folder by an empty object with such a key.
  if (key.endsWith('/')) return 'folder';
  return size === 0 ? 'empty' : undefined;
}
