import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CALLS = [
  'DeleteAccountPublicAccessBlock',
  'DeleteDeliveryChannel',
  'DeleteDetector',
  'DeleteFlowLogs',
  'DeleteRule',
  'DeleteTrail',
  'DisableEbsEncryptionByDefault',
  'DisableRule',
  'StopConfigurationRecorder',
  'StopLogging',
];

export default defineRule({
  id: 'aws.cloudtrail.security-config-weakened',
  logTypes: ['aws.cloudtrail'],
  name: 'Security configuration weakened',
  description:
    'A control that records, detects or prevents was deleted, stopped or switched off: CloudTrail, Config, ' +
    'GuardDuty, flow logs, rules, the public access block of the account or default encryption. Intruders do this to ' +
    'work unseen.',
  severity: 'medium',
  attack: ['TA0005:T1562'],
  falsePositives: [
    'Infrastructure as code that replaces or tears down such a resource.',
    'DeleteRule and DisableRule of services that have no part in security, such as schedules of EventBridge or rules ' +
      'of a load balancer.',
  ],
  runbook:
    'Read requestParameters for what was weakened and ask the actor. If nobody vouches for it, switch it on again, ' +
    "revoke the actor's sessions, and read what they did before and after from the sources that still record.",
  references: [
    'https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html',
    'https://docs.aws.amazon.com/config/latest/APIReference/API_StopConfigurationRecorder.html',
    'https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html',
  ],
  needs: [
    {
      what: 'The setting allowedChanges, with the roles that may make such changes; without it they alert too.',
      level: 'optional',
    },
  ],
  settings: {
    allowedChanges: {
      description:
        'Matches of changes that are expected, usually of the role (userIdentity.sessionContext.sessionIssuer.userName) ' +
        'and eventName together, each as a text, with glob (* and ?) or with regex. A pattern needs a value: leave out ' +
        'the role to allow a call to everybody.',
      default: [],
    },
  },
  match: {
    all: [
      'succeeded',
      {
        any: [{ eventName: CALLS }, { eventName: 'UpdateDetector', 'requestParameters.enable': false }],
      },
      { not: { any: { setting: 'allowedChanges' } } },
    ],
  },
  title: '{actor} weakened a security configuration ({eventName})',
});

const weakened = {
  eventVersion: '1.08',
  eventID: '70c6a5de-2f53-4d8e-bb1d-9b8a6d4f3e07',
  eventTime: '2026-03-02T16:45:20Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'DeleteTrail',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: {
    type: 'AssumedRole',
    sessionContext: { sessionIssuer: { type: 'Role', userName: 'terraform-network' } },
  },
  requestParameters: { name: 'organisation-trail' },
};
const detector = (requestParameters: RuleTest['event'] | null) => ({
  ...weakened,
  eventSource: 'guardduty.amazonaws.com',
  eventName: 'UpdateDetector',
  requestParameters,
});
const ROLE = 'userIdentity.sessionContext.sessionIssuer.userName';
const allowedChanges = [{ [ROLE]: { glob: 'terraform-*' }, eventName: { glob: 'Delete*' } }];

export const tests: readonly RuleTest[] = [
  {
    name: 'a trail is deleted',
    event: weakened,
    matches: true,
    severity: 'medium',
    title: 'terraform-network weakened a security configuration (DeleteTrail)',
    dedup: 'terraform-network weakened a security configuration (DeleteTrail)',
  },
  ...CALLS.map((eventName) => ({ name: eventName, event: { ...weakened, eventName }, matches: true })),
  {
    name: 'nobody is named, and the service does not matter',
    event: { ...weakened, eventName: 'DisableRule', eventSource: 'events.amazonaws.com', userIdentity: null },
    matches: true,
    title: 'unknown weakened a security configuration (DisableRule)',
  },
  { name: 'GuardDuty is switched off', event: detector({ enable: false }), matches: true },
  { name: 'GuardDuty is switched on', event: detector({ enable: true }), matches: false },
  { name: 'GuardDuty is left as it is', event: detector({ detectorId: 'd1' }), matches: false },
  { name: 'null leaves GuardDuty as it is', event: detector({ enable: null }), matches: false },
  { name: 'a text is not false', event: detector({ enable: 'false' }), matches: false },
  { name: 'no parameters', event: detector(null), matches: false },
  { name: 'the call was denied', event: { ...weakened, errorCode: 'AccessDenied' }, matches: false },
  { name: 'an error message alone', event: { ...weakened, errorMessage: 'no' }, matches: false },
  { name: 'a harmless call', event: { ...weakened, eventName: 'DescribeTrails' }, matches: false },
  {
    name: 'the name of the call in lower case',
    event: { ...weakened, eventName: 'deletetrail' },
    matches: false,
  },
  {
    name: 'an allowed change',
    event: weakened,
    settings: { allowedChanges },
    matches: false,
  },
  {
    name: 'another change of the allowed role',
    event: { ...weakened, eventName: 'StopLogging' },
    settings: { allowedChanges },
    matches: true,
  },
  {
    name: 'the allowed change of another role',
    event: {
      ...weakened,
      userIdentity: {
        type: 'AssumedRole',
        sessionContext: { sessionIssuer: { userName: 'not-terraform-network' } },
      },
    },
    settings: { allowedChanges },
    matches: true,
  },
  {
    name: 'letter case tells roles apart',
    event: weakened,
    settings: { allowedChanges: [{ [ROLE]: 'Terraform-Network', eventName: 'DeleteTrail' }] },
    matches: true,
  },
];
