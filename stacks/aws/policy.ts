import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js';
import type { Construct } from 'constructs';
import { condition, type Condition, type Principal, type Statement } from '../../src/config/aws/statement.js';
import type { At } from './aws-stack.js';

export { condition, type Condition, type Principal, type Statement };

/**
 * A policy as a data source: checked by the provider, readable in a plan, and the same in Terraform's JSON and HCL.
 * @returns the policy's JSON
 */
export function policyDocument(
  scope: Construct,
  id: string,
  at: At,
  statements: readonly Statement[],
): string {
  return new DataAwsIamPolicyDocument(scope, id, {
    ...at,
    statement: statements.map(({ sid, effect = 'Allow', actions, resources, principals, conditions }) => ({
      ...{ sid, effect, actions: [...actions] },
      ...(resources === undefined ? {} : { resources: [...resources] }),
      ...(principals === undefined ? {} : { principals: principals.map(principalBlock) }),
      ...(conditions === undefined
        ? {}
        : {
            condition: conditions.map(({ test, key, values }) => ({
              test,
              variable: key,
              values: [...values],
            })),
          }),
    })),
  }).json;
}

function principalBlock(principal: Principal): { type: string; identifiers: string[] } {
  if (principal === 'everyone') return { type: '*', identifiers: ['*'] };
  if ('service' in principal) return { type: 'Service', identifiers: [principal.service] };
  if ('arn' in principal) return { type: 'AWS', identifiers: [principal.arn] };
  return { type: 'Federated', identifiers: [principal.federated] };
}

/** A service may act for this resource, and for no other. */
export const forResource = (arn: string): Condition => condition('ArnEquals', 'aws:SourceArn', arn);

/** A service may act for resources of this account only. */
export const forAccount = (accountId: string): Condition =>
  condition('StringEquals', 'aws:SourceAccount', accountId);

/** Whoever comes without TLS is turned away. */
export const tlsOnly = (actions: string, resources: readonly string[]): Statement => ({
  ...{ sid: 'DenyWithoutTls', effect: 'Deny', actions: [actions], resources, principals: ['everyone'] },
  conditions: [condition('Bool', 'aws:SecureTransport', 'false')],
});

/** Whoever comes with an older TLS is turned away. https://repost.aws/knowledge-center/s3-enforce-modern-tls */
export const modernTlsOnly = (resources: readonly string[]): Statement => ({
  ...{ sid: 'DenyOldTls', effect: 'Deny', actions: ['s3:*'], resources, principals: ['everyone'] },
  conditions: [condition('NumericLessThan', 's3:TlsVersion', '1.2')],
});
