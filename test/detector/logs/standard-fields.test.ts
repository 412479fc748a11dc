import { expect, test } from '@jest/globals';
import { createEngine } from '../../../detector/engine/engine.js';
import { logTypes } from '../../../detector/logs/index.js';
import type { JsonObject, LogTypeId, Rule } from '../../../detector/rule.js';

/** The fields that every log type names alike, as a rule for all of them reads them. */
function standardFields(logType: LogTypeId, event: JsonObject): JsonObject | undefined {
  const rule: Rule = {
    ...{ id: 'any.cloud', name: 'Any', description: 'Any.', severity: 'low', attack: [], runbook: 'Look.' },
    ...{ falsePositives: [], logTypes: [logType], match: { '["marker"]': 1 } },
    context: { actor: 'actor', sourceIp: 'sourceIp', account: 'account', region: 'region' },
  };
  const engine = createEngine([{ rule }], logTypes);
  const [match] = engine.evaluate(logType, () => ({ ...event, marker: 1 })).matches;
  const { actor, sourceIp, account, region } = match?.context() ?? {};
  return JSON.parse(JSON.stringify({ actor, sourceIp, account, region })) as JsonObject;
}

const IP = '203.0.113.7';
const SUBSCRIPTION = '/subscriptions/0a1b2c3d/resourceGroups/web/providers/Microsoft.Network/x';

test.each<[LogTypeId, JsonObject, JsonObject]>([
  [
    'aws.cloudtrail',
    {
      ...{ userIdentity: { type: 'IAMUser', userName: 'marta' }, sourceIPAddress: IP },
      ...{ recipientAccountId: '210987654321', awsRegion: 'eu-west-1', callerIpAddress: 'not read' },
    },
    { actor: 'marta', sourceIp: IP, account: '210987654321', region: 'eu-west-1' },
  ],
  [
    'azure.signin',
    {
      ...{ category: 'SignInLogs', tenantId: 't-1', location: 'DE', callerIpAddress: '198.51.100.1' },
      properties: { userPrincipalName: 'marta@example.com', ipAddress: IP },
    },
    { actor: 'marta@example.com', sourceIp: IP, account: 't-1', region: 'DE' },
  ],
  [
    'azure.audit',
    {
      tenantId: 't-1',
      properties: { initiatedBy: { user: { userPrincipalName: 'marta@example.com', ipAddress: IP } } },
    },
    { actor: 'marta@example.com', sourceIp: IP, account: 't-1' },
  ],
  [
    'azure.activity',
    {
      ...{ resourceId: SUBSCRIPTION, location: 'westeurope', callerIpAddress: `${IP}:50123` },
      identity: { claims: { name: 'Marta' } },
    },
    { actor: 'Marta', sourceIp: IP, account: '0a1b2c3d', region: 'westeurope' },
  ],
  [
    'gcp.audit',
    {
      protoPayload: {
        authenticationInfo: { principalEmail: 'marta@example.com' },
        requestMetadata: { callerIp: IP },
      },
      resource: { labels: { project_id: 'web', location: 'europe-west1' } },
    },
    { actor: 'marta@example.com', sourceIp: IP, account: 'web', region: 'europe-west1' },
  ],
])('who, from where and in which account is read where %s has it (#25)', (logType, event, expected) => {
  expect(standardFields(logType, event)).toEqual(expected);
});

test('what is no address in the place of one is no address, and leaves the others as they are (#25)', () => {
  const activity = {
    resourceId: SUBSCRIPTION,
    location: 'westeurope',
    identity: { claims: { name: 'Marta' } },
  };

  for (const callerIpAddress of ['portal.azure.com', '', null, 5, { ip: IP }]) {
    expect(standardFields('azure.activity', { ...activity, callerIpAddress })).toEqual({
      ...{ actor: 'Marta', account: '0a1b2c3d', region: 'westeurope' },
    });
  }
});
