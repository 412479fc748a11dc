import type { JsonObject } from '../../detector/rule.js';

/** A call that `aws.cloudtrail.trail-stopped-or-deleted` fires on, and another rule too. */
export const stopLogging = (changes: JsonObject = {}): JsonObject => ({
  eventVersion: '1.08',
  eventID: '7c1d1c0e-45a1-4a52-9d39-0f2f0f6d1a01',
  eventTime: '2026-03-02T09:14:07Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  awsRegion: 'eu-west-1',
  recipientAccountId: '210987654321',
  sourceIPAddress: '198.51.100.7',
  userIdentity: { type: 'IAMUser', userName: 'marta', arn: 'arn:aws:iam::210987654321:user/marta' },
  requestParameters: { name: 'organisation-trail' },
  ...changes,
});

/** A call that no rule fires on. */
export const listBuckets = (changes: JsonObject = {}): JsonObject =>
  stopLogging({
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    requestParameters: null,
    ...changes,
  });

export const TRAIL_RULE = 'aws.cloudtrail.trail-stopped-or-deleted';

/** One record a line. */
export const jsonl = (...records: readonly unknown[]): string =>
  records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join('');

/** A rule file of a user. */
export const ruleFile = (id: string, more = '', match = "{ eventName: 'StopLogging' }"): string => `
import { defineRule } from 'tocsin';

export default defineRule({
  id: '${id}',
  logTypes: ['aws.cloudtrail'],
  name: 'A rule of ours',
  description: 'Something happened.',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'Look.',
  match: ${match},
  ${more}
});
`;
