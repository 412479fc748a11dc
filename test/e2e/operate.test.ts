import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../detector/rule.js';
import { jsonLines, tocsin, type Run } from '../support/cli.js';
import { startServer, type TestServer } from '../support/http-server.js';
import { eventually, Serving, servingFolder, write } from '../support/serving.js';
import { jsonl, listBuckets, ruleFile, stopLogging, TRAIL_RULE } from './events.js';

/** Nothing that a terminal obeys, or draws as nothing. */
const INERT = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]*$/;
const HOSTILE = 'mallory\u001b[2J\u009b31m\u202egnp';

let hook: TestServer;
let serving: Serving;
let folder = '';
const REFUSED = 400;
/** What the destination answers; a test says when it changes its mind. */
let status = REFUSED;

const config = (sources: string): string => `sources: [${sources}]
rules: { folder: rules }
destinations:
  hook: { type: webhook, url: '${hook.url}/hook', allowInsecure: true, allowPrivate: true }
alerts: { default: [hook], sendLate: true, redact: [requestParameters.personal] }
serve: { port: 0 }
`;
const SOURCE = 'name: trail, directory: logs, silentAfter: 12h';

const hostileRule = (what: string): string =>
  ruleFile(
    `own.${what.toLowerCase()}`,
    `title: '{userIdentity.userName} did ${what}', dedup: '{eventID}'`,
    `{ eventName: '${what}' }`,
  );
const fragileRule = (when: string): string =>
  ruleFile('own.fragile', `title: 'fragile', when: () => { ${when} }`, "{ eventName: 'Fragile' }");

const event = (eventName: string, more: JsonObject = {}): JsonObject =>
  stopLogging({
    eventName,
    eventID: `event-${eventName}`,
    userIdentity: { type: 'IAMUser', userName: HOSTILE },
    requestParameters: { personal: 'very-personal-4711' },
    ...more,
  });

/** An event that is no event by its shape: only a prefix of the configuration tells what it is. */
const shapeless = (name: string): JsonObject => ({
  ...{ eventID: `odd-${name}`, eventTime: '2026-03-02T09:14:07Z', eventSource: 'cloudtrail.amazonaws.com' },
  ...{ eventName: 'StopLogging', requestParameters: { name } },
});

const operate = (...args: string[]): Promise<Run> => tocsin(args, { cwd: folder });
const json = async (...args: string[]): Promise<Record<string, unknown>[]> =>
  jsonLines((await operate(...args, '--json')).out);
const alerts = (...args: string[]) => json('alerts', 'list', '--limit', '0', ...args);
const alertOf = async (rule: string): Promise<string> => {
  const [found] = await alerts('--rule', rule);
  return String(found?.alertId);
};
/** What the destination answers while something is done. */
async function whileItAnswers<T>(answer: number, work: () => Promise<T>): Promise<T> {
  status = answer;
  try {
    return await work();
  } finally {
    status = REFUSED;
  }
}
const kindsSent = (alertId: string): unknown[] =>
  hook.requests
    .map(({ body }) => JSON.parse(body) as JsonObject)
    .filter((body) => body.alertId === alertId)
    .map(({ kind }) => kind);

beforeAll(async () => {
  hook = await startServer(() => ({ status, body: 'no, \u001b[31mthanks' }));
  folder = servingFolder('', {
    'rules/live.ts': hostileRule('Live'),
    'rules/ended.ts': hostileRule('Ended'),
    'rules/gone.ts': hostileRule('Gone'),
    'rules/fragile.ts': fragileRule("throw new Error('not yet \\u001b[31m')"),
    'logs/own.jsonl': jsonl(listBuckets({ eventID: 'x' }), event('Live'), event('Ended'), event('Fragile')),
    'logs/gone.jsonl': jsonl(event('Gone')),
    'logs/odd/x.jsonl': jsonl(event('Nothing', { eventID: 'n' }), shapeless('a'), 'garbage', shapeless('b')),
  });
  write(folder, 'tocsin.yaml', config(`{ ${SOURCE} }`));
  await tocsin(['demo', '--out', 'logs', '--json'], { cwd: folder });
  serving = new Serving(folder);
  await eventually(isSettled, 'the end of everything under way').catch((error: unknown) => {
    throw new Error(`${String(error)}\n${serving.err}`);
  });
});

/** Everything is read, every message was refused, and it is written down: from here on, only a test changes anything. */
async function isSettled(): Promise<boolean> {
  const { status: ready } = await serving.get('/readyz');
  if (ready !== 200 || (await serving.metric('tocsin_backlog_units')) > 0) return false;
  const [[report], all] = await Promise.all([json('status'), alerts()]);
  const { sources } = report as unknown as { readonly sources: readonly { readonly events: number }[] };
  const written = sources.reduce((sum, { events }) => sum + events, 0);
  return (
    written === (await serving.metric('tocsin_events_total')) && all.every(({ state }) => state === 'failed')
  );
}

afterAll(async () => {
  await serving.end('SIGKILL');
  await hook.close();
});

function operations(isLive: boolean): void {
  const name = isLive ? 'Live' : 'Ended';
  const rule = `own.${name.toLowerCase()}`;

  beforeAll(async () => {
    if (isLive) return;
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  test('`alerts list` shows the newest first, and nothing that a terminal obeys', async () => {
    const [{ out, code }, limited, all] = await Promise.all([
      operate('alerts', 'list'),
      operate('alerts', 'list', '--limit', '1', '--rule', 'own.*'),
      alerts(),
    ]);

    const times = all.map(({ firstEventTime }) => String(firstEventTime));
    expect(times).toEqual(times.toSorted().reverse());
    expect(all.length).toBeGreaterThan(10);
    expect(out).toContain(String(all[0]?.alertId).slice(0, 8));
    expect(out).toContain('mallory\\u001b[2J\\u009b31m\\u202egnp did Gone');
    expect(out).toMatch(INERT);
    expect(limited.err).toMatch(/^1 alert of \d; --limit 0 lists all\./);
    expect(code).toBe(0);
  });

  test('`alerts list` leaves out what was not asked for', async () => {
    const cases: readonly (readonly [args: string, rules: readonly string[]])[] = [
      ['--rule own.g*', ['own.gone']],
      ['--rule own.* --severity critical', []],
      ['--rule own.gone --severity low --state failed --since 2026-03-02', ['own.gone']],
      ['--rule own.gone --since 24h', []],
      ['--rule own.gone --state delivered', []],
    ];

    const listed = await Promise.all(cases.map(([args]) => alerts(...args.split(' '))));

    expect(listed.map((list) => list.map((alert) => alert.rule))).toEqual(cases.map(([, rules]) => rules));
  });

  test('`alerts show` tells everything, by the first digits of the id', async () => {
    const id = await alertOf('own.gone');
    const [text, [details]] = await Promise.all([
      operate('alerts', 'show', id.slice(0, 8)),
      json('alerts', 'show', id.slice(0, 8)),
    ]);

    expect(text.out).toMatch(INERT);
    expect(text.out).toContain('answered: no,');
    expect(text.out).toMatch(/Runbook\nLook\.\n/);
    expect(text.out).not.toContain('4711');
    expect(details).toMatchObject({
      ...{ alertId: id, rule: 'own.gone', severity: 'low', events: 1, runbook: 'Look.', state: 'failed' },
      deliveries: [{ destination: 'hook', state: 'failed', kind: 'raised', attempts: 1 }],
      deadLetters: [{ destination: 'hook', response: expect.stringContaining('thanks') as unknown }],
      pointers: [{ eventId: 'event-Gone' }],
    });
  });

  test('`alerts show --events` reads events again, without what is redacted, or says why it cannot', async () => {
    rmSync(join(folder, 'logs/gone.jsonl'), { force: true });
    const [id, gone] = await Promise.all([alertOf(rule), alertOf('own.gone')]);
    const [text, [, again], goneText, [, goneAgain]] = await Promise.all([
      operate('alerts', 'show', id, '--events'),
      json('alerts', 'show', id, '--events'),
      operate('alerts', 'show', gone, '--events'),
      json('alerts', 'show', gone, '--events'),
    ]);

    expect(text.out).toMatch(INERT);
    expect(again).toMatchObject({
      eventId: `event-${name}`,
      event: { userIdentity: { userName: HOSTILE }, requestParameters: { personal: '[redacted]' } },
    });
    expect(goneAgain).toMatchObject({ eventId: 'event-Gone', problem: 'the file is gone, or was renamed' });
    expect(goneText.err).toContain('1 event cannot be read any more.');
    expect(goneText.code).toBe(0);
  });

  test('mutes are set, listed with their reason and end, and ended', async () => {
    const id = await alertOf(rule);
    const muted = [
      await operate('alerts', 'mute', id, '--for', '12h', '--reason', 'a \u001b[31mdrill'),
      await operate('alerts', 'mute', 'own.gone', '--all-keys', '--for', '7d', '--reason', 'known'),
    ];
    const [listed, mutes] = await Promise.all([
      operate('alerts', 'mute', 'list'),
      json('alerts', 'mute', 'list'),
    ]);
    const ended = [await operate('alerts', 'unmute', id), await operate('alerts', 'unmute', 'own.gone')];
    const left = await json('alerts', 'mute', 'list');

    expect([...muted, listed, ...ended].map(({ out }) => out).join('')).toMatch(INERT);
    expect(listed.out).toContain('a \\u001b[31mdrill');
    expect(mutes).toMatchObject([
      { rule, allKeys: false, dedup: `event-${name}`, reason: 'a \u001b[31mdrill' },
      { rule: 'own.gone', allKeys: true, reason: 'known' },
    ]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(left).toEqual([]);
  });

  test('`status` says what is not well, and ends with 1', async () => {
    const [text, [report]] = await Promise.all([operate('status'), json('status')]);

    expect(text.out).toMatch(INERT);
    expect(text.out).toMatch(isLive ? /^Detector {3}running/m : /^Detector {3}not running/m);
    expect(report).toMatchObject({
      ...{ well: false, detector: { running: isLive }, held: {}, mutes: [] },
      problems: expect.arrayContaining([
        expect.stringMatching(/^\d+ messages to hook failed for good\.$/),
        ...(isLive ? [] : [expect.stringMatching(/^The detector does not run: /)]),
      ]) as unknown,
      sources: [{ source: 'trail', configured: true, silent: false, silentAfterSeconds: 43_200 }],
      destinations: [{ destination: 'hook', configured: true }],
      ruleset: { hash: expect.stringMatching(/^[0-9a-f]+$/) as unknown },
      deadLetters: expect.arrayContaining([
        expect.objectContaining({ kind: 'unit', about: 'trail' }),
        expect.objectContaining({ kind: 'rule', about: 'own.fragile', count: 1 }),
        expect.objectContaining({ kind: 'delivery', about: 'hook' }),
      ]) as unknown,
      rules: expect.arrayContaining([expect.objectContaining({ rule: 'own.live', hits: 1 })]) as unknown,
    });
    expect(text.code).toBe(1);
  });

  test('`replay` shows what it would do and changes nothing', async () => {
    const [text, items, ofRules, nowhere] = await Promise.all([
      operate('replay'),
      json('replay'),
      json('replay', '--kind', 'rule'),
      json('replay', '--destination', 'nowhere'),
    ]);
    const later = await json('replay');

    expect(text.out).toMatch(INERT);
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['unit', 'delivery', 'rule']));
    expect(ofRules).toMatchObject([{ kind: 'rule', rule: 'own.fragile', outcome: 'planned' }]);
    expect(nowhere).toEqual([]);
    expect(later).toEqual(items);
    expect(text.code).toBe(0);
  });

  test('`replay` sends again what was refused, and `alerts resolve` ends it there', async () => {
    const id = await alertOf(rule);
    const replay = (): Promise<Run> =>
      operate('replay', '--kind', 'delivery', '--rule', rule, '--apply', '--json');
    const first = await replay();
    if (isLive) await eventually(() => kindsSent(id).length === 2, 'the second attempt');
    // It is refused once more, and can be sent again once more.
    const refused = await eventually(async () => {
      const [alert] = await alerts('--rule', rule, '--state', 'failed');
      return alert;
    }, 'the refusal');
    const { second, resolved } = await whileItAnswers(200, async () => {
      const replayed = await replay();
      await eventually(
        async () => (await alerts('--rule', rule, '--state', 'delivered')).length === 1,
        'the record of the third attempt',
      );
      const ended = await operate('alerts', 'resolve', id, '--reason', 'a \u001b[31mdrill');
      await eventually(() => kindsSent(id).length === 4, 'the message that it was resolved');
      return { second: replayed, resolved: ended };
    });
    const [again, shown] = await Promise.all([
      operate('alerts', 'resolve', id.slice(0, 6)),
      operate('alerts', 'show', id),
    ]);

    expect(refused.alertId).toBe(id);
    expect([first.code, second.code]).toEqual(isLive ? [0, 0] : [1, 0]);
    expect(jsonLines(second.out)).toMatchObject([{ alertId: id, outcome: isLive ? 'waiting' : 'delivered' }]);
    expect(kindsSent(id)).toEqual(['raised', 'raised', 'raised', 'resolved']);
    expect(resolved.out).toMatch(isLive ? /^Told: hook waiting$/m : /^Told: hook delivered$/m);
    expect(resolved.out + shown.out).toMatch(INERT);
    expect(shown.out).toContain('a \\u001b[31mdrill');
    expect(again.out).toMatch(/^It was resolved already/);
    expect(await alerts('--state', 'resolved', '--rule', rule)).toHaveLength(1);
  });
}

/** One detector, and all that operators do: while it runs, and with what it left behind. */
describe('while the detector runs', () => operations(true));

describe('while it runs, and what failed can work', () => {
  test('records of an unknown kind are evaluated, and what is still broken stays a dead letter', async () => {
    const replay = (): Promise<Run> => operate('replay', '--kind', 'unit', '--apply', '--json');
    const before = await replay();
    write(folder, 'tocsin.yaml', config(`{ ${SOURCE}, prefixes: { odd/: aws.cloudtrail } }`));
    const { after, raised } = await whileItAnswers(200, async () => {
      const replayed = await replay();
      const sent = await eventually(async () => {
        const found = await alerts('--rule', TRAIL_RULE, '--state', 'delivered');
        return found.length === 2 ? found : undefined;
      }, 'the alerts of what was replayed');
      return { after: replayed, raised: sent };
    });
    const left = await json('replay', '--kind', 'unit');

    expect(jsonLines(before.out)).toMatchObject([{ outcome: 'kept' }]);
    expect(jsonLines(after.out)).toMatchObject([
      { outcome: 'partly', detail: expect.stringMatching(/^2 events/) as unknown },
    ]);
    expect(raised.map(({ dedup }) => dedup).toSorted()).toEqual(['a', 'b']);
    expect(left).toMatchObject([{ reasons: { 'not-json': 1 } }]);
    expect([before.code, after.code]).toEqual([1, 1]);
  });
});

describe('after it has ended', () => operations(false));

describe('when it has ended, and what failed can work', () => {
  test('events that a rule failed on are held against it again, and count once', async () => {
    const replay = (): Promise<Run> =>
      operate('replay', '--kind', 'rule', '--rule', 'own.*', '--apply', '--json');
    const before = await replay();
    write(folder, 'rules/fragile.ts', fragileRule('return true;'));
    const after = await whileItAnswers(200, replay);
    const again = await replay();
    const [[fragile], [live]] = await Promise.all([
      alerts('--rule', 'own.fragile'),
      alerts('--rule', 'own.live'),
    ]);

    expect(jsonLines(before.out)).toMatchObject([
      { outcome: 'kept', detail: expect.stringContaining('not yet') as unknown },
    ]);
    expect(jsonLines(after.out)).toMatchObject([{ outcome: 'done', detail: '4 events evaluated, 1 match' }]);
    expect(fragile).toMatchObject({ rule: 'own.fragile', events: 1, state: 'delivered' });
    expect(live).toMatchObject({ events: 1 });
    expect([before.code, after.code, again.out]).toEqual([1, 0, '']);
  });
});

test('wrong usage says what was wrong, and what to do', async () => {
  const cases: readonly (readonly [args: readonly string[], what: string])[] = [
    [['alerts', 'show', 'zzzz'], 'is no id of an alert'],
    [['alerts', 'show', '0'.repeat(32)], 'There is no alert'],
    [['alerts', 'resolve', 'abc'], 'is no id of an alert'],
    [['alerts', 'list', '--since', 'yesterday'], '--since "yesterday" is neither'],
    [['alerts', 'list', '--severity', 'hihg'], '--severity "hihg" is not known'],
    [['alerts', 'list', '--limit', 'x'], '--limit "x" is no whole number'],
    [['alerts', 'mute', 'own.gone'], 'A mute needs --for and --reason'],
    [['alerts', 'mute', 'own.gone', '--for', '7d', '--reason', 'x'], 'would hold back every alert'],
    [
      ['alerts', 'mute', 'own.gnoe', '--for', '7d', '--reason', 'x'],
      'is neither a rule nor the id of an alert',
    ],
    [['alerts', 'mute', 'own.gone', '--for', '91d', '--reason', 'x'], 'longer than 90 days'],
    [['alerts', 'mute', 'own.gone', '--for', '1w', '--reason', 'x'], 'is no duration'],
    [['alerts', 'mute', 'own.gone', '--for', '1d', '--reason', ' '], 'The --reason is empty'],
    [['alerts', 'unmute', 'own.gone'], 'No mute is about "own.gone"'],
    [['alerts', 'send-test', 'hok'], 'There is no destination "hok"'],
    [['replay', '--kind', 'all'], '--kind "all" is not known'],
    [['status', '--silent-after', '0h'], 'is no duration'],
    [['status', '--config', '/dev/null'], 'There is no state of a detector at'],
  ];

  const runs = await Promise.all(cases.map(([args]) => operate(...args)));

  for (const [i, [args, what]] of cases.entries()) {
    expect({ args, ...runs[i] }).toMatchObject({ args, out: '', code: 64 });
    expect(runs[i]?.err).toContain(what);
    expect(runs[i]?.err).toMatch(/\n {2}→ /);
  }
});

test.each([
  [200, 0, 'delivered'],
  [400, 1, 'refused'],
  [500, 75, 'retry'],
])('`alerts send-test` against an answer of %d ends with %d', async (answer, expected, outcome) => {
  const { out, code } = await whileItAnswers(answer, () => operate('alerts', 'send-test', 'hook', '--json'));

  expect(jsonLines(out)).toMatchObject([{ destination: 'hook', outcome }]);
  expect(JSON.parse(hook.requests.at(-1)?.body ?? '')).toMatchObject({ kind: 'test', severity: 'info' });
  expect(out).toMatch(INERT);
  expect(code).toBe(expected);
});
