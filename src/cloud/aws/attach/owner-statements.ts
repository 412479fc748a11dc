import { s3Service } from '../../../config/aws/reader-policy.js';
import { condition, policyStatement, type PolicyStatement } from '../../../config/aws/statement.js';
import type { AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import type { Way } from './ways.js';

/** A statement that the owner of something has to add to its policy: Tocsin changes no policy of others. */
export interface OwnerStatement {
  /** Where it belongs, and when it is needed. */
  readonly for: string;
  readonly statement: PolicyStatement;
}

const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

export function ownerStatements(
  topology: AwsTopology,
  source: SourcePlan,
  way: Way | undefined,
): readonly OwnerStatement[] {
  const { kmsKeyArn } = source.bucket;
  return [
    ...(kmsKeyArn === undefined ? [] : [keyStatement(topology, source, kmsKeyArn)]),
    ...(way !== undefined && 'topicArn' in way ? topicStatements(topology, source, way.topicArn) : []),
  ];
}

/** For a key of another account; at home the usual key policy leaves it to IAM. */
function keyStatement(topology: AwsTopology, { reader, place }: SourcePlan, keyArn: string): OwnerStatement {
  const isForeign = accountOf(keyArn) !== place.accountId;
  return {
    for: `policy of the key ${keyArn}${isForeign ? '' : `, unless it leaves that to the policies of ${place.accountId}`}`,
    statement: policyStatement({
      sid: 'TocsinReadsLogs',
      actions: ['kms:Decrypt'],
      resources: ['*'],
      principals: [{ arn: reader.arn }],
      conditions: [condition('StringEquals', 'kms:ViaService', s3Service(topology, place.region))],
    }),
  };
}

/** The owner of the queue subscribes it, as the account that it is in. */
function topicStatements(
  { partition, detector }: AwsTopology,
  { queue }: SourcePlan,
  topicArn: string,
): readonly OwnerStatement[] {
  const { accountId } = detector.place;
  if (accountOf(topicArn) === accountId) return [];
  return [
    {
      for: `policy of the topic ${topicArn}`,
      statement: policyStatement({
        sid: 'TocsinSubscribes',
        actions: ['sns:Subscribe'],
        resources: [topicArn],
        principals: [{ arn: `arn:${partition}:iam::${accountId}:root` }],
        conditions: [
          condition('StringEquals', 'sns:Protocol', 'sqs'),
          condition('StringEquals', 'sns:Endpoint', queue.arn),
        ],
      }),
    },
  ];
}
