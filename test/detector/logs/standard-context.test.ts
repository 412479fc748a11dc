import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../../detector/engine/engine.js';
import { logTypes } from '../../../detector/logs/index.js';
import type { JsonObject, LogTypeId, Rule } from '../../../detector/rule.js';

/** What an alert of a rule without a context of its own carries. */
function standardContext(logType: LogTypeId, event: JsonObject): JsonObject | undefined {
  const rule: Rule = {
    ...{ id: 'any.cloud', name: 'Any', description: 'Any.', severity: 'low', attack: [], runbook: 'Look.' },
    ...{ falsePositives: [], logTypes: [logType], match: { '["marker"]': 1 } },
  };
  const engine = createEngine([{ rule }], logTypes);
  return engine.evaluate(logType, () => ({ ...event, marker: 1 })).matches[0]?.context();
}

describe('the targets of a change in the directory', () => {
  const targets = (...targetResources: readonly JsonObject[]) =>
    standardContext('azure.audit', { properties: { targetResources } });

  test('are one value where there is one', () => {
    expect(targets({ id: '1', displayName: 'example.com' })).toEqual({
      targetIds: '1',
      targetNames: 'example.com',
    });
  });

  test('are a list where there are several, each of them once', () => {
    expect(
      targets(
        { id: '1', displayName: 'Marta' },
        { id: '2', displayName: null },
        { id: '3', displayName: 'Otto' },
        { id: '1', displayName: 'Marta' },
      ),
    ).toEqual({ targetIds: ['1', '2', '3'], targetNames: ['Marta', 'Otto'] });
  });

  test('that are one and the same are one value', () => {
    expect(targets({ id: '1', displayName: null }, { id: '1' })).toEqual({ targetIds: '1' });
  });
});

describe('an operation on an Azure resource', () => {
  const SITE = '/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/Web/PROVIDERS/MICROSOFT.WEB/SITES/Shop';

  test('names the resource out of its id', () => {
    expect(standardContext('azure.activity', { resourceId: SITE })).toEqual({
      resourceId: SITE,
      resourceName: 'Shop',
      resourceGroup: 'Web',
    });
  });

  test('has no name of a resource where the id is missing or no path', () => {
    for (const resourceId of [null, 'Shop', '', 5])
      expect(standardContext('azure.activity', { resourceId })).not.toHaveProperty('resourceName');
  });

  test('carries nothing of its properties, whose bodies hold secrets', () => {
    const event = {
      resourceId: SITE,
      properties: { requestbody: '{"properties":{"keyValue":"c2VjcmV0"}}', responseBody: 'sig=c2VjcmV0' },
    };

    expect(JSON.stringify(standardContext('azure.activity', event))).not.toContain('c2VjcmV0');
  });
});
