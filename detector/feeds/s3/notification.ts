import { isList, isObject, type Json, type JsonObject } from '../../engine/json.js';
import { cutText, show } from '../../engine/text.js';
import { leftOut, type LeftOut } from './left-out.js';
import { NotificationError } from './notification-error.js';
import { uriOf, type ObjectRef } from './object-ref.js';
import { toldByOthers } from './other-services.js';

export { NotificationError } from './notification-error.js';
export type { ObjectRef } from './object-ref.js';

/**
 * Why something that a message names is not read:
 * - `test-event`, `validation-message`: sent once, when S3 or CloudTrail is set up to notify;
 * - `subscription-confirmation`: a topic asks whether it may send. Nobody opens the address in it;
 * - `other-event`: an object was deleted, restored, tagged, or another service told something of its own: there is
 *   nothing new to read;
 * - `folder`, `empty`, `digest`, `insight`, `aggregated`: the object holds no events;
 * - `other-bucket`, `other-prefix`: the source does not name it, so it is not read, whoever asks;
 * - `unusable`: a part that names no object, beside others that do. The message belongs to the dead letters once those
 *   are done.
 */
export type SkipReason =
  | LeftOut
  | 'test-event'
  | 'validation-message'
  | 'subscription-confirmation'
  | 'other-event'
  | 'other-bucket'
  | 'other-prefix'
  | 'unusable';

export interface Skipped {
  readonly reason: SkipReason;
  /** What was seen there, cut: it can be anybody's text. */
  readonly what: string;
}

export interface Notification {
  readonly objects: readonly ObjectRef[];
  readonly skipped: readonly Skipped[];
}

type Found = ObjectRef | Skipped;

/** Envelopes around each other that are opened: SNS around what EventBridge, S3 or CloudTrail sent. */
const MOST_ENVELOPES = 2;
/** S3 takes no longer keys, in bytes of UTF-8. */
const LONGEST_KEY = 1024;
const LONGEST_WHAT = 200;
/** What CloudTrail publishes when a topic is given to a trail. */
const VALIDATION = 'CloudTrail validation message.';

/**
 * The objects that a message names, whoever sent it: S3, S3 through EventBridge or CloudTrail, each as it is or in the
 * envelope of SNS.
 * @throws NotificationError when it names none and is nothing that is known to name none: such a message must end as a
 * dead letter and not vanish
 */
export function readNotification(body: string): Notification {
  const objects: ObjectRef[] = [];
  const skipped: Skipped[] = [];
  for (const found of foundIn(body, MOST_ENVELOPES)) {
    if ('reason' in found) skipped.push(found);
    else objects.push(found);
  }
  if (objects.length === 0 && skipped.every(({ reason }) => reason === 'unusable')) {
    throw new NotificationError(body);
  }
  return { objects, skipped };
}

/** The body of a message that names objects as S3 would. */
export function notificationOf(objects: readonly ObjectRef[]): string {
  const records = objects.map(({ bucket, key, size, eTag, versionId, region }) => ({
    ...{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', awsRegion: region },
    s3: { bucket: { name: bucket }, object: { key: encodeKey(key), size, eTag, versionId } },
  }));
  return JSON.stringify({ Records: records });
}

function foundIn(text: string, envelopes: number): readonly Found[] {
  if (text === VALIDATION) return [skip('validation-message', text)];
  const message = parsed(text);
  if (message === undefined) return [];
  if (isList(message.Records)) return message.Records.map(fromS3);
  if (isList(message.s3ObjectKey)) return message.s3ObjectKey.map((key) => ref(message.s3Bucket, key, {}));
  const told = toldByOthers(message);
  if (told !== undefined) return [skip('other-event', told)];
  if (isObject(message.detail)) return [fromEventBridge(message, message.detail)];
  if (message.Event === 's3:TestEvent') return [skip('test-event', message.Bucket)];
  switch (message.Type) {
    case 'Notification':
      return typeof message.Message === 'string' && envelopes > 0
        ? foundIn(message.Message, envelopes - 1)
        : [];
    case 'SubscriptionConfirmation':
    case 'UnsubscribeConfirmation':
      return [skip('subscription-confirmation', message.TopicArn)];
    default:
      return [];
  }
}

/** docs.aws.amazon.com, "Event message structure": keys are encoded as in a form, a space as `+`. */
function fromS3(record: Json): Found {
  const { eventName, awsRegion, s3 } = objectOr(record);
  if (typeof eventName !== 'string' || !isObject(s3)) return skip('unusable', record);
  const { name } = objectOr(s3.bucket);
  const object = objectOr(s3.object);
  if (!eventName.startsWith('ObjectCreated:')) return skip('other-event', `${eventName} ${show(object.key)}`);
  return ref(name, decodedKey(object.key), { ...object, region: awsRegion }, record);
}

/** docs.aws.amazon.com, "EventBridge event message structure": keys are plain, and names have hyphens. */
function fromEventBridge(event: JsonObject, detail: JsonObject): Found {
  const type = event['detail-type'];
  const object = objectOr(detail.object);
  if (typeof type !== 'string' || event.source !== 'aws.s3') return skip('unusable', event);
  if (type !== 'Object Created') return skip('other-event', `${type} ${show(object.key)}`);
  const { size, etag, 'version-id': versionId } = object;
  const claims = { size, eTag: etag, versionId, region: event.region };
  return ref(objectOr(detail.bucket).name, object.key, claims, event);
}

/** What is claimed about an object, of which nothing need be there or be what it should. */
type Claims = Readonly<Partial<Record<'size' | 'eTag' | 'versionId' | 'region', Json | undefined>>>;

function ref(
  bucket: Json | undefined,
  key: Json | undefined,
  claims: Claims,
  seen: Json = key ?? null,
): Found {
  if (typeof bucket !== 'string' || bucket === '' || !isKey(key)) return skip('unusable', seen);
  const { size, eTag, versionId, region } = claims;
  const object: ObjectRef = {
    ...{ bucket, key },
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
    ...(typeof eTag === 'string' && eTag !== '' ? { eTag: eTag.replaceAll('"', '') } : {}),
    ...(typeof versionId === 'string' ? { versionId } : {}),
    ...(typeof region === 'string' ? { region } : {}),
  };
  const kind = leftOut(object);
  return kind === undefined ? object : skip(kind, uriOf(object));
}

const isKey = (key: Json | undefined): key is string =>
  typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= LONGEST_KEY;

/** Undefined for what S3 would not have sent. */
function decodedKey(key: Json | undefined): string | undefined {
  if (typeof key !== 'string') return undefined;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const encodeKey = (key: string): string =>
  encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');

function parsed(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const objectOr = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

export const skip = (reason: SkipReason, seen: Json | undefined): Skipped => ({
  reason,
  what: typeof seen === 'string' ? cutText(seen, LONGEST_WHAT) : show(seen),
});
