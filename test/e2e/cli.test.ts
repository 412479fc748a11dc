import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { csvRow } from '../src/support.js';
import { program, describeWith } from '../support/capabilities.js';
import { CLI, folderWith, jsonLines, ROOT, tocsin } from '../support/cli.js';
import { jsonl, listBuckets, ruleFile, stopLogging, TRAIL_RULE } from './events.js';

const NO_ESCAPES = /^[^\u001b\u009b]*$/;
const logs = folderWith({
  'a.jsonl': jsonl(listBuckets(), stopLogging()),
  'b/c.json': JSON.stringify({
    Records: [
      stopLogging({ eventID: 'second', eventTime: '2026-03-02T10:00:00Z', eventName: 'DeleteTrail' }),
    ],
  }),
});
/** Only the rule that every event here is about. */
const ONE_RULE = ['--rules', TRAIL_RULE];

describe('help', () => {
  test.concurrent.each([
    [[], /detect .*rules .*demo /s],
    [
      ['detect'],
      /--log-type.*--rules-dir.*--no-builtin.*--include-disabled.*--from.*--to.*--matches.*--csv/s,
    ],
    [['rules'], /list.*show.*test/s],
    [['rules', 'list'], /--rules-dir/],
    [['rules', 'show'], /<id>/],
    [['rules', 'test'], /--cases/],
    [['demo'], /--out.*--seed/s],
  ])('of `tocsin %p` names its options and those of every command', async (command, expected) => {
    const { out, err, code } = await tocsin([...command, '--help']);

    expect(out).toMatch(expected);
    expect(out).toMatch(/--config.*--json.*--quiet.*--no-color/s);
    expect([err, code]).toEqual(['', 0]);
  });

  test('without a command it goes to standard error, for there was something wrong', async () => {
    const { out, err, code } = await tocsin([]);

    expect([out, code]).toEqual(['', 64]);
    expect(err).toMatch(/^Usage: tocsin/);
  });

  test('--version is the version and nothing else', async () => {
    const { out, code } = await tocsin(['--version']);

    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });
});

describe('wrong usage', () => {
  test.concurrent.each([
    [['detct', '.'], "unknown command 'detct'", 'Did you mean detect?'],
    [['detect', '.', '--form', 'x'], "unknown option '--form'", 'Did you mean --from?'],
    [['detect'], "missing required argument 'path'", 'See `tocsin --help`.'],
    [['detect', '.', '--from'], "option '--from <time>' argument missing", 'See'],
    [['rules', 'lst'], "unknown command 'lst'", 'Did you mean list?'],
    [['rules', 'list', 'extra'], 'too many arguments', 'See'],
    [['detect', '.', '--json', '--csv'], '--csv and --json were both given', 'Choose one'],
    [['detect', '.', '--log-type', 'aws'], '"aws" is no log type', 'aws.cloudtrail, azure.signin'],
    [['detect', 'nowhere'], 'There is nothing at nowhere', 'Name a log file'],
    [['detect', '.', '--rules', 'nothing.*'], 'No rule has an id that fits "nothing.*"', 'tocsin rules list'],
    [['detect', '.', '--no-builtin'], 'There is no rule to work with', '--rules-dir'],
    [['detect', '.', '--rules-dir', 'nowhere'], 'cannot be read', 'Name a readable folder'],
    [['detect', '.', '--config', 'nowhere.yaml'], 'nowhere.yaml cannot be read', 'Name a readable file'],
    [
      ['rules', 'show', 'aws.cloudtrail.rot-activity'],
      'There is no rule',
      'Did you mean aws.cloudtrail.root-activity?',
    ],
    [
      ['rules', 'show', 'password-policy'],
      'There is no rule',
      'Did you mean aws.cloudtrail.password-policy-discovery?',
    ],
    [['rules', 'show', 'nonsense'], 'There is no rule "nonsense"', 'tocsin rules list'],
    [['rules', 'test', '--cases', 'nowhere.jsonl'], 'cannot be read', 'Name a readable file'],
    [['rules', 'test', '--cases', '.'], 'cannot be read', 'Name a readable file'],
    [['demo', '--seed', 'x'], '--seed "x" is no whole number', 'such as 7'],
    [['demo', '--seed', ''], '--seed "" is no whole number', 'such as 7'],
    [['demo', '--seed', '1.5'], '--seed "1.5" is no whole number', 'such as 7'],
    [['demo', '--seed', '9007199254740993'], 'is no whole number', 'such as 7'],
    [['demo', '--out', '/dev/null/logs'], 'The sample logs cannot be written', '--out'],
  ])('`tocsin %p` says what was wrong, and what to do', async (args, what, fix) => {
    const { out, err, code } = await tocsin(args, { cwd: logs });

    expect([out, code]).toEqual(['', 64]);
    expect(err).toContain(`tocsin: `);
    expect(err).toContain(what);
    expect(err).toMatch(/\n {2}→ /);
    expect(err.slice(err.indexOf('→'))).toContain(fix);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('what was typed comes back without its escape sequences', async () => {
    const { err } = await tocsin(['detect', 'no\u001b[31mwhere']);

    expect(err).toMatch(NO_ESCAPES);
  });
});

describe('--json', () => {
  const rules = folderWith({ 'mine.ts': ruleFile('aws.cloudtrail.mine') });
  const cases = folderWith({
    'cases.jsonl': jsonl({
      id: '1',
      rule: TRAIL_RULE,
      logType: 'aws.cloudtrail',
      event: stopLogging(),
      expected: true,
    }),
  });

  test.concurrent.each([
    ['detect', [logs], ['alertId']],
    ['detect', [logs, '--matches'], ['rule']],
    ['rules', ['list'], ['id', 'severity']],
    ['rules', ['show', TRAIL_RULE], ['id', 'match', 'runbook']],
    ['rules', ['test', '--no-builtin', '--rules-dir', rules], ['rules', 'passed']],
    ['rules', ['test', '--cases', join(cases, 'cases.jsonl')], ['ok']],
  ])('`tocsin %s %p` writes one object a line, and nothing else', async (command, args, keys) => {
    const { out, code } = await tocsin([command, ...args, '--json'], { cwd: logs });

    const [first] = jsonLines(out);
    expect(Object.keys(first ?? {})).toEqual(expect.arrayContaining(keys));
    expect(out).toMatch(NO_ESCAPES);
    expect(code).toBe(0);
  });

  test('is understood before the command too', async () => {
    const { out } = await tocsin(['--json', 'rules', 'list', '--rules', TRAIL_RULE]);

    expect(jsonLines(out)).toHaveLength(1);
  });
});

describe('detect', () => {
  test('--matches --json has the fields that scripts rely on, in their order', async () => {
    const { out, err } = await tocsin(['detect', logs, '--matches', '--json', ...ONE_RULE]);

    const lines = jsonLines(out);
    expect(lines).toEqual([
      {
        rule: TRAIL_RULE,
        logType: 'aws.cloudtrail',
        eventId: '7c1d1c0e-45a1-4a52-9d39-0f2f0f6d1a01',
        eventTime: '2026-03-02T09:14:07.000Z',
        severity: 'medium',
        title: 'marta ended trail organisation-trail in account 210987654321 (StopLogging)',
        dedup: 'organisation-trail',
        file: join(logs, 'a.jsonl'),
        index: 1,
      },
      expect.objectContaining({ eventId: 'second', file: join(logs, 'b/c.json'), index: 0 }),
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'rule',
      'logType',
      'eventId',
      'eventTime',
      'severity',
      'title',
      'dedup',
      'file',
      'index',
    ]);
    expect(jsonLines(err)).toEqual([
      expect.objectContaining({ files: 2, events: 3, matches: 2, deadLetters: 0, ruleFailures: 0 }),
    ]);
  });

  test('--json has one line for each alert, with its first and last event', async () => {
    const { out, err } = await tocsin(['detect', logs, '--json', ...ONE_RULE]);

    const lines = jsonLines(out);
    expect(lines).toEqual([
      {
        alertId: expect.stringMatching(/^[0-9a-f]{32}$/),
        rule: TRAIL_RULE,
        logType: 'aws.cloudtrail',
        severity: 'medium',
        title: 'marta ended trail organisation-trail in account 210987654321 (StopLogging)',
        dedup: 'organisation-trail',
        firstEventTime: '2026-03-02T09:14:07.000Z',
        lastEventTime: '2026-03-02T10:00:00.000Z',
        events: 2,
        context: expect.objectContaining({ actor: 'marta', trail: 'organisation-trail' }),
      },
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      ...['alertId', 'rule', 'logType', 'severity', 'title', 'dedup'],
      ...['firstEventTime', 'lastEventTime', 'events', 'context'],
    ]);
    expect(Object.keys(jsonLines(err)[0] ?? {})).toEqual(
      expect.arrayContaining(['files', 'events', 'bytes', 'matches', 'alerts', 'deadLetters', 'seconds']),
    );
  });

  test('an alert has the same id on the next day and on another machine', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => tocsin(['detect', logs, '--json', ...ONE_RULE])),
    );

    expect(first?.out).toBe(second?.out);
  });

  test('--csv has a head and a row for each alert; nothing in a cell runs in a spreadsheet', async () => {
    const hostile = folderWith({
      'x.jsonl': jsonl(
        stopLogging({ userIdentity: { type: 'IAMUser', userName: '=HYPERLINK("http://x",1)' } }),
      ),
    });
    const { out, err, code } = await tocsin(['detect', hostile, '--csv', ...ONE_RULE]);

    const [head = '', row = '', ...rest] = out.split('\r\n');
    expect(csvRow(head)).toEqual([
      ...['alertId', 'rule', 'logType', 'severity', 'title', 'dedup'],
      ...['firstEventTime', 'lastEventTime', 'events', 'context'],
    ]);
    expect(csvRow(row)[4]).toBe(
      '\'=HYPERLINK("http://x",1) ended trail organisation-trail in account 210987654321 (StopLogging)',
    );
    expect(JSON.parse(csvRow(row)[9] ?? '')).toMatchObject({ actor: '=HYPERLINK("http://x",1)' });
    expect(rest).toEqual(['']);
    expect(err).toContain('1 file, 1 event');
    expect(code).toBe(0);
  });

  test('--csv --matches has a row for each match, and a head even without one', async () => {
    const some = await tocsin(['detect', logs, '--csv', '--matches', ...ONE_RULE]);
    const none = await tocsin(['detect', logs, '--csv', '--matches', '--rules', 'gcp.*']);

    const head = 'rule,logType,eventId,eventTime,severity,title,dedup,file,index\r\n';
    expect(some.out.split('\r\n')).toHaveLength(4);
    expect(some.out.startsWith(head)).toBe(true);
    expect(none.out).toBe(head);
  });

  test('without an alert says nothing on standard output', async () => {
    const { out, err, code } = await tocsin(['detect', logs, '--rules', 'gcp.*']);

    expect([out, code]).toEqual(['', 0]);
    expect(err).toMatch(/^2 files, 3 events, .*: 0 matches, 0 alerts, 0 dead letters\n$/);
  });

  test('--quiet leaves out the summary, and keeps problems', async () => {
    const { out, err } = await tocsin(['detect', logs, '--quiet', ...ONE_RULE]);
    const broken = await tocsin(['detect', folderWith({ 'x.json': 'hello\n' }), '--quiet']);

    expect(out).toContain(TRAIL_RULE);
    expect(err).toBe('');
    expect(broken.err).toMatch(/^dead letter {2}not-json .*\n$/);
  });

  test('the most severe alert comes first, then the first one', async () => {
    const folder = folderWith({
      'x.jsonl': jsonl(
        stopLogging({ requestParameters: { name: 'b' }, eventTime: '2026-03-02T12:00:00Z' }),
        stopLogging({ requestParameters: { name: 'a' } }),
        stopLogging({ eventName: 'Low' }),
        stopLogging({ eventName: 'Critical', eventTime: '2026-03-02T13:00:00Z' }),
      ),
    });
    const rules = folderWith({
      'low.ts': ruleFile('aws.cloudtrail.low', "title: 'low'", "{ eventName: 'Low' }"),
      'critical.ts': ruleFile('aws.cloudtrail.worst', "title: 'worst'", "{ eventName: 'Critical' }").replace(
        "'low'",
        "'critical'",
      ),
    });
    const { out } = await tocsin(['detect', folder, '--rules-dir', rules]);

    const order = ['worst', 'ended trail a', 'ended trail b', 'aws.cloudtrail.low'].map((text) =>
      out.indexOf(text),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test('a file that is named twice, or lies in a folder that is named too, is read once', async () => {
    const { err } = await tocsin(['detect', logs, join(logs, 'a.jsonl'), logs, '--json']);

    expect(jsonLines(err)).toEqual([expect.objectContaining({ files: 2, events: 3 })]);
  });

  test('zero events give a summary of zeros', async () => {
    const { out, err, code } = await tocsin(['detect', folderWith({}), '--json']);

    expect([out, code]).toEqual(['', 0]);
    expect(jsonLines(err)).toEqual([
      expect.objectContaining({ files: 0, events: 0, bytes: 0, matches: 0, alerts: 0, deadLetters: 0 }),
    ]);
  });

  describe('--from and --to', () => {
    const summaryOf = async (...bounds: string[]) =>
      jsonLines((await tocsin(['detect', logs, '--json', ...bounds])).err)[0];

    test.concurrent.each([
      [['--from', '2026-03-02T09:14:07Z'], 3],
      [['--from', '2026-03-02T09:14:08Z'], 1],
      [['--from', '2026-03-02T11:14:07+02:00', '--to', '2026-03-02T09:14:07.000Z'], 2],
      [['--to', '2026-03-02T09:14:06.999Z'], 0],
      [['--from', '2026-03-02', '--to', '2026-03-02'], 3],
      [['--from', '2026-03-03'], 0],
      [['--to', '2026-03-01'], 0],
    ])('%p leave %d of 3 events, both ends included', async (bounds, events) => {
      expect(await summaryOf(...bounds)).toMatchObject({ events, outside: 3 - events });
    });

    test.concurrent.each(['yesterday', '2026-02-30', '2026-03-02T09:14:07', '', '1772353800'])(
      '%j is refused before anything is read: not even a path that does not exist is noticed',
      async (time) => {
        const { err, code } = await tocsin(['detect', 'nowhere', '--from', time]);

        expect(err).toContain(`--from "${time}" is neither an RFC 3339 time nor a date`);
        expect(err).not.toContain('nowhere');
        expect(code).toBe(64);
      },
    );

    test('an end before the beginning is refused', async () => {
      const { err, code } = await tocsin(['detect', 'nowhere', '--from', '2026-03-02', '--to', '2026-03-01']);

      expect(err).toContain('--from "2026-03-02" is after --to "2026-03-01"');
      expect(code).toBe(64);
    });
  });

  test('--log-type reads every record as that type, whatever its shape', async () => {
    const folder = folderWith({
      'x.jsonl': jsonl({ eventName: 'StopLogging', requestParameters: { name: 'a' } }),
    });
    const [told, forced] = await Promise.all([
      tocsin(['detect', folder, '--json']),
      tocsin(['detect', folder, '--json', '--log-type', 'aws.cloudtrail', ...ONE_RULE]),
    ]);

    expect(jsonLines(told.err)).toEqual([
      expect.objectContaining({ events: 0, deadLettersByReason: { 'unknown-log-type': 1 } }),
    ]);
    expect(jsonLines(forced.out)).toHaveLength(1);
  });

  test('--include-disabled runs rules that are off by default', async () => {
    const rules = folderWith({ 'x.ts': ruleFile('aws.cloudtrail.off', 'enabled: false,') });
    const only = ['--rules-dir', rules, '--no-builtin', '--json'];
    const [without, including] = await Promise.all([
      tocsin(['detect', logs, ...only]),
      tocsin(['detect', logs, ...only, '--include-disabled']),
    ]);

    expect(without.out).toBe('');
    expect(jsonLines(including.out)).toHaveLength(1);
  });

  test('a signal is a match, and never an alert', async () => {
    const rules = folderWith({ 'x.ts': ruleFile('aws.cloudtrail.signal', 'alert: false,') });
    const only = ['detect', logs, '--rules-dir', rules, '--no-builtin', '--json'];

    expect(jsonLines((await tocsin(only)).err)).toEqual([expect.objectContaining({ matches: 1, alerts: 0 })]);
    expect(jsonLines((await tocsin([...only, '--matches'])).out)).toHaveLength(1);
  });
});

describe('rules of the user', () => {
  const detectWith = (files: Record<string, string>, ...more: string[]) =>
    tocsin(['detect', logs, '--json', '--rules-dir', folderWith(files), ...more], { cwd: logs });

  test('are TypeScript files that import `tocsin` and helpers in lib', async () => {
    const { out, code } = await detectWith(
      {
        'aws/mine.ts': `import { CALLS } from '../lib/calls.js';\n${ruleFile('aws.cloudtrail.mine', '', '{ eventName: CALLS }')}`,
        'lib/calls.ts': "export const CALLS: readonly string[] = ['StopLogging'];\n",
        'aws/mine.test.ts': 'this is not read',
        'notes.md': 'nor is this',
      },
      '--no-builtin',
    );

    expect(jsonLines(out)).toEqual([
      expect.objectContaining({ rule: 'aws.cloudtrail.mine', title: 'A rule of ours' }),
    ]);
    expect(code).toBe(0);
  });

  test('work beside ours, and --rules chooses among all of them', async () => {
    const files = { 'mine.ts': ruleFile('aws.cloudtrail.mine') };
    const both = await detectWith(files, '--rules', '*trail*');
    const mine = await detectWith(files, '--rules', '*.mine');

    expect(jsonLines(both.out).map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['aws.cloudtrail.mine', TRAIL_RULE]),
    );
    expect(jsonLines(mine.out).map(({ rule }) => rule)).toEqual(['aws.cloudtrail.mine']);
  });

  test.concurrent.each([
    ['a mistake in the syntax', 'export default {', /mine\.ts:\d+: .*Expected/, 'Correct the syntax'],
    [
      'an import of nothing',
      "import './nowhere.js';",
      /mine\.ts:1: .*nowhere/,
      'Correct the syntax or the import',
    ],
    [
      'an error when it is loaded',
      "throw new Error('boom');",
      /mine\.ts: .*failed to run: Error: boom/,
      'only describes',
    ],
    ['something thrown that is no error', 'throw null;', /mine\.ts: .*failed to run: null/, 'only describes'],
    [
      'a wait for what never comes',
      'await new Promise(() => {});',
      /mine\.ts: .*never comes/,
      'only describes',
    ],
    ['no default export', 'export const a = 1;', /mine\.ts: .*exports no rule/, 'export default defineRule'],
    ['null for a rule', 'export default null;', /mine\.ts: .*null is no rule/, 'export default defineRule'],
    ['a list for a rule', 'export default [];', /mine\.ts: .*\[\] is no rule/, 'export default defineRule'],
    [
      'an empty rule',
      'export default {};',
      /mine\.ts: .*logTypes: undefined does not fit/,
      'Correct logTypes',
    ],
    [
      'an unknown operator',
      ruleFile('aws.cloudtrail.mine', '', '{ eventName: { isnt: 5 } }'),
      /mine\.ts: rule aws\.cloudtrail\.mine, match\.eventName\.isnt: there is no operator/,
      'Use one of: is, like',
    ],
    [
      'the id of one of ours',
      ruleFile(TRAIL_RULE),
      /mine\.ts: rule aws\.cloudtrail\.trail-stopped-or-deleted, id: .*already/,
      'Give this rule an id of its own',
    ],
    [
      'tests that are no list',
      `${ruleFile('aws.cloudtrail.mine')}export const tests = 5;`,
      /mine\.ts: rule aws\.cloudtrail\.mine, tests: .*array/,
      'A test has a name',
    ],
    [
      'a test with a slip',
      `${ruleFile('aws.cloudtrail.mine')}export const tests = [{ name: 'a', event: {}, match: true }];`,
      /mine\.ts: rule aws\.cloudtrail\.mine, tests\[0\]\.matches: .*boolean/,
      'A test has a name',
    ],
  ])('with %s are refused: file, what is wrong, and what to do', async (_, text, what, fix) => {
    const { out, err, code } = await detectWith({ 'mine.ts': text });

    expect(err).toMatch(what);
    expect(err).toContain(fix);
    expect([out, code]).toEqual(['', 64]);
  });

  test.concurrent.each([['list'], ['show', TRAIL_RULE], ['test'], ['list', '--rules', 'aws.*']])(
    'with a mistake are refused by `rules %s` too',
    async (...command) => {
      const folder = folderWith({ 'mine.ts': 'export default { id: 5 };' });
      const { err, code } = await tocsin(['rules', ...command, '--rules-dir', folder]);

      expect(err).toMatch(/mine\.ts: .*id: 5 does not fit/);
      expect(code).toBe(64);
    },
  );

  test('all mistakes of all files are told at once', async () => {
    const { err } = await detectWith({
      'a.ts': 'throw 1;',
      'b.ts': 'export const x = 1;',
      'c.ts': 'export default 5;',
    });

    expect(err).toMatch(/a\.ts.*b\.ts.*c\.ts/s);
  });

  test('one that throws on every event is reported once, and loses no match', async () => {
    const folder = folderWith({
      'x.jsonl': jsonl(...Array.from({ length: 50 }, (_, i) => stopLogging({ eventID: `id-${String(i)}` }))),
    });
    const rules = folderWith({
      'mine.ts': ruleFile('aws.cloudtrail.mine', "title: () => { throw new Error('boom \\u001b[31m'); },"),
    });
    const args = ['detect', folder, '--rules-dir', rules, '--no-builtin'];
    const text = await tocsin([...args]);
    const json = await tocsin([...args, '--json', '--matches']);

    expect(text.err.match(/rule failed/g)).toHaveLength(1);
    expect(text.err).toMatch(/rule failed {2}aws\.cloudtrail\.mine, title: Error: boom .*50 events/);
    expect(text.err).toMatch(NO_ESCAPES);
    expect(jsonLines(json.out)).toHaveLength(50);
    expect(jsonLines(json.err)).toEqual([expect.objectContaining({ ruleFailures: 1, matches: 50 })]);
  });
});

describe('colours and terminals', () => {
  const COMMANDS = [
    ['detect', logs],
    ['detect', logs, '--matches'],
    ['rules', 'list'],
    ['rules', 'show', TRAIL_RULE],
  ];
  test.concurrent.each([
    ['a pipe', COMMANDS, {}],
    ['NO_COLOR', COMMANDS.slice(0, 1), { NO_COLOR: '1' }],
    ['--no-color', [['detect', logs, '--no-color']], {}],
    ['FORCE_COLOR in the environment', COMMANDS.slice(0, 1), { FORCE_COLOR: '1' }],
  ])('with %s there is no escape sequence', async (_, commands, env) => {
    for (const { out, err } of await Promise.all(commands.map((command) => tocsin(command, { env })))) {
      expect(out).not.toBe('');
      expect(out + err).toMatch(NO_ESCAPES);
    }
  });

  describeWith(program('sh', ['-c', 'echo sh']), 'in a pipeline', () => {
    const sh = (script: string, ...args: string[]) =>
      new Promise<{ code: number | null; err: string }>((done) => {
        const child = spawn('sh', ['-c', script, process.execPath, CLI, ...args], { cwd: logs });
        const chunks: Buffer[] = [];
        child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
        child.on('close', (code) => done({ code, err: Buffer.concat(chunks).toString() }));
      });
    const big = folderWith({
      'x.jsonl': jsonl(
        ...Array.from({ length: 5000 }, (_, i) => stopLogging({ eventID: `id-${String(i)}` })),
      ),
    });

    test('a reader that has seen enough ends the command quietly, with 0', async () => {
      const { code, err } = await sh(
        '{ "$0" --disable-warning=ExperimentalWarning "$1" detect "$2" --matches --json --quiet; echo "code $?" >&2; } | head -1 > /dev/null',
        big,
      );

      expect([code, err]).toEqual([0, 'code 0\n']);
    });

    test('a full disk is told, and is no fault of the command', async () => {
      const { code, err } = await sh('"$0" "$1" rules list > /dev/full');

      expect(err).toMatch(/standard output cannot be written: ENOSPC.*\n {2}→ Make room/);
      expect(code).toBe(75);
    });

    test('standard error that nobody reads does no harm', async () => {
      const { code } = await sh('"$0" "$1" detect "$2" --json 2> /dev/full > /dev/null', logs);

      expect(code).toBe(0);
    });
  });
});

describe('tocsin.yaml', () => {
  const withConfig = (config: string, files: Record<string, string> = {}) =>
    folderWith({ 'tocsin.yaml': config, ...files });

  test('mistakes are listed with line, path, value and what was expected', async () => {
    const cwd = withConfig('limits:\n  maxRecordBytes: 12\nsorces: []\n');
    const { out, err, code } = await tocsin(['detect', logs], { cwd });

    expect(err).toMatch(/tocsin\.yaml has 2 mistakes:\n/);
    expect(err).toMatch(/ {2}line 2: limits\.maxRecordBytes: 12 does not fit: .*1024/);
    expect(err).toContain('  line 3: sorces: there is no such key');
    expect([out, code]).toEqual(['', 64]);
  });

  test('a setting that no rule has is refused, with those that it has', async () => {
    const cwd = withConfig(
      'rules:\n  settings:\n    aws.cloudtrail.unused-region-activity: { regions: [x] }\n    no.such.rule: { a: 1 }\n',
    );
    const { err, code } = await tocsin(['rules', 'list'], { cwd });

    expect(err).toContain(
      'rule aws.cloudtrail.unused-region-activity has no setting "regions" (it has: forbiddenRegions)',
    );
    expect(err).toContain('there is no rule "no.such.rule"');
    expect(code).toBe(64);
  });

  test('settings reach their rules', async () => {
    const rule = ruleFile(
      'aws.cloudtrail.set',
      "settings: { names: { description: 'Names.', default: [] } },",
      "{ eventName: { is: { setting: 'names' } } }",
    );
    const cwd = withConfig(
      'rules:\n  folder: rules\n  settings:\n    aws.cloudtrail.set: { names: [StopLogging] }\n',
      { 'rules/x.ts': rule },
    );
    const { out } = await tocsin(['detect', logs, '--json', '--rules', '*.set'], { cwd });

    expect(jsonLines(out)).toEqual([expect.objectContaining({ rule: 'aws.cloudtrail.set', events: 1 })]);
  });

  test('--config names another file, and its folder of rules is relative to it', async () => {
    const there = withConfig('rules: { folder: rules }\n', {
      'rules/x.ts': ruleFile('aws.cloudtrail.there'),
    });
    const { out, code } = await tocsin(
      ['rules', 'list', '--json', '--no-builtin', '--config', join(there, 'tocsin.yaml')],
      { cwd: logs },
    );

    expect(jsonLines(out)).toEqual([expect.objectContaining({ id: 'aws.cloudtrail.there' })]);
    expect(code).toBe(0);
  });

  test('prefixes tell log types, the longest one wins, and globs leave files out', async () => {
    const record = jsonl({ eventName: 'StopLogging', requestParameters: { name: 'a' } });
    const cwd = withConfig(
      [
        'sources:',
        '  - name: trail',
        '    prefixes: { AWSLogs/: aws.cloudtrail, AWSLogs/gcp/: gcp.audit }',
        '    exclude: ["*Digest*"]',
      ].join('\n'),
      {
        'logs/AWSLogs/1/x.jsonl': record,
        'logs/AWSLogs/gcp/x.jsonl': record,
        'logs/AWSLogs/1/CloudTrail-Digest/x.jsonl': record,
        'logs/other/x.jsonl': record,
      },
    );
    const { out, err } = await tocsin(['detect', 'logs', '--matches', '--json', ...ONE_RULE], { cwd });

    expect(jsonLines(out)).toEqual([expect.objectContaining({ file: 'logs/AWSLogs/1/x.jsonl' })]);
    expect(jsonLines(err)).toEqual([
      expect.objectContaining({
        files: 4,
        excluded: 1,
        events: 2,
        deadLettersByReason: { 'unknown-log-type': 1 },
      }),
    ]);
  });

  test('a file that is named alone is looked up by its path from here', async () => {
    const cwd = withConfig('sources: [{ name: trail, prefixes: { AWSLogs/: aws.cloudtrail } }]\n', {
      'AWSLogs/x.jsonl': jsonl({ eventName: 'StopLogging', requestParameters: { name: 'a' } }),
    });
    const { out } = await tocsin(['detect', './AWSLogs/x.jsonl', '--json', ...ONE_RULE], { cwd });

    expect(jsonLines(out)).toHaveLength(1);
  });

  test('limits.maxRecordBytes turns a larger record into one dead letter, and reads on', async () => {
    const cwd = withConfig('limits: { maxRecordBytes: 1024 }\n', {
      'x.jsonl': jsonl(
        stopLogging({ eventID: 'a' }),
        stopLogging({ userAgent: 'x'.repeat(2000) }),
        stopLogging({ eventID: 'b' }),
      ),
    });
    const { out, err } = await tocsin(['detect', 'x.jsonl', '--matches', '--json', ...ONE_RULE], { cwd });

    expect(jsonLines(out).map(({ eventId }) => eventId)).toEqual(['a', 'b']);
    expect(jsonLines(err)).toEqual([
      expect.objectContaining({ deadLetters: 1, deadLettersByReason: { 'record-too-large': 1 } }),
    ]);
  });
});

describe('rules', () => {
  test('list has a line for each rule, and says which are off or signals', async () => {
    const { out, err, code } = await tocsin(['rules', 'list', '--rules', 'gcp.*']);

    expect(out).toMatch(/^Severity {2}Rule .*Name/);
    expect(out).toMatch(/gcp\.audit\.privileged-operation .*signal/);
    expect(out).toMatch(/gcp\.audit\.gke-exec-into-pod .*off/);
    expect(err).toMatch(/^\d+ rules, \d+ of them off\./);
    expect(code).toBe(0);
  });

  test('show says what a person needs who was woken by it', async () => {
    const { out, code } = await tocsin(['rules', 'show', TRAIL_RULE]);

    for (const part of [
      'Alerts when',
      '1 event within 60 minutes',
      'ATT&CK',
      'Description',
      'Runbook',
      'References',
      'Match',
    ])
      expect(out).toContain(part);
    expect(out.split('\n').filter((line) => line.length > 110 && line.includes(' '))).toEqual([]);
    expect(code).toBe(0);
  });

  test('show writes the lines of a runbook as lines, and escape sequences as text', async () => {
    const rules = folderWith({
      'x.ts': ruleFile('aws.cloudtrail.mine').replace("'Look.'", "'First look.\\nThen \\u001b[31mact.'"),
    });
    const { out } = await tocsin(['rules', 'show', 'aws.cloudtrail.mine', '--rules-dir', rules]);

    expect(out).toContain('Runbook\nFirst look.\nThen \\u001b[31mact.\n');
  });

  test('test runs the tests beside our rules, and they pass', async () => {
    const { out, err, code } = await tocsin(['rules', 'test', '--quiet']);

    expect(out).toBe('');
    expect(err).toMatch(/^\d+ rules, \d+ tests: \d+ passed, 0 failed\n$/);
    expect(code).toBe(0);
  });

  test('test ends with 1 when a test fails, and says what was expected and what was seen', async () => {
    const rules = folderWith({
      'x.ts': `${ruleFile('aws.cloudtrail.mine')}
        export const tests = [
          { name: 'fires', event: { eventName: 'StopLogging' }, matches: true, title: 'Another title' },
          { name: 'does not', event: { eventName: 'Other' }, matches: true },
          { name: 'is fine', event: { eventName: 'Other' }, matches: false },
        ];`,
      'untested.ts': ruleFile('aws.cloudtrail.other'),
    });
    const text = await tocsin(['rules', 'test', '--no-builtin', '--rules-dir', rules]);
    const json = await tocsin(['rules', 'test', '--no-builtin', '--rules-dir', rules, '--json']);

    expect(text.out).toContain('FAIL aws.cloudtrail.mine fires');
    expect(text.out).toContain('title: expected "Another title", got "A rule of ours"');
    expect(text.out).toContain('expected a match, got none');
    expect(text.out).toContain('ok   aws.cloudtrail.mine is fine');
    expect(text.err).toBe('2 rules, 3 tests: 1 passed, 2 failed, 1 rule without a test\n');
    expect(jsonLines(json.out).at(-1)).toEqual({ rules: 2, tests: 3, passed: 1, failed: 2, untested: 1 });
    expect([text.code, json.code]).toEqual([1, 1]);
  });

  describe('test --cases', () => {
    const good = {
      id: 'a',
      rule: TRAIL_RULE,
      logType: 'aws.cloudtrail',
      event: stopLogging(),
      expected: true,
    };
    const run = (lines: string, ...more: string[]) =>
      tocsin(['rules', 'test', '--cases', 'cases.jsonl', ...more], {
        cwd: folderWith({ 'cases.jsonl': lines }),
      });

    test('prints a line for each case, then the totals', async () => {
      const { out, code } = await run(
        jsonl(
          good,
          { ...good, id: 'b', expected: false },
          { ...good, id: 'c', severity: 'high' },
          { ...good, id: 'd', rule: 'no.such.rule' },
          { ...good, id: 'e', event: {}, expected: false },
        ),
        '--json',
      );

      const lines = jsonLines(out);
      expect(lines[0]).toEqual({
        ...{ id: 'a', rule: TRAIL_RULE, expected: true },
        ...{ got: true, severity: 'medium', ok: true },
      });
      expect(lines.slice(1, -1).map(({ id, got, ok }) => [id, got, ok])).toEqual([
        ['b', true, false],
        ['c', true, false],
        ['d', null, false],
        ['e', false, true],
      ]);
      expect(lines.at(-1)).toEqual({ cases: 5, passed: 2, failed: 2, unknownRule: 1 });
      expect(code).toBe(1);
    });

    test('ends with 0 when all of them pass', async () => {
      const { err, code } = await run(jsonl(good, { ...good, id: 'b', severity: null }));

      expect(err).toBe('2 cases: 2 passed, 0 failed, 0 of unknown rules\n');
      expect(code).toBe(0);
    });

    test('disabled rules run too', async () => {
      const event = { logName: 'projects/p/logs/cloudaudit.googleapis.com%2Factivity' };
      const { out } = await run(
        jsonl({ ...good, rule: 'gcp.audit.gke-exec-into-pod', logType: 'gcp.audit', event, expected: false }),
        '--json',
      );

      expect(jsonLines(out)[0]).toMatchObject({ got: false, ok: true });
    });

    test.concurrent.each([
      ['no JSON', '{ "id": \u001b[31m }', /not valid JSON/],
      ['a list', '[]', /not an object/],
      ['no event', JSON.stringify({ ...good, event: null }), /event: expected an object/],
      ['an unknown log type', JSON.stringify({ ...good, logType: 'aws' }), /logType: no such log type/],
      ['a text for a boolean', JSON.stringify({ ...good, expected: 'yes' }), /expected: .*boolean/],
    ])('a line with %s is named by its number', async (_, line, what) => {
      const { err, code } = await run(`${jsonl(good)}\n\r\n${line}\n`);

      expect(err).toMatch(/cases\.jsonl, line 4: /);
      expect(err).toMatch(what);
      expect(err).toMatch(NO_ESCAPES);
      expect(code).toBe(64);
    });

    test('an event means here what it means to detect: large integers, odd keys', async () => {
      const rules = folderWith({
        'x.ts': ruleFile('aws.cloudtrail.mine', '', "{ big: '9007199254740993', '__proto__': 'a' }").replace(
          "'__proto__'",
          '["__proto__"]',
        ),
      });
      const { out } = await run(
        '{"id":"a","rule":"aws.cloudtrail.mine","logType":"aws.cloudtrail","expected":true,' +
          '"event":{"big":9007199254740993,"__proto__":"a"}}\n',
        ...['--json', '--rules-dir', rules],
      );

      expect(jsonLines(out)[0]).toMatchObject({ got: true, ok: true });
    });
  });
});

describe('demo', () => {
  test('raises alerts of three clouds from logs that it leaves behind', async () => {
    const out = join(folderWith({}), 'logs');
    const run = await tocsin(['demo', '--json', '--seed', '7', '--out', out]);
    const again = await tocsin(['detect', out, '--json']);

    const clouds = new Set(jsonLines(run.out).map(({ logType }) => String(logType).split('.')[0]));
    expect([...clouds].sort()).toEqual(['aws', 'azure', 'gcp']);
    expect(jsonLines(again.out).map(({ alertId }) => alertId)).toEqual(
      jsonLines(run.out).map(({ alertId }) => alertId),
    );
    expect(run.err).toContain(out);
    expect(run.out).toMatch(NO_ESCAPES);
    expect([run.code, again.code]).toEqual([0, 0]);
  });

  test('names the next command to type', async () => {
    const { out, err } = await tocsin(['demo', '--seed', '-3'], { env: { TMPDIR: folderWith({}) } });

    expect(out).toMatch(/^(?:info|low|medium|high|critical) /m);
    expect(err).toMatch(/Next\n {2}tocsin detect /);
    expect(out + err).toMatch(NO_ESCAPES);
  });
});

describe('a fault of the command itself', () => {
  test('ends with 70, and the stack that a report needs', async () => {
    // A damaged installation: a part of the command is missing.
    const folder = folderWith({ 'package.json': '{ "type": "module" }' });
    cpSync(dirname(CLI), join(folder, 'dist'), { recursive: true });
    const chunks = join(folder, 'dist/chunks');
    for (const name of readdirSync(chunks)) if (name.startsWith('rules-list')) rmSync(join(chunks, name));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules/esbuild'), join(folder, 'node_modules/esbuild'));
    const run = await new Promise<{ code: number | null; err: string }>((done) => {
      const child = spawn(process.execPath, [join(folder, 'dist/cli.js'), 'rules', 'list']);
      const chunksOfErr: Buffer[] = [];
      child.stderr.on('data', (chunk: Buffer) => chunksOfErr.push(chunk));
      child.on('close', (code) => done({ code, err: Buffer.concat(chunksOfErr).toString() }));
    });

    expect(run.err).toMatch(
      /tocsin: a fault in Tocsin itself\. Please report it with this text:\n.*\n\s+at /s,
    );
    expect(run.code).toBe(70);
  });
});
