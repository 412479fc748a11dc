import { condition } from '../statement.js';
import { arnOf } from './arns.js';
import { named, passing, together, type Kind } from './grant.js';

/** What makes a role more than it was: where roles have a boundary, only with it. */
const bounded =
  (actions: readonly string[]): Kind =>
  (made) => {
    const { config, partition } = made.topology;
    const about = { step: 'apply', actions, resources: [arnOf(made)] } as const;
    if (config.permissionsBoundary === undefined) return [{ ...about, family: 'Roles' }];
    const boundary = `arn:${partition}:iam::${made.accountId}:policy/${config.permissionsBoundary}`;
    return [
      {
        ...about,
        family: 'BoundedRoles',
        conditions: [condition('StringEquals', 'iam:PermissionsBoundary', boundary)],
      },
    ];
  };

/** A boundary is set, and never taken off. */
const setBoundary: Kind = (made) =>
  made.has('permissions_boundary') ? bounded(['iam:PutRolePermissionsBoundary'])(made) : [];

/** IAM: roles by their names, and the policies inside of them. */
export const ROLES: Readonly<Record<string, Kind>> = {
  aws_iam_role: together(
    named('Roles', {
      // A role is read with its policies.
      reads: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies'],
      writes: ['iam:TagRole', 'iam:UntagRole'],
      deletes: ['iam:DeleteRole', 'iam:ListInstanceProfilesForRole'],
    }),
    bounded([
      ...['iam:CreateRole', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole', 'iam:UpdateRoleDescription'],
    ]),
    setBoundary,
  ),
  aws_iam_role_policy: together(
    named('Roles', { reads: ['iam:GetRolePolicy'], deletes: ['iam:DeleteRolePolicy'] }),
    bounded(['iam:PutRolePolicy']),
  ),
  aws_iam_instance_profile: together(
    named('InstanceProfiles', {
      reads: ['iam:GetInstanceProfile'],
      writes: [
        ...['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile', 'iam:TagInstanceProfile'],
        'iam:UntagInstanceProfile',
      ],
      deletes: ['iam:DeleteInstanceProfile', 'iam:RemoveRoleFromInstanceProfile'],
    }),
    (made) => {
      const role = made.refersTo('role');
      return role === undefined ? [] : [passing(arnOf(role), ...EC2[made.topology.partition])];
    },
  ),
  aws_iam_openid_connect_provider: named('Issuers', {
    reads: ['iam:GetOpenIDConnectProvider'],
    writes: [
      ...['iam:AddClientIDToOpenIDConnectProvider', 'iam:CreateOpenIDConnectProvider'],
      ...['iam:RemoveClientIDFromOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider'],
      'iam:UntagOpenIDConnectProvider',
    ],
    deletes: ['iam:DeleteOpenIDConnectProvider'],
  }),
};

/** EC2 has another name in China. */
const EC2 = {
  aws: ['ec2.amazonaws.com'],
  'aws-us-gov': ['ec2.amazonaws.com'],
  'aws-cn': ['ec2.amazonaws.com.cn', 'ec2.amazonaws.com'],
};
