import { defineRule, type RuleTest } from '../../../detector/rule.js';
import { allowsEveryoneOutsideOrganizations, isInternetOpen, parsePolicy } from '../../lib/iam-policy.js';

/** The calls that set a resource policy, with the place where it stands. */
const POLICIES = new Map([
  ['CreateElasticsearchDomain', 'requestParameters.accessPolicies'],
  ['CreateKey', 'requestParameters.policy'],
  ['CreateTopic', 'requestParameters.attributes.Policy'],
  ['PutBucketPolicy', 'requestParameters.bucketPolicy'],
  ['PutKeyPolicy', 'requestParameters.policy'],
  ['PutResourcePolicy', 'requestParameters.resourcePolicy'],
  ['SetQueueAttributes', 'requestParameters.attributes.Policy'],
  ['SetRepositoryPolicy', 'requestParameters.policyText'],
  ['SetTopicAttributes', 'requestParameters.attributeValue'],
  ['SetVaultAccessPolicy', 'requestParameters.policy.policy'],
  ['UpdateElasticsearchDomainConfig', 'requestParameters.accessPolicies'],
]);

export default defineRule({
  id: 'aws.cloudtrail.resource-made-public',
  logTypes: ['aws.cloudtrail'],
  name: 'Resource opened to the internet by its policy',
  description:
    'A resource policy was set that lets anyone on the internet use a bucket, key, queue, topic, ' +
    'repository, vault, secret or search domain, limited neither by a condition nor to an organisation. A ' +
    'mistake that leaks data, or a way to carry it off without credentials that could be revoked.',
  severity: 'medium',
  attack: ['TA0010:T1537'],
  falsePositives: [
    'Resources that are public on purpose, such as the bucket of a web site or a community image repository.',
    'Policies limited only by `aws:userid`, or by keys that do not say who calls, such as `aws:Referer`.',
    'Policies that the service does not put into effect, because Block Public Access is on.',
  ],
  runbook:
    'Read the policy in the request parameters and the current one of the resource. Unless its owner wants ' +
    'it public, put back the previous policy or turn on Block Public Access, then look in the data events ' +
    'or access logs for callers from outside while it was open. If the actor does not vouch for it, revoke ' +
    'their sessions and look at what else they opened or copied.',
  references: [
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html',
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html',
  ],
  match: {
    all: [
      'succeeded',
      { eventName: [...POLICIES.keys()] },
      {
        any: [{ eventName: { not: 'SetTopicAttributes' } }, { 'requestParameters.attributeName': 'Policy' }],
      },
    ],
  },
  // A policy is a small language of its own: statements, principals and conditions that qualify each other.
  when: (event) => {
    const path = POLICIES.get(event.text('eventName') ?? '');
    const policy = path === undefined ? undefined : parsePolicy(event.get(path));
    return policy !== undefined && isInternetOpen(policy) && allowsEveryoneOutsideOrganizations(policy);
  },
  title:
    '{userIdentity.userName ?? userIdentity.sessionContext.sessionIssuer.userName} opened ' +
    '{resources[0].arn ?? eventSource} to the internet',
});

const OPEN = { Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' } };
const CLOSED = {
  Statement: { ...OPEN.Statement, Principal: { AWS: 'arn:aws:iam::210987654321:role/reader' } },
};
const OPEN_TEXT = JSON.stringify(OPEN);

const opened = {
  eventVersion: '1.08',
  eventID: 'b7a5d0f3-9c1e-4f6a-8e2d-4c3b2a1f0e01',
  eventTime: '2026-03-09T10:05:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: {
    type: 'AssumedRole',
    sessionContext: { sessionIssuer: { type: 'Role', userName: 'storage-admin' } },
  },
  requestParameters: { bucketName: 'example-site', bucketPolicy: OPEN },
  resources: [{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::example-site' }],
};
type Value = RuleTest['event'][string];
const call = (eventName: string, requestParameters: Value) => ({ ...opened, eventName, requestParameters });
const bucket = (bucketPolicy: Value) => call('PutBucketPolicy', { bucketName: 'example-site', bucketPolicy });

const PLACES: Readonly<Record<string, (policy: Value) => Value>> = {
  CreateElasticsearchDomain: (accessPolicies) => ({ accessPolicies }),
  CreateKey: (policy) => ({ policy }),
  CreateTopic: (Policy) => ({ attributes: { Policy } }),
  PutBucketPolicy: (bucketPolicy) => ({ bucketPolicy }),
  PutKeyPolicy: (policy) => ({ policy }),
  PutResourcePolicy: (resourcePolicy) => ({ resourcePolicy }),
  SetQueueAttributes: (Policy) => ({ attributes: { Policy } }),
  SetRepositoryPolicy: (policyText) => ({ policyText }),
  SetTopicAttributes: (attributeValue) => ({ attributeName: 'Policy', attributeValue }),
  SetVaultAccessPolicy: (policy) => ({ policy: { policy } }),
  UpdateElasticsearchDomainConfig: (accessPolicies) => ({ accessPolicies }),
};
const EVERYWHERE = {
  attributeName: 'Policy',
  ...{ accessPolicies: OPEN, attributeValue: OPEN, attributes: { Policy: OPEN }, bucketPolicy: OPEN },
  ...{ policy: OPEN, policyText: OPEN, resourcePolicy: OPEN },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a bucket is opened',
    event: opened,
    matches: true,
    severity: 'medium',
    title: 'storage-admin opened arn:aws:s3:::example-site to the internet',
    dedup: 'storage-admin opened arn:aws:s3:::example-site to the internet',
  },
  {
    name: 'the user, and the service where no resource is named',
    event: { ...opened, userIdentity: { type: 'IAMUser', userName: 'marta' }, resources: null },
    matches: true,
    title: 'marta opened s3.amazonaws.com to the internet',
  },
  ...Object.entries(PLACES).flatMap(([name, place]) => [
    { name: `${name} opens, as an object`, event: call(name, place(OPEN)), matches: true },
    { name: `${name} opens, as JSON text`, event: call(name, place(OPEN_TEXT)), matches: true },
    { name: `${name} stays closed`, event: call(name, place(CLOSED)), matches: false },
    { name: `${name} without a policy`, event: call(name, place(null)), matches: false },
  ]),
  { name: 'another service name', event: { ...opened, eventSource: 'x.example.com' }, matches: true },
  { name: 'another call', event: call('PutBucketAcl', EVERYWHERE), matches: false },
  { name: 'a call named like a built-in', event: call('constructor', EVERYWHERE), matches: false },
  {
    name: 'a policy where another call has it',
    event: call('PutBucketPolicy', { ...EVERYWHERE, bucketPolicy: '' }),
    matches: false,
  },
  {
    name: 'another attribute of a topic',
    event: call('SetTopicAttributes', { attributeName: 'DisplayName', attributeValue: OPEN_TEXT }),
    matches: false,
  },
  {
    name: 'the attribute in another letter case',
    event: call('SetTopicAttributes', { attributeName: 'policy', attributeValue: OPEN_TEXT }),
    matches: false,
  },
  {
    name: 'errors are null and empty',
    event: { ...opened, errorCode: '', errorMessage: null },
    matches: true,
  },
  { name: 'the call was denied', event: { ...opened, errorCode: 'AccessDenied' }, matches: false },
  { name: 'the call failed, told by message', event: { ...opened, errorMessage: 'x' }, matches: false },
  { name: 'no parameters', event: call('PutBucketPolicy', null), matches: false },
  { name: 'empty parameters', event: call('PutBucketPolicy', {}), matches: false },
  { name: 'empty text', event: bucket(''), matches: false },
  { name: 'text that is no JSON', event: bucket(OPEN_TEXT.slice(0, -1)), matches: false },
  { name: 'JSON that is no object', event: bucket(`[${OPEN_TEXT}]`), matches: false },
  { name: 'JSON text inside JSON text', event: bucket(JSON.stringify(OPEN_TEXT)), matches: false },
  { name: 'a number', event: bucket(1), matches: false },
  {
    name: 'limited to an organisation',
    event: bucket({
      Statement: [{ ...OPEN.Statement, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-example' } } }],
    }),
    matches: false,
  },
  {
    name: 'an organisation that is only excluded',
    event: bucket({
      Statement: [
        { ...OPEN.Statement, Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-example' } } },
      ],
    }),
    matches: false,
  },
  {
    name: 'open only by a wildcard account',
    event: bucket({ Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::*:root' } }] }),
    matches: false,
  },
  {
    name: 'open only by NotPrincipal',
    event: bucket({ Statement: [{ Effect: 'Allow', NotPrincipal: { AWS: '210987654321' } }] }),
    matches: false,
  },
  {
    name: 'one statement is open by a wildcard account, another names everyone from one network',
    event: bucket({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::*:root' } },
        { Effect: 'Allow', Principal: '*', Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } },
      ],
    }),
    matches: true,
  },
  {
    name: 'an open statement behind closed ones',
    event: bucket({ Statement: [CLOSED.Statement, { Effect: 'Deny', Principal: '*' }, OPEN.Statement] }),
    matches: true,
  },
];
