import { s3Service } from '../reader-policy.js';
import { condition } from '../statement.js';
import type { AwsTopology } from '../topology.js';
import type { Grant, Step } from './grant.js';

/**
 * What Terraform needs of the credentials in its environment, whatever it deploys: the state, and the roles of the
 * accounts that it goes into.
 */
export function environmentGrants(topology: AwsTopology, stacks: readonly string[]): readonly Grant[] {
  return [...stateGrants(topology, stacks), ...roleGrants(topology)];
}

/** https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required */
function stateGrants(topology: AwsTopology, stacks: readonly string[]): readonly Grant[] {
  const { backend } = topology.config;
  if (backend === undefined) return [];
  const { bucket, keyPrefix, kmsKeyArn, region } = backend;
  const bucketArn = `arn:${topology.partition}:s3:::${bucket}`;
  const states = stacks.map((stack) => `${bucketArn}/${keyPrefix}${stack}.tfstate`);
  const grant = (
    step: Step,
    family: string,
    actions: readonly string[],
    resources: readonly string[],
  ): Grant => ({
    ...{ step, family, actions, resources },
  });
  return [
    // Without a prefix: S3 says of an object that is not there yet that it is forbidden, unless one may list the bucket.
    grant('plan', 'FindState', ['s3:ListBucket'], [bucketArn]),
    grant('plan', 'ReadState', ['s3:GetObject'], states),
    grant(
      'plan',
      'LockState',
      ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      states.map((state) => `${state}.tflock`),
    ),
    grant('apply', 'ReadState', ['s3:PutObject'], states),
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            ...grant('plan', 'StateKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [kmsKeyArn]),
            conditions: [condition('StringEquals', 'kms:ViaService', s3Service(topology, region))],
          },
        ]),
  ];
}

/** A token opens a role without anybody's permission, and a profile brings credentials of its own. */
const roleGrants = ({ config }: AwsTopology): readonly Grant[] =>
  Object.values(config.accounts).flatMap(({ credentials: { profile, roleArn, webIdentityTokenFile } }) =>
    roleArn === undefined || profile !== undefined || webIdentityTokenFile !== undefined
      ? []
      : [{ step: 'plan', family: 'EnterAccounts', actions: ['sts:AssumeRole'], resources: [roleArn] }],
  );
