import { describe, expect, test } from '@jest/globals';
import type { DeadLetterDocument } from '../../../detector/alerts/dead-letters.js';
import type { Rule } from '../../../detector/rule.js';
import { CONFIG } from '../../../src/config/schema.js';
import { backlogIn, bothOf } from '../../../src/operating/backlog.js';
import { LetterCounts } from '../../../src/operating/dead-letters.js';
import { GroupTotals } from '../../../src/operating/group-totals.js';
import { statusReport, type StatusFacts } from '../../../src/operating/status-report.js';
import { statusText } from '../../../src/operating/status-text.js';
import { fakeOutput } from '../support.js';
import { alertWith, groupWith, NOW, state } from './support.js';

const config = CONFIG.parse({
  sources: [{ name: 'trail', directory: 'logs' }, { name: 'elsewhere' }],
  destinations: { out: { type: 'stdout' } },
});
const SOURCE = {
  units: 2,
  events: 30,
  bytes: 4000,
  deadLetters: 0,
  newestEvent: NOW - 90_000,
  lastUnit: NOW - 1000,
};
const OUT = {
  ...{ delivered: 5, retried: 1, failed: 0, lastDelivered: NOW - 5000 },
  lastError: { message: 'no', at: NOW - 4000 },
};
const UNIT = { kind: 'unit', source: 'trail', unitId: 'u', unit: 'f', letters: [] } as const;
const lettersOf = (...letters: readonly DeadLetterDocument[]): LetterCounts => {
  const counts = new LetterCounts();
  for (const letter of letters) counts.add(letter);
  return counts;
};
const WELL: StatusFacts = {
  ...{ now: NOW, config, isLive: true, isCertain: true, statePath: '/state', silentAfterMs: 3_600_000 },
  ruleset: { hash: 'abc', rules: [] },
  statistics: {
    ...{ v: 1, since: NOW - 1e6, sources: { trail: SOURCE }, rules: { 'a.b': { hits: 2, lastFired: NOW } } },
    destinations: { out: OUT },
    ...{ logTypes: {}, fields: {}, skipped: {} },
  },
  ...{ backlog: new Map(), totals: new GroupTotals(), letters: lettersOf(), mutes: [] },
};

describe('the status', () => {
  test('is well when nothing is to be done', () => {
    expect(statusReport(WELL)).toMatchObject({
      ...{ well: true, problems: [], detector: { running: true }, alerts: { kept: 0, unresolved: 0 } },
      sources: [{ source: 'trail', lagSeconds: 90, units: 2, events: 30, silent: false, configured: true }],
      rules: [{ rule: 'a.b', hits: 2, lastFired: '2026-03-02T12:00:00.000Z' }],
      destinations: [
        {
          ...{ destination: 'out', delivered: 5, retried: 1, gaveUp: 0, waiting: 0, lastError: 'no' },
          ...{ lastErrorTime: '2026-03-02T11:59:56.000Z', lastDeliveredTime: '2026-03-02T11:59:55.000Z' },
        },
      ],
    });
  });

  const failed = new GroupTotals();
  failed.add(groupWith([alertWith('a')], { a: { out: state({ state: 'failed' }) } }));
  test.each<[string, Partial<StatusFacts>, string]>([
    ['a source is silent', { now: NOW + 4 * 3_600_000 }, 'Source trail has been silent for 4 h.'],
    [
      'a source never said anything',
      { statistics: { ...WELL.statistics, sources: {} } },
      'Source trail has not delivered anything yet.',
    ],
    ['messages failed', { totals: failed }, '1 message to out failed for good.'],
    [
      'there are dead letters, of however many records',
      { letters: lettersOf({ ...UNIT, v: 1, at: NOW, reasons: { 'not-json': 2, truncated: 1 } }) },
      '1 dead letter can be replayed: tocsin replay.',
    ],
    [
      'no detector runs',
      { isLive: false },
      'The detector does not run: nothing is evaluated, and nothing is sent. Start it: tocsin serve.',
    ],
    [
      'a place of a source cannot be read',
      { backlog: new Map([['trail', { units: 0, bytes: 0, unreadable: 1 }]]) },
      "A file or folder of source trail cannot be read; the detector's log says which.",
    ],
    [
      'many places cannot be read',
      { backlog: new Map([['trail', { units: 0, bytes: 0, unreadable: 1200 }]]) },
      "1,200 files and folders of source trail cannot be read; the detector's log says which.",
    ],
    [
      'a queue gave up',
      { backlog: new Map([['trail', { units: 0, unreadable: 0, gaveUp: 2 }]]) },
      '2 messages of source trail failed again and again, and its queue gave them up: tocsin replay.',
    ],
    [
      'a source reads nothing of what its queue announces',
      {
        statistics: {
          ...WELL.statistics,
          sources: { trail: { ...SOURCE, lastUnit: NOW - 25 * 3_600_000 } },
          skipped: { trail: { 'other-prefix': { count: 7, last: NOW - 1000 } } },
        },
        silentAfterMs: 48 * 3_600_000,
      },
      "Source trail reads nothing: what its queue announced in the last day lies in another bucket or below another prefix. Compare its bucket and keyPrefixes with the detector's log.",
    ],
    ['the rules are broken', { ruleset: { problem: 'bad\nworse' } }, 'The rules cannot be loaded: bad'],
  ])('is not well when %s', (_, facts, problem) => {
    const report = statusReport({ ...WELL, ...facts });

    expect(report.problems).toEqual([problem]);
    expect(report.well).toBe(false);
  });

  test('does not claim that no detector runs where that cannot be told', () => {
    const report = statusReport({ ...WELL, isLive: false, isCertain: false });

    expect([report.well, report.detector.running]).toEqual([true, null]);
  });

  test('shows sources and destinations that the configuration does not have any more', () => {
    const { sources, destinations } = statusReport({
      ...WELL,
      statistics: { ...WELL.statistics, sources: { trail: SOURCE, old: { ...SOURCE, lastUnit: 1 } } },
      totals: failed,
      config: { ...config, destinations: {} },
    });

    expect(sources.find(({ source }) => source === 'old')).toMatchObject({
      configured: false,
      silent: false,
    });
    expect(destinations).toMatchObject([{ destination: 'out', configured: false, failed: 1 }]);
  });

  describe('of rules', () => {
    const DAY_MS = 86_400_000;
    const rule = (
      id: string,
      match: Rule['match'],
      logTypes: Rule['logTypes'] = ['aws.cloudtrail'],
    ): Rule => ({
      ...{ id, name: id, description: '', severity: 'low', attack: [], falsePositives: [], runbook: '' },
      ...{ logTypes, match },
    });
    const rules = [
      rule('a.b', { eventName: 'x', 'requestParameters.old ?? requestParameters.older': 'y' }),
      rule('c.d', { EventName: 'x', 'requestParameters.never': 1 }),
      rule('e.f', { 'requestParameters.never': 1 }, ['gcp.audit']),
      rule('g.h', { 'x.y': 1 }, ['aws.cloudtrail', 'azure.audit']),
    ];
    const looked = { looked: 100, since: NOW - 30 * DAY_MS, last: NOW - DAY_MS };
    const facts = (changes: Partial<StatusFacts['statistics']> = {}): StatusFacts => ({
      ...WELL,
      ruleset: { hash: 'abc', rules },
      statistics: {
        ...WELL.statistics,
        logTypes: { 'aws.cloudtrail': looked },
        fields: {
          'aws.cloudtrail eventname': NOW - DAY_MS,
          'aws.cloudtrail requestparameters.old': NOW - 8 * DAY_MS,
          'aws.cloudtrail requestparameters.older': NOW - 9 * DAY_MS,
        },
        ...changes,
      },
    });

    test('names the fields that a rule needs and that were not seen lately', () => {
      const report = statusReport(facts());

      expect(report.rules).toEqual([
        {
          ...{ rule: 'a.b', hits: 2, lastFired: '2026-03-02T12:00:00.000Z' },
          unseenFields: [
            {
              field: 'requestParameters.old or requestParameters.older',
              lastSeen: new Date(NOW - 8 * DAY_MS).toISOString(),
            },
          ],
        },
        { rule: 'c.d', hits: 0, unseenFields: [{ field: 'requestParameters.never' }] },
        { rule: 'g.h', hits: 0, unseenFields: [{ field: 'aws.cloudtrail: x.y' }] },
      ]);
      expect(report.logTypes).toMatchObject([{ logType: 'aws.cloudtrail', lookedAt: 100 }]);
      expect([report.well, report.ruleset]).toEqual([true, { hash: 'abc', rules: 4 }]);
    });

    test('shows them in a table of their own', () => {
      const text = statusText(statusReport(facts()), fakeOutput({ columns: 120 }));

      expect(text).toMatch(/^Rules that need fields which no event had for 7 days$/m);
      expect(text).toMatch(
        /^ *a\.b +requestParameters\.old or requestParameters\.older \(last 2026-02-22\)$/m,
      );
      expect(text).toMatch(/^ *c\.d +requestParameters\.never$/m);
    });

    test.each([
      ['the log type had no events', {}],
      ['it had none lately', { 'aws.cloudtrail': { ...looked, last: NOW - 8 * DAY_MS } }],
      ['it had a few', { 'aws.cloudtrail': { ...looked, looked: 99 } }],
    ])('names none where %s', (_, logTypes) => {
      const { rules: shown } = statusReport(facts({ logTypes }));

      expect(shown).toMatchObject([{ rule: 'a.b', unseenFields: [] }]);
    });
  });

  test.each<[string, { readonly silentAfter?: number }, number, boolean]>([
    ['its own time', { silentAfter: 12 * 3_600_000 }, 13, true],
    ['its own time, which is longer', { silentAfter: 12 * 3_600_000 }, 11, false],
    ['the time of the command', {}, 2, true],
  ])('holds %s against the silence of a source', (_, own, hours, silent) => {
    const trail = { ...config.sources[0]!, ...own };
    const [source] = statusReport({
      ...{ ...WELL, now: SOURCE.lastUnit + hours * 3_600_000 },
      config: { ...config, sources: [trail] },
    }).sources;

    expect(source).toMatchObject({ silent, silentAfterSeconds: (own.silentAfter ?? 3_600_000) / 1000 });
  });

  describe('of what was announced and not read', () => {
    const skips = (reason: string, last: number, lastUnit = SOURCE.lastUnit): StatusFacts => ({
      ...WELL,
      silentAfterMs: 48 * 3_600_000,
      statistics: {
        ...WELL.statistics,
        sources: { trail: { ...SOURCE, lastUnit, watchedSince: NOW - 1000 } },
        skipped: { trail: { folder: { count: 2, last: NOW - 5000 }, [reason]: { count: 1200, last } } },
      },
    });

    test('tells how much for which reason, most first', () => {
      const report = statusReport(skips('digest', NOW - 1000));

      expect(report.sources[0]?.skipped).toEqual([
        { reason: 'digest', count: 1200, latest: '2026-03-02T11:59:59.000Z' },
        { reason: 'folder', count: 2, latest: '2026-03-02T11:59:55.000Z' },
      ]);
      expect(statusText(report, fakeOutput({ columns: 120 }))).toMatch(
        /^Announced and not read$[^]*^ *trail +digest +1,200 /m,
      );
    });

    test.each<[string, boolean, StatusFacts]>([
      ['of other places, and nothing was ever read', false, skips('other-bucket', NOW - 1000, 0)],
      ['of other places, a while ago', true, skips('other-bucket', NOW - 25 * 3_600_000, 0)],
      ['of other places beside what is read', true, skips('other-bucket', NOW - 1000)],
      ['and holds no events', true, skips('digest', NOW - 1000, 0)],
    ])('is well or not where it is %s: %p', (_, well, facts) => {
      expect(statusReport(facts)).toMatchObject({ well, sources: [{ looksElsewhere: !well }] });
    });
  });

  test('a source that is watched since a moment is not silent yet', () => {
    const trail = { ...SOURCE, units: 0, lastUnit: 0, newestEvent: 0, watchedSince: NOW - 1000 };
    const facts = { ...WELL, statistics: { ...WELL.statistics, sources: { trail } } };

    expect(statusReport(facts).well).toBe(true);
    expect(statusReport({ ...facts, now: NOW + 3_600_000 }).problems).toEqual([
      'Source trail has not delivered anything yet.',
    ]);
  });

  test.each([
    ['its last unit', NOW - 1000, NOW - 1000],
    ['now', NOW + 1000, NOW],
  ])('takes no event of a source for newer than %s', (_, lastUnit, last) => {
    const trail = { ...SOURCE, lastUnit, newestEvent: Date.UTC(2099, 0) };
    const facts = { ...WELL, statistics: { ...WELL.statistics, sources: { trail } } };

    expect(statusReport(facts).sources).toMatchObject([
      { lastEventTime: new Date(last).toISOString(), lagSeconds: (NOW - last) / 1000 },
    ]);
  });

  test.each([
    [NOW - 4000, true],
    [NOW - 6000, false],
  ])('shows an error of a destination until something is delivered there: %d, %p', (at, isShown) => {
    const out = { ...OUT, lastError: { message: 'it burns', at } };
    const facts = { ...WELL, statistics: { ...WELL.statistics, destinations: { out } } };

    expect(statusText(statusReport(facts), fakeOutput()).includes('it burns')).toBe(isShown);
  });

  test('as text does nothing to a terminal', () => {
    const hostile = 'x\u001b[2J\u009b\u202e';
    const mute = {
      id: 'a',
      key: 'mute/a',
      version: 'v1',
      rule: hostile,
      reason: hostile,
      until: NOW,
    } as const;
    const text = statusText(
      statusReport({
        ...WELL,
        letters: lettersOf({
          ...{ ...UNIT, v: 1, at: NOW, kind: 'rule', rule: hostile, hook: 'when', error: hostile, events: 1 },
        }),
        mutes: [mute],
        statistics: {
          ...WELL.statistics,
          rules: { [hostile]: { hits: 1, lastFired: NOW } },
          destinations: { [hostile]: { ...OUT, lastError: { message: hostile, at: NOW } } },
        },
      }),
      fakeOutput(),
    );

    expect(text).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]*$/);
    expect(text).toContain('x\\u001b[2J');
  });
});

test('standing with destinations, and held alerts by reason, are added up over groups', () => {
  const totals = new GroupTotals();
  const held = state({ state: 'held', reason: 'muted' });
  totals.add(groupWith([alertWith('a'), alertWith('b')], { a: { x: held, y: held }, b: { x: state() } }));
  totals.add({
    ...groupWith([alertWith('c')], { c: { x: state({ state: 'sending' }), y: state({ state: 'failed' }) } }),
    resolved: { c: NOW },
  });

  expect([totals.alerts, totals.unresolved]).toEqual([3, 2]);
  expect(totals.held()).toEqual({ muted: 1 });
  expect(totals.standingOf('x')).toEqual({ waiting: 1, failed: 0, held: 1 });
  expect(totals.standingOf('y')).toEqual({ waiting: 0, failed: 1, held: 1 });
});

test('dead letters are counted by kind, what they are about, and reason', () => {
  const base = { v: 1, at: NOW } as const;
  const unit = { ...UNIT, source: 's' };
  const letters: readonly DeadLetterDocument[] = [
    { ...base, ...unit, reasons: { 'not-json': 2, truncated: 1 } },
    { ...base, ...unit, at: NOW + 5, reasons: { 'not-json': 3 } },
    { ...base, kind: 'delivery', destination: 'd', alertId: 'a', groupKey: 'g', reason: 'no' },
    { ...base, ...unit, kind: 'rule', rule: 'r', hook: 'when', error: 'e', events: 4 },
  ];
  const counts = lettersOf(...letters);

  expect(counts.letters).toBe(4);
  expect(counts.byReason()).toEqual([
    { kind: 'unit', about: 's', reason: 'not-json', count: 5, latest: NOW + 5 },
    { kind: 'rule', about: 'r', reason: 'when: e', count: 4, latest: NOW },
    expect.objectContaining({ kind: 'unit', reason: 'truncated', count: 1 }),
    expect.objectContaining({ kind: 'delivery', about: 'd', reason: 'no', count: 1 }),
  ]);
});

test('what the detector and the queue say of a source is heard together', () => {
  const detector = new Map([
    ['folder', { units: 1, bytes: 10, unreadable: 0 }],
    ['queue', { units: 2, bytes: 20, unreadable: 3 }],
  ]);
  const queues = new Map([['queue', { units: 5, unreadable: 0, gaveUp: 1 }]]);

  expect(bothOf(detector, queues)).toEqual(
    new Map([
      ['folder', { units: 1, bytes: 10, unreadable: 0 }],
      ['queue', { units: 5, unreadable: 3, gaveUp: 1 }],
    ]),
  );
});

test('the backlog is read out of metrics, and nothing else is', () => {
  const text = [
    '# HELP tocsin_backlog_units Objects.',
    'tocsin_backlog_units{source="trail"} 12',
    'tocsin_backlog_bytes{source="trail"} 1.5e+3',
    'tocsin_unreadable_places{source="trail"} 3',
    'tocsin_backlog_units{source="a\\"b"} 1',
    'tocsin_backlog_units{source="other"} NaN',
    'tocsin_units_total{source="trail"} 9',
  ].join('\n');

  expect(backlogIn(text)).toEqual(new Map([['trail', { units: 12, bytes: 1500, unreadable: 3 }]]));
});
