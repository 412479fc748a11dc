import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeAlert, shownRule, type AlertDocument } from '../../../detector/alerts/alert-document.js';
import { MOST_CONTEXT_BYTES } from '../../../detector/alerts/context.js';
import {
  contributionsOf,
  ManifestBuilder,
  shortHash,
  type ManifestEntry,
} from '../../../detector/alerts/manifest.js';
import { pagesOf, revive, type ManifestPage } from '../../../detector/alerts/manifest-pages.js';
import type { Rule } from '../../../detector/rule.js';
import { MOST_DOCUMENT_BYTES } from '../../../detector/state/store.js';
import { HOUR, NOON, testRule } from './world.js';

/** As long as it may be, in units that take 1 to 6 bytes of JSON each. */
const hostile = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('a', '"', '\u0001', '€', '\u{1f6a8}', '\ud800'), fc.constantFrom(0, 1, 7, most))
    .map(([text, times]) => text.repeat(times).slice(0, most));

const hostileRules: fc.Arbitrary<Rule> = fc
  .record({ long: hostile(20_000), count: fc.constantFrom(0, 3, 200), distinct: fc.boolean() })
  .map(({ long, count, distinct }) =>
    testRule('aws.cloudtrail.something', {
      ...{ description: `D${long}`, runbook: `R${long}`, name: `N${long.slice(0, 500)}` },
      references: Array.from({ length: count }, (_, i) => `https://example.com/${i}`),
      tags: Array.from({ length: count }, (_, i) => `${long.slice(0, 50)}${i}`),
      windowMinutes: 1,
      ...(distinct ? { distinct: 'x' } : {}),
    }),
  );

interface Found {
  readonly rule: Rule;
  readonly dedup: string;
  readonly eventId: string;
  readonly title: string;
  readonly contextBytes: number;
  readonly values: number;
  readonly matches: number;
  readonly unit: string;
}

const founds: fc.Arbitrary<readonly Found[]> = fc
  .record({ rule: hostileRules, unit: hostile(5000) })
  .chain(({ rule, unit }) =>
    fc.array(
      fc.record({
        ...{ rule: fc.constant(rule), unit: fc.constant(unit), dedup: hostile(1000), eventId: hostile(250) },
        ...{ title: hostile(1000), contextBytes: fc.constantFrom(0, 100, 30_000) },
        ...{ values: fc.constantFrom(0, 2, 3000), matches: fc.constantFrom(1, 2, 25, 700) },
      }),
      { minLength: 1, maxLength: 4 },
    ),
  );

function built(all: readonly Found[]): ManifestBuilder {
  const manifest = new ManifestBuilder(all[0]?.unit ?? '', NOON);
  let index = 0;
  for (const { rule, dedup, eventId, title, contextBytes, values, matches, unit } of all) {
    const context = { text: Array.from({ length: contextBytes / 100 }, () => 'x'.repeat(98)) };
    for (let i = 0; i < matches; i++) {
      manifest.add({
        ...{ logType: 'aws.cloudtrail', unit, index: index++, eventId: `${eventId}${i}` },
        eventTime: NOON - (i % 300) * HOUR,
        match: {
          ...{ rule, severity: 'high', title, dedup, context: () => context },
          ...(rule.distinct === undefined
            ? {}
            : { distinct: Array.from({ length: i < 3 ? values : 1 }, (_, n) => String(n)) }),
        },
      });
    }
  }
  return manifest;
}

const read = (pages: readonly string[]): readonly ManifestEntry[] =>
  pages.flatMap((page) => (JSON.parse(page) as ManifestPage).entries);

describe('a manifest', () => {
  test('fits its documents, whatever is in it, and loses no match', () => {
    fc.assert(
      fc.property(founds, (all) => {
        const pages = pagesOf(built(all).entries(), () => all[0]?.rule);

        for (const page of pages) expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
        const rows = read(pages).flatMap((entry) => entry.rows);
        expect(rows).toHaveLength(all.reduce((sum, { matches }) => sum + matches, 0));
      }),
      { numRuns: 60 },
    );
  });

  test('presents every event by itself or by the nearest one before it, on whatever page it lands', () => {
    const manifest = new ManifestBuilder('trail/1.json', NOON);
    const rule = testRule('aws.cloudtrail.something', { windowMinutes: 1 });
    const context = { text: Array.from({ length: 8 }, () => 'x'.repeat(1900)) };
    for (let i = 0; i < 2000; i++) {
      manifest.add({
        ...{ logType: 'aws.cloudtrail', unit: 'trail/1.json', index: i, eventId: `event-${i}` },
        eventTime: NOON + Math.floor(i / 100) * HOUR,
        match: { rule, severity: 'low', title: `Title ${i}`, dedup: 'alice', context: () => context },
      });
    }

    const entries = manifest.entries();
    const shown = entries.flatMap((entry) => contributionsOf(entry).map((one) => one.present()));

    expect(entries.length).toBeGreaterThan(5);
    expect(shown).toHaveLength(2000);
    for (const [i, { title, context: seen }] of shown.entries()) {
      expect(title).toBe(`Title ${Math.floor(i / 100) * 100}`);
      expect(seen).toEqual(context);
    }
  });

  test('keeps the presentation of the 20 first windows, and of every rise of severity among them', () => {
    const manifest = new ManifestBuilder('trail/1.json', NOON);
    const rule = testRule('aws.cloudtrail.something');
    for (const [i, severity] of (['low', 'low', 'high', 'medium', 'critical'] as const).entries()) {
      manifest.add({
        ...{ logType: 'aws.cloudtrail', unit: 'u', index: i, eventId: `e${i}`, eventTime: NOON + i },
        match: { rule, severity, title: severity, dedup: 'alice', context: () => ({}) },
      });
    }

    const [entry] = manifest.entries();

    expect(entry?.shown.map(({ title }) => title)).toEqual(['low', 'high', 'critical']);
  });

  test('counts matches by rule, signals too, and opens no group for a signal', () => {
    const manifest = new ManifestBuilder('u', NOON);
    const match = { severity: 'low', title: 't', dedup: 'd', context: () => ({}) } as const;
    const at = { logType: 'aws.cloudtrail', unit: 'u', index: 0, eventId: 'e', eventTime: NOON } as const;

    manifest.add({ ...at, match: { ...match, rule: testRule('aws.signal', { alert: false }) } });
    manifest.add({ ...at, match: { ...match, rule: testRule('aws.alert') } });

    expect(manifest.entries().map(({ rule }) => rule)).toEqual(['aws.alert']);
    expect(Object.fromEntries(manifest.hits)).toEqual({ 'aws.signal': 1, 'aws.alert': 1 });
  });

  test('keeps a match whose context cannot be computed', () => {
    const manifest = new ManifestBuilder('u', NOON);
    const context = () => {
      throw new Error('no');
    };
    manifest.add({
      ...{ logType: 'aws.cloudtrail', unit: 'u', index: 0, eventId: 'e', eventTime: NOON },
      match: { rule: testRule('aws.r'), severity: 'low', title: 't', dedup: 'd', context },
    });

    expect(manifest.entries()[0]?.shown[0]?.context).toHaveProperty('error');
  });

  test('names events and values by hashes of 11 characters', () => {
    expect(shortHash('an event')).toMatch(/^[A-Za-z0-9_-]{11}$/);
    expect(shortHash('an event')).not.toBe(shortHash('another event'));
  });

  test('keeps enough of a rule to count its matches when it is gone', () => {
    const rule = testRule('aws.cloudtrail.something', {
      ...{ threshold: 7, windowMinutes: 15, distinct: 'sourceIPAddress' },
      ...{ destinations: ['pager'], tags: ['crown-jewels'] },
    });
    const manifest = built([
      {
        ...{ rule, dedup: 'd', eventId: 'e', title: 't', contextBytes: 0, values: 1, matches: 1, unit: 'u' },
      },
    ]);

    const [page] = pagesOf(manifest.entries(), () => rule);
    const [kept] = (JSON.parse(page ?? '') as ManifestPage).rules;

    expect(revive(kept!)).toMatchObject({
      ...{ id: rule.id, threshold: 7, windowMinutes: 15, distinct: 'sourceIPAddress', name: rule.name },
      ...{ destinations: ['pager'], tags: ['crown-jewels'], severity: 'medium', runbook: rule.runbook },
    });
  });
});

test("an alert's document fits every store, and keeps title and context whatever gives way", () => {
  const eventIds = fc.tuple(hostile(1024), hostile(250), fc.nat(100));
  fc.assert(
    fc.property(hostileRules, hostile(1000), eventIds, (rule, title, [unit, eventId, count]) => {
      const context = { text: 'x'.repeat(MOST_CONTEXT_BYTES - 20) };
      const document: AlertDocument = {
        ...{ v: 1, id: 'a'.repeat(32), groupKey: `group/${'b'.repeat(32)}`, title, context },
        ...{ rule: shownRule(rule), ruleset: 'c'.repeat(32), late: false, raisedAt: NOON },
        pointers: Array.from({ length: count }, (_, i) => ({ unit, index: i, eventId: `${eventId}${i}` })),
      };

      const body = encodeAlert(document);

      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_DOCUMENT_BYTES);
      expect(JSON.parse(body)).toMatchObject({ id: document.id, title, context });
    }),
    { numRuns: 200 },
  );
});
