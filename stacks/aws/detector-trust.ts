import type { AwsTopology } from '../../src/config/aws/topology.js';
import { condition, forAccount, type Statement } from './policy.js';
import { ec2Service } from './service-names.js';

/** Who may be the detector: the function; without one, containers and machines of the account, or an issuer's tokens. */
export function detectorTrust(
  { partition, detector }: AwsTopology,
  issuerArn: string | undefined,
): readonly Statement[] {
  const { place, config } = detector;
  if (config.runtime === 'lambda')
    return [service('FunctionsOfAccount', 'lambda.amazonaws.com', place.accountId)];
  if (config.oidc === undefined || issuerArn === undefined) {
    const containers = service('ContainersOfAccount', 'ecs-tasks.amazonaws.com', place.accountId);
    return [
      {
        ...containers,
        // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        conditions: [
          forAccount(place.accountId),
          condition('ArnLike', 'aws:SourceArn', `arn:${partition}:ecs:${place.region}:${place.accountId}:*`),
        ],
      },
      {
        // EC2 names no source. The role's instance profile can be given to machines of this account alone.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html
        sid: 'MachinesOfAccount',
        actions: ['sts:AssumeRole'],
        principals: [{ service: ec2Service(partition) }],
      },
    ];
  }
  const { issuer, audience, subject } = config.oidc;
  const host = issuer.replace(/^https:\/\//, '');
  return [
    {
      sid: 'TokensOfIssuer',
      actions: ['sts:AssumeRoleWithWebIdentity'],
      principals: [{ federated: issuerArn }],
      conditions: [
        condition('StringEquals', `${host}:aud`, audience),
        condition('StringEquals', `${host}:sub`, subject),
      ],
    },
  ];
}

const service = (sid: string, name: string, accountId: string): Statement => ({
  sid,
  actions: ['sts:AssumeRole'],
  principals: [{ service: name }],
  conditions: [forAccount(accountId)],
});
