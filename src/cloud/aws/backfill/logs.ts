import type { S3Client, _Object } from '@aws-sdk/client-s3';
import { leftOut, type LeftOut } from '../../../../detector/feeds/s3/left-out.js';
import { listPage, type Bucket, type FoundFolder } from './folders.js';
import { dayOf, dayOfKey, LATEST_DELIVERY_MS, mayHold, type Span } from './layout.js';

/** A file of logs as a listing tells of it. */
export interface LogObject {
  readonly key: string;
  readonly size: number;
  readonly eTag?: string;
  /** `2026/03/01` */
  readonly day: string;
}

/** Why an object is left out: `archived` ones cannot be read before they are restored; `elsewhere` is in no day. */
export type Skipped = LeftOut | 'archived' | 'elsewhere';

export interface LogPage {
  readonly objects: readonly LogObject[];
  readonly skipped: readonly Skipped[];
  /** The last key that was looked at. */
  readonly lastKey: string;
}

/** Storage classes that answer no read. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
const ARCHIVED = new Set<string>(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * The files of a folder that can hold events of a span, in the order of their keys, which is that of their days. Only
 * the days in question are listed.
 * @param after the last key of before; files behind it are wanted
 */
export async function* logsIn(
  client: S3Client,
  bucket: Bucket,
  folder: FoundFolder,
  span: Span,
  after = '',
): AsyncGenerator<LogPage> {
  const lastDay = dayOf(span.to + LATEST_DELIVERY_MS);
  const beforeFirst = `${folder.path}${dayOf(span.from)}`;
  let lastKey = after > beforeFirst ? after : beforeFirst;
  for (;;) {
    const { Contents = [], IsTruncated = false } = await listPage(client, bucket, {
      ...{ prefix: folder.keyPrefix, after: lastKey },
    });
    const page = pageOf(Contents, folder, span, lastDay);
    if (page.lastKey !== '') yield page;
    if (page.isLast || !IsTruncated || page.lastKey === '') return;
    lastKey = page.lastKey;
  }
}

function pageOf(
  contents: readonly _Object[],
  folder: FoundFolder,
  span: Span,
  lastDay: string,
): LogPage & { readonly isLast: boolean } {
  const objects: LogObject[] = [];
  const skipped: Skipped[] = [];
  let lastKey = '';
  for (const { Key: key = '', Size: size = 0, ETag, StorageClass = '' } of contents) {
    const day = dayOfKey(folder, key);
    if (day !== undefined && day > lastDay) return { objects, skipped, lastKey, isLast: true };
    lastKey = key;
    const reason = leftOut({ key, size }) ?? (ARCHIVED.has(StorageClass) ? 'archived' : undefined);
    if (day !== undefined && !mayHold(span, key)) continue;
    if (day === undefined || reason !== undefined) skipped.push(reason ?? 'elsewhere');
    else objects.push({ key, size, day, ...(ETag === undefined ? {} : { eTag: ETag.replaceAll('"', '') }) });
  }
  return { objects, skipped, lastKey, isLast: false };
}
