import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  openSync,
  closeSync,
  ftruncateSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../detector/rule.js';
import { capability, describeWith, program } from '../support/capabilities.js';
import { CLI, folderWith, jsonLines, tocsin } from '../support/cli.js';
import { jsonl, listBuckets, ruleFile, stopLogging, TRAIL_RULE } from './events.js';

const MB = 1024 * 1024;
const MOST_MEMORY = 200 * MB;
const fast = { level: constants.Z_BEST_SPEED };
const event = (eventID: string, changes: JsonObject = {}): JsonObject => stopLogging({ eventID, ...changes });

/** What `detect` finds of one rule in some files: ids of the events in order, and the summary. */
async function detect(files: Readonly<Record<string, string | Uint8Array>>, ...more: readonly string[]) {
  const folder = folderWith(files);
  const args = ['detect', '.', '--matches', '--json', '--rules', TRAIL_RULE, ...more];
  const { out, err, code } = await tocsin(args, { cwd: folder });
  const matches = jsonLines(out);
  return { matches, ids: matches.map(({ eventId }) => eventId), summary: jsonLines(err)[0], code };
}

const healthy = { deadLetters: 0, ruleFailures: 0 };
const oneLetter = (reason: string) => ({
  deadLetters: 1,
  deadLettersByReason: { [reason]: 1 },
  ruleFailures: 0,
});

describe('compressed files', () => {
  const content = jsonl(...Array.from({ length: 300 }, (_, i) => event(`id-${String(i)}`)));
  const gzip = gzipSync(content);

  test('a gzip file that ends too early gives what is in it, and one dead letter (#20)', async () => {
    const { ids, summary, code } = await detect({
      'x.json.gz': gzip.subarray(0, gzip.length - 200),
      'y.jsonl': jsonl(event('y')),
    });

    expect(ids.length).toBeGreaterThan(100);
    expect(ids.at(-1)).toBe('y');
    expect(summary).toMatchObject({ files: 2, ...oneLetter('truncated') });
    expect(code).toBe(0);
  });

  test('a damaged gzip file gives what comes before the damage, and one dead letter', async () => {
    const damaged = Buffer.from(gzip);
    damaged.fill(0xff, damaged.length - 400, damaged.length - 300);
    const { ids, summary, code } = await detect({ 'x.json.gz': damaged, 'y.jsonl': jsonl(event('y')) });

    expect(ids.length).toBeGreaterThan(10);
    expect(ids.at(-1)).toBe('y');
    // What the damage turns into text is no JSON; the damage itself is told once.
    expect(summary).toMatchObject({ deadLettersByReason: { 'corrupt-compression': 1 } });
    expect(code).toBe(0);
  });

  test.concurrent.each([
    ['a gzip header and nothing else', gzip.subarray(0, 10), 'truncated'],
    ['a zstd magic number and nothing else', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'truncated'],
    ['a wrong checksum', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)]), 'corrupt-compression'],
  ])('%s is one dead letter', async (_, bytes, reason) => {
    const { summary } = await detect({ 'x.gz': bytes });

    expect(summary).toMatchObject(oneLetter(reason));
  });

  test('gzip in several members, zstd and plain files are told by their bytes, not their names', async () => {
    const { ids, summary } = await detect({
      'a.json': Buffer.concat([gzipSync(jsonl(event('1'))), gzipSync(jsonl(event('2')))]),
      'b.gz': zstdCompressSync(jsonl(event('3'))),
      'c.zst': jsonl(event('4')),
    });

    expect(ids).toEqual(['1', '2', '3', '4']);
    expect(summary).toMatchObject(healthy);
  });
});

describe('records', () => {
  const plain = jsonl(event('1'), event('2'));

  test.concurrent.each<[string, string | Uint8Array]>([
    ['one a line', plain],
    ['one a line, with CR and LF', plain.replaceAll('\n', '\r\n')],
    ['one a line, the last without its end', plain.trimEnd()],
    ['one a line, with empty ones between', `\n\n${plain.replaceAll('\n', '\n\n')}`],
    ['a byte order mark in front', `\ufeff${plain}`],
    ['UTF-16, little endian', Buffer.from(`\ufeff${plain}`, 'utf16le')],
    ['UTF-16, big endian', Buffer.from(`\ufeff${plain}`, 'utf16le').swap16()],
    ['an envelope', JSON.stringify({ Records: [event('1'), event('2')] })],
    ['an envelope in small letters', JSON.stringify({ records: [event('1'), event('2')] })],
    ['an envelope, pretty-printed', JSON.stringify({ Records: [event('1'), event('2')] }, null, 2)],
    ['an envelope a line', jsonl({ Records: [event('1')] }, { Records: [event('2')] })],
    ['an envelope in small letters a line', jsonl({ records: [event('1')] }, { records: [event('2')] })],
    ['a list', JSON.stringify([event('1'), event('2')])],
    ['one right behind the other', JSON.stringify(event('1')) + JSON.stringify(event('2'))],
  ])('%s', async (_, content) => {
    const { ids, summary } = await detect({ 'x.log': content });

    expect(ids).toEqual(['1', '2']);
    expect(summary).toMatchObject({ events: 2, ...healthy });
  });

  test('braces, brackets and quotes inside of strings end nothing', async () => {
    const name = '}]},{"eventName":"x"}] \\" {{[[ \\';
    const { ids, matches, summary } = await detect({
      'x.json': JSON.stringify({ Records: [event('1', { requestParameters: { name } }), event('2')] }),
    });

    expect(ids).toEqual(['1', '2']);
    expect(matches[0]).toMatchObject({ dedup: name });
    expect(summary).toMatchObject(healthy);
  });

  test.concurrent.each([
    ['on a line', jsonl(event('1'), '{"eventName": "StopLogging", "userIdentity": {', event('2'))],
    [
      'on a line that is no JSON at all',
      jsonl(event('1'), 'Mar  2 09:14:07 host sshd[1]: hello', event('2')),
    ],
    [
      'in a list',
      `{"Records":[${JSON.stringify(event('1'))},{"eventName":nonsense},${JSON.stringify(event('2'))}]}`,
    ],
  ])('a broken one %s is one dead letter, and its neighbours live', async (_, content) => {
    const { ids, summary, code } = await detect({ 'x.json': content });

    expect(ids).toEqual(['1', '2']);
    expect(summary).toMatchObject(oneLetter('not-json'));
    expect(code).toBe(0);
  });

  test('a dead letter points at the record: file, number, offset', async () => {
    const { summary } = await detect({ 'x.jsonl': jsonl(event('1'), '{"a":}', event('2')) });

    expect(summary).toMatchObject({
      firstDeadLetters: [{ reason: 'not-json', unit: 'x.jsonl', index: 1, offset: jsonl(event('1')).length }],
    });
  });

  test('records that nobody knows are dead letters with their first names, however many and long', async () => {
    const hostile = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`${String(i)}${'x'.repeat(100_000)}`, 1]),
    );
    const { summary } = await detect({ 'x.jsonl': jsonl({ level: 'info', msg: 'hello' }, hostile) });

    expect(summary).toMatchObject({ deadLettersByReason: { 'unknown-log-type': 2 } });
    const letters = summary?.firstDeadLetters as { message: string }[];
    expect(letters[0]?.message).toBe('keys: level, msg');
    expect(letters[1]?.message.length).toBeLessThan(1000);
  });

  test('an empty file, a file of blanks and a file of empty envelopes hold nothing (#3)', async () => {
    const { summary, code } = await detect({ a: '', b: ' \n\n\t', c: '{"Records":[]}', d: gzipSync('') });

    expect(summary).toMatchObject({ files: 4, events: 0, ...healthy });
    expect(code).toBe(0);
  });

  test('digests and other logs that share a folder are counted, and are no dead letters (#4)', async () => {
    const digest = { digestS3Bucket: 'b', digestStartTime: '2026-03-02T09:00:00Z', logFiles: [] };
    const { summary } = await detect({ 'digest.json': JSON.stringify(digest) });

    expect(summary).toMatchObject({ events: 0, notEvents: 1, ...healthy });
  });
});

describe('values', () => {
  test.concurrent.each<[string, string, unknown]>([
    ['an integer beyond 2^53', '9007199254740993', '9007199254740993'],
    ['an integer beyond 2^64', '123456789012345678901234567890', '123456789012345678901234567890'],
    ['half a surrogate pair', '"a\\ud800b"', 'a\ud800b'],
    ['NUL', '"a\\u0000b"', 'a\u0000b'],
    ['a number for a name', '5', '5'],
  ])('%s comes through as it was', async (_, json, shown) => {
    const line = JSON.stringify(event('1', { requestParameters: { name: '@' } })).replace('"@"', json);
    const { matches, summary } = await detect({ 'x.jsonl': `${line}\n` });

    expect(matches).toEqual([expect.objectContaining({ dedup: shown })]);
    expect(summary).toMatchObject(healthy);
  });

  test('of repeated keys the last one counts', async () => {
    const line = JSON.stringify(listBuckets()).replace(/}$/, ',"eventName":"StopLogging","eventID":"last"}');
    const { ids } = await detect({ 'x.jsonl': line });

    expect(ids).toEqual(['last']);
  });

  test('__proto__ and constructor are names like others', async () => {
    const poison =
      '"__proto__":{"eventName":"StopLogging","polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,';
    const { ids, summary } = await detect({
      'x.jsonl': jsonl(
        JSON.stringify(listBuckets()).replace('{', `{${poison}`).replace('"eventName":"ListBuckets",', ''),
        JSON.stringify(event('2')).replace('{', `{${poison}`).replace('"name":', '"__proto__":null,"name":'),
        event('3'),
      ),
    });

    expect(ids).toEqual(['2', '3']);
    expect(summary).toMatchObject({ deadLettersByReason: { 'unknown-log-type': 1 } });
  });

  test('100,000 levels of brackets are read like two', async () => {
    const deep = (open: string, close: string): string => open.repeat(100_000) + '1' + close.repeat(100_000);
    const lines = [deep('[', ']'), deep('{"a":', '}')].map((json, i) =>
      JSON.stringify(event(String(i), { additionalEventData: '@' })).replace('"@"', json),
    );
    const { ids, summary } = await detect({ 'x.jsonl': jsonl(...lines, event('last')) });

    expect(ids).toEqual(['0', '1', 'last']);
    expect(summary).toMatchObject(healthy);
  });

  test('NUL bytes are no record', async () => {
    const { ids, summary } = await detect({
      'x.jsonl': Buffer.concat([
        Buffer.from(jsonl(event('1'))),
        Buffer.alloc(5000),
        Buffer.from(`\n${jsonl(event('2'))}`),
      ]),
    });

    expect(ids).toEqual(['1', '2']);
    expect(summary).toMatchObject(oneLetter('not-json'));
  });

  test('invalid UTF-8 is read as replacement characters', async () => {
    const line = Buffer.from(jsonl(event('1', { requestParameters: { name: 'a@b' } })));
    line[line.indexOf('@')] = 0xff;
    const { matches } = await detect({ 'x.jsonl': line });

    expect(matches).toEqual([expect.objectContaining({ dedup: 'a\ufffdb' })]);
  });

  test('a megabyte in a title, an id or a group key is cut', async () => {
    const long = 'ß'.repeat(MB);
    const { matches } = await detect({
      'x.jsonl': jsonl(
        event(long, { userIdentity: { type: 'IAMUser', userName: long }, requestParameters: { name: long } }),
      ),
    });

    expect(matches).toHaveLength(1);
    expect(String(matches[0]?.title).length).toBeLessThanOrEqual(1000);
    expect(matches[0]?.eventId).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(matches[0]).length).toBeLessThan(5000);
  });

  test('times that are missing, odd or still to come are those of arrival', async () => {
    const before = Date.now();
    const { matches } = await detect({
      'x.jsonl': jsonl(
        event('1', { eventTime: null }),
        event('2', { eventTime: '2026-02-30T00:00:00Z' }),
        event('3', { eventTime: '9999-01-01T00:00:00Z' }),
      ),
    });

    expect(matches).toHaveLength(3);
    for (const { eventTime } of matches) {
      const at = Date.parse(String(eventTime));
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
  });
});

describe('the report', () => {
  test('each alert has the first and last event of its own group (#26)', async () => {
    const named = (id: string, name: string, eventTime: string) =>
      event(id, { requestParameters: { name }, eventTime });
    const folder = folderWith({
      'x.jsonl': jsonl(
        named('1', 'a', '2026-03-01T10:00:00Z'),
        named('2', 'b', '2026-03-02T10:00:00Z'),
        named('3', 'b', '2026-03-02T10:20:00Z'),
        named('4', 'a', '2026-03-01T09:30:00Z'),
      ),
    });
    const { out } = await tocsin(['detect', folder, '--json', '--rules', TRAIL_RULE]);

    expect(jsonLines(out)).toEqual([
      expect.objectContaining({
        dedup: 'a',
        firstEventTime: '2026-03-01T09:30:00.000Z',
        lastEventTime: '2026-03-01T10:00:00.000Z',
        events: 2,
      }),
      expect.objectContaining({
        dedup: 'b',
        firstEventTime: '2026-03-02T10:00:00.000Z',
        lastEventTime: '2026-03-02T10:20:00.000Z',
        events: 2,
      }),
    ]);
  });

  test('the same event again, in the same file and another one, counts once in its alert', async () => {
    const folder = folderWith({ 'a.jsonl': jsonl(event('1'), event('1')), 'b.jsonl': jsonl(event('1')) });
    const { out } = await tocsin(['detect', folder, '--json', '--rules', TRAIL_RULE]);

    expect(jsonLines(out)).toEqual([expect.objectContaining({ events: 1 })]);
  });

  test.each([
    ['nothing', {}],
    ['one empty file', { a: '' }],
    ['nothing that can be read', { a: 'hello', b: gzipSync('x').subarray(0, 12) }],
    ['more matches than events', { a: jsonl(event('1')) }],
  ])('of %s has no negative number and no NaN (#27)', async (_, files) => {
    const folder = folderWith(files);
    const [text, json] = await Promise.all([
      tocsin(['detect', folder]),
      tocsin(['detect', folder, '--json']),
    ]);

    expect(text.err).not.toMatch(/NaN|Infinity|(?<![\w-])-\d|undefined|null/);
    const summary = jsonLines(json.err)[0] ?? {};
    const numbers = Object.values(summary).filter((value) => typeof value === 'number');
    expect(numbers.length).toBeGreaterThan(8);
    for (const number of numbers) expect(number).toBeGreaterThanOrEqual(0);
    expect(Object.values(summary)).not.toContain(null);
  });
});

describe('paths', () => {
  test('a link that leads nowhere is a dead letter, and the files beside it are read (#20)', async () => {
    const folder = folderWith({ 'b.jsonl': jsonl(event('1')) });
    symlinkSync(join(folder, 'gone'), join(folder, 'a.jsonl'));
    symlinkSync('loop', join(folder, 'loop'));
    const { out, err, code } = await tocsin(['detect', '.', '--matches', '--json', '--rules', TRAIL_RULE], {
      cwd: folder,
    });

    expect(jsonLines(out)).toHaveLength(1);
    expect(jsonLines(err)).toEqual([
      expect.objectContaining({ files: 1, deadLettersByReason: { unreadable: 2 } }),
    ]);
    expect(code).toBe(0);
  });

  test('a link to a folder above is not followed round and round', async () => {
    const folder = folderWith({ 'sub/b.jsonl': jsonl(event('1')) });
    symlinkSync('..', join(folder, 'sub/up'));
    const { err } = await tocsin(['detect', folder, '--json']);

    expect(jsonLines(err)).toEqual([expect.objectContaining({ files: 1, deadLetters: 0 })]);
  });

  describeWith(program('mkfifo', ['--version']), 'a pipe', () => {
    test.each([
      ['a few bytes', 1],
      ['more than is read at once', 4000],
    ])('is read to its end, once: %s', async (_, times) => {
      const folder = folderWith({});
      const pipe = join(folder, 'pipe');
      spawnSync('mkfifo', [pipe]);
      const content = jsonl(...Array.from({ length: times }, (__, i) => event(`id-${String(i)}`)));
      writeFileSync(join(folder, 'content'), content);
      const writer = spawn('sh', ['-c', 'cat content > pipe'], { cwd: folder });
      const { err } = await tocsin(['detect', pipe, '--json']);
      writer.kill();

      expect(jsonLines(err)).toEqual([
        expect.objectContaining({ events: times, bytes: content.length, deadLetters: 0 }),
      ]);
    });
  });

  const unprivileged = capability<readonly string[]>('a user without privileges', () => {
    if (process.getuid?.() !== 0) return { found: [] };
    const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const probe = spawnSync(drop[0] ?? '', [...drop.slice(1), process.execPath, CLI, '--version']);
    return probe.status === 0
      ? { found: drop }
      : { missing: 'setpriv cannot run the command as another user' };
  });
  describeWith(unprivileged, 'files that one may not read', (drop) => {
    test('are dead letters, a folder too, and the others are read (#20)', async () => {
      const folder = folderWith({
        'a.jsonl': jsonl(event('1')),
        'b.jsonl': jsonl(event('2')),
        'c/d.jsonl': jsonl(event('3')),
      });
      chmodSync(folder, 0o755);
      chmodSync(join(folder, 'b.jsonl'), 0);
      chmodSync(join(folder, 'c'), 0);
      const [command, ...args] = [
        ...drop,
        process.execPath,
        CLI,
        'detect',
        folder,
        '--matches',
        '--json',
        '--rules',
        TRAIL_RULE,
      ];
      const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
      chmodSync(join(folder, 'c'), 0o755);

      expect(jsonLines(stdout).map(({ eventId }) => eventId)).toEqual(['1']);
      const [summary] = jsonLines(stderr);
      expect(summary).toMatchObject({ deadLettersByReason: { unreadable: 2 } });
      expect(JSON.stringify(summary)).toMatch(/b\.jsonl.*EACCES|EACCES.*b\.jsonl/);
      expect(status).toBe(0);
    });
  });
});

describeWith(program('script', ['--version']), 'on a terminal', () => {
  const HOSTILE =
    '\u001b]0;pwned\u0007\u001b[2J\u001b[31m\u009b31m\u0090q\u009c\b\r\n\u202eevil\u2066\u200b\u2028\u{e0041}\u00ad';
  const SGR = /\u001b\[[\d;]*m/g;
  /** What the progress bar does: the cursor and its line, wrapping on and off. */
  const BAR = /\u001b(?:[78]|\[\?(?:25|7)[hl]|\[(?:\d*G|\d*K|\d*C|\d*D))/g;

  /** Nothing of the environment of whoever runs the tests: CI, NO_COLOR, FORCE_COLOR and more decide about colours. */
  const COLOURFUL = { PATH: process.env.PATH, TERM: 'xterm-256color' };

  /** Runs a command line under a terminal of its own. */
  const onTerminal = (args: readonly string[], cwd: string, columns = 100, env: NodeJS.ProcessEnv = {}) =>
    new Promise<{ text: string; code: number | null }>((done, fail) => {
      const words = [process.execPath, '--disable-warning=ExperimentalWarning', CLI, ...args];
      const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      const child = spawn('script', ['-qec', `stty cols ${String(columns)} rows 24; ${line}`, '/dev/null'], {
        cwd,
        env: { ...COLOURFUL, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', fail);
      child.on('close', (code) => done({ text: Buffer.concat(chunks).toString(), code }));
    });

  const record = event(HOSTILE, {
    eventTime: HOSTILE,
    userIdentity: { type: 'IAMUser', userName: HOSTILE },
    requestParameters: { name: HOSTILE },
    [HOSTILE]: HOSTILE,
  });
  const rules = folderWith({
    'x.ts': ruleFile(
      'aws.cloudtrail.throws',
      `dedup: (event) => { throw new Error(event.text('eventID')); },`,
    ),
  });
  const folder = folderWith({
    'x.jsonl': jsonl(record, { [HOSTILE]: 1 }, `{"${HOSTILE}": nonsense}`),
    'a\u001b[2J\u202e.jsonl': 'hello\n',
    'cases.jsonl': `{"id":"${HOSTILE}`,
  });

  test.each([
    [['detect', '.', '--quiet']],
    [['detect', '.', '--quiet', '--matches']],
    [['detect', '.', '--quiet', '--json']],
    [['detect', '.', '--quiet', '--json', '--matches']],
    [['detect', '.', '--quiet', '--csv']],
    [['detect', '.', '--quiet', '--csv', '--matches']],
    [['detect', 'a\u001b[2J\u202e']],
    [['rules', 'test', '--cases', 'cases.jsonl']],
    [['rules', 'show', HOSTILE.replaceAll('\n', '')]],
  ])('%j lets nothing of a log reach it raw', async (args) => {
    const { text } = await onTerminal([...args, '--rules-dir', rules], folder);

    // The terminal puts a CR before each LF; CSV has one of its own.
    const rest = text.replaceAll(/\r*\n/g, '\n').replaceAll(SGR, '');
    expect(rest).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(rest).not.toBe('');
  });

  test('colours are used, and the bar leaves no trace behind', async () => {
    const { text, code } = await onTerminal(['detect', '.', '--rules-dir', rules], folder);

    const after = text.slice(text.lastIndexOf('\u001b[?25h'));
    expect(text.match(SGR)?.length).toBeGreaterThan(5);
    expect(text.replaceAll(SGR, '').replaceAll(BAR, '').replaceAll(/\r?\n/g, '')).not.toMatch(/\p{Cc}/u);
    expect(after).toContain('\u001b[?7h');
    expect(after).toContain('3 files');
    expect(code).toBe(0);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }, { CI: 'true' }])(
    'no colours are used with %j',
    async (env) => {
      const { text } = await onTerminal(['detect', '.', '--rules-dir', rules], folder, 100, env);

      expect(text).toContain('3 files');
      expect(text).not.toMatch(SGR);
    },
  );

  test('results that come while the bar is shown stand on lines of their own', async () => {
    const { text } = await onTerminal(['demo', '--out', folderWith({})], folder);

    // Each result begins where the bar was cleared, never behind it.
    for (const [, before = ''] of text.matchAll(
      /(.*?)(?:\u001b\[\d+m)*(?:critical|high|medium|low|info) +(?:\u001b\[\d+m)*\d{4}-/g,
    )) {
      expect(before.slice(before.lastIndexOf('\u001b[2K') + 1).replaceAll(BAR, '')).not.toMatch(/[█░]/);
    }
    expect(text).toMatch(/[█░]/);
  });

  test.each([40, 60, 160])('nothing is wider than %d columns', async (columns) => {
    const narrow = folderWith({
      'x.jsonl': jsonl(event('1', { requestParameters: { name: 'larkfield-'.repeat(40) } })),
    });
    const { text } = await onTerminal(['detect', '.', '--quiet', '--no-color'], narrow, columns);

    const lines = text.split('\r\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  test('an interrupt ends the command as one does, with the cursor back', async () => {
    const pipe = folderWith({});
    spawnSync('mkfifo', [join(pipe, 'never')]);
    const words = [process.execPath, CLI, 'detect', join(pipe, 'never')].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', words, '/dev/null'], {
      env: COLOURFUL,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      // The bar is there: somebody presses Ctrl-C.
      if (!text.includes('░') && chunk.includes('░')) child.stdin.write('\u0003');
      text += chunk.toString();
    });
    const code = await new Promise<number | null>((done) => child.on('close', done));

    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
    expect(text.lastIndexOf('\u001b[?7h')).toBeGreaterThan(text.lastIndexOf('\u001b[?7l'));
    expect(code).toBe(130);
  });
});

const measurable = capability('/proc/self/status', () =>
  existsSync('/proc/self/status') ? { found: true } : { missing: 'the peak of memory cannot be read here' },
);
describeWith(measurable, 'memory stays within 200 MB', () => {
  const run = (folder: string, ...more: string[]) =>
    tocsin(['detect', '.', '--json', '--rules', TRAIL_RULE, ...more], { cwd: folder, peak: true });

  /** Gzip of a few bytes at the ends and many megabytes of a repeated megabyte between, as members of one file. */
  const members = (before: string, block: string | Buffer, times: number, after: string): Buffer => {
    const middle = gzipSync(block, fast);
    return Buffer.concat([gzipSync(before), ...Array.from({ length: times }, () => middle), gzipSync(after)]);
  };
  const last = jsonl(event('last'));

  test.each([
    ['one string', members('{"a":"', Buffer.alloc(MB, 'x'), 300, `"}\n${last}`), 'record-too-large'],
    [
      'one string, as small as gzip makes it',
      gzipSync(
        Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(300 * MB, 'x'), Buffer.from(`"}\n${last}`)]),
      ),
      'record-too-large',
    ],
    ['blanks', members('', Buffer.alloc(MB, ' '), 300, `\n${last}`), undefined],
    ['empty lines', members('', Buffer.alloc(MB, '\n'), 300, last), undefined],
    ['a list of open brackets', members('', Buffer.alloc(MB, '['), 300, `\n${last}`), 'any'],
    [
      'one key after the other',
      members('{', Buffer.from('"aaaaaaaaaaa":1,'.repeat(MB / 16)), 300, `"b":1}\n${last}`),
      'record-too-large',
    ],
    ['no line break', members('', Buffer.alloc(MB, 'x'), 300, `\n${last}`), 'not-json'],
  ])('for a bomb of 300 MB of %s, and what follows it is read', async (_, bytes, reason) => {
    const { out, err, peakBytes, code } = await run(folderWith({ 'x.gz': bytes, 'y.jsonl': last }));

    expect(bytes.length).toBeLessThan(5 * MB);
    if (reason !== 'any') {
      expect(jsonLines(out)).toHaveLength(1);
      expect(jsonLines(err)[0]).toMatchObject({
        events: 2,
        deadLetters: reason === undefined ? 0 : 1,
        deadLettersByReason: reason === undefined ? {} : { [reason]: 1 },
      });
    }
    expect(jsonLines(err)[0]?.bytes).toBeGreaterThan(300 * MB);
    expect(peakBytes).toBeGreaterThan(10 * MB);
    expect(peakBytes).toBeLessThan(MOST_MEMORY);
    expect(code).toBe(0);
  });

  test('for half a million tiny records, `{}` after `{}`, from 1 KB', async () => {
    const { err, peakBytes } = await run(folderWith({ 'x.gz': gzipSync('{}'.repeat(500_000)) }));

    expect(jsonLines(err)[0]).toMatchObject({ deadLetters: 500_000 });
    expect(peakBytes).toBeLessThan(MOST_MEMORY);
  });

  test('for a line of 200 MB in a plain file', async () => {
    const folder = folderWith({ 'y.jsonl': last });
    const file = openSync(join(folder, 'x.log'), 'w');
    ftruncateSync(file, 200 * MB);
    closeSync(file);
    const { err, peakBytes } = await run(folder);

    expect(jsonLines(err)[0]).toMatchObject({ events: 1, ...oneLetter('not-json') });
    expect(peakBytes).toBeLessThan(MOST_MEMORY);
  });

  /** One envelope of about so many megabytes; of each thousand events the first ones match. */
  const objectOf = (megabytes: number, matching: number): { bytes: Buffer; events: number } => {
    const userAgent = 'aws-cli/2.17.0 Python/3.12.4 Linux/6.1 source/x86_64.amzn.2023 '.repeat(10);
    const records = Array.from({ length: 1000 }, (_, i) => {
      const more = { userAgent, eventTime: new Date(Date.UTC(2026, 2, 2) + i * 1000).toISOString() };
      const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      return JSON.stringify(i < matching ? event(id, more) : listBuckets({ eventID: id, ...more }));
    }).join(',');
    const times = Math.ceil((megabytes * MB) / (records.length + 1));
    const block = gzipSync(`${records},`);
    const blocks = Array.from({ length: times - 1 }, () => block);
    const bytes = Buffer.concat([gzipSync('{"Records":['), ...blocks, gzipSync(`${records}]}`)]);
    return { bytes, events: times * 1000 };
  };

  test('for an object of 1 GB (#9)', async () => {
    const { bytes, events } = objectOf(1000, 10);
    const { out, err, peakBytes } = await run(folderWith({ 'x.json.gz': bytes }));

    const [summary] = jsonLines(err);
    expect(bytes.length).toBeLessThan(20 * MB);
    expect(summary).toMatchObject({ events, matches: events / 100, ...healthy });
    expect(summary?.bytes).toBeGreaterThan(1000 * MB);
    expect(jsonLines(out)).toEqual([expect.objectContaining({ events: 10 })]);
    expect(peakBytes).toBeLessThan(MOST_MEMORY);
  });

  test.each([[], ['--matches']])(
    'or a little more, where every event of a large object matches %p',
    async (...more) => {
      const { bytes, events } = objectOf(100, 1000);
      const { err, peakBytes } = await run(folderWith({ 'x.json.gz': bytes }), ...more);

      expect(jsonLines(err)[0]).toMatchObject({ events, matches: events, ...healthy });
      // The collector is in no hurry; what is held at a time is a tenth of this.
      expect(peakBytes).toBeLessThan(1.5 * MOST_MEMORY);
    },
  );
});
