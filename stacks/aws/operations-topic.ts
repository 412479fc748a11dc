import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { Construct } from 'constructs';
import type { AwsPlace } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';
import { Key } from './key.js';
import { condition, forAccount, policyDocument, tlsOnly, type Statement } from './policy.js';
import { samePlace } from './place.js';

export interface OperationsTopicProps {
  readonly place: AwsPlace;
  readonly name: string;
}

/**
 * Tells people by mail of changes to what Tocsin made in an account and region; beside the detector, of alarms too: they
 * are all there.
 */
export class OperationsTopic extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, stack: AwsStack, { place, name }: OperationsTopicProps) {
    super(scope, id);
    const { partition, base, config, detector } = stack.topology;
    const at = stack.at(place);
    const arn = `arn:${partition}:sns:${place.region}:${place.accountId}:${name}`;
    const ours = `arn:${partition}:cloudwatch:${place.region}:${place.accountId}:alarm:${base}-*`;
    const bound = condition('StringEquals', 'kms:EncryptionContext:aws:sns:topicArn', arn);
    const encrypt = ['kms:GenerateDataKey*', 'kms:Decrypt'];
    const takesAlarms = samePlace(place, detector.place);
    const key = new Key(this, 'key', stack, {
      place,
      alias: name,
      description: `Alarms and changes of ${base}`,
      services: [
        ...only(takesAlarms, {
          sid: 'AlarmsEncrypt',
          actions: encrypt,
          principals: [ALARMS],
          conditions: [...forAlarms(place, ours), bound],
        }),
        {
          // On keys of topics, EventBridge supports no source; the topic is bound instead.
          // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
          sid: 'RulesEncryptForThisTopic',
          actions: encrypt,
          principals: [RULES],
          conditions: [bound],
        },
      ],
    });
    const statements: readonly Statement[] = [
      tlsOnly('sns:Publish', [arn]),
      ...only(takesAlarms, {
        sid: 'AlarmsPublish',
        actions: ['sns:Publish'],
        resources: [arn],
        principals: [ALARMS],
        conditions: forAlarms(place, ours),
      }),
      {
        // On topics, EventBridge supports no conditions. A rule of another account would come as a role of that one.
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
        sid: 'RulesPublish',
        actions: ['sns:Publish'],
        resources: [arn],
        principals: [RULES],
      },
    ];
    this.arn = new SnsTopic(this, 'topic', {
      ...at,
      name,
      displayName: `Tocsin ${base}`,
      kmsMasterKeyId: key.arn,
      policy: policyDocument(this, 'policy', at, statements),
    }).arn;
    config.monitoring.emails.forEach((endpoint, i) => {
      new SnsTopicSubscription(this, `email-${i}`, {
        ...at,
        topicArn: this.arn,
        protocol: 'email',
        endpoint,
      });
    });
  }
}

const ALARMS = { service: 'cloudwatch.amazonaws.com' } as const;
const RULES = { service: 'events.amazonaws.com' } as const;

const forAlarms = ({ accountId }: AwsPlace, alarms: string) => [
  forAccount(accountId),
  condition('ArnLike', 'aws:SourceArn', alarms),
];

const only = <T>(wanted: boolean, one: T): readonly T[] => (wanted ? [one] : []);
