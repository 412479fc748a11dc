import { expect, test } from '@jest/globals';
import { classifierFor } from '../../../detector/logs/classify.js';
import { sourceMap } from '../../../detector/logs/source-map.js';
import type { JsonObject } from '../../../detector/rule.js';

/** The log type that a record is told as by its shape; `unknown` for one that nobody knows. */
function toldAs(record: JsonObject): string {
  const classify = classifierFor('', sourceMap([]));
  if (classify === 'excluded') throw new Error('nothing is left out here');
  const found = classify(record);
  return typeof found === 'string' ? found : found.logType.id;
}

const ELEVATE = 'Microsoft.Authorization/elevateAccess/action';
/** Access to all subscriptions is no operation on one of them. */
const ROOT = '/providers/Microsoft.Authorization';

test.each<[string, JsonObject]>([
  [
    'as the REST API writes it',
    {
      ...{ eventTimestamp: '2026-03-02T09:14:07Z', eventDataId: '7f0c', caller: 'marta@example.com' },
      ...{ resourceId: ROOT, status: { value: 'Succeeded' } },
      category: { value: 'Administrative', localizedValue: 'Administrative' },
      operationName: {
        value: ELEVATE,
        localizedValue: 'Assigns the caller to User Access Administrator role',
      },
    },
  ],
  [
    'as an export writes it',
    { category: 'Administrative', operationName: ELEVATE, resourceId: ROOT.toUpperCase() },
  ],
  [
    'with a category that is none of ours, on a subscription',
    { category: 'Other', operationName: ELEVATE, resourceId: '/SUBSCRIPTIONS/0a1b2c3d' },
  ],
])('a record of the Azure activity log is told by its shape: %s', (_, record) => {
  expect(toldAs(record)).toBe('azure.activity');
});

test.each<[string, JsonObject]>([
  ['another category', { category: { value: 'AuditLogs' }, operationName: ELEVATE, resourceId: ROOT }],
  ['no operation', { category: { value: 'Administrative' }, resourceId: ROOT }],
  [
    'a category that is an object of objects',
    { category: { value: { value: 'Policy' } }, operationName: 'x' },
  ],
])('a record that nobody knows has %s', (_, record) => {
  expect(toldAs(record)).toBe('unknown');
});

test('a change in the directory is told as one, whatever came before it in the same object', () => {
  const classify = classifierFor('', sourceMap([]));
  if (classify === 'excluded') throw new Error('nothing is left out here');
  const policy = { category: 'Policy', operationName: 'Update policy' };
  const told = [policy, { ...policy, properties: { activityDisplayName: 'Update policy' } }, policy]
    .map(classify)
    .map((found) => (typeof found === 'string' ? found : found.logType.id));

  expect(told).toEqual(['azure.activity', 'azure.audit', 'azure.activity']);
});
