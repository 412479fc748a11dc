import { condition } from '../statement.js';
import { arnOf } from './arns.js';
import { named, unbound, type Kind } from './grant.js';

/** SNS and SQS: who is told of new logs, and of trouble. */
export const MESSAGES: Readonly<Record<string, Kind>> = {
  aws_sns_topic: named('Topics', {
    reads: ['sns:GetTopicAttributes', 'sns:ListTagsForResource'],
    writes: ['sns:CreateTopic', 'sns:SetTopicAttributes', 'sns:TagResource', 'sns:UntagResource'],
    deletes: ['sns:DeleteTopic'],
  }),
  aws_sns_topic_policy: named('Topics', {
    reads: ['sns:GetTopicAttributes'],
    writes: ['sns:SetTopicAttributes'],
  }),
  aws_sns_topic_subscription: (made) => [
    unbound(made, 'plan', 'ReadSubscriptions', ['sns:GetSubscriptionAttributes']),
    {
      step: 'plan',
      family: 'FindSubscriptions',
      actions: ['sns:ListSubscriptionsByTopic'],
      resources: [arnOf(made)],
    },
    {
      step: 'apply',
      family: `Subscribe${made.text('protocol') === 'sqs' ? 'Queues' : 'People'}`,
      actions: ['sns:Subscribe'],
      resources: [arnOf(made)],
      conditions: [
        condition('StringEquals', 'sns:Protocol', made.text('protocol')),
        condition(made.isByPattern ? 'StringLike' : 'StringEquals', 'sns:Endpoint', made.text('endpoint')),
      ],
    },
    unbound(made, 'apply', 'ChangeSubscriptions', ['sns:SetSubscriptionAttributes', 'sns:Unsubscribe']),
  ],
  aws_sqs_queue: named('Queues', {
    reads: ['sqs:GetQueueAttributes', 'sqs:ListQueueTags'],
    writes: ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue'],
    deletes: ['sqs:DeleteQueue'],
  }),
};
