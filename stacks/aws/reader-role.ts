import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { Construct } from 'constructs';
import {
  LONGEST_READER_SESSION,
  READER_POLICY,
  readerTrust,
  readingStatements,
} from '../../src/config/aws/reader-policy.js';
import type { SourcePlan } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { policyDocument } from './policy.js';

export interface ReaderRoleProps {
  readonly source: SourcePlan;
  /** Key of the logs; none where they are not encrypted with one. */
  readonly kmsKeyArn: string | undefined;
}

/** Reads the logs of one source, and may be taken by the detector alone. */
export class ReaderRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, stack: AwsStack, { source, kmsKeyArn }: ReaderRoleProps) {
    super(scope, id);
    const { topology } = stack;
    const at = stack.at(source.place);
    const role = new IamRole(this, 'role', {
      ...{ ...at, ...stack.boundary(source.place), name: source.reader.name },
      description: `Reads the logs of ${source.name} for the detector of ${topology.base}`,
      maxSessionDuration: LONGEST_READER_SESSION,
      assumeRolePolicy: policyDocument(this, 'trust', at, [readerTrust(topology, source)]),
    });
    new IamRolePolicy(this, 'read', {
      ...{ ...at, name: READER_POLICY, role: role.name },
      policy: policyDocument(this, 'reading', at, readingStatements(topology, source, kmsKeyArn)),
    });
    this.arn = role.arn;
  }
}
