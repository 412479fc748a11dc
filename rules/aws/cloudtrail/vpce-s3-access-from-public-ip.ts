import { defineRule, type RuleTest } from '../../../detector/rule.js';

const OBJECT_CALLS = [
  'GetObject',
  'GetObjectVersion',
  'GetObjectAcl',
  'GetObjectVersionAcl',
  'PutObject',
  'PutObjectAcl',
  'PutObjectVersionAcl',
  'CopyObject',
  'DeleteObject',
  'DeleteObjects',
  'DeleteObjectVersion',
];

export default defineRule({
  id: 'aws.cloudtrail.vpce-s3-access-from-public-ip',
  logTypes: ['aws.cloudtrail'],
  name: 'S3 objects reached through a VPC endpoint from a public address',
  description:
    'A VPC endpoint passed on a request for S3 objects whose source is a public address. Requests through ' +
    'an endpoint start in the VPC and carry private addresses, so something relays outside traffic into it ' +
    'or an address is spoofed.',
  severity: 'medium',
  attack: [],
  falsePositives: [
    'VPCs or attached networks that use public address ranges of their own as private ones.',
    'A proxy that connected networks reach the endpoint through.',
  ],
  runbook:
    'Find out who owns the source address and whether the VPC of `vpcEndpointId` uses that range itself. ' +
    'If not, find the instance or proxy that relays it in the flow logs of the VPC, check what the ' +
    'principal read or changed, revoke its sessions, and tighten the endpoint policy and the bucket policy ' +
    '(aws:SourceVpce, aws:VpcSourceIp).',
  references: [
    'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html',
    'https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html',
  ],
  needs: [
    {
      what: 'CloudTrail network activity events for s3.amazonaws.com, which are off by default',
      level: 'required',
    },
  ],
  match: {
    eventType: 'AwsVpceEvent',
    eventCategory: 'NetworkActivity',
    eventSource: 's3.amazonaws.com',
    eventName: OBJECT_CALLS,
    sourceIPAddress: { ip: 'public' },
  },
  title:
    '{actor} reached bucket {requestParameters.bucketName} through a VPC endpoint ' +
    'from public address {sourceIPAddress}',
  context: {
    account_id: 'userIdentity.accountId',
    principal_id: 'userIdentity.principalId',
    actor_user: 'actor',
    source_ip: 'sourceIPAddress',
    event_source: 'eventSource',
    api_call: 'eventName',
    resources: 'resources',
    request_parameters: 'requestParameters',
  },
});

const request = {
  eventVersion: '1.10',
  eventID: 'e1b6c9a4-7d26-4b8e-9d9b-1f6d8a3c5b01',
  eventTime: '2026-03-06T11:20:31Z',
  eventType: 'AwsVpceEvent',
  eventCategory: 'NetworkActivity',
  eventSource: 's3.amazonaws.com',
  eventName: 'GetObject',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  vpcEndpointId: 'vpce-0example0a1b2c3d4',
  sourceIPAddress: '8.8.4.4',
  userIdentity: {
    type: 'IAMUser',
    userName: 'reporting',
    accountId: '210987654321',
    principalId: 'AIDAEXAMPLEREPORTING',
  },
  requestParameters: { bucketName: 'example-payroll', key: '2026/february.csv' },
  resources: [{ type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::example-payroll/2026/february.csv' }],
};
const from = (sourceIPAddress: RuleTest['event'][string]) => ({ ...request, sourceIPAddress });

const PUBLIC = [
  ...['1.1.1.1', '172.32.0.1', '100.63.255.255', '100.128.0.0', '192.0.0.8', '198.20.0.0', '224.0.0.1'],
  ...['2606:4700:4700::1111', '2001:200::1', '64:ff9b::1', 'fec0::1', '::8.8.8.8', '64:ff9b::8.8.8.8'],
];
const NOT_PUBLIC = [
  ...['0.0.0.1', '10.1.2.3', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.7'],
  ...['192.0.0.170', '192.0.0.171', '192.0.2.9', '192.168.4.4', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.7', '203.0.113.7', '240.0.0.1', '255.255.255.255', '100.64.0.1', '100.127.255.255'],
  ...['::', '::1', '::ffff:8.8.8.8', '100::1', '2001::1', '2001:db8::1', 'fc00::1', 'fd12::1', 'fe80::1'],
];
const NO_ADDRESS = [
  ...['', 's3.amazonaws.com', 'AWS Internal', '8.8.8', '8.8.8.8/32', '8.8.8.8:443', ' 8.8.8.8'],
  ...['64:ff9b::010.8.8.8', '64:ff9b::0x8.8.8.8', '::8.8.8', '8.8.8.8::'],
];

export const tests: readonly RuleTest[] = [
  {
    name: 'a public address',
    event: request,
    matches: true,
    severity: 'medium',
    title: 'reporting reached bucket example-payroll through a VPC endpoint from public address 8.8.4.4',
    dedup: 'reporting reached bucket example-payroll through a VPC endpoint from public address 8.8.4.4',
    context: {
      account_id: '210987654321',
      principal_id: 'AIDAEXAMPLEREPORTING',
      actor_user: 'reporting',
      source_ip: '8.8.4.4',
      event_source: 's3.amazonaws.com',
      api_call: 'GetObject',
      resources: request.resources,
      request_parameters: request.requestParameters,
    },
  },
  {
    name: 'a denied request counts too',
    event: { ...request, errorCode: 'VpceAccessDenied' },
    matches: true,
  },
  ...OBJECT_CALLS.map((eventName) => ({
    name: `${eventName} is watched`,
    event: { ...request, eventName },
    matches: true,
  })),
  ...PUBLIC.map((address) => ({ name: `${address} is public`, event: from(address), matches: true })),
  ...NOT_PUBLIC.map((address) => ({
    name: `${address} is not public`,
    event: from(address),
    matches: false,
  })),
  ...NO_ADDRESS.map((text) => ({ name: `"${text}" is no address`, event: from(text), matches: false })),
  { name: 'the address is null', event: from(null), matches: false },
  { name: 'the address is a number', event: from(134744072), matches: false },
  { name: 'another event type', event: { ...request, eventType: 'AwsApiCall' }, matches: false },
  { name: 'another category', event: { ...request, eventCategory: 'Data' }, matches: false },
  { name: 'another service', event: { ...request, eventSource: 'kms.amazonaws.com' }, matches: false },
  { name: 'a call on the bucket', event: { ...request, eventName: 'ListObjects' }, matches: false },
  { name: 'another letter case', event: { ...request, eventName: 'getobject' }, matches: false },
];
