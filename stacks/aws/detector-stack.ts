import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsTopology } from '../../src/config/aws/topology.js';
import { DetectorAlarms } from './alarms-detector.js';
import { AwsStack } from './aws-stack.js';
import { DetectorChanges } from './changes-detector.js';
import { DetectorFunction } from './detector-function.js';
import { DetectorKey } from './detector-key.js';
import { DetectorRole } from './detector-role.js';
import { Issuers } from './issuers.js';
import { OperationsTopic } from './operations-topic.js';
import { Secrets } from './secrets.js';
import { StateTable } from './state-table.js';
import { Sweep } from './sweep.js';

export interface DetectorStackProps {
  /** Path of the bundle that `bundleDetector` makes; unused where the detector runs elsewhere. */
  readonly detectorZip: string;
}

/** What all sources share: the detector with its role, state and secrets, and who is told of trouble. */
export class DetectorStack extends AwsStack {
  constructor(scope: Construct, topology: AwsTopology, { detectorZip: zip }: DetectorStackProps) {
    const { place, config, operationsTopic, table: state } = topology.detector;
    super(scope, topology.stacks.detector, topology, place);
    const { arn: kmsKeyArn } = new DetectorKey(this, 'key', this);
    const table = new StateTable(this, 'state', this, { kmsKeyArn });
    const secrets = new Secrets(this, 'secrets', this, { kmsKeyArn });
    const issuers = config.oidc && new Issuers(this, 'issuers', this, config.oidc);
    const role = new DetectorRole(this, 'role', this, {
      ...{ kmsKeyArn, tableArn: table.arn, indexArn: table.indexArn, secretArns: secrets.arns },
      issuerArn: issuers?.arn,
    });
    if (config.runtime === 'lambda') {
      const { arn } = new DetectorFunction(this, 'function', this, { zip, roleArn: role.arn, kmsKeyArn });
      new Sweep(this, 'sweep', this, { functionArn: arn });
    }
    const topic = new OperationsTopic(this, 'operations', this, { place, name: operationsTopic.name });
    new DetectorAlarms(this, 'alarms', this);
    new DetectorChanges(this, 'changes', this);
    const outputs = { role_arn: role.arn, state_table: state.name, operations_topic_arn: topic.arn };
    for (const [name, value] of Object.entries(outputs))
      new TerraformOutput(this, name, { value, staticId: true });
  }
}
