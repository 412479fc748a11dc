import { notificationOf } from '../../../../detector/feeds/s3/notification.js';
import type { LogObject } from './logs.js';

/** A message for the queue, shaped like those of S3. */
export interface Message {
  readonly body: string;
  readonly objects: readonly LogObject[];
}

/** A message is done when all of its objects are; one that fails brings the others back too, though they are not read twice. */
export const MOST_OBJECTS = 10;
/** Stored bytes, so that one message is done within seconds. */
const MOST_BYTES = 16 * 1024 ** 2;
/**
 * Of one request, and so of one message: what SQS has always taken.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MOST_REQUEST_BYTES = 256 * 1024;
const MOST_MESSAGES = 10;

/** Objects in their order, several in a message. */
export function* messagesOf(
  bucket: { readonly name: string; readonly region: string },
  objects: Iterable<LogObject>,
): Generator<Message> {
  const { name, region } = bucket;
  const message = (part: readonly LogObject[]): Message => ({
    objects: part,
    body: notificationOf(
      part.map(({ key, size, eTag }) => ({
        ...{ bucket: name, key, size, region },
        ...(eTag === undefined ? {} : { eTag }),
      })),
    ),
  });
  let part: LogObject[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (part.length === MOST_OBJECTS || (part.length > 0 && bytes + object.size > MOST_BYTES)) {
      yield message(part);
      part = [];
      bytes = 0;
    }
    part.push(object);
    bytes += object.size;
  }
  if (part.length > 0) yield message(part);
}

/**
 * Messages in their order, as many in a request as SQS takes.
 * @param mostObjects in one request; at least one message is in it all the same
 */
export function* batchesOf(
  messages: Iterable<Message>,
  mostObjects = Infinity,
): Generator<readonly Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  let objects = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const isFull =
      batch.length === MOST_MESSAGES ||
      bytes + size > MOST_REQUEST_BYTES ||
      objects + message.objects.length > mostObjects;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      bytes = 0;
      objects = 0;
    }
    batch.push(message);
    bytes += size;
    objects += message.objects.length;
  }
  if (batch.length > 0) yield batch;
}
