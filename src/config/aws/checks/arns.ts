import type { Problem } from '../../checked.js';
import { onAws, regionOf, type Aws, type Sources } from './seen.js';

type Found = readonly [path: Problem['path'], arn: string | undefined];

/** ARNs are of the partition, and lead to something that is of use where they stand. */
export function* arnProblems(aws: Aws, sources: Sources): Generator<Problem> {
  for (const [path, arn] of arnsIn(aws, sources)) {
    const seen = partOf(arn, 1);
    if (seen !== undefined && aws.partition !== undefined && seen !== aws.partition)
      yield { path, message: `is of the partition ${seen}; expected one of ${aws.partition}` };
  }
  yield* farKey(['aws', 'backend', 'kmsKeyArn'], aws.backend?.kmsKeyArn, aws.backend?.region);
  const ids = Object.values(aws.accounts ?? {}).map((account) => account?.id);
  for (const { source, at } of onAws(sources)) {
    const path = [...at, 'existing'];
    yield* farKey([...path, 'kmsKeyArn'], source.existing?.kmsKeyArn, regionOf(source, aws));
    const owner = partOf(source.existing?.trailArn, 4);
    // An id that does not fit may be the one.
    if (owner !== undefined && !ids.includes(undefined) && !ids.includes(owner)) {
      const message = `the account ${owner} is not in aws.accounts: nobody would be told when the trail is stopped. Add it, or leave trailArn out`;
      yield { path: [...path, 'trailArn'], message };
    }
  }
}

function* arnsIn(aws: Aws, sources: Sources): Generator<Found> {
  for (const [name, account] of Object.entries(aws.accounts ?? {}))
    yield [['aws', 'accounts', name, 'credentials', 'roleArn'], account?.credentials?.roleArn];
  yield [['aws', 'backend', 'kmsKeyArn'], aws.backend?.kmsKeyArn];
  for (const { source, at } of onAws(sources)) {
    const { existing, trail } = source;
    yield [[...at, 'existing', 'kmsKeyArn'], existing?.kmsKeyArn];
    yield [[...at, 'existing', 'trailArn'], existing?.trailArn];
    const notifications = existing?.notifications ?? {};
    if ('topicArn' in notifications)
      yield [[...at, 'existing', 'notifications', 'topicArn'], notifications.topicArn];
    const wanted = trail?.s3DataEvents ?? [];
    if (wanted === 'all') continue;
    for (const [i, arn] of wanted.entries()) yield [[...at, 'trail', 's3DataEvents', i], arn];
  }
}

/**
 * S3 encrypts with keys of the bucket's region, which may be another account's.
 * https://docs.aws.amazon.com/botocore/latest/reference/services/cloudtrail/client/exceptions/KmsKeyNotFoundException.html
 */
function* farKey(
  path: Problem['path'],
  arn: string | undefined,
  region: string | undefined,
): Generator<Problem> {
  const seen = partOf(arn, 3);
  if (seen !== undefined && region !== undefined && seen !== region)
    yield { path, message: `is a key of ${seen}; expected one of ${region}, where the bucket is` };
}

/** A part of an ARN: 1 is the partition, 3 the region, 4 the account. */
const partOf = (arn: string | undefined, part: number): string | undefined => arn?.split(':')[part];
