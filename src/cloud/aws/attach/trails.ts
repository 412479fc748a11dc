import { CloudTrailClient, DescribeTrailsCommand, type Trail } from '@aws-sdk/client-cloudtrail';
import type { AwsPlace, SourcePlan } from '../../../config/aws/topology.js';
import { UsageError } from '../../../errors.js';
import { AwsError, ask } from '../aws-error.js';
import type { AwsAccounts } from '../clients.js';

/** A trail that puts its files below a prefix of a source. */
export interface TrailSeen {
  readonly arn: string;
  /** Told of every file. */
  readonly topicArn: string | undefined;
  readonly kmsKeyArn: string | undefined;
}

export interface TrailsSeen {
  readonly trails: readonly TrailSeen[];
  /** Where nobody could look. */
  readonly problems: readonly (AwsError | UsageError)[];
}

/**
 * The trails that fill the bucket of a source, as far as the accounts of the bucket and of its trail know them. Whoever
 * looks after the bucket may have no way into the trail's account: that is told, and no reason to end.
 */
export async function trailsInto(source: SourcePlan, accounts: AwsAccounts): Promise<TrailsSeen> {
  const found = new Map<string, Trail>();
  const problems: (AwsError | UsageError)[] = [];
  for (const place of placesOf(source)) {
    try {
      for (const trail of await describe(place, accounts)) found.set(trail.TrailARN ?? '', trail);
    } catch (error) {
      if (!isNoWayIn(error)) throw error;
      problems.push(error);
    }
  }
  return {
    problems,
    trails: [...found.values()].filter((trail) => fills(trail, source)).map(trailSeen),
  };
}

const isNoWayIn = (error: unknown): error is AwsError | UsageError =>
  error instanceof UsageError ||
  (error instanceof AwsError && (error.problem === 'denied' || error.problem === 'no-credentials'));

function placesOf({ place, trail }: SourcePlan): readonly AwsPlace[] {
  const isElsewhere =
    trail !== undefined && (trail.place.accountId !== place.accountId || trail.place.region !== place.region);
  return isElsewhere ? [place, trail.place] : [place];
}

async function describe(place: AwsPlace, accounts: AwsAccounts): Promise<readonly Trail[]> {
  const client = new CloudTrailClient(await accounts.at(place));
  try {
    const { trailList = [] } = await ask({ action: 'cloudtrail:DescribeTrails', on: '*', place }, () =>
      client.send(new DescribeTrailsCommand({})),
    );
    return trailList;
  } finally {
    client.destroy();
  }
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html */
function fills({ S3BucketName, S3KeyPrefix = '' }: Trail, { bucket, keyPrefixes }: SourcePlan): boolean {
  const root = `${S3KeyPrefix === '' ? '' : `${S3KeyPrefix}/`}AWSLogs/`;
  return (
    S3BucketName === bucket.name &&
    keyPrefixes.some((prefix) => prefix.startsWith(root) || root.startsWith(prefix))
  );
}

const trailSeen = ({ TrailARN = '', SnsTopicARN, KmsKeyId }: Trail): TrailSeen => ({
  arn: TrailARN,
  topicArn: SnsTopicARN === '' ? undefined : SnsTopicARN,
  kmsKeyArn: KmsKeyId === '' ? undefined : KmsKeyId,
});
