import { describe, expect, test } from '@jest/globals';
import { identityReader } from '../../../detector/logs/identity.js';
import { logTypes } from '../../../detector/logs/index.js';
import type { JsonObject, LogTypeId } from '../../../detector/rule.js';

function identify(logType: LogTypeId, record: JsonObject, bytes = JSON.stringify(record)) {
  const known = logTypes.find(({ id }) => id === logType);
  if (known === undefined) throw new Error(`There is no log type ${logType}.`);
  const reader = identityReader(known);
  return { id: reader.id(record, Buffer.from(bytes)), time: reader.time(record) };
}
const HASH = /^[0-9a-f]{32}$/;
const TIME = '2026-03-01T08:30:00Z';
const AT = Date.parse(TIME);

describe('the identity of an event', () => {
  test.each<[LogTypeId, JsonObject, string]>([
    ['aws.cloudtrail', { eventID: 'id-1', eventTime: TIME }, 'id-1'],
    ['azure.signin', { time: TIME, properties: { id: 'id-2' } }, 'id-2'],
    ['azure.signin', { properties: { id: 'id-2', createdDateTime: TIME } }, 'id-2'],
    ['azure.audit', { time: TIME, properties: { id: 'id-3' } }, 'id-3'],
    ['azure.activity', { time: TIME, eventDataId: 'id-4' }, 'id-4'],
    ['azure.activity', { event_timestamp: TIME, event_data_id: 'id-4' }, 'id-4'],
    ['gcp.audit', { insertId: 'id-5', timestamp: TIME }, 'id-5'],
    ['gcp.audit', { insertId: 'id-5', receiveTimestamp: TIME }, 'id-5'],
    ['gcp.audit', { insertId: 7, timestamp: TIME }, '7'],
  ])('%s: the id and time that the cloud gave %j', (logType, record, id) => {
    expect(identify(logType, record)).toEqual({ id, time: AT });
  });

  test.each<[string, JsonObject]>([
    ['no id', {}],
    ['an empty id', { eventID: '' }],
    ['an id that is null', { eventID: null }],
    ['an id that is an object', { eventID: { a: 1 } }],
    ['an id that no cloud would give', { eventID: 'x'.repeat(257) }],
  ])('with %s a hash of its bytes stands in', (_, record) => {
    expect(identify('aws.cloudtrail', record).id).toMatch(HASH);
  });

  test('the longest id is kept as it is', () => {
    expect(identify('aws.cloudtrail', { eventID: 'x'.repeat(256) }).id).toBe('x'.repeat(256));
  });

  test('the hash is the same for the same bytes on every machine, and another for other bytes', () => {
    const first = identify('aws.cloudtrail', {}, '{"a":1}').id;

    expect(identify('aws.cloudtrail', {}, '{"a":1}').id).toBe(first);
    expect(identify('aws.cloudtrail', {}, '{"a": 1}').id).not.toBe(first);
    // The first half of: printf '{"a":1}' | sha256sum
    expect(first).toBe('015abd7f5cc57a2dd94b7590f04ad808');
  });

  test.each<[string, JsonObject]>([
    ['no time', {}],
    ['an odd time', { eventTime: 'yesterday' }],
    ['a time that is a number', { eventTime: 1_772_353_800 }],
    ['a day that no month has', { eventTime: '2026-02-30T00:00:00Z' }],
  ])('with %s it has none', (_, record) => {
    expect(identify('aws.cloudtrail', record).time).toBeUndefined();
  });
});
