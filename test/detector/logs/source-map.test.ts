import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sourceMap } from '../../../detector/logs/source-map.js';
import { LOG_TYPES, type LogTypeId } from '../../../detector/rule.js';

describe('the log type of an object by its key', () => {
  const map = sourceMap([
    {
      prefixes: { 'AWSLogs/': 'aws.cloudtrail', 'AWSLogs/o-1/': 'gcp.audit' },
      exclude: ['*CloudTrail-Digest*', '*.tmp'],
    },
    { prefixes: { 'insights-logs-auditlogs/': 'azure.audit' } },
  ]);

  test.each([
    ['AWSLogs/1/CloudTrail/x.json.gz', 'aws.cloudtrail'],
    ['AWSLogs/o-1/x.json.gz', 'gcp.audit'],
    ['AWSLogs/', 'aws.cloudtrail'],
    ['insights-logs-auditlogs/PT1H.json', 'azure.audit'],
    ['awslogs/x', undefined],
    ['other/AWSLogs/x', undefined],
    ['', undefined],
    ['AWSLogs/1/CloudTrail-Digest/x.json.gz', 'excluded'],
    ['AWSLogs/a/b/c.tmp', 'excluded'],
    ['AWSLogs/a.tmp.gz', 'aws.cloudtrail'],
  ])('%s: %s', (key, expected) => {
    expect(map.lookUp(key)).toBe(expected);
  });

  test('what one source leaves out says nothing about the keys of another', () => {
    expect(map.lookUp('insights-logs-auditlogs/a.tmp')).toBe('azure.audit');
  });

  test('a source leaves out what its prefixes cover, also where that of another is as long or longer', () => {
    const shared = sourceMap([
      { prefixes: { 'AWSLogs/': 'aws.cloudtrail', 'AWSLogs/1/': 'aws.cloudtrail' } },
      { prefixes: { 'AWSLogs/': 'aws.cloudtrail' }, exclude: ['*.tmp'] },
    ]);

    expect(['AWSLogs/x.tmp', 'AWSLogs/1/x.tmp', 'AWSLogs/x'].map((key) => shared.lookUp(key))).toEqual([
      'excluded',
      'excluded',
      'aws.cloudtrail',
    ]);
  });

  test('the empty prefix covers what no other one does', () => {
    const all = sourceMap([{ prefixes: { '': 'gcp.audit', 'a/': 'azure.audit' } }]);

    expect([all.lookUp('x'), all.lookUp('a/x')]).toEqual(['gcp.audit', 'azure.audit']);
  });

  test('names of inherited properties are keys like others', () => {
    expect(sourceMap([{ prefixes: {} }]).lookUp('constructor')).toBeUndefined();
  });

  test('the longest prefix wins, in whatever order and in whatever source it stands', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 6 });
    const prefixes = fc.dictionary(text, fc.constantFrom<LogTypeId>(...LOG_TYPES), { maxKeys: 5 });
    fc.assert(
      fc.property(fc.array(prefixes, { maxLength: 3 }), text, (sources, key) => {
        const fitting = sources
          .flatMap((one) => Object.entries(one))
          .filter(([prefix]) => key.startsWith(prefix));
        const longest = Math.max(-1, ...fitting.map(([prefix]) => prefix.length));
        const allowed = fitting.filter(([prefix]) => prefix.length === longest).map(([, logType]) => logType);
        const found = sourceMap(sources.map((one) => ({ prefixes: one }))).lookUp(key);

        if (allowed.length === 0) expect(found).toBeUndefined();
        else expect(allowed).toContain(found);
      }),
    );
  });
});
