import { serviceDomain } from '../../src/config/aws/service-domain.js';
import type { AwsTopology } from '../../src/config/aws/topology.js';

/** Regions from before March 2019: in every account, and no more are added to them. All later ones are opted into. */
const IN_EVERY_ACCOUNT = new Set([
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1'],
  ...['ap-south-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-southeast-1', 'ap-southeast-2'],
]);

/**
 * SNS, as the policy of a queue has to name it: from a region that has to be opted into, it comes to another one under
 * the name of its region. https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
 */
export const snsService = (topicRegion: string, queueRegion: string): string =>
  IN_EVERY_ACCOUNT.has(queueRegion) && !IN_EVERY_ACCOUNT.has(topicRegion)
    ? `sns.${topicRegion}.amazonaws.com`
    : 'sns.amazonaws.com';

type Partition = AwsTopology['partition'];

/** CloudWatch Logs: one of the few that have a region in their name, and another ending in China. */
export const logsService = (partition: Partition, region: string): string =>
  `logs.${region}.${serviceDomain(partition)}`;

/** EC2: the other one with another ending in China. */
export const ec2Service = (partition: Partition): string => `ec2.${serviceDomain(partition)}`;
