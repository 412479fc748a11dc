import { arnOf } from '../../src/config/aws/deployer/arns.js';
import { madeBy, type Made, type StackFile } from '../../src/config/aws/deployer/made.js';
import { topologyOf } from '../../src/config/aws/of-config.js';
import { CONFIG } from '../../src/config/schema.js';
import { synthesized } from '../stacks/synth.js';

/** What has a name of its own. Making one whose name is taken is refused by some services, and changes it in others. */
const NAMED = [
  ...['aws_cloudtrail', 'aws_cloudwatch_event_bus', 'aws_cloudwatch_event_rule', 'aws_cloudwatch_log_group'],
  ...['aws_cloudwatch_metric_alarm', 'aws_dynamodb_table', 'aws_iam_instance_profile'],
  ...['aws_iam_openid_connect_provider', 'aws_iam_role', 'aws_kms_alias', 'aws_lambda_function'],
  ...['aws_s3_bucket', 'aws_scheduler_schedule', 'aws_scheduler_schedule_group', 'aws_secretsmanager_secret'],
  ...['aws_sns_topic', 'aws_sqs_queue'],
];
/** What is a part of something else, or is named by AWS. */
const UNNAMED = [
  ...['aws_cloudwatch_event_bus_policy', 'aws_cloudwatch_event_target', 'aws_iam_role_policy', 'aws_kms_key'],
  ...['aws_lambda_event_source_mapping', 'aws_lambda_function_event_invoke_config', 'aws_sns_topic_policy'],
  'aws_sns_topic_subscription',
];

/** Everything that all stacks of a configuration make. */
export function allMade(config: object): readonly Made[] {
  const topology = topologyOf(CONFIG.parse(config));
  return topology === undefined
    ? []
    : synthesized(config).all.flatMap(({ file }) => madeBy(file as unknown as StackFile, topology));
}

/** Names that two resources of one type have in one account, region and event bus. */
export function namesTakenTwice(made: readonly Made[]): readonly string[] {
  const names = made.filter(({ type }) => NAMED.includes(type)).map((one) => `${one.type} ${arnOf(one)}`);
  return names.filter((name, i) => names.indexOf(name) !== i);
}

/** Types of which nobody has said whether they have names. */
export const typesUnknown = (made: readonly Made[]): readonly string[] => [
  ...new Set(
    made
      .map(({ type }) => type)
      .filter(
        (type) => !NAMED.includes(type) && !UNNAMED.includes(type) && !type.startsWith('aws_s3_bucket_'),
      ),
  ),
];
