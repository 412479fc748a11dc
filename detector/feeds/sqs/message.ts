import type { FeedUnit } from '../feed.js';
import type { S3Clients, SourceBucket } from '../s3/clients.js';
import { readNotification, skip, type Skipped } from '../s3/notification.js';
import { uriOf, type ObjectRef } from '../s3/object-ref.js';
import { s3Unit, unitIdOf } from '../s3/objects.js';

/** A queue to which the notifications of some buckets are sent. */
export interface SqsSource {
  readonly name: string;
  readonly queueUrl: string;
  /** All that is ever read, whatever a message names. */
  readonly buckets: readonly SourceBucket[];
}

export interface MessageUnits {
  /** Each object once. */
  readonly units: readonly FeedUnit[];
  readonly skipped: readonly Skipped[];
  /**
   * A part of the message names nothing that could be read. When the units are done, it must fail all the same, so that
   * the queue makes it a dead letter.
   */
  readonly isDamaged: boolean;
}

/**
 * The units of a message. Objects of buckets and prefixes that the source does not name are left out: who may send to
 * the queue must not say what the role of the reader reads.
 * @param arrival when it was sent, in milliseconds since the epoch
 * @throws NotificationError for a body that is no notification: it belongs to the dead letters
 */
export function unitsOfMessage(
  body: string,
  source: Pick<SqsSource, 'buckets'>,
  clients: S3Clients,
  arrival: number,
): MessageUnits {
  const { objects, skipped } = readNotification(body);
  const units = new Map<string, FeedUnit>();
  const refused: Skipped[] = [];
  for (const object of objects) {
    const named = source.buckets.filter(({ bucket }) => bucket === object.bucket);
    const bucket = named.find(({ prefixes }) => covers(prefixes, object));
    if (bucket === undefined) {
      refused.push(skip(named.length === 0 ? 'other-bucket' : 'other-prefix', uriOf(object)));
    } else {
      const id = unitIdOf(object);
      units.set(id, { ...s3Unit(object, clients(bucket)), id, key: object.key, arrival });
    }
  }
  return {
    units: [...units.values()],
    skipped: [...skipped, ...refused],
    isDamaged: skipped.some(({ reason }) => reason === 'unusable'),
  };
}

const covers = (prefixes: readonly string[] | undefined, { key }: ObjectRef): boolean =>
  prefixes === undefined || prefixes.some((prefix) => key.startsWith(prefix));
