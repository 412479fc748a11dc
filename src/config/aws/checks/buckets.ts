import type { Problem } from '../../checked.js';
import { onAws, type Sources } from './seen.js';

/** A bucket is made once, and by nobody who says that it is there. */
export function* bucketProblems(sources: Sources): Generator<Problem> {
  const made = new Map<string, string | undefined>();
  for (const { name, source, at } of onAws(sources)) {
    const bucket = source.bucket?.name;
    if (bucket === undefined) continue;
    if (made.has(bucket))
      yield { path: [...at, 'bucket', 'name'], message: `${by(made.get(bucket))} makes this bucket too` };
    else made.set(bucket, name);
  }
  for (const { source, at } of onAws(sources)) {
    const bucket = source.existing?.bucket;
    if (bucket !== undefined && made.has(bucket))
      yield {
        path: [...at, 'existing', 'bucket'],
        message: `is not there: ${by(made.get(bucket))} makes it`,
      };
  }
}

const by = (source: string | undefined): string =>
  source === undefined ? 'another source' : `the source ${source}`;
