import type { S3Client } from '@aws-sdk/client-s3';
import type { ProgressStep } from '../../../output/progress.js';
import type { Bucket, FoundFolder } from './folders.js';
import type { Span } from './layout.js';
import { logsIn } from './logs.js';
import { batchesOf, messagesOf, MOST_OBJECTS } from './messages.js';
import type { Pace } from './pace.js';
import type { ProgressFile } from './progress-file.js';
import type { Sender } from '../sender.js';

export interface SendAll {
  readonly client: S3Client;
  readonly bucket: Bucket;
  readonly folders: readonly FoundFolder[];
  readonly span: Span;
  readonly sender: Pick<Sender, 'send' | 'url'>;
  /** Objects a second. */
  readonly rate: number;
  readonly pace: Pick<Pace, 'take'>;
  readonly progress: ProgressFile;
  readonly now: () => number;
  readonly observe: (step: ProgressStep) => void;
}

/**
 * Announces every file of a span, folder by folder, from where the progress says. How far it came is saved whatever
 * happens.
 * @returns whether all was sent; false when the signal ended it
 */
export async function sendAll(work: SendAll, signal: AbortSignal): Promise<boolean> {
  const { folders, progress, sender } = work;
  const url = await sender.url();
  try {
    for (const folder of folders) if (!(await sendFolder(work, folder, url, signal))) return false;
    return true;
  } finally {
    await progress.save();
  }
}

async function sendFolder(
  { client, bucket, span, sender, rate, pace, progress, now, observe }: SendAll,
  folder: FoundFolder,
  url: string,
  signal: AbortSignal,
): Promise<boolean> {
  const named = { name: bucket.bucket.name, region: bucket.place.region };
  for await (const { objects, lastKey } of logsIn(client, bucket, folder, span, progress.after(folder))) {
    for (const batch of batchesOf(messagesOf(named, objects), Math.max(rate, MOST_OBJECTS))) {
      const sent = batch.flatMap((message) => message.objects);
      await pace.take(sent.length);
      if (signal.aborted) return false;
      await sender.send(url, batch);
      const bytes = sent.reduce((sum, { size }) => sum + size, 0);
      progress.mark(folder, sent.at(-1)?.key ?? lastKey, { objects: sent.length, bytes });
      observe({ files: sent.length, bytes, storedBytes: bytes });
      await progress.saveSometimes(now());
    }
    if (signal.aborted) return false;
    progress.mark(folder, lastKey, { objects: 0, bytes: 0 });
  }
  return true;
}
