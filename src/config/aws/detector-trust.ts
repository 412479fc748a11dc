import { issuerArnIn, issuerHost } from './issuer.js';
import { serviceDomain } from './service-domain.js';
import { condition, type Statement } from './statement.js';
import type { AwsTopology } from './topology.js';

/**
 * Who may be the detector: the function; without one, containers and machines of the account, or an issuer's tokens.
 * @param issuerArn the issuer as the detector's account knows it
 */
export function detectorTrust(
  topology: AwsTopology,
  issuerArn = issuerArnIn(topology, topology.detector.place.accountId),
): readonly Statement[] {
  const { partition, detector } = topology;
  const { place, config } = detector;
  if (config.runtime === 'lambda')
    return [service('FunctionsOfAccount', 'lambda.amazonaws.com', place.accountId)];
  if (config.oidc === undefined) {
    const containers = service('ContainersOfAccount', 'ecs-tasks.amazonaws.com', place.accountId);
    const tasks = `arn:${partition}:ecs:${place.region}:${place.accountId}:*`;
    return [
      {
        ...containers,
        // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        conditions: [...containers.conditions, condition('ArnLike', 'aws:SourceArn', tasks)],
      },
      {
        // EC2 names no source. The role's instance profile can be given to machines of this account alone.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html
        sid: 'MachinesOfAccount',
        actions: ['sts:AssumeRole'],
        principals: [{ service: `ec2.${serviceDomain(partition)}` }],
      },
    ];
  }
  const { issuer, audience, subject } = config.oidc;
  const host = issuerHost(issuer);
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

const service = (sid: string, name: string, accountId: string) => ({
  ...{ sid, actions: ['sts:AssumeRole'], principals: [{ service: name }] },
  conditions: [condition('StringEquals', 'aws:SourceAccount', accountId)],
});
