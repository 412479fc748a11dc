import { DYNAMO_ACTIONS } from '../../detector/state/dynamodb-table.js';
import type { AwsTopology } from '../../src/config/aws/topology.js';
import { condition, type Statement } from './policy.js';
import { throughServices } from './service-names.js';

export interface DetectorGrantsProps {
  readonly kmsKeyArn: string;
  readonly tableArn: string;
  readonly indexArn: string;
  readonly secretArns: readonly string[];
}

/** What the detector may do, resource by resource. Keys of queues are given it by their own policies. */
export function detectorGrants(
  { partition, detector, sources }: AwsTopology,
  { kmsKeyArn, tableArn, indexArn, secretArns }: DetectorGrantsProps,
): readonly Statement[] {
  const { config, place, logGroup } = detector;
  const through = ['dynamodb', ...(secretArns.length === 0 ? [] : ['secretsmanager'])];
  const grants: Statement[] = [
    { sid: 'KeepState', actions: DYNAMO_ACTIONS.table, resources: [tableArn] },
    { sid: 'ListWhatIsDue', actions: DYNAMO_ACTIONS.index, resources: [indexArn] },
    {
      sid: 'UseKeyThroughServices',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [kmsKeyArn],
      conditions: [
        condition('StringEquals', 'kms:ViaService', ...throughServices(partition, place.region, ...through)),
      ],
    },
  ];
  if (secretArns.length > 0)
    grants.push({ sid: 'ReadSecrets', actions: ['secretsmanager:GetSecretValue'], resources: secretArns });
  if (sources.length > 0) {
    grants.push(
      {
        sid: 'ConsumeQueues',
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:GetQueueAttributes',
        ],
        resources: sources.map(({ queue }) => queue.arn),
      },
      {
        sid: 'CountDeadLetters',
        actions: ['sqs:GetQueueAttributes'],
        resources: sources.map(({ deadLetters }) => deadLetters.arn),
      },
    );
    // Tokens of an issuer open the readers themselves.
    if (config.oidc === undefined)
      grants.push({
        sid: 'TakeReaders',
        actions: ['sts:AssumeRole'],
        resources: sources.map(({ reader }) => reader.arn),
      });
  }
  if (config.runtime === 'lambda') {
    grants.push(
      {
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [`${logGroup.arn}:*`],
      },
      {
        sid: 'Trace',
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        // X-Ray has no resource to name for these two.
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
        resources: ['*'],
      },
    );
  }
  return grants;
}
