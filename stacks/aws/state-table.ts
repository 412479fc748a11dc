import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js';
import { Construct } from 'constructs';
import { DYNAMO_TABLE } from '../../detector/state/dynamodb-table.js';
import type { AwsStack } from './aws-stack.js';

export interface StateTableProps {
  readonly kmsKeyArn: string;
}

/** What the detector remembers: groups, alerts, and what it has read. */
export class StateTable extends Construct {
  readonly arn: string;
  readonly indexArn: string;

  constructor(scope: Construct, id: string, stack: AwsStack, { kmsKeyArn }: StateTableProps) {
    super(scope, id);
    const { place, table, config } = stack.topology.detector;
    const { partitionKey, sortKey, index, ttlAttribute } = DYNAMO_TABLE;
    const keys = [partitionKey, sortKey, index.partitionKey, index.sortKey];
    const made = new DynamodbTable(this, 'table', {
      ...stack.at(place),
      name: table.name,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: partitionKey.name,
      rangeKey: sortKey.name,
      attribute: [...new Map(keys.map(({ name, type }) => [name, { name, type }])).values()],
      globalSecondaryIndex: [
        {
          name: index.name,
          hashKey: index.partitionKey.name,
          rangeKey: index.sortKey.name,
          projectionType: index.projection,
        },
      ],
      ttl: { attributeName: ttlAttribute, enabled: true },
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true, kmsKeyArn },
      deletionProtectionEnabled: config.deletionProtection,
    });
    stack.keep(made);
    this.arn = made.arn;
    this.indexArn = `${made.arn}/index/${index.name}`;
  }
}
