import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { SourcePlan } from '../../../config/aws/topology.js';
import { UsageError } from '../../../errors.js';
import type { ConfiguredAws } from '../configured.js';
import { logFolders, type FoundFolder } from './folders.js';
import type { Span } from './layout.js';
import { Pace } from './pace.js';
import type { ProgressFile } from './progress-file.js';
import { sendAll, type SendAll } from './send-all.js';
import { Sender } from '../sender.js';
import { tallyOf, type Tally } from './tally.js';

export interface BackfillWork {
  readonly source: SourcePlan;
  readonly span: Span;
  /** Keys begin with one of these. */
  readonly prefixes: readonly string[];
  readonly progress: ProgressFile;
}

/** Announces files that are in a bucket already to the detector's queue, as if they came now. */
export class Backfill {
  private folders: readonly FoundFolder[] = [];

  private constructor(
    private readonly aws: Pick<ConfiguredAws, 'topology' | 'accounts'>,
    private readonly work: BackfillWork,
    private readonly client: S3Client,
  ) {}

  static async open(
    aws: Pick<ConfiguredAws, 'topology' | 'accounts'>,
    work: BackfillWork,
  ): Promise<Backfill> {
    return new Backfill(aws, work, new S3Client(await aws.accounts.at(work.source.place)));
  }

  close(): void {
    this.client.destroy();
  }

  /** What is left to be sent. */
  async plan(): Promise<Tally> {
    const { source, span, prefixes, progress } = this.work;
    this.folders = await logFolders(this.client, source, prefixes);
    return tallyOf(this.client, source, this.folders, span, (folder) => progress.after(folder));
  }

  /** Sends what was planned. @returns whether all was sent; false when the signal ended it */
  async send(
    { rate, now, observe }: Pick<SendAll, 'rate' | 'now' | 'observe'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { topology, accounts } = this.aws;
    const { source, span, progress } = this.work;
    const { place } = topology.detector;
    const queue = { ...source.queue, place, stack: topology.stacks.source(source.name) };
    const sender = new Sender(await accounts.at(place), queue);
    const wait = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);
    try {
      return await sendAll(
        {
          ...{
            client: this.client,
            bucket: source,
            folders: this.folders,
            span,
            sender,
            rate,
            progress,
            now,
            observe,
          },
          pace: new Pace(rate, now, wait),
        },
        signal,
      );
    } finally {
      sender.close();
    }
  }
}

/** The prefixes to look below: those of the source, or the part of them that was named. @throws UsageError */
export function prefixesOf({ name, keyPrefixes }: SourcePlan, named: string | undefined): readonly string[] {
  if (named === undefined) return keyPrefixes;
  if (keyPrefixes.some((prefix) => named.startsWith(prefix))) return [named];
  throw new UsageError(
    'FOREIGN_PREFIX',
    `--prefix "${named}" is not below a prefix of the source "${name}" (${keyPrefixes.join(', ')}): the detector reads nothing there.`,
    'Name a prefix that begins with one of these.',
  );
}
