import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.unused-region-activity',
  logTypes: ['aws.cloudtrail'],
  name: 'Change in a region that is not used',
  description:
    'A call that changes something was made, or tried, in a region where you run nothing. Intruders work there, for ' +
    'example to mine coins, because nobody looks.',
  severity: 'high',
  attack: ['TA0005:T1535'],
  falsePositives: ['The default list of regions does not fit you, or a team begins to use one of them.'],
  runbook:
    'Ask whoever the title names. If nobody planned it, list what runs in that region, stop it after taking ' +
    'snapshots, revoke the sessions of the identity and follow it through the other regions. Afterwards disable the ' +
    'region or deny it by a service control policy.',
  references: ['https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html'],
  enabled: false,
  needs: [
    {
      what: 'The setting forbiddenRegions, with the regions that you do not use; the default is only an example.',
      level: 'optional',
    },
  ],
  settings: {
    forbiddenRegions: {
      description: 'Names of the regions in which nothing may be changed.',
      default: ['ap-east-1', 'eu-west-3', 'eu-central-1'],
    },
  },
  match: { awsRegion: { is: { setting: 'forbiddenRegions' } }, readOnly: false },
  title:
    '{userIdentity.sessionContext.sessionIssuer.userName ?? actor} called {eventName} in unused region {awsRegion}',
});

const changed = {
  eventVersion: '1.08',
  eventID: '81d7b6ef-3a64-4e9f-8c2e-0c9b7e5f4a08',
  eventTime: '2026-03-02T17:05:33Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'RunInstances',
  awsRegion: 'ap-east-1',
  readOnly: false,
  recipientAccountId: '210987654321',
  userIdentity: {
    type: 'AssumedRole',
    sessionContext: { sessionIssuer: { type: 'Role', userName: 'deployment' } },
  },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a change in a forbidden region',
    event: changed,
    matches: true,
    severity: 'high',
    title: 'deployment called RunInstances in unused region ap-east-1',
    dedup: 'deployment called RunInstances in unused region ap-east-1',
  },
  { name: 'Paris', event: { ...changed, awsRegion: 'eu-west-3' }, matches: true },
  { name: 'Frankfurt', event: { ...changed, awsRegion: 'eu-central-1' }, matches: true },
  { name: 'the call was denied', event: { ...changed, errorCode: 'AccessDenied' }, matches: true },
  {
    name: 'an IAM user, who has no role',
    event: { ...changed, userIdentity: { type: 'IAMUser', userName: 'marta' } },
    matches: true,
    title: 'marta called RunInstances in unused region ap-east-1',
  },
  {
    name: 'nobody is named',
    event: { ...changed, userIdentity: null },
    matches: true,
    title: 'unknown called RunInstances in unused region ap-east-1',
  },
  { name: 'something is read', event: { ...changed, readOnly: true }, matches: false },
  { name: 'the kind of call is null', event: { ...changed, readOnly: null }, matches: false },
  { name: 'the kind of call is a text', event: { ...changed, readOnly: 'false' }, matches: false },
  {
    name: 'the kind of call is missing',
    event: { eventName: 'RunInstances', awsRegion: 'ap-east-1' },
    matches: false,
  },
  { name: 'a region that is used', event: { ...changed, awsRegion: 'eu-west-1' }, matches: false },
  { name: 'the region in upper case', event: { ...changed, awsRegion: 'AP-EAST-1' }, matches: false },
  { name: 'no region', event: { ...changed, awsRegion: null }, matches: false },
  {
    name: 'a region that the user lists',
    event: { ...changed, awsRegion: 'sa-east-1' },
    settings: { forbiddenRegions: ['sa-east-1'] },
    matches: true,
  },
  {
    name: 'a default region that the user does not list',
    event: changed,
    settings: { forbiddenRegions: ['sa-east-1'] },
    matches: false,
  },
];
