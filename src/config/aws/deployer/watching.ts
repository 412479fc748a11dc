import { condition } from '../statement.js';
import { named, passing, together, unbound, type Kind } from './grant.js';
import type { Made } from './made.js';

const SERVICE = 'cloudtrail.amazonaws.com';

/** CloudTrail asks for these in the name of whoever makes a trail of the organisation. */
const ofOrganization: Kind = (made) => {
  if (!made.isTrue('is_organization_trail')) return [];
  const role = made.globalArn('iam', `role/aws-service-role/${SERVICE}/AWSServiceRoleForCloudTrail`);
  return [
    {
      step: 'apply',
      family: 'SeeOrganization',
      actions: ['organizations:DescribeOrganization', 'organizations:ListAWSServiceAccessForOrganization'],
      resources: ['*'],
    },
    { step: 'apply', family: 'SeeServiceRole', actions: ['iam:GetRole'], resources: [role] },
    {
      step: 'apply',
      family: 'NewServiceRole',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [role],
      conditions: [condition('StringEquals', 'iam:AWSServiceName', SERVICE)],
    },
  ];
};

/** CloudTrail, EventBridge and CloudWatch: what records, and what tells of it. No trail is stopped. */
export const WATCHING: Readonly<Record<string, Kind>> = {
  aws_cloudtrail: together(
    named('Trails', {
      reads: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus', 'cloudtrail:ListTags'],
      writes: [
        ...['cloudtrail:AddTags', 'cloudtrail:CreateTrail', 'cloudtrail:PutEventSelectors'],
        ...['cloudtrail:RemoveTags', 'cloudtrail:StartLogging', 'cloudtrail:UpdateTrail'],
      ],
      deletes: ['cloudtrail:DeleteTrail'],
    }),
    (made) => [unbound(made, 'plan', 'FindTrails', ['cloudtrail:DescribeTrails'])],
    ofOrganization,
  ),
  aws_cloudwatch_event_bus: named('Buses', {
    reads: ['events:DescribeEventBus', 'events:ListTagsForResource'],
    writes: ['events:CreateEventBus', 'events:TagResource', 'events:UntagResource'],
    deletes: ['events:DeleteEventBus'],
  }),
  aws_cloudwatch_event_bus_policy: (made) => [
    { step: 'plan', family: 'Buses', actions: ['events:DescribeEventBus'], resources: [busArn(made)] },
    unbound(made, 'apply', 'BusPolicies', ['events:PutPermission', 'events:RemovePermission']),
  ],
  aws_cloudwatch_event_rule: named('Rules', {
    reads: ['events:DescribeRule', 'events:ListTagsForResource'],
    writes: ['events:PutRule', 'events:TagResource', 'events:UntagResource'],
    deletes: ['events:DeleteRule'],
  }),
  aws_cloudwatch_event_target: together(
    named('Rules', {
      reads: ['events:ListTargetsByRule'],
      writes: ['events:PutTargets'],
      deletes: ['events:RemoveTargets'],
    }),
    (made) => (made.has('role_arn') ? [passing(made.text('role_arn'), 'events.amazonaws.com')] : []),
  ),
  aws_cloudwatch_metric_alarm: named('Alarms', {
    reads: ['cloudwatch:DescribeAlarms', 'cloudwatch:ListTagsForResource'],
    writes: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource', 'cloudwatch:UntagResource'],
    deletes: ['cloudwatch:DeleteAlarms'],
  }),
};

const busArn = (made: Made): string => made.arn('events', `event-bus/${made.text('event_bus_name')}`);
