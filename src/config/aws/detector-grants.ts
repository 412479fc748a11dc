import { DYNAMO_ACTIONS, DYNAMO_TABLE } from '../../../detector/state/dynamodb-table.js';
import { charactersOf, policyOf } from './deployer/documents.js';
import { reachByName, reachByPattern, type DetectorReach } from './detector-reach.js';
import { throughServices } from './service-domain.js';
import { condition, policyStatement, type Statement } from './statement.js';
import type { AwsTopology } from './topology.js';

/** Of all policies inside of a role, white space left out. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MOST_INLINE_CHARACTERS = 10_240;

/** What is made with the detector, and what it uses of its own. */
export interface DetectorArns {
  readonly kmsKeyArn: string;
  readonly tableArn: string;
  readonly indexArn: string;
  readonly secretArns: readonly string[];
}

/**
 * What the detector may do, resource by resource. Keys of queues are given it by their own policies. What belongs to
 * sources is named one by one; where a role has no room for so many, by the patterns of their names.
 */
export function detectorGrants(topology: AwsTopology, arns: DetectorArns): readonly Statement[] {
  const byName = reachByName(topology);
  const fits = lengthOf(grants(topology, byName, expectedArns(topology))) <= MOST_INLINE_CHARACTERS;
  return grants(topology, fits ? byName : reachByPattern(topology), arns);
}

/** How long the policy inside of the detector's role will be: too long, and IAM refuses it when it is applied. */
export const detectorPolicyCharacters = (topology: AwsTopology): number =>
  lengthOf(detectorGrants(topology, expectedArns(topology)));

const lengthOf = (statements: readonly Statement[]): number =>
  charactersOf(policyOf(statements.map(policyStatement)));

/** As long as they will be: AWS gives a key a random id, and the name of a secret six characters more. */
function expectedArns({ partition, detector: { place, table, secrets } }: AwsTopology): DetectorArns {
  const arn = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${place.region}:${place.accountId}:${resource}`;
  return {
    kmsKeyArn: arn('kms', `key/${'?'.repeat(36)}`),
    tableArn: table.arn,
    indexArn: `${table.arn}/index/${DYNAMO_TABLE.index.name}`,
    secretArns: secrets.map(({ name }) => arn('secretsmanager', `secret:${name}-??????`)),
  };
}

const TAKE_MESSAGES = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];

function grants(
  { partition, detector, sources }: AwsTopology,
  { queues, deadLetters, readers, isByPattern }: DetectorReach,
  { kmsKeyArn, tableArn, indexArn, secretArns }: DetectorArns,
): readonly Statement[] {
  const { config, place, logGroup } = detector;
  const through = ['dynamodb', ...(secretArns.length === 0 ? [] : ['secretsmanager'])];
  const all: Statement[] = [
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
    all.push({ sid: 'ReadSecrets', actions: ['secretsmanager:GetSecretValue'], resources: secretArns });
  if (sources.length > 0) {
    all.push(
      { sid: 'ConsumeQueues', actions: [...TAKE_MESSAGES, 'sqs:GetQueueAttributes'], resources: queues },
      { sid: 'CountDeadLetters', actions: ['sqs:GetQueueAttributes'], resources: deadLetters },
    );
    if (isByPattern)
      all.push({ sid: 'LeaveDeadLetters', effect: 'Deny', actions: TAKE_MESSAGES, resources: deadLetters });
    // Tokens of an issuer open the readers themselves.
    if (config.oidc === undefined)
      all.push({ sid: 'TakeReaders', actions: ['sts:AssumeRole'], resources: readers });
  }
  if (config.runtime === 'lambda') {
    all.push(
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
  return all;
}
