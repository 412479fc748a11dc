import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { Construct } from 'constructs';
import type { AwsStack } from './aws-stack.js';

export interface SecretsProps {
  readonly kmsKeyArn: string;
}

/** Days in which a deleted secret can be restored, and its name is taken: the fewest that there may be. */
const RECOVERY_DAYS = 7;

/**
 * Secrets of destinations, empty: `tocsin secrets set` puts their values straight into the cloud, so that no plan and no
 * state ever has them.
 */
export class Secrets extends Construct {
  /** None where no destination asks for one. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, stack: AwsStack, { kmsKeyArn }: SecretsProps) {
    super(scope, id);
    const { place, secrets } = stack.topology.detector;
    this.arns = secrets.map(
      ({ reference, name }) =>
        new SecretsmanagerSecret(this, reference, {
          ...stack.at(place),
          name,
          description: `For destinations, as secret:${reference}. Set it with: tocsin secrets set ${reference}`,
          kmsKeyId: kmsKeyArn,
          recoveryWindowInDays: RECOVERY_DAYS,
        }).arn,
    );
  }
}
