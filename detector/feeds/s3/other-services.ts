import { isObject, type Json, type JsonObject } from '../../engine/json.js';

/** EventBridge takes no longer ones, in characters. */
const LONGEST_SOURCE = 256;
const LONGEST_TYPE = 128;

/**
 * What another service tells of itself on a topic that CloudTrail tells too, as Control Tower has one for both; undefined
 * for what is not known to be such a message.
 */
export const toldByOthers = (message: JsonObject): string | undefined =>
  byConfig(message) ?? byEventBridge(message);

/**
 * docs.aws.amazon.com, "Notifications that AWS Config sends to an Amazon SNS topic". Some name an object of their own, by
 * the same names as CloudTrail, which has a list there.
 */
function byConfig({ messageType, recordVersion }: JsonObject): string | undefined {
  const isVersion = typeof recordVersion === 'string' && /^\d+(?:\.\d+)*$/.test(recordVersion);
  return isVersion && typeof messageType === 'string' && /^[A-Za-z]{1,128}$/.test(messageType)
    ? messageType
    : undefined;
}

/** An object that somebody else says was created may be one of ours: that is not told here, and becomes a dead letter. */
function byEventBridge({ source, detail, 'detail-type': type }: JsonObject): string | undefined {
  if (!isObject(detail) || !isText(source, LONGEST_SOURCE) || !isText(type, LONGEST_TYPE)) return undefined;
  return source === 'aws.s3' || type === 'Object Created' ? undefined : `${type} of ${source}`;
}

const isText = (value: Json | undefined, longest: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longest && value.isWellFormed();
