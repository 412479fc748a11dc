/**
 * Actions that AWS knows no resource for: their statements say "*", and where they may be called. With what that means,
 * or what else binds them.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const UNBOUND = {
  'cloudtrail:DescribeTrails': 'reads the settings of every trail',
  'events:PutPermission': 'of a bus; which one is only in the request',
  'events:RemovePermission': 'of a bus; which one is only in the request',
  'kms:CreateKey': 'the key is not there yet; it has to be tagged as ours',
  'kms:ListAliases': 'reads the names of every key',
  'lambda:CreateEventSourceMapping': 'the mapping is not there yet; it has to be for our function',
  'logs:DescribeLogGroups': 'reads the names and settings of every log group',
  'organizations:DescribeOrganization': 'asked by CloudTrail for an organisation trail',
  'organizations:ListAWSServiceAccessForOrganization': 'asked by CloudTrail for an organisation trail',
  'sns:GetSubscriptionAttributes': 'reads the settings of every subscription; they are named by random ids',
  'sns:SetSubscriptionAttributes': 'of any subscription; they are named by random ids',
  'sns:Unsubscribe': 'ends any subscription of the account; they are named by random ids',
} as const satisfies Readonly<Record<string, string>>;

export type UnboundAction = keyof typeof UNBOUND;
