import { defineRule, type RuleTest } from '../../../detector/rule.js';

export default defineRule({
  id: 'aws.cloudtrail.ebs-snapshot-shared',
  logTypes: ['aws.cloudtrail'],
  name: 'EBS snapshot shared',
  description:
    'A snapshot of a disk was shared with another account or with everyone. Who may create a volume from it can read ' +
    'all that was on the disk, from outside and unseen by you.',
  severity: 'medium',
  severityBy: [{ match: { not: { 'receivers.group': 'all' } }, value: 'info' }],
  attack: ['TA0010:T1537'],
  falsePositives: [
    'Backups and golden images that are shared with other accounts of yours.',
    'A vendor publishes an image for everyone on purpose.',
  ],
  runbook:
    'Look up who received the snapshot: createVolumePermission.add.items of the event names the accounts, or group all ' +
    'for everyone. If an account is not yours, take the permission back (`aws ec2 modify-snapshot-attribute ' +
    '--operation-type remove`), treat the content of the disk as copied, replace the secrets on it, and look for ' +
    'other snapshots that the actor made or shared.',
  references: [
    'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html',
    'https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html',
  ],
  fields: {
    receivers: {
      each: 'requestParameters.createVolumePermission.add.items',
      where: { any: [{ userId: { empty: false } }, { group: 'all' }] },
    },
    receiverNames: [
      { match: { 'receivers.group': 'all' }, value: 'everyone' },
      { value: '{receivers.userId}' },
    ],
  },
  match: {
    all: [
      'succeeded',
      {
        eventName: 'ModifySnapshotAttribute',
        'requestParameters.attributeType': 'CREATE_VOLUME_PERMISSION',
        'requestParameters.createVolumePermission.add.items': { type: 'list' },
        receivers: { empty: false },
      },
    ],
  },
  title:
    'Snapshot {requestParameters.snapshotId} of account {recipientAccountId} was shared with {receiverNames}',
});

type Permission = { readonly userId?: string; readonly group?: string } | null;

const sharing = (items: Permission[] | null) => ({
  eventVersion: '1.08',
  eventID: '5d8b6e8c-0a8a-4b1e-9f0b-6f1c5d9e7a05',
  eventTime: '2026-03-02T14:30:09Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'ModifySnapshotAttribute',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: {
    snapshotId: 'snap-0f1e2d3c4b5a69788',
    attributeType: 'CREATE_VOLUME_PERMISSION',
    createVolumePermission: { add: { items } },
  },
});
const account = { userId: '109876543210' };
const everyone = { group: 'all' };
const shared = sharing([everyone]);

export const tests: readonly RuleTest[] = [
  {
    name: 'with everyone',
    event: shared,
    matches: true,
    severity: 'medium',
    title: 'Snapshot snap-0f1e2d3c4b5a69788 of account 210987654321 was shared with everyone',
    dedup: 'Snapshot snap-0f1e2d3c4b5a69788 of account 210987654321 was shared with everyone',
  },
  {
    name: 'with accounts',
    event: sharing([account, { userId: '321098765432' }]),
    matches: true,
    severity: 'info',
    title:
      'Snapshot snap-0f1e2d3c4b5a69788 of account 210987654321 was shared with 109876543210, 321098765432',
  },
  {
    name: 'with everyone before an account',
    event: sharing([everyone, account]),
    matches: true,
    severity: 'medium',
  },
  {
    name: 'with an account before everyone',
    event: sharing([account, everyone]),
    matches: true,
    severity: 'medium',
    title: 'Snapshot snap-0f1e2d3c4b5a69788 of account 210987654321 was shared with everyone',
  },
  {
    name: 'entries that share nothing are passed over',
    event: sharing([null, { group: 'some' }, account]),
    matches: true,
    severity: 'info',
  },
  {
    name: 'an entry without an account before everyone',
    event: sharing([{ userId: '' }, everyone]),
    matches: true,
    severity: 'medium',
  },
  {
    name: 'an entry that shares nothing before an account and everyone',
    event: sharing([{ group: 'some' }, account, everyone]),
    matches: true,
    severity: 'medium',
  },
  {
    name: 'an entry with an empty account and everyone',
    event: sharing([{ userId: '', group: 'all' }]),
    matches: true,
    severity: 'medium',
  },
  {
    name: 'the call went to another service',
    event: { ...shared, eventSource: 'test.example.com' },
    matches: true,
  },
  { name: 'an empty account', event: sharing([{ userId: '' }]), matches: false },
  { name: 'another group', event: sharing([{ group: 'some' }]), matches: false },
  { name: 'the group in upper case', event: sharing([{ group: 'ALL' }]), matches: false },
  { name: 'nothing is added', event: sharing([]), matches: false },
  { name: 'null is added', event: sharing(null), matches: false },
  {
    name: 'entries that are no objects',
    event: {
      ...shared,
      requestParameters: {
        attributeType: 'CREATE_VOLUME_PERMISSION',
        createVolumePermission: { add: { items: ['all', 109876543210] } },
      },
    },
    matches: false,
  },
  {
    name: 'a receiver that is in no list',
    event: {
      ...shared,
      requestParameters: {
        ...shared.requestParameters,
        createVolumePermission: { add: { items: everyone } },
      },
    },
    matches: false,
  },
  {
    name: 'a permission is taken back',
    event: {
      ...shared,
      requestParameters: {
        ...shared.requestParameters,
        createVolumePermission: { remove: { items: [everyone] } },
      },
    },
    matches: false,
  },
  {
    name: 'another attribute',
    event: {
      ...shared,
      requestParameters: { ...shared.requestParameters, attributeType: 'PRODUCT_CODES' },
    },
    matches: false,
  },
  { name: 'no parameters', event: { ...shared, requestParameters: null }, matches: false },
  { name: 'the call was denied', event: { ...shared, errorCode: 'AccessDenied' }, matches: false },
  { name: 'an error message alone', event: { ...shared, errorMessage: 'no' }, matches: false },
  {
    name: 'an image is shared',
    event: { ...shared, eventName: 'ModifyImageAttribute' },
    matches: false,
  },
];
