import {
  Cloudtrail,
  type CloudtrailAdvancedEventSelector,
} from '@cdktf/provider-aws/lib/cloudtrail/index.js';
import { Construct } from 'constructs';
import type { AwsTopology, NewLogsPlan } from '../../src/config/aws/topology.js';
import type { Announcements } from './announcements.js';
import type { AwsStack } from './aws-stack.js';
import type { LogBucket } from './log-bucket.js';

export interface TrailProps {
  readonly makes: NewLogsPlan;
  readonly bucket: LogBucket;
  readonly announcements: Announcements;
  readonly kmsKeyArn: string;
}

/** Records what is done in an account, or in every account of an organisation, in every region. */
export class Trail extends Construct {
  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { makes, bucket, announcements, kmsKeyArn }: TrailProps,
  ) {
    super(scope, id);
    const { trail, s3DataEvents } = makes;
    new Cloudtrail(this, 'trail', {
      ...stack.at(trail.place),
      name: trail.name,
      s3BucketName: bucket.bucket.bucket,
      // By ARN: an alias would be looked up in the account of whoever asks.
      kmsKeyId: kmsKeyArn,
      enableLogging: true,
      enableLogFileValidation: true,
      includeGlobalServiceEvents: true,
      isMultiRegionTrail: true,
      isOrganizationTrail: trail.organization,
      advancedEventSelector: [MANAGEMENT_EVENTS, ...dataEvents(s3DataEvents, stack.topology)],
      // CloudTrail tries the bucket when the trail is made, and what it writes there is announced from the first file on.
      dependsOn: [bucket.policy, announcements.notification],
    });
  }
}

/** Reads and writes. */
const MANAGEMENT_EVENTS: CloudtrailAdvancedEventSelector = {
  name: 'Management events',
  fieldSelector: [{ field: 'eventCategory', equalTo: ['Management'] }],
};

/**
 * A trail that records how logs are written writes about that, and so on without end: buckets made for logs are left
 * out, those of other trails too.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
 */
function dataEvents(
  wanted: NewLogsPlan['s3DataEvents'],
  { sources }: AwsTopology,
): CloudtrailAdvancedEventSelector[] {
  if (wanted.length === 0) return [];
  const logs = sources.flatMap(({ bucket: { arn, exists, accessLogs } }) =>
    exists ? [] : [arn, ...(accessLogs === undefined ? [] : [accessLogs.arn])],
  );
  return [
    {
      name: 'S3 data events',
      fieldSelector: [
        { field: 'eventCategory', equalTo: ['Data'] },
        { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
        {
          field: 'resources.ARN',
          ...(wanted === 'all' ? {} : { startsWith: wanted }),
          notStartsWith: logs.map((arn) => `${arn}/`),
        },
      ],
    },
  ];
}
