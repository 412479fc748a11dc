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

const REGIONS_OF_ORGANIZATIONS: Readonly<Record<AwsTopology['partition'], string>> = {
  aws: 'us-east-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-cn': 'cn-northwest-1',
};

/**
 * Where calls about the organisation appear: in its management account; undefined without an organisation.
 * https://docs.aws.amazon.com/general/latest/gr/ao.html
 */
export function placeOfOrganization({ partition, config }: AwsTopology): AwsPlace | undefined {
  const account = config.organization?.managementAccount;
  const found = account === undefined ? undefined : config.accounts[account];
  if (account === undefined || found === undefined) return undefined;
  const { id: accountId, credentials } = found;
  return { account, accountId, credentials, region: REGIONS_OF_ORGANIZATIONS[partition] };
}
