import type { NotificationConfiguration } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entriesOf, type Entry } from '../../../../../src/cloud/aws/attach/entries.js';
import {
  changedByOthers,
  conflictsWith,
  hasOwn,
  isOwn,
  wantedEntries,
  withOwn,
  withoutOwn,
  type OwnEntries,
} from '../../../../../src/cloud/aws/attach/own-entries.js';

const TOPIC = 'arn:aws:sns:eu-west-1:222222222222:tocsin-acme-trail';
const ownOf = (...prefixes: string[]): OwnEntries => ({ id: 'tocsin-acme-trail', topicArn: TOPIC, prefixes });

/** Short, of few letters: so that they often overlap. */
const affix = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 3 });
const events = fc.uniqueArray(
  fc.constantFrom(
    ...([
      's3:ObjectCreated:*',
      's3:ObjectCreated:Put',
      's3:ObjectRemoved:*',
      's3:ObjectTagging:Put',
    ] as const),
  ),
  { minLength: 1 },
);
const ruleName = (name: 'prefix' | 'suffix') =>
  // As S3 answers it, too.
  fc.constantFrom(name, `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}` as 'prefix');
const filter = fc
  .tuple(fc.option(fc.tuple(ruleName('prefix'), affix)), fc.option(fc.tuple(ruleName('suffix'), affix)))
  .map((rules) => ({
    Key: { FilterRules: rules.flatMap((rule) => (rule === null ? [] : [{ Name: rule[0], Value: rule[1] }])) },
  }));
const common = {
  Id: fc.oneof(
    fc.string(),
    fc.constantFrom('tocsin-acme-trail', 'tocsin-acme-trail-2', 'tocsin-acme-trail-x'),
  ),
  Events: events,
};
const listOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 });
const target = fc.constantFrom('arn:aws:sns:eu-west-1:1:x', 'arn:aws:sqs:eu-west-1:1:y', `${TOPIC}-2`);
const entry = fc.record({ ...common, Filter: filter }, { requiredKeys: ['Id', 'Events'] });
const foreign: fc.Arbitrary<NotificationConfiguration> = fc.record(
  {
    TopicConfigurations: listOf(fc.tuple(entry, target).map(([one, TopicArn]) => ({ ...one, TopicArn }))),
    QueueConfigurations: listOf(fc.tuple(entry, target).map(([one, QueueArn]) => ({ ...one, QueueArn }))),
    LambdaFunctionConfigurations: listOf(
      fc.tuple(entry, target).map(([one, LambdaFunctionArn]) => ({ ...one, LambdaFunctionArn })),
    ),
    EventBridgeConfiguration: fc.constant({}),
  },
  { requiredKeys: [] },
);
const own = fc.array(affix, { minLength: 1, maxLength: 3 }).map((prefixes) => ownOf(...prefixes));

describe('whatever others have put into the notifications of a bucket', () => {
  test('adding ours leaves every entry of theirs as it is, in its order', () => {
    fc.assert(
      fc.property(foreign, own, (others, ours) => {
        const merged = withOwn(others, ours);

        expect(merged.QueueConfigurations).toBe(others.QueueConfigurations);
        expect(merged.LambdaFunctionConfigurations).toBe(others.LambdaFunctionConfigurations);
        expect(merged.EventBridgeConfiguration).toBe(others.EventBridgeConfiguration);
        expect(merged.TopicConfigurations?.filter((one) => !isOwn(ours, one)) ?? []).toEqual(
          others.TopicConfigurations ?? [],
        );
        expect(hasOwn(merged, ours)).toBe(true);
      }),
    );
  });

  test('adding twice is adding once', () => {
    fc.assert(
      fc.property(foreign, own, (others, ours) => {
        const once = withOwn(others, ours);

        expect(withOwn(once, ours)).toBe(once);
      }),
    );
  });

  test('taking ours out again gives back what was there', () => {
    fc.assert(
      fc.property(foreign, own, (others, ours) => {
        expect(withoutOwn(withOwn(others, ours), ours)).toEqual(others);
        expect(withoutOwn(others, ours)).toEqual(others);
      }),
    );
  });

  test('entries of an older configuration are replaced, and nothing else', () => {
    fc.assert(
      fc.property(foreign, own, own, (others, old, ours) => {
        expect(withOwn(withOwn(others, old), ours)).toEqual(withOwn(others, ours));
      }),
    );
  });

  test('without a conflict S3 takes the result, with one it would not', () => {
    fc.assert(
      fc.property(foreign, own, (others, ours) => {
        const isRefused = refusals(entriesOf(withOwn(others, ours))) > refusals(entriesOf(others));

        expect(conflictsWith(others, ours).length > 0).toBe(isRefused);
      }),
    );
  });

  test('a change by others is seen, ours never counts as one', () => {
    fc.assert(
      fc.property(foreign, foreign, own, (before, after, ours) => {
        const { gone, come } = changedByOthers(withOwn(before, ours), withOwn(after, ours), ours);

        expect(changedByOthers(before, withOwn(before, ours), ours)).toEqual({ gone: [], come: [] });
        expect(changedByOthers(after, before, ours)).toEqual({ gone: come, come: gone });
      }),
    );
  });
});

/** Pairs of entries that S3 does not take beside each other: for an event that both are told of, a key can fit both. */
function refusals(entries: readonly Entry[]): number {
  const meet = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);
  const turned = (text: string): string => Array.from(text).reverse().join('');
  const kinds = (events: readonly string[]) =>
    events.flatMap((event) => (event === 's3:ObjectCreated:*' ? [event, 's3:ObjectCreated:Put'] : [event]));
  let count = 0;
  entries.forEach((one, i) => {
    for (const other of entries.slice(i + 1)) {
      const share = kinds(one.events).some((event) => kinds(other.events).includes(event));
      const overlap =
        share && meet(one.prefix, other.prefix) && meet(turned(one.suffix), turned(other.suffix));
      if (overlap || one.id === other.id) count++;
    }
  });
  return count;
}

describe('entries of ours', () => {
  test('one a prefix, none that another one covers', () => {
    expect(wantedEntries(ownOf('b/', 'a/', 'a/AWSLogs/', 'a/'))).toEqual([
      {
        ...{ Id: 'tocsin-acme-trail', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] },
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'a/' }] } },
      },
      {
        ...{ Id: 'tocsin-acme-trail-2', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] },
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'b/' }] } },
      },
    ]);
  });

  test('for the whole bucket without a filter', () => {
    expect(wantedEntries(ownOf('', 'a/'))).toEqual([
      { Id: 'tocsin-acme-trail', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] },
    ]);
  });

  test.each([
    ['ours', { Id: 'tocsin-acme-trail', TopicArn: TOPIC }, true],
    ['ours, for a further prefix', { Id: 'tocsin-acme-trail-12', TopicArn: TOPIC }, true],
    ['of another source', { Id: 'tocsin-acme-trail-eu', TopicArn: TOPIC }, false],
    ['telling another topic', { Id: 'tocsin-acme-trail', TopicArn: `${TOPIC}-eu` }, false],
    ['telling our topic under a name of theirs', { Id: 'mine', TopicArn: TOPIC }, false],
  ])('%s', (_, one, expected) => {
    expect(isOwn(ownOf('a/'), { ...one, Events: [] })).toBe(expected);
  });

  test('S3 may answer with other letters and in another order', () => {
    const rules = [
      { Name: 'Suffix', Value: '.gz' },
      { Name: 'Prefix', Value: 'a/' },
    ] as unknown as { Name: 'prefix'; Value: string }[];
    const shown = {
      TopicConfigurations: [
        {
          ...{ Id: 'tocsin-acme-trail', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*' as const] },
          Filter: { Key: { FilterRules: rules.slice(1) } },
        },
      ],
    };

    expect(hasOwn(shown, ownOf('a/'))).toBe(true);
  });
});
