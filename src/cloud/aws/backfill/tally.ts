import type { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import type { Bucket, FoundFolder } from './folders.js';
import type { Span } from './layout.js';
import { logsIn, type LogPage } from './logs.js';

/** What a backfill comes to. */
export interface Tally {
  objects: number;
  bytes: number;
  readonly days: Map<string, { objects: number; bytes: number }>;
  readonly accounts: Set<string>;
  readonly regions: Set<string>;
  readonly skipped: Map<string, number>;
}

const MOST_LISTINGS = 8;

/**
 * Lists all that is to be sent, and keeps the figures only: there can be millions of files.
 * @param after the last key of a folder that was sent before
 */
export async function tallyOf(
  client: S3Client,
  bucket: Bucket,
  folders: readonly FoundFolder[],
  span: Span,
  after: (folder: FoundFolder) => string | undefined,
): Promise<Tally> {
  const tally: Tally = {
    ...{ objects: 0, bytes: 0, days: new Map(), accounts: new Set(), regions: new Set() },
    skipped: new Map(),
  };
  const limit = pLimit(MOST_LISTINGS);
  await Promise.all(
    folders.map((folder) =>
      limit(async () => {
        for await (const page of logsIn(client, bucket, folder, span, after(folder)))
          count(tally, folder, page);
      }),
    ),
  );
  return tally;
}

function count(tally: Tally, { account, region }: FoundFolder, { objects, skipped }: LogPage): void {
  for (const { day, size } of objects) {
    tally.objects++;
    tally.bytes += size;
    const ofDay = tally.days.get(day) ?? { objects: 0, bytes: 0 };
    ofDay.objects++;
    ofDay.bytes += size;
    tally.days.set(day, ofDay);
    tally.accounts.add(account);
    tally.regions.add(region);
  }
  for (const reason of skipped) tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1);
}
