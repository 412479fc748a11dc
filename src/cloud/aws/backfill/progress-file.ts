import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../../../errors.js';

/** What a backfill is of: another one has another file. */
const RUN = z.strictObject({
  installation: z.string(),
  source: z.string(),
  bucket: z.string(),
  from: z.string(),
  to: z.string(),
  prefix: z.string().optional(),
});
export type BackfillRun = z.infer<typeof RUN>;

const FILE = z.strictObject({
  version: z.literal(1),
  run: RUN,
  sent: z.strictObject({ objects: z.int().min(0), bytes: z.int().min(0) }),
  /** The last key that was sent, by folder. */
  last: z.record(z.string(), z.string()),
});
type Content = z.infer<typeof FILE>;

/** Milliseconds. What was sent since is sent twice after a crash, which does no harm. */
const SAVED_EVERY = 1000;

/** Remembers how far a backfill came, so that one that was interrupted goes on. */
export class ProgressFile {
  private savedAt = -Infinity;

  private constructor(
    readonly path: string,
    private readonly content: Content,
    /** Whether a run of before is gone on with. */
    readonly isOld: boolean,
  ) {}

  /** @throws UsageError where the file is of another backfill, or is none */
  static async open(path: string, run: BackfillRun): Promise<ProgressFile> {
    const text = await read(path);
    if (text === undefined) {
      return new ProgressFile(path, { version: 1, run, sent: { objects: 0, bytes: 0 }, last: {} }, false);
    }
    const content = parsed(text);
    if (content === undefined) {
      throw new UsageError(
        'NO_PROGRESS_FILE',
        `${path} is not the progress of a backfill.`,
        'Name another file with --state, or move this one away.',
      );
    }
    if (JSON.stringify(content.run) !== JSON.stringify(RUN.parse(run))) {
      const { source, bucket, from, to, prefix } = content.run;
      throw new UsageError(
        'OTHER_BACKFILL',
        `${path} is the progress of another backfill: of ${source} (${bucket}${prefix === undefined ? '' : `, ${prefix}`}) from ${from} to ${to}.`,
        'Finish that one with the same options, or remove the file, or name another with --state.',
      );
    }
    return new ProgressFile(path, content, true);
  }

  get sent(): Content['sent'] {
    return this.content.sent;
  }

  /** The last key of a folder that was sent. */
  after(folder: { readonly keyPrefix: string }): string | undefined {
    const { last } = this.content;
    return Object.hasOwn(last, folder.keyPrefix) ? last[folder.keyPrefix] : undefined;
  }

  mark(folder: { readonly keyPrefix: string }, key: string, sent: Content['sent']): void {
    this.content.last[folder.keyPrefix] = key;
    this.content.sent.objects += sent.objects;
    this.content.sent.bytes += sent.bytes;
  }

  async saveSometimes(now: number): Promise<void> {
    if (now - this.savedAt < SAVED_EVERY) return;
    await this.save();
    this.savedAt = now;
  }

  /** Renames into place: a process that is killed meanwhile leaves the file of before. */
  async save(): Promise<void> {
    const partial = `${this.path}.partial`;
    try {
      await writeFile(partial, `${JSON.stringify(this.content, null, 1)}\n`);
      await rename(partial, this.path);
    } catch (error) {
      throw new UsageError(
        'PROGRESS_NOT_SAVED',
        `The progress cannot be written to ${this.path}: ${String(error)}`,
        'Name another file with --state, in a folder that can be written to.',
        { cause: error },
      );
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(
      'PROGRESS_UNREADABLE',
      `${path} cannot be read: ${String(error)}`,
      'Name another file with --state.',
      { cause: error },
    );
  }
}

function parsed(text: string): Content | undefined {
  try {
    const result = FILE.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
