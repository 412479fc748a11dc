import type { Made } from './made.js';

/** For each type of resource, the ARN by which calls of AWS name it, or what it is a part of. */
const ARNS: Readonly<Record<string, (made: Made) => string>> = {
  aws_cloudtrail: (made) => made.arn('cloudtrail', `trail/${made.text('name')}`),
  aws_cloudwatch_event_bus: (made) => made.arn('events', `event-bus/${made.text('name')}`),
  aws_cloudwatch_event_rule: (made) => ruleArn(made, made.text('name')),
  aws_cloudwatch_event_target: (made) => ruleArn(made, made.text('rule')),
  aws_cloudwatch_log_group: (made) => made.arn('logs', `log-group:${made.text('name')}`),
  aws_cloudwatch_metric_alarm: (made) => made.arn('cloudwatch', `alarm:${made.text('alarm_name')}`),
  aws_dynamodb_table: (made) => made.arn('dynamodb', `table/${made.text('name')}`),
  aws_iam_instance_profile: (made) => made.globalArn('iam', `instance-profile/${made.text('name')}`),
  aws_iam_openid_connect_provider: (made) =>
    made.globalArn('iam', `oidc-provider/${made.text('url').replace(/^https:\/\//, '')}`),
  aws_iam_role: (made) => made.globalArn('iam', `role/${made.text('name')}`),
  aws_iam_role_policy: (made) => made.globalArn('iam', `role/${made.text('role')}`),
  aws_kms_alias: (made) => made.arn('kms', made.text('name')),
  aws_lambda_function: (made) => made.arn('lambda', `function:${made.text('function_name')}`),
  aws_lambda_function_event_invoke_config: (made) =>
    made.arn('lambda', `function:${made.text('function_name')}`),
  aws_scheduler_schedule: (made) =>
    made.arn('scheduler', `schedule/${made.text('group_name')}/${made.text('name')}`),
  aws_scheduler_schedule_group: (made) => made.arn('scheduler', `schedule-group/${made.text('name')}`),
  aws_secretsmanager_secret: (made) => made.arn('secretsmanager', `secret:${made.text('name')}`),
  aws_sns_topic: (made) => made.arn('sns', made.text('name')),
  aws_sns_topic_policy: (made) => made.text('arn'),
  aws_sns_topic_subscription: (made) => made.text('topic_arn'),
  aws_sqs_queue: (made) => made.arn('sqs', made.text('name')),
};

/** @throws Error for a resource whose ARN nobody knows beforehand, such as a key */
export function arnOf(made: Made): string {
  const { partition } = made.topology;
  const known = ARNS[made.type];
  if (known !== undefined) return known(made);
  if (made.type.startsWith('aws_s3_bucket')) return `arn:${partition}:s3:::${made.text('bucket')}`;
  throw new Error(`The ARN of ${made.type} is not known beforehand.`);
}

const ruleArn = (made: Made, rule: string): string =>
  made.arn('events', `rule/${made.has('event_bus_name') ? `${made.text('event_bus_name')}/` : ''}${rule}`);
