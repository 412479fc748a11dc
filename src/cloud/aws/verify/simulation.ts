import { SimulatePrincipalPolicyCommand, type EvaluationResult, type IAMClient } from '@aws-sdk/client-iam';
import { s3Service } from '../../../config/aws/reader-policy.js';
import type { AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import { ask } from '../aws-error.js';
import type { Finding } from './finding.js';

/** A request that a reader may or may not make. */
export interface Trial {
  readonly action: string;
  readonly resource: string;
  /** Context keys, as the request would bring them. */
  readonly context?: Readonly<Record<string, string>>;
  readonly isAllowed: boolean;
}

/** A key that no log has. */
const PROBE = 'tocsin-verify';

/** What a reader must be able to do, and some of what it must not. */
export function readerTrials(
  topology: AwsTopology,
  { bucket, keyPrefixes, place }: SourcePlan,
  kmsKeyArn: string | undefined,
): readonly Trial[] {
  const elsewhere = keyPrefixes.includes('') ? `${bucket.arn}-other/${PROBE}` : `${bucket.arn}/${PROBE}`;
  const [first = ''] = keyPrefixes;
  const viaS3 = { 'kms:ViaService': s3Service(topology, place.region) };
  return [
    ...keyPrefixes.flatMap((prefix) => [
      { action: 's3:GetObject', resource: `${bucket.arn}/${prefix}${PROBE}`, isAllowed: true },
      { action: 's3:ListBucket', resource: bucket.arn, context: { 's3:prefix': prefix }, isAllowed: true },
    ]),
    ...(kmsKeyArn === undefined
      ? []
      : [
          { action: 'kms:Decrypt', resource: kmsKeyArn, context: viaS3, isAllowed: true },
          { action: 'kms:Decrypt', resource: kmsKeyArn, isAllowed: false },
        ]),
    { action: 's3:GetObject', resource: elsewhere, isAllowed: false },
    ...['s3:PutObject', 's3:DeleteObject'].map((action) => ({
      ...{ action, resource: `${bucket.arn}/${first}${PROBE}`, isAllowed: false },
    })),
  ];
}

/**
 * Asks IAM what the role's own policies, its boundary and the organisation's would say to each request. Policies of the
 * bucket and of the key are no part of it: IAM counts them for users only.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function simulate(
  client: IAMClient,
  { reader, place }: SourcePlan,
  trials: readonly Trial[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  // One after the other: the simulator takes few requests a second.
  for (const trial of trials) {
    const { EvaluationResults: [result] = [] } = await ask(
      { action: 'iam:SimulatePrincipalPolicy', on: reader.arn, place },
      () =>
        client.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: reader.arn,
            ActionNames: [trial.action],
            ResourceArns: [trial.resource],
            ContextEntries: Object.entries(trial.context ?? {}).map(([key, value]) => ({
              ...{ ContextKeyName: key, ContextKeyValues: [value], ContextKeyType: 'string' as const },
            })),
          }),
        ),
    );
    const found = trialFinding(trial, result);
    if (found !== undefined) findings.push(found);
  }
  return findings;
}

/** What an answer of the simulator means; undefined where it is as it should be. */
export function trialFinding(
  { action, resource, context, isAllowed }: Trial,
  result: EvaluationResult | undefined,
): Finding | undefined {
  const decision = result?.EvalDecision ?? 'no answer';
  if ((decision === 'allowed') === isAllowed) return undefined;
  const where = Object.entries(context ?? {}).map(([key, value]) => `${key} "${value}"`);
  const request = `${action} on ${resource}${where.length === 0 ? '' : ` with ${where.join(', ')}`}`;
  if (!isAllowed) return { problem: 'allows', says: `${request} would be allowed, and must not be` };
  const isOthers =
    result?.OrganizationsDecisionDetail?.AllowedByOrganizations === false
      ? { why: ' by a policy of the organisation', fix: 'Allow it in the service control policies.' }
      : result?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false
        ? { why: ' by the permissions boundary', fix: 'Allow it in the policy that bounds the role.' }
        : undefined;
  return {
    problem: 'denies',
    says: `${request} would be refused${isOthers?.why ?? ''} (${decision})`,
    ...(isOthers === undefined ? {} : { fix: isOthers.fix }),
  };
}
