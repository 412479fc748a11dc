import type { AwsPlace, AwsTopology } from '../../src/config/aws/topology.js';

export const samePlace = (a: AwsPlace, b: AwsPlace): boolean =>
  a.accountId === b.accountId && a.region === b.region;

const GLOBAL_REGIONS: Readonly<Record<AwsTopology['partition'], string>> = {
  aws: 'us-east-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-cn': 'cn-north-1',
};

/**
 * Where an account's events of IAM appear, wherever its resources are.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
 */
export const placeOfIam = ({ partition }: AwsTopology, place: AwsPlace): AwsPlace => ({
  ...place,
  region: GLOBAL_REGIONS[partition],
});
