import { condition } from '../statement.js';
import { arnOf } from './arns.js';
import { named, passing, together, unbound, type Grant, type Kind } from './grant.js';
import { keyThrough } from './keys.js';
import type { Made } from './made.js';
import { mapping } from './mapping.js';

/** The function, what calls it, its log and its secrets. */
export const DETECTOR: Readonly<Record<string, Kind>> = {
  aws_lambda_function: together(
    named('Functions', {
      reads: ['lambda:GetFunction', 'lambda:GetFunctionCodeSigningConfig', 'lambda:ListVersionsByFunction'],
      writes: [
        ...['lambda:CreateFunction', 'lambda:DeleteFunctionConcurrency', 'lambda:TagResource'],
        ...['lambda:UntagResource', 'lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration'],
      ],
      deletes: ['lambda:DeleteFunction'],
    }),
    (made) =>
      made.has('reserved_concurrent_executions')
        ? named('Functions', { writes: ['lambda:PutFunctionConcurrency'] })(made)
        : [],
    (made) => [passing(made.text('role'), 'lambda.amazonaws.com')],
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    keyThrough('lambda', { attribute: 'kms_key_arn', uses: ['kms:Encrypt'], lends: true }),
  ),
  aws_lambda_function_event_invoke_config: named('Functions', {
    reads: ['lambda:GetFunctionEventInvokeConfig'],
    writes: ['lambda:PutFunctionEventInvokeConfig'],
    deletes: ['lambda:DeleteFunctionEventInvokeConfig'],
  }),
  aws_lambda_event_source_mapping: mapping,
  aws_scheduler_schedule_group: named('ScheduleGroups', {
    reads: ['scheduler:GetScheduleGroup', 'scheduler:ListTagsForResource'],
    writes: ['scheduler:CreateScheduleGroup', 'scheduler:TagResource', 'scheduler:UntagResource'],
    deletes: ['scheduler:DeleteScheduleGroup'],
  }),
  aws_scheduler_schedule: together(
    named('Schedules', {
      reads: ['scheduler:GetSchedule'],
      writes: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule'],
      deletes: ['scheduler:DeleteSchedule'],
    }),
    (made) => [passing(made.text('target.role_arn'), 'scheduler.amazonaws.com')],
  ),
  aws_cloudwatch_log_group: together(
    named(
      'LogGroups',
      {
        reads: ['logs:ListTagsForResource'],
        writes: [
          ...['logs:AssociateKmsKey', 'logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:TagResource'],
          'logs:UntagResource',
        ],
        deletes: ['logs:DeleteLogGroup'],
      },
      // Some calls name its streams.
      (made) => [arnOf(made), `${arnOf(made)}:*`],
    ),
    (made) => [unbound(made, 'plan', 'FindLogGroups', ['logs:DescribeLogGroups'])],
  ),
  aws_secretsmanager_secret: together(
    named(
      'Secrets',
      {
        reads: ['secretsmanager:DescribeSecret', 'secretsmanager:GetResourcePolicy'],
        writes: [
          ...['secretsmanager:CreateSecret', 'secretsmanager:TagResource', 'secretsmanager:UntagResource'],
          'secretsmanager:UpdateSecret',
        ],
      },
      secretArns,
    ),
    deletionOfSecret,
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    keyThrough('secretsmanager', { attribute: 'kms_key_id', uses: ['kms:Decrypt', 'kms:GenerateDataKey'] }),
  ),
};

/** One that can be taken back. */
function deletionOfSecret(made: Made): readonly Grant[] {
  const days = String(made.number('recovery_window_in_days'));
  return made.isKept
    ? []
    : [
        {
          step: 'apply',
          family: 'DeleteSecrets',
          actions: ['secretsmanager:DeleteSecret'],
          resources: secretArns(made),
          conditions: [condition('NumericGreaterThanEquals', 'secretsmanager:RecoveryWindowInDays', days)],
        },
      ];
}

/** AWS adds six characters to its name; before the secret is there it asks about the name alone. */
function secretArns(made: Made): readonly string[] {
  return [arnOf(made), `${arnOf(made)}-??????`];
}
