import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readNotification } from '../../../../../detector/feeds/s3/notification.js';
import { backfill } from '../../../../../src/commands/backfill.js';
import { jsonLines } from '../../../../support/cli.js';
import { FauxAws, jsonError, TEST_KEYS, until, xmlError } from '../../../../support/fauxqs.js';
import { buildDriver, drive } from '../driver.js';
import { depsIn, folderOf, inAwsEnv, rejection } from '../support.js';

const ACCOUNT = '000000000000';
const BUCKET = 'company-logs';
/** Each test has an installation of its own, and so a queue. */
const configOf = (installation: string, bucket: string) => ({
  installation,
  aws: { accounts: { main: { id: ACCOUNT, region: 'us-east-1' } }, detector: { account: 'main' } },
  sources: [
    { name: 'trail', aws: { account: 'main', existing: { bucket, notifications: { from: 'bucket' } } } },
  ],
});
const KEYS = { AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey };

/** A file of logs; `at` is when it was delivered. */
const logKey = (account: string, region: string, at: string, root = 'AWSLogs/'): string =>
  `${root}${account}/CloudTrail/${region}/${at.slice(0, 4)}/${at.slice(4, 6)}/${at.slice(6, 8)}/` +
  `${account}_CloudTrail_${region}_${at}_abcdefghijklmnop.json.gz`;
const [FIRST, SECOND] = ['111111111111', '222222222222'];
const DELIVERED = ['20260228T2350Z', '20260301T0010Z', '20260302T1200Z', '20260303T2300Z', '20260304T0001Z'];
const IN_SPAN = DELIVERED.slice(1, 4);
const LOGS = [FIRST, SECOND].flatMap((account) =>
  ['eu-west-1', 'us-east-1'].flatMap((region) => DELIVERED.map((at) => logKey(account, region, at))),
);
const WANTED = LOGS.filter((key) => IN_SPAN.some((at) => key.includes(at)));
const OTHERS = [
  `AWSLogs/${FIRST}/CloudTrail-Digest/us-east-1/2026/03/01/${FIRST}_CloudTrail-Digest_us-east-1_x_20260301T000000Z.json.gz`,
  `AWSLogs/${FIRST}/CloudTrail-Insight/us-east-1/2026/03/01/x_20260301T0000Z_y.json.gz`,
  `AWSLogs/${FIRST}/Config/us-east-1/2026/3/1/x.json.gz`,
  `AWSLogs/${FIRST}/elasticloadbalancing/us-east-1/2026/03/01/x.log.gz`,
  'reports/2026/03/01/x.csv',
];
const SPAN = { source: 'trail', from: '2026-03-01', to: '2026-03-02', rate: '10000' };

describe('backfill', () => {
  let aws: FauxAws;
  let count = 0;
  let installation = '';
  let queue = '';
  beforeAll(async () => {
    aws = await FauxAws.start();
    aws.emulator.createBucket(BUCKET);
    for (const key of [...LOGS, ...OTHERS]) await aws.put(BUCKET, key, 'x'.repeat(100));
    await aws.put(BUCKET, `AWSLogs/${FIRST}/CloudTrail/us-east-1/2026/03/02/`, new Uint8Array());
    await aws.put(BUCKET, `AWSLogs/${FIRST}/CloudTrail/us-east-1/2026/03/01-notes.txt`, 'x');
  });
  beforeEach(() => {
    installation = `test-${++count}`;
    queue = `tocsin-${installation}-trail`;
    aws.queue(queue);
  });
  afterEach(() => {
    aws.proxy.decide = () => 'pass';
    aws.proxy.calls.length = 0;
  });
  afterAll(() => aws.stop());
  inAwsEnv(() => ({ ...KEYS, AWS_ENDPOINT_URL: aws.proxy.url }));

  const newFolder = (bucket = BUCKET): string => folderOf(configOf(installation, bucket));
  const run = async (
    options: Partial<Parameters<typeof backfill>[0]> = {},
    { folder = newFolder() } = {},
  ) => {
    const { deps, out, err } = depsIn(folder);
    const code = await backfill({ ...SPAN, ...options }, deps);
    return { code, out: out(), err: err() };
  };
  const announced = (): string[] =>
    aws
      .messages(queue)
      .ready.flatMap((body) => readNotification(body).objects)
      .map(({ key }) => key);

  test('shows first what it would send, and sends nothing', async () => {
    const { code, out, err } = await run();

    expect(code).toBe(0);
    expect(out).toContain('Objects         12, 1.20 KB');
    expect(out).toContain('From            2 accounts, 2 regions');
    expect(out).toContain('Left out        1 elsewhere, 1 folder');
    expect(out).toMatch(/2026-03-01 +4 +400 B\n2026-03-02 +4 +400 B\n2026-03-03 +4 +400 B\n/);
    expect(err).toBe(
      'Alerts about events older than 24 h are kept and sent nowhere; alerts.sendLate: true sends them.\n' +
        'Nothing was sent. Next: the same with --apply\n',
    );
    expect(aws.proxy.of('SendMessageBatch')).toEqual([]);
  });

  test('announces each file of the span and of the day after, once, as S3 would', async () => {
    const folder = newFolder();

    const { code, err } = await run({ apply: true }, { folder });

    expect(code).toBe(0);
    expect(announced()).toEqual(WANTED);
    const [object] = readNotification(aws.messages(queue).ready[0] ?? '').objects;
    expect(object).toMatchObject({
      ...{ bucket: BUCKET, size: 100, region: 'us-east-1', eTag: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(err).toContain('Sent 12 objects. `tocsin status` shows how they are read.');
    expect(existsSync(join(folder, 'backfill-trail.progress.json'))).toBe(false);
  });

  test('lists the days in question only, and no other logs', async () => {
    await run();

    const prefixes = aws.proxy.calls
      .filter(({ path }) => path.includes('list-type=2'))
      .map(({ path }) => new URLSearchParams(path.slice(path.indexOf('?'))));
    const listed = prefixes.filter((query) => !query.has('delimiter'));
    expect(listed).toHaveLength(4);
    for (const query of listed)
      expect(query.get('start-after')).toBe(`${query.get('prefix') ?? ''}2026/03/01`);
    expect(prefixes.map((query) => query.get('prefix')).join(' ')).not.toMatch(
      /Digest|Insight|Config|reports/,
    );
  });

  test('--json: one object, with what was sent', async () => {
    const dry = await run({ json: true });
    const { out, err } = await run({ json: true, apply: true });

    expect(jsonLines(dry.out)).toMatchObject([
      { objects: 12, bytes: 1200, accounts: [FIRST, SECOND], applied: false, sendsLateAlerts: false },
    ]);
    expect(jsonLines(out)).toMatchObject([
      {
        ...{ source: 'trail', from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T23:59:59.999Z' },
        days: [
          { day: '2026-03-01', objects: 4, bytes: 400 },
          { day: '2026-03-02', objects: 4, bytes: 400 },
          { day: '2026-03-03', objects: 4, bytes: 400 },
        ],
        ...{ skipped: { elsewhere: 1, folder: 1 }, applied: true, sent: 12, finished: true },
      },
    ]);
    expect(err).toBe('');
  });

  test('--prefix narrows it down, into a day too', async () => {
    await run({ apply: true, prefix: `AWSLogs/${SECOND}/CloudTrail/us-east-1/2026/03/02/` });

    expect(announced()).toEqual([logKey(SECOND, 'us-east-1', '20260302T1200Z')]);
  });

  test('a time of the day narrows it down by when files were delivered', async () => {
    await run({ apply: true, from: '2026-03-01T12:00:00Z', to: '2026-03-02T12:00:00Z' });

    expect(new Set(announced().map((key) => /_(\d{8}T\d{4}Z)_/.exec(key)?.[1]))).toEqual(
      new Set(['20260302T1200Z']),
    );
  });

  test.each([
    [{ from: 'yesterday' }, 'BAD_TIME'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'EMPTY_SPAN'],
    [{ rate: '0' }, 'BAD_RATE'],
    [{ rate: 'fast' }, 'BAD_RATE'],
    [{ source: 'nobody' }, 'UNKNOWN_SOURCE'],
    [{ prefix: 'reports/' }, 'FOREIGN_PREFIX'],
  ])('%j is refused before anything is asked', async (options, code) => {
    expect(await rejection(run(options))).toMatchObject({ code });
    expect(aws.proxy.calls).toEqual([]);
  });

  test('nothing there is no mistake', async () => {
    expect(await run({ from: '2020-01-01', to: '2020-01-02' })).toMatchObject({
      ...{ code: 0, err: expect.stringContaining('There is nothing to send.') },
    });
  });

  test('more files than one listing holds', async () => {
    const bucket = 'many-logs';
    aws.emulator.createBucket(bucket);
    const keys = Array.from({ length: 2345 }, (_, i) =>
      logKey(FIRST, 'us-east-1', `20260301T${String(i % 24).padStart(2, '0')}00Z`).replace(
        'abcdefghijklmnop',
        String(i).padStart(16, '0'),
      ),
    );
    for (const key of keys) await aws.put(bucket, key, 'x');

    const { out } = await run({ apply: true, json: true }, { folder: newFolder(bucket) });

    expect(jsonLines(out)).toMatchObject([{ objects: 2345, sent: 2345 }]);
    expect(announced()).toEqual(keys.sort());
  });

  describe('interrupted', () => {
    const fails = (times: (index: number) => boolean) => {
      aws.proxy.decide = ({ action }, index) =>
        action === 'SendMessageBatch' && times(index)
          ? jsonError(403, 'AccessDeniedException', 'not authorized')
          : 'pass';
    };

    test('by an error, it goes on where it was; the same is not sent twice', async () => {
      const folder = newFolder();
      fails((index) => index >= 2);
      const error = await rejection(run({ apply: true }, { folder }));
      const before = announced();
      fails(() => false);
      const dry = await run({}, { folder });

      const { code } = await run({ apply: true }, { folder });

      expect(error).toMatchObject({ problem: 'denied' });
      expect(before).toEqual(WANTED.slice(0, 6));
      expect(dry.out).toContain('Sent before     6, 600 B; this is the rest');
      expect(dry.out).toContain('Objects         6, 600 B');
      expect(code).toBe(0);
      expect(announced()).toEqual(WANTED);
    });

    test('its progress is of this backfill only', async () => {
      const folder = newFolder();
      fails((index) => index >= 1);
      await rejection(run({ apply: true }, { folder }));

      expect(await rejection(run({ to: '2026-03-09' }, { folder }))).toMatchObject({
        code: 'OTHER_BACKFILL',
      });
      expect(await run({ to: '2026-03-09', state: 'other.json' }, { folder })).toMatchObject({ code: 0 });
    });
  });

  test.each([
    [
      'may not be listed',
      xmlError(403, 'AccessDenied', 'no'),
      'denied',
      /Allow s3:ListBucket on arn:aws:s3:::company-logs/,
    ],
    ['is not there', xmlError(404, 'NoSuchBucket', 'none'), 'missing', /correct its name/],
  ])('a bucket that %s', async (_, verdict, problem, fix) => {
    aws.proxy.decide = ({ path }) => (path.includes('list-type=2') ? verdict : 'pass');

    expect(await rejection(run())).toMatchObject({ problem, fix: expect.stringMatching(fix) });
  });

  describe('as a process', () => {
    let driver: string;
    beforeAll(async () => {
      driver = await buildDriver();
    });
    const start = (folder: string, rate: string) =>
      drive(
        driver,
        folder,
        ['backfill', 'trail', '--from', '2026-03-01', '--to', '2026-03-02', '--rate', rate, '--apply'],
        { ...process.env, ...KEYS, AWS_ENDPOINT_URL: aws.proxy.url },
      );

    test('Ctrl-C ends it in order, and the same command goes on', async () => {
      const folder = newFolder();
      const first = start(folder, '1');
      await until(() => announced().length > 0);
      first.child.kill('SIGINT');

      expect(await first.ended).toBe(75);
      expect(first.err()).toMatch(/Stopped after \d+ objects?\. Next: the same command, which goes on/);
      const file = join(folder, 'backfill-trail.progress.json');
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        sent: { objects: announced().length },
      });

      const second = start(folder, '10000');

      expect(await second.ended).toBe(0);
      expect(announced()).toEqual(WANTED);
      expect(existsSync(file)).toBe(false);
    });

    test('killed, it sends a little twice and leaves nothing out', async () => {
      const folder = newFolder();
      const first = start(folder, '3');
      await until(() => announced().length > 0);
      first.child.kill('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');

      expect(await start(folder, '10000').ended).toBe(0);

      expect([...new Set(announced())].sort()).toEqual([...WANTED].sort());
    });
  });
});
