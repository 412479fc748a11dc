import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import type { AwsPlace } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { policyDocument, type Statement } from './policy.js';

export interface KeyProps {
  readonly place: AwsPlace;
  /** Without `alias/`. */
  readonly alias: string;
  readonly description: string;
  /** What services may do with it. Roles are given it by policies of their own. */
  readonly services: readonly Omit<Statement, 'resources'>[];
}

/** Days in which the deletion of a key can be taken back: the most that KMS gives. */
const DELETION_WINDOW_DAYS = 30;

/** A key of the customer's, renewed every year. */
export class Key extends Construct {
  readonly key: KmsKey;
  readonly alias: KmsAlias;
  readonly arn: string;

  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { place, alias, description, services }: KeyProps,
  ) {
    super(scope, id);
    const at = stack.at(place);
    // In the policy of a key, "*" is the key.
    const statements = [administration(stack, place), ...services].map((statement) => ({
      ...statement,
      resources: ['*'],
    }));
    this.key = new KmsKey(this, 'key', {
      ...at,
      description,
      enableKeyRotation: true,
      deletionWindowInDays: DELETION_WINDOW_DAYS,
      policy: policyDocument(this, 'policy', at, statements),
    });
    this.alias = new KmsAlias(this, 'alias', { ...at, name: `alias/${alias}`, targetKeyId: this.key.keyId });
    this.arn = this.key.arn;
  }
}

/**
 * Leaves it to the account's IAM policies who administers and uses the key; without this nobody could.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const administration = ({ topology }: AwsStack, { accountId }: AwsPlace): Omit<Statement, 'resources'> => ({
  sid: 'AccountDecidesByIam',
  actions: ['kms:*'],
  principals: [{ arn: `arn:${topology.partition}:iam::${accountId}:root` }],
});
