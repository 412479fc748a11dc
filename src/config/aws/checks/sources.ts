import type { Problem } from '../../checked.js';
import type { Fitting } from '../../fitting.js';
import type { NewBucketConfig } from '../schema.js';
import { onAws, type Aws, type Sources } from './seen.js';

/** Of the dead letters of another source. */
const TAKEN = '-dead-letters';

/** What a source asks for can be made. */
export function* sourceProblems(aws: Aws, sources: Sources): Generator<Problem> {
  for (const { name, source, at } of onAws(sources)) {
    if (name?.endsWith(TAKEN) === true)
      yield {
        path: [...at.slice(0, 2), 'name'],
        message: 'would have the name of something else that is made',
      };
    if (source.trail?.organization === true && !('organization' in aws))
      yield { path: [...at, 'trail', 'organization'], message: 'needs `aws.organization`' };
    for (const { path, message } of lifecycleProblems(source.bucket ?? {}))
      yield { path: [...at, 'bucket', ...path], message };
  }
}

function* lifecycleProblems({
  archiveDays,
  expireDays,
  objectLock,
}: Fitting<NewBucketConfig>): Generator<Problem> {
  if (expireDays === undefined) return;
  if (archiveDays != null && archiveDays >= expireDays)
    yield {
      path: ['archiveDays'],
      message: `${archiveDays} days come after expireDays, ${expireDays}; null never archives`,
    };
  if (objectLock?.days !== undefined && objectLock.days > expireDays)
    yield { path: ['objectLock', 'days'], message: `locks for longer than expireDays, ${expireDays}` };
}
