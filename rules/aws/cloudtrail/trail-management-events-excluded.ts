import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.trail-management-events-excluded',
  logTypes: ['aws.cloudtrail'],
  name: 'Management events excluded from a CloudTrail trail',
  description:
    'An event selector of a trail now leaves out management events: sign-ins, IAM changes, new instances ' +
    'and nearly everything that detection reads. The trail still counts as logging, so this draws less ' +
    'attention than stopping it.',
  severity: 'medium',
  attack: ['TA0005:T1562'],
  falsePositives: ['A trail made only for data events, beside another one that records management events.'],
  runbook:
    'Look at the selectors of the trail (`aws cloudtrail get-event-selectors`), and check whether another ' +
    'multi-region trail still records management events. If not, or if the actor does not vouch for it, ' +
    'set includeManagementEvents to true again, and read what the actor did before and, in Event history ' +
    'of each region, since then. Event history keeps management events for 90 days whatever the trails ' +
    'record.',
  references: [
    'https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html',
    'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html',
  ],
  match: {
    all: [
      'succeeded',
      {
        eventName: 'PutEventSelectors',
        'requestParameters.eventSelectors': {
          type: 'list',
          some: { includeManagementEvents: { absent: false, truthy: false } },
        },
      },
    ],
  },
  title:
    '{actor} excluded management events from trail {requestParameters.trailName} ' +
    'in account {recipientAccountId}',
  dedup: '{requestParameters.trailName}',
});

const change = {
  eventVersion: '1.09',
  eventID: '3d7e9b12-64fa-4b0e-8f67-5b7f2c0a9d01',
  eventTime: '2026-03-08T15:33:20Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'PutEventSelectors',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: {
    trailName: 'organisation-trail',
    eventSelectors: [{ readWriteType: 'All', includeManagementEvents: false, dataResources: [] }],
  },
};
const selectors = (eventSelectors: RuleTest['event'][string]) => ({
  ...change,
  requestParameters: { trailName: 'organisation-trail', eventSelectors },
});
const included = (includeManagementEvents: RuleTest['event'][string]) =>
  selectors([{ includeManagementEvents }]);

export const tests: readonly RuleTest[] = [
  {
    name: 'the only selector excludes them',
    event: change,
    matches: true,
    severity: 'medium',
    title: 'marta excluded management events from trail organisation-trail in account 210987654321',
    dedup: 'organisation-trail',
  },
  {
    name: 'one of several selectors excludes them',
    event: selectors([
      { includeManagementEvents: true },
      { readWriteType: 'All' },
      { includeManagementEvents: false },
    ]),
    matches: true,
  },
  {
    name: 'no trail name',
    event: { ...change, requestParameters: { eventSelectors: [{ includeManagementEvents: false }] } },
    matches: true,
    title: 'marta excluded management events from trail unknown in account 210987654321',
    dedup: '',
  },
  { name: 'another service name', event: { ...change, eventSource: 'trail.example.com' }, matches: true },
  {
    name: 'errors are null and empty',
    event: { ...change, errorCode: null, errorMessage: '' },
    matches: true,
  },
  { name: 'the call was denied', event: { ...change, errorCode: 'AccessDenied' }, matches: false },
  { name: 'the call failed, told by message', event: { ...change, errorMessage: 'x' }, matches: false },
  { name: 'another call', event: { ...change, eventName: 'GetEventSelectors' }, matches: false },
  { name: 'they are included', event: included(true), matches: false },
  { name: 'the text "false"', event: included('false'), matches: false },
  { name: 'zero counts as false', event: included(0), matches: true },
  { name: 'empty text counts as false', event: included(''), matches: true },
  { name: 'null', event: included(null), matches: false },
  { name: 'a selector that does not say', event: selectors([{ readWriteType: 'All' }]), matches: false },
  { name: 'no selectors', event: selectors([]), matches: false },
  { name: 'selectors are null', event: selectors(null), matches: false },
  { name: 'selectors are no list', event: selectors({ includeManagementEvents: false }), matches: false },
  { name: 'selectors are text', event: selectors('includeManagementEvents'), matches: false },
  { name: 'elements are no objects', event: selectors([false, null, 'x', 0]), matches: false },
  {
    name: 'advanced selectors are another thing',
    event: {
      ...change,
      requestParameters: {
        advancedEventSelectors: [{ includeManagementEvents: false }],
        eventSelectors: null,
      },
    },
    matches: false,
  },
  { name: 'no parameters', event: { ...change, requestParameters: null }, matches: false },
];
