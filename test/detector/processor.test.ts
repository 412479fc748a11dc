import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeAlert } from '../../detector/alerts/alert-document.js';
import { decodeGroup } from '../../detector/alerts/group-document.js';
import { createRedactor } from '../../detector/alerts/redact.js';
import { createEngine } from '../../detector/engine/engine.js';
import type { FeedUnit } from '../../detector/feeds/feed.js';
import { RetryLaterError } from '../../detector/feeds/unit.js';
import { logTypes } from '../../detector/logs/index.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { Processor, type ProcessorOptions, type UnitReport } from '../../detector/processor.js';
import type { JsonObject, Rule } from '../../detector/rule.js';
import { StoreError, type StateStore } from '../../detector/state/store.js';
import { FAULTS, SharedState, TestProcess } from '../support/faulty-store.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { Turns } from '../support/turns.js';
import {
  faults,
  HOUR,
  MINUTE,
  NOON,
  outboxWith,
  recordingDestination,
  testRule,
  type Sent,
} from './alerts/world.js';

const stopped = testRule('aws.stopped', {
  ...{ match: { eventName: 'StopLogging' }, title: '{actor} stopped a trail', windowMinutes: 60 },
});
const throwing = testRule('aws.throwing', {
  match: { eventName: { prefix: 'Throw' } },
  when: (event) => {
    throw new Error(`cannot read ${event.text('secret') ?? 'it'}`);
  },
});
const signal = testRule('aws.signal', { match: { eventName: 'StopLogging' }, alert: false });
const RULES = [stopped, throwing, signal];

const event = (id: string, more: JsonObject = {}): JsonObject => ({
  ...{ eventVersion: '1.08', eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging', eventID: id },
  ...{
    eventTime: new Date(NOON - MINUTE).toISOString(),
    userIdentity: { type: 'IAMUser', userName: 'alice' },
  },
  ...more,
});
const unitOf = (
  id: string,
  content: string | readonly JsonObject[],
  more: Partial<FeedUnit> = {},
): FeedUnit => {
  const text = typeof content === 'string' ? content : content.map((one) => JSON.stringify(one)).join('\n');
  return {
    ...{
      id,
      key: `trail/${id}.json`,
      name: `trail/${id}.json`,
      arrival: NOON,
      size: Buffer.byteLength(text),
    },
    async *open() {
      yield Buffer.from(text);
    },
    readAll: async () => Buffer.from(text),
    ...more,
  };
};

const processorOn = (
  store: StateStore,
  more: Partial<ProcessorOptions> & { readonly rules?: readonly Rule[] } = {},
): Processor =>
  new Processor({
    ...{
      store,
      engine: createEngine(
        (more.rules ?? RULES).map((rule) => ({ rule })),
        logTypes,
      ),
    },
    ...{ sources: sourceMap([]), limits: DEFAULT_SPLIT_LIMITS, redact: createRedactor([]), now: () => NOON },
    ...{ ruleset: 'r', latenessMs: 24 * HOUR, alertRetentionMs: 90 * 24 * HOUR },
    ...{ routing: { routes: [], fallback: ['chat'] }, alertsPerHour: 1000, sendLate: false },
    ...more,
  });

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});
const bodies = (kind: string, of: MemoryStore['documents'] = store.documents): readonly string[] =>
  [...of].filter(([key]) => key.startsWith(`${kind}/`)).map(([, { body }]) => body);
const alertsOf = (rule: string, of?: MemoryStore['documents']) =>
  bodies('alert', of)
    .map(decodeAlert)
    .filter((alert) => alert.rule.id === rule);

describe('a unit', () => {
  test('is evaluated, counted and done; again, it is only done', async () => {
    const reports: UnitReport[] = [];
    const processor = processorOn(store, { observe: (report) => reports.push(report) });
    const unit = unitOf('u', [event('a'), event('b'), event('c', { eventName: 'Other' })], { end: 900 });

    const first = await processor.process(unit, 'trail');
    const again = await processor.process({ ...unit, end: 1200 }, 'trail');

    expect(first.outcome).toEqual({ kind: 'done', end: 900 });
    expect(first.touched).toHaveLength(1);
    expect(again).toEqual({ outcome: { kind: 'done', end: 900 }, touched: [] });
    expect(alertsOf('aws.stopped')).toMatchObject([{ title: 'alice stopped a trail', late: false }]);
    expect(reports).toMatchObject([{ source: 'trail', counts: { events: 3, deadLetters: 0 }, failures: 0 }]);
    expect(Object.fromEntries(reports[0]!.hits)).toEqual({ 'aws.stopped': 2, 'aws.signal': 2 });
  });

  test('tells which fields that rules need had a value, of the last event and of those that rules look for', async () => {
    const reports: UnitReport[] = [];
    const processor = processorOn(store, { observe: (report) => reports.push(report) });
    const sought = event('a', { userIdentity: {} });
    const other = event('b', { eventName: 'Other', userIdentity: { userName: 'bob' } });

    // Two rules fire, first on `c`; `sought` is the last that they look for, `other` the last of all.
    await processor.process(unitOf('u', [event('c'), sought, other]), 'trail');
    await processor.process(unitOf('v', [sought, { ...other, userIdentity: {} }]), 'trail');

    const seen = reports.map((report) => [...report.seen]);
    expect(seen).toEqual([
      [['aws.cloudtrail', { events: 4, fields: new Set(['eventname', 'useridentity.username']) }]],
      [['aws.cloudtrail', { events: 4, fields: new Set(['eventname']) }]],
    ]);
  });

  test('opens no group for a signal', async () => {
    await processorOn(store, { rules: [signal] }).process(unitOf('u', [event('a')]), 'trail');

    expect(bodies('group')).toEqual([]);
    expect(bodies('alert')).toEqual([]);
  });

  test.each<[string, FeedUnit]>([
    [
      'whose transport asks for time',
      unitOf('u', '', { readAll: () => Promise.reject(new RetryLaterError('throttled')) }),
    ],
  ])('%s is tried again later, and leaves nothing', async (_what, unit) => {
    const { outcome } = await processorOn(store).process(unit, 'trail');

    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('throttled') });
    expect(store.documents.size).toBe(0);
  });

  test('is not acknowledged when the store fails, for now or for good (#8)', async () => {
    const failing = (outcome: 'retry' | 'permanent') => {
      store.before = (method) => {
        if (method === 'put') throw new StoreError('It fails.', outcome, 'Mend it.');
      };
      return processorOn(store).process(unitOf('u', [event('a')]), 'trail');
    };

    expect((await failing('retry')).outcome.kind).toBe('retry');
    await expect(failing('permanent')).rejects.toThrow('It fails.');
  });

  test('is reported once, whoever is asked to process it at the same time', async () => {
    const reports: UnitReport[] = [];
    const processor = processorOn(store, { observe: (report) => reports.push(report) });

    await Promise.all([1, 2, 3].map(() => processor.process(unitOf('u', [event('a')]), 'trail')));

    expect(reports).toHaveLength(1);
  });
});

describe('what cannot be processed', () => {
  const broken = [JSON.stringify(event('a')), '{"no json', '{"unknown":true}', JSON.stringify(event('b'))];

  test('is set aside with its reasons, and its neighbours count (#5, #6)', async () => {
    const { outcome } = await processorOn(store).process(unitOf('u', broken.join('\n')), 'trail');

    expect(outcome.kind).toBe('done');
    expect(bodies('dead-letter').map((body) => JSON.parse(body) as unknown)).toMatchObject([
      { kind: 'unit', source: 'trail', unitId: 'u', reasons: { 'unknown-log-type': 1 } },
    ]);
    const groups = bodies('group').map((body) => decodeGroup(body).group);
    expect(groups.find(({ rule }) => rule === 'aws.stopped')?.alerts).toMatchObject([{ events: 2 }]);
  });

  test('is told once an hour for a source, never once a record or unit', async () => {
    let now = NOON;
    const processor = processorOn(store, { now: () => now });
    for (let i = 0; i < 5; i++) {
      const lines = Array.from({ length: 30 }, () => '{"unknown":true}').join('\n');
      await processor.process(unitOf(`u${i}`, lines), 'trail');
      now += MINUTE;
    }
    await processor.process(unitOf('other', '{"unknown":true}'), 'azure');

    expect(alertsOf('tocsin.dead-letters').map(({ title }) => title)).toEqual([
      'Log data of trail could not be processed',
      'Log data of azure could not be processed',
    ]);
    const groups = bodies('group').map(decodeGroup);
    expect(groups.map(({ group }) => group.alerts.map(({ events }) => events))).toEqual([[1], [1]]);
    expect(bodies('dead-letter')).toHaveLength(6);

    now = NOON + 7 * HOUR;
    await processor.process(unitOf('later', '{"unknown":true}'), 'trail');
    expect(alertsOf('tocsin.dead-letters')).toHaveLength(3);
  });
});

describe('a rule that fails', () => {
  const failing = (count: number) =>
    Array.from({ length: count }, (_, i) => event(`t${i}`, { eventName: 'ThrowThis' }));

  test('is surfaced once for its unit, with how often, and the other rules go on (#7)', async () => {
    await processorOn(store).process(unitOf('u', [...failing(40), event('a')]), 'trail');

    expect(bodies('dead-letter').map((body) => JSON.parse(body) as unknown)).toMatchObject([
      {
        kind: 'rule',
        rule: 'aws.throwing',
        hook: 'when',
        error: expect.stringContaining('cannot read it'),
        events: 40,
      },
    ]);
    expect(alertsOf('tocsin.rule-failed')).toMatchObject([{ title: 'aws.throwing failed on events (when)' }]);
    expect(alertsOf('aws.stopped')).toHaveLength(1);
  });

  test('is told once an hour, in whatever units it fails', async () => {
    const processor = processorOn(store);
    for (let i = 0; i < 4; i++) await processor.process(unitOf(`u${i}`, failing(2)), 'trail');

    expect(alertsOf('tocsin.rule-failed')).toHaveLength(1);
    expect(decodeGroup(bodies('group')[0]!).group.alerts).toMatchObject([{ events: 1 }]);
    expect(bodies('dead-letter')).toHaveLength(4);
  });
});

describe('the detector itself', () => {
  const down = {
    ...({
      rule: 'tocsin.source-unhealthy',
      about: 'trail',
      title: 'trail is silent',
      context: {},
      at: NOON,
    } as const),
  };

  test('raises alerts that are routed like others, once an hour, and as kinds of their own', async () => {
    const sent: Sent[] = [];
    const processor = processorOn(store, { routing: { routes: [], fallback: ['chat'], system: ['ops'] } });
    const [key] = await processor.raise(down);
    expect(await processor.raise({ ...down, title: 'again' })).toEqual([key]);
    await outboxWith(store, [recordingDestination('ops', sent)]).attempt(key!);
    expect(await processor.raise({ ...down, at: NOON + 1 })).toEqual([]);

    expect(sent).toMatchObject([{ kind: 'system', to: 'ops', message: { title: 'trail is silent' } }]);
  });

  test('tells of a runaway rule in one summary', async () => {
    const sent: Sent[] = [];
    const each = testRule('aws.each', { match: { eventName: 'StopLogging' }, dedup: '{eventID}' });
    const processor = processorOn(store, { rules: [each], alertsPerHour: 3 });
    await processor.process(
      unitOf(
        'u',
        Array.from({ length: 20 }, (_, i) => event(`e${i}`)),
      ),
      'trail',
    );
    const outbox = outboxWith(store, [recordingDestination('chat', sent)]);
    await outbox.sweep(100);
    await processor.process(
      unitOf(
        'v',
        Array.from({ length: 9 }, (_, i) => event(`f${i}`)),
      ),
      'trail',
    );
    await outbox.sweep(100);

    expect(sent.map(({ kind }) => kind).sort()).toEqual(['raised', 'raised', 'raised', 'summary']);
    expect(alertsOf('aws.each')).toHaveLength(29);
  });

  test('tells of what a destination refused, through the outbox', async () => {
    const processor = processorOn(store);
    const destination = recordingDestination('chat', [], {
      answer: ({ message }) => {
        if (message.logType !== 'tocsin.system') throw Object.assign(new Error('refused'));
      },
    });
    await processor.process(unitOf('u', [event('a')]), 'trail');
    let now = NOON;
    const raise = (system: Parameters<Processor['raise']>[0]) => processor.raise(system);
    const outbox = outboxWith(store, [destination], { now: () => now, raise });
    for (let i = 0; i < 60; i++, now += 30 * MINUTE) await outbox.sweep(10);

    expect(alertsOf('tocsin.delivery-failed')).toMatchObject([
      { title: 'Alerts could not be delivered to chat', context: { destination: 'chat', reason: 'refused' } },
    ]);
  });
});

test('dead letters, rule failures and matches survive a crash anywhere, each with its alert', async () => {
  const lines = [event('a'), event('t', { eventName: 'ThrowThis' }), { unknown: true }].map((one) =>
    JSON.stringify(one),
  );
  await fc.assert(
    fc.asyncProperty(
      faults(FAULTS),
      fc.array(fc.nat(1000), { maxLength: 100 }),
      fc.boolean(),
      async (befalling, choices, writesThrough) => {
        const left = [...choices];
        const choose = (count: number) => (left.shift() ?? 0) % count;
        const turns = new Turns();
        const state = new SharedState(befalling, writesThrough);
        let done = false;
        const start = () => {
          const process = new TestProcess(state, turns, () => {
            state.crash(choose);
            start();
          });
          const processor = processorOn(process.store, { alertsPerHour: 1 });
          const work = async () => {
            for (let outcome = 'retry'; outcome === 'retry';) {
              ({
                outcome: { kind: outcome },
              } = await processor.process(unitOf('u', lines.join('\n')), 'trail'));
              await process.store.durable().catch(() => (outcome = 'retry'));
            }
            done = true;
          };
          void work();
        };
        start();
        await turns.run(() => done, choose);

        const { documents } = state.memory;
        expect(bodies('dead-letter', documents)).toHaveLength(2);
        for (const rule of ['aws.stopped', 'tocsin.rule-failed', 'tocsin.dead-letters'])
          expect(alertsOf(rule, documents)).toHaveLength(1);
        const groups = bodies('group', documents).map(decodeGroup);
        expect(groups.map(({ group }) => group.alerts.map(({ events }) => events))).toEqual([[1], [1], [1]]);
      },
    ),
    { numRuns: 200 },
  );
});

test('what is over the limit is told of, wherever the process dies', async () => {
  const each = testRule('aws.each', { match: { eventName: 'StopLogging' }, dedup: '{eventID}' });
  const events = [event('a'), event('b')];
  await fc.assert(
    fc.asyncProperty(fc.nat(60), fc.constantFrom('before', 'after'), async (after, kind) => {
      const turns = new Turns();
      const state = new SharedState([{ after, kind, times: 1 }], true);
      let done = false;
      const start = () => {
        const process = new TestProcess(state, turns, () => {
          state.crash(() => 0);
          start();
        });
        const processor = processorOn(process.store, { rules: [each], alertsPerHour: 1 });
        void processor.process(unitOf('u', events), 'trail').then(() => (done = true));
      };
      start();
      await turns.run(
        () => done,
        () => 0,
      );

      const groups = bodies('group', state.memory.documents).map(decodeGroup);
      const states = groups.flatMap(({ deliveries }) =>
        Object.values(deliveries).map(({ chat }) => [chat?.kind, chat?.state]),
      );
      expect(states.sort()).toEqual([
        ['raised', 'held'],
        ['raised', 'waiting'],
        ['summary', 'waiting'],
      ]);
    }),
    { numRuns: 80 },
  );
});

describe('values at redacted paths', () => {
  const secret = fc
    .tuple(
      fc.string({ minLength: 5, maxLength: 30, unit: 'binary' }),
      fc.constantFrom('', '"', '\\', '$&', '日本'),
    )
    .map(([text, more]) => `~${text}${more}~`);
  const loud = testRule('aws.loud', {
    ...{
      match: { eventName: 'StopLogging' },
      title: '{requestParameters.secret} and {plain}: {requestParameters.more}',
    },
    ...{ dedup: 'by {requestParameters.secret}', distinct: 'requestParameters.secret' },
    context: (of) => ({
      all: of.record,
      text: JSON.stringify(of.record),
      [of.text('secret') ?? '']: [[of.record]],
    }),
  });
  const failing = testRule('aws.failing', {
    match: { eventName: 'StopLogging' },
    title: (of) => {
      throw new Error(`no title for ${String(of.text('requestParameters.secret'))}`);
    },
  });

  test('are in no document and no message, and groups stay apart', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(secret, { minLength: 1, maxLength: 3, selector: (text) => text.toLowerCase() }),
        fc.boolean(),
        async (secrets, deep) => {
          const own = memoryStore();
          const sent: Sent[] = [];
          const redact = createRedactor([deep ? 'requestParameters' : 'requestParameters.secret', 'secret']);
          const processor = processorOn(own, { rules: [loud, failing], redact });
          const seen: string[] = [];
          const put = own.put.bind(own);
          own.put = async (key, body, ...rest) => {
            seen.push(body);
            return put(key, body, ...rest);
          };
          const events = secrets.map((text, i) =>
            event(`${i}`, {
              plain: 'plain',
              secret: text,
              requestParameters: { secret: text, more: `<${text}>` },
            }),
          );
          await processor.process(unitOf('u', events), 'trail');
          await outboxWith(own, [recordingDestination('chat', sent)]).sweep(100);

          const places = [...seen, ...seen.flatMap(strings), ...strings(JSON.stringify(sent))];
          const spelled = secrets.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
          expect(places.filter((place) => spelled.some((text) => place.includes(text)))).toEqual([]);
          const dedups = bodies('group', own.documents)
            .map((body) => decodeGroup(body).group)
            .filter((group) => group.rule === 'aws.loud')
            .map((group) => group.dedup);
          expect(new Set(dedups).size).toBe(secrets.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  /** Every text and name in a JSON text. */
  function strings(json: string): readonly string[] {
    const all: string[] = [];
    JSON.parse(json, (name, value: unknown) => {
      all.push(name);
      if (typeof value === 'string') all.push(value);
      return value;
    });
    return all;
  }
});
