import { expect, test } from '@jest/globals';
import { nearest } from '../../src/rules/near.js';

const KNOWN = [
  'aws.cloudtrail.password-policy-discovery',
  'aws.cloudtrail.root-activity',
  'gcp.audit.bigquery-large-scan',
  'gcp.audit.gke-exec-into-pod',
  'gcp.audit.gke-privileged-pod-created',
];

test.each([
  ['aws.cloudtrail.pasword-policy-discovery', ['aws.cloudtrail.password-policy-discovery']],
  ['password-policy', ['aws.cloudtrail.password-policy-discovery']],
  ['AWS.CloudTrail.Root-Activity', ['aws.cloudtrail.root-activity']],
  ['gke', ['gcp.audit.gke-exec-into-pod', 'gcp.audit.gke-privileged-pod-created']],
  ['gcp.audit.bigquery-large-scam', ['gcp.audit.bigquery-large-scan']],
  ['nonsense', []],
  ['', []],
  ['a.', []],
])('whoever types %j may have meant %j', (typed, meant) => {
  expect(nearest(typed, KNOWN)).toEqual(meant);
});

test('a very long text takes no time', () => {
  expect(nearest('x'.repeat(1_000_000), KNOWN)).toEqual([]);
});
