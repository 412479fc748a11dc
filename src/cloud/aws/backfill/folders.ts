import { ListObjectsV2Command, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import type { SourcePlan } from '../../../config/aws/topology.js';
import { ask } from '../aws-error.js';
import { logFolderOf, mayHoldLogs, type LogFolder } from './layout.js';

/** A folder of logs, and what the keys in question begin with: the folder, or something longer in it. */
export interface FoundFolder extends LogFolder {
  readonly keyPrefix: string;
}

/** Requests at the same time. */
const MOST_LISTINGS = 8;

export type Bucket = Pick<SourcePlan, 'bucket' | 'place'>;

/**
 * The folders of logs below some prefixes, sorted. Folders are listed level by level, so that other logs in the bucket
 * cost nothing.
 */
export async function logFolders(
  client: S3Client,
  bucket: Bucket,
  prefixes: readonly string[],
): Promise<readonly FoundFolder[]> {
  const found = new Map<string, FoundFolder>();
  const limit = pLimit(MOST_LISTINGS);
  const look = async (prefix: string): Promise<void> => {
    const folder = logFolderOf(prefix);
    if (folder !== undefined) {
      found.set(prefix, { ...folder, keyPrefix: prefix });
      return;
    }
    const below = await limit(() => foldersBelow(client, bucket, prefix));
    await Promise.all(below.filter(mayHoldLogs).map(look));
  };
  await Promise.all(prefixes.map(look));
  // Prefixes can cover each other.
  const all = [...found.values()].sort((a, b) => (a.keyPrefix < b.keyPrefix ? -1 : 1));
  return all.filter(({ keyPrefix }) => !all.some((one) => isAbove(one.keyPrefix, keyPrefix)));
}

const isAbove = (shorter: string, longer: string): boolean =>
  shorter !== longer && longer.startsWith(shorter);

async function foldersBelow(
  client: S3Client,
  { bucket, place }: Bucket,
  prefix: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  await ask({ action: 's3:ListBucket', on: bucket.arn, place }, async () => {
    const pages = paginateListObjectsV2(
      { client },
      { Bucket: bucket.name, Prefix: prefix, Delimiter: '/', ExpectedBucketOwner: place.accountId },
    );
    for await (const { CommonPrefixes = [] } of pages)
      names.push(...CommonPrefixes.flatMap(({ Prefix }) => Prefix ?? []));
  });
  return names;
}

/** One page of a listing. */
export const listPage = (
  client: S3Client,
  { bucket, place }: Bucket,
  page: { readonly prefix: string; readonly after: string },
) =>
  ask({ action: 's3:ListBucket', on: bucket.arn, place }, () =>
    client.send(
      new ListObjectsV2Command({
        ...{ Bucket: bucket.name, ExpectedBucketOwner: place.accountId },
        ...{ Prefix: page.prefix, StartAfter: page.after },
      }),
    ),
  );
