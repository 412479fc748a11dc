import { defineRule, type RuleTest } from '../../../detector/rule.js';

/** Regions in which Panther's scanner has a role. */
const SCANNED_REGIONS = [
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-central-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

export default defineRule({
  id: 'aws.cloudtrail.ec2-user-data-bulk-download',
  logTypes: ['aws.cloudtrail'],
  name: 'User data of many EC2 instances read',
  description:
    'One identity asked for the user data of instances at least ten times within a day. Start-up scripts often hold ' +
    'passwords, tokens and internal addresses, so intruders collect them. Denied calls count too.',
  severity: 'medium',
  severityBy: [{ match: 'failed', value: 'low' }],
  attack: ['TA0007:T1580'],
  falsePositives: [
    'Inventory and security scanners; list theirs in the setting scanners.',
    'Infrastructure as code reads the user data of every instance it manages.',
  ],
  runbook:
    'Find out whether the identity is a scanner or a deployment. If not, revoke its sessions, list the instanceId of ' +
    'every successful call, read the user data of those instances for secrets and replace each one that is found.',
  references: [
    'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html',
  ],
  settings: {
    scanners: {
      description:
        'Matches of calls to leave out, such as those of scanners of yours. The default is the scanner of Panther.',
      default: [
        {
          actor: SCANNED_REGIONS.map((region) => `PantherAuditRole-${region}`),
          userAgent: 'cloudformation.amazonaws.com',
          sourceIPAddress: 'cloudformation.amazonaws.com',
        },
      ],
    },
  },
  match: {
    all: [
      { eventName: 'DescribeInstanceAttribute', 'requestParameters.attribute': 'userData' },
      { not: { any: { setting: 'scanners' } } },
    ],
  },
  title: '{actor} read the user data of instances in account {recipientAccountId}',
  threshold: 10,
  windowMinutes: 1440,
});

const asked = {
  eventVersion: '1.10',
  eventID: '4c7d54b2-95f8-4fb4-8d5e-5a7e1c8f0b04',
  eventTime: '2026-03-02T13:02:44Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'DescribeInstanceAttribute',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '198.51.100.4',
  userAgent: 'aws-cli/2.15.0',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: { attribute: 'userData', instanceId: 'i-0a1b2c3d4e5f60718' },
};
const byRole = (role: string) => ({
  ...asked,
  sourceIPAddress: 'cloudformation.amazonaws.com',
  userAgent: 'cloudformation.amazonaws.com',
  userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { type: 'Role', userName: role } } },
});
const scan = byRole('PantherAuditRole-eu-west-1');

export const tests: readonly RuleTest[] = [
  {
    name: 'user data is read',
    event: asked,
    matches: true,
    severity: 'medium',
    title: 'marta read the user data of instances in account 210987654321',
    dedup: 'marta read the user data of instances in account 210987654321',
  },
  {
    name: 'the call was denied',
    event: { ...asked, errorCode: 'Client.UnauthorizedOperation' },
    matches: true,
    severity: 'low',
  },
  {
    name: 'an error message alone',
    event: { ...asked, errorMessage: 'not authorized' },
    matches: true,
    severity: 'low',
  },
  {
    name: 'empty error texts are a success',
    event: { ...asked, errorCode: '', errorMessage: null },
    matches: true,
    severity: 'medium',
  },
  {
    name: 'the call went to another service',
    event: { ...asked, eventSource: 'test.example.com' },
    matches: true,
  },
  {
    name: 'nobody is named',
    event: { ...asked, userIdentity: null },
    matches: true,
    title: 'unknown read the user data of instances in account 210987654321',
  },
  {
    name: 'another attribute',
    event: { ...asked, requestParameters: { attribute: 'instanceType' } },
    matches: false,
  },
  {
    name: 'the attribute in lower case',
    event: { ...asked, requestParameters: { attribute: 'userdata' } },
    matches: false,
  },
  { name: 'no attribute', event: { ...asked, requestParameters: null }, matches: false },
  {
    name: 'another call',
    event: { ...asked, eventName: 'DescribeInstances' },
    matches: false,
  },
  { name: 'the scanner of Panther', event: scan, matches: false },
  {
    name: 'the scanner in an unknown region',
    event: byRole('PantherAuditRole-ap-nowhere-1'),
    matches: true,
  },
  {
    name: 'a role whose name only begins like the scanner',
    event: byRole('PantherAuditRole-eu-west-1-copy'),
    matches: true,
  },
  {
    name: 'a role named like the scanner from somewhere else',
    event: { ...scan, sourceIPAddress: '198.51.100.4' },
    matches: true,
  },
  {
    name: 'a role named like the scanner with another client',
    event: { ...scan, userAgent: 'aws-cli/2.15.0' },
    matches: true,
  },
  {
    name: 'a user named like the scanner, through CloudFormation',
    event: { ...scan, userIdentity: { type: 'IAMUser', userName: 'PantherAuditRole-eu-west-1' } },
    matches: false,
  },
  {
    name: 'a scanner that the user lists',
    event: asked,
    settings: { scanners: [{ actor: 'marta' }] },
    matches: false,
  },
  { name: 'no scanner is left out', event: scan, settings: { scanners: [] }, matches: true },
];
