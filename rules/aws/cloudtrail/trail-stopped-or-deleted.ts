import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CALLS = ['DeleteTrail', 'StopLogging'];

export default defineRule({
  id: 'aws.cloudtrail.trail-stopped-or-deleted',
  logTypes: ['aws.cloudtrail'],
  name: 'CloudTrail trail stopped or deleted',
  description:
    'A trail no longer records. Whoever works in the account from now on leaves no history, which is why intruders ' +
    'do this early.',
  severity: 'medium',
  attack: ['TA0005:T1562'],
  falsePositives: ['A trail is replaced by another one, for example by an organisation trail.'],
  runbook:
    'Ask the actor. If nobody vouches for it, start logging again (`aws cloudtrail start-logging`), revoke the ' +
    "actor's sessions, and read what they did before the trail stopped and, from other trails, after it.",
  references: ['https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html'],
  match: { all: ['succeeded', { eventName: CALLS }] },
  title: '{actor} ended trail {requestParameters.name} in account {recipientAccountId} ({eventName})',
  dedup: '{requestParameters.name}',
  context: { trail: 'requestParameters.name' },
});

const stopped = {
  eventVersion: '1.08',
  eventID: '7c1d1c0e-45a1-4a52-9d39-0f2f0f6d1a01',
  eventTime: '2026-03-02T09:14:07Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: { name: 'organisation-trail' },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a trail is stopped',
    event: stopped,
    matches: true,
    severity: 'medium',
    title: 'marta ended trail organisation-trail in account 210987654321 (StopLogging)',
    dedup: 'organisation-trail',
  },
  { name: 'a trail is deleted', event: { ...stopped, eventName: 'DeleteTrail' }, matches: true },
  { name: 'the call was denied', event: { ...stopped, errorCode: 'AccessDenied' }, matches: false },
  { name: 'a trail is started', event: { ...stopped, eventName: 'StartLogging' }, matches: false },
];
