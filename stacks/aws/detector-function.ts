import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function/index.js';
import { AssetType, Fn, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsStack } from './aws-stack.js';

export interface DetectorFunctionProps {
  /** Path of the bundle. It is copied beside the stack, under a name made of its bytes. */
  readonly zip: string;
  readonly roleArn: string;
  /** Of the log. */
  readonly kmsKeyArn: string;
}

/**
 * The detector as a function. Rules and settings are in its zip, secrets in the secret store: it has no environment, and
 * so no key either, which Lambda would forget without one.
 * https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/lambda_function#kms_key_arn
 */
export class DetectorFunction extends Construct {
  readonly arn: string;

  constructor(
    scope: Construct,
    id: string,
    stack: AwsStack,
    { zip, roleArn, kmsKeyArn }: DetectorFunctionProps,
  ) {
    super(scope, id);
    const { base, detector } = stack.topology;
    const { config, place, logGroup } = detector;
    const at = stack.at(place);
    // Made before the function: Lambda would make it without a key, and keep its lines for ever.
    const log = new CloudwatchLogGroup(this, 'log', {
      ...at,
      name: logGroup.name,
      retentionInDays: config.logRetentionDays,
      kmsKeyId: kmsKeyArn,
    });
    const code = new TerraformAsset(this, 'code', { path: zip, type: AssetType.FILE });
    const made = new LambdaFunction(this, 'function', {
      ...at,
      functionName: detector.function.name,
      description: `The detector of ${base}`,
      role: roleArn,
      runtime: config.nodeRuntime,
      architectures: [config.architecture],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: Fn.filebase64sha256(code.path),
      memorySize: config.memoryMb,
      timeout: config.timeoutSeconds,
      tracingConfig: { mode: 'Active' },
      loggingConfig: {
        logFormat: 'JSON',
        applicationLogLevel: 'INFO',
        systemLogLevel: 'INFO',
        logGroup: log.name,
      },
      ...(config.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: config.reservedConcurrency }),
    });
    // Only the sweep calls without waiting. One that fails, or comes late, is made good by the next.
    new LambdaFunctionEventInvokeConfig(this, 'sweeps', {
      ...at,
      functionName: made.functionName,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: Math.max(60, config.sweepMinutes * 60),
    });
    this.arn = made.arn;
  }
}
