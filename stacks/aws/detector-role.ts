import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { detectorGrants, type DetectorArns } from '../../src/config/aws/detector-grants.js';
import { detectorTrust } from '../../src/config/aws/detector-trust.js';
import type { AwsStack } from './aws-stack.js';
import { policyDocument } from './policy.js';

export interface DetectorRoleProps extends DetectorArns {
  /** Whose tokens open the role; undefined unless the detector is outside of AWS. */
  readonly issuerArn: string | undefined;
}

/** The detector itself, as AWS sees it: the one role that readers trust. */
export class DetectorRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, stack: AwsStack, props: DetectorRoleProps) {
    super(scope, id);
    const { base, detector } = stack.topology;
    const at = stack.at(detector.place);
    const role = new IamRole(this, 'role', {
      ...at,
      ...stack.boundary(detector.place),
      name: detector.role.name,
      description: `The detector of ${base}`,
      assumeRolePolicy: policyDocument(this, 'trust', at, detectorTrust(stack.topology, props.issuerArn)),
    });
    new IamRolePolicy(this, 'policy', {
      ...at,
      name: 'detect',
      role: role.name,
      policy: policyDocument(this, 'grants', at, detectorGrants(stack.topology, props)),
    });
    if (detector.config.runtime === 'serve' && detector.config.oidc === undefined)
      new IamInstanceProfile(this, 'instance-profile', { ...at, name: detector.role.name, role: role.name });
    this.arn = role.arn;
  }
}
