import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.network-acl-open-ingress',
  logTypes: ['aws.cloudtrail'],
  name: 'Network ACL opened to the internet',
  description:
    'An entry was added to a network ACL that lets all of IPv4 in. What its subnets expose is then held back by ' +
    'security groups alone. IPv6 and replaced entries are not looked at.',
  severity: 'medium',
  attack: ['TA0003:T1098'],
  falsePositives: [
    'Public subnets of load balancers and NAT gateways, where the ACL is meant to be open.',
    'Infrastructure as code that sets up a new VPC.',
  ],
  runbook:
    'Read port range and protocol of the entry and find the subnets of the ACL. If nobody planned it, delete the ' +
    'entry (`aws ec2 delete-network-acl-entry --ingress` with the rule number of the event), check the security ' +
    'groups in those subnets and the flow logs since the change, and see what else the identity did.',
  references: [
    'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html',
    'https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html',
  ],
  match: {
    all: [
      'succeeded',
      {
        eventName: 'CreateNetworkAclEntry',
        'requestParameters.cidrBlock': '0.0.0.0/0',
        'requestParameters.ruleAction': 'allow',
        'requestParameters.egress': false,
      },
    ],
  },
  title:
    '{userIdentity.arn} opened network ACL {requestParameters.networkAclId} of account {recipientAccountId} ' +
    'to {requestParameters.cidrBlock}',
});

const entry = {
  networkAclId: 'acl-0a9b8c7d6e5f40312',
  cidrBlock: '0.0.0.0/0',
  ruleAction: 'allow',
  ruleNumber: 90,
  egress: false,
  aclProtocol: '6',
  portRange: { from: 22, to: 22 },
};
const opened = {
  eventVersion: '1.08',
  eventID: '6a1f2b9e-4d0c-4f63-a1b5-0d9a3e8c5f06',
  eventTime: '2026-03-02T15:11:52Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'CreateNetworkAclEntry',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: entry,
};
const title =
  'arn:aws:iam::210987654321:user/marta opened network ACL acl-0a9b8c7d6e5f40312 of account 210987654321 ' +
  'to 0.0.0.0/0';

export const tests: readonly RuleTest[] = [
  {
    name: 'all of IPv4 is let in',
    event: opened,
    matches: true,
    severity: 'medium',
    title,
    dedup: title,
  },
  {
    name: 'the call went to another service',
    event: { ...opened, eventSource: 'test.example.com' },
    matches: true,
  },
  {
    name: 'empty error texts are a success',
    event: { ...opened, errorCode: null, errorMessage: '' },
    matches: true,
  },
  {
    name: 'one network is let in',
    event: { ...opened, requestParameters: { ...entry, cidrBlock: '203.0.113.0/24' } },
    matches: false,
  },
  {
    name: 'all of IPv6 is let in',
    event: { ...opened, requestParameters: { ...entry, cidrBlock: null, ipv6CidrBlock: '::/0' } },
    matches: false,
  },
  {
    name: 'traffic is denied',
    event: { ...opened, requestParameters: { ...entry, ruleAction: 'deny' } },
    matches: false,
  },
  {
    name: 'the action in upper case',
    event: { ...opened, requestParameters: { ...entry, ruleAction: 'ALLOW' } },
    matches: false,
  },
  {
    name: 'traffic is let out',
    event: { ...opened, requestParameters: { ...entry, egress: true } },
    matches: false,
  },
  {
    name: 'the direction is a text',
    event: { ...opened, requestParameters: { ...entry, egress: 'false' } },
    matches: false,
  },
  {
    name: 'the direction is null',
    event: { ...opened, requestParameters: { ...entry, egress: null } },
    matches: false,
  },
  {
    name: 'the direction is 0',
    event: { ...opened, requestParameters: { ...entry, egress: 0 } },
    matches: false,
  },
  { name: 'no parameters', event: { ...opened, requestParameters: null }, matches: false },
  { name: 'the call was denied', event: { ...opened, errorCode: 'AccessDenied' }, matches: false },
  { name: 'an error message alone', event: { ...opened, errorMessage: 'no' }, matches: false },
  {
    name: 'an entry is replaced',
    event: { ...opened, eventName: 'ReplaceNetworkAclEntry' },
    matches: false,
  },
];
