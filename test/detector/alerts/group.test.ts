import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alertId, emptyGroup, higher, severityRank } from '../../../detector/alerts/group.js';
import { SEVERITIES } from '../../../detector/rule.js';

describe('the id of an alert', () => {
  test('is pinned: whoever stored one finds its alert again', () => {
    const id = alertId('aws.cloudtrail.trail-stopped', 'alice', 1_700_000_000_000);

    expect(id).toBe('f3620c4f5429573fdf2a41e95380c396');
  });

  test('differs wherever rule, dedup key or start differ, however the texts run together', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', ':', '1', '2', 'é'), maxLength: 6 });
    const parts = fc.tuple(part, part, fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(alertId(...one) === alertId(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe('severities', () => {
  test('rank from info to critical', () => {
    expect(SEVERITIES.map(severityRank)).toEqual([0, 1, 2, 3, 4]);
  });

  test('the higher of two does not depend on their order', () => {
    expect(higher('low', 'high')).toBe('high');
    expect(higher('high', 'low')).toBe('high');
    expect(higher('medium', 'medium')).toBe('medium');
  });
});

test('a new group holds nothing and has forgotten nothing', () => {
  expect(emptyGroup('gcp.audit.sink-deleted', 'gcp.audit', 'a key')).toEqual({
    rule: 'gcp.audit.sink-deleted',
    logType: 'gcp.audit',
    dedup: 'a key',
    members: [],
    alerts: [],
    forgotten: 0,
  });
});
