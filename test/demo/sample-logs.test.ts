import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../detector/engine/engine.js';
import { logTypes } from '../../detector/logs/index.js';
import type { JsonObject, LogTypeId } from '../../detector/rule.js';
import { rules } from '../../rules/index.js';
import { LONGEST_ATTACK_MINUTES } from '../../src/demo/attack.js';
import { attacks, plantAttacks } from '../../src/demo/attacks.js';
import { CLOUDS, timeOf, type Cloud } from '../../src/demo/event.js';
import { createRandom } from '../../src/demo/random.js';
import { sampleLogs, type SampleFile, type SampleOptions } from '../../src/demo/sample-logs.js';
import { everydayEvents } from '../../src/demo/traffic.js';
import { logTypeOf, raisedBy } from './raised.js';

const small: SampleOptions = {
  seed: 7,
  start: new Date('2026-03-02T05:00:00Z'),
  hours: 3,
  eventsPerHour: 60,
};
const day: SampleOptions = { ...small, hours: 24, eventsPerHour: 400 };

const isDigest = ({ path }: SampleFile): boolean => path.includes('/CloudTrail-Digest/');

function recordsOf({ path, bytes }: SampleFile): JsonObject[] {
  if (path.endsWith('.json.gz')) {
    const content = JSON.parse(gunzipSync(bytes).toString()) as { Records: JsonObject[] };
    return content.Records;
  }
  const lines = bytes.toString().split('\n');
  if (lines.pop() !== '') throw new Error(`${path} does not end in a whole line`);
  return lines.map((line) => JSON.parse(line) as JsonObject);
}

const logsOf = (options: SampleOptions): SampleFile[] =>
  [...sampleLogs(options)].filter((file) => !isDigest(file));

/** What lies at a path, by the way the clouds lay out their logs. */
const PLACES: readonly (readonly [RegExp, Cloud, LogTypeId])[] = [
  [
    /^AWSLogs\/\d{12}\/CloudTrail\/[a-z]+-[a-z]+-\d\/\d{4}\/\d\d\/\d\d\/\d{12}_CloudTrail_[a-z]+-[a-z]+-\d_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz$/,
    'aws',
    'aws.cloudtrail',
  ],
  [
    /^insights-logs-\w*signinlogs\/tenantId=[0-9a-f-]{36}\/y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d\/m=00\/PT1H\.json$/,
    'azure',
    'azure.signin',
  ],
  [
    /^insights-logs-auditlogs\/tenantId=[0-9a-f-]{36}\/y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d\/m=00\/PT1H\.json$/,
    'azure',
    'azure.audit',
  ],
  [
    /^insights-activity-logs\/resourceId=\/SUBSCRIPTIONS\/[0-9A-F-]{36}\/y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d\/m=00\/PT1H\.json$/,
    'azure',
    'azure.activity',
  ],
  [
    /^insights-logs-storage(read|write|delete)\/resourceId=\/subscriptions\/.+\/blobServices\/default\/y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d\/m=00\/PT1H\.json$/,
    'azure',
    'azure.activity',
  ],
  [
    /^cloudaudit\.googleapis\.com%2F(activity|data_access)\/\d{4}\/\d\d\/\d\d\/(\d\d):00:00_\2:59:59_S0\.json$/,
    'gcp',
    'gcp.audit',
  ],
];

function placeOf(path: string): readonly [RegExp, Cloud, LogTypeId] {
  const places = PLACES.filter(([layout]) => layout.test(path));
  if (places.length !== 1) throw new Error(`${places.length} layouts fit ${path}`);
  return places[0]!;
}

describe('the same options', () => {
  test('give the same files, to the byte', () => {
    const [first, second] = [[...sampleLogs(small)], [...sampleLogs(small)]];

    expect(second.map(({ path }) => path)).toEqual(first.map(({ path }) => path));
    expect(second.every(({ bytes }, index) => bytes.equals(first[index]!.bytes))).toBe(true);
  });

  test('with another seed give other files', () => {
    const texts = (seed: number): string[] =>
      logsOf({ ...small, seed })
        .flatMap(recordsOf)
        .map((record) => JSON.stringify(record));
    const others = new Set(texts(7));

    expect(texts(8).filter((text) => others.has(text))).toEqual([]);
  });
});

describe.each([
  { name: 'a few hours', options: small },
  {
    name: 'a day that begins at an odd time',
    options: { ...day, start: new Date('2026-12-31T11:17:23.456Z') },
  },
])('$name', ({ options }) => {
  const objects = logsOf(options).map((file) => ({ path: file.path, records: recordsOf(file) }));
  const records = objects.flatMap((object) => object.records);
  const written = new Set(records.map((record) => JSON.stringify(record)));
  const planted = plantAttacks(options);

  test('every object lies where its cloud puts it, once', () => {
    const paths = objects.map(({ path }) => path);

    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.map(placeOf)).toHaveLength(paths.length);
  });

  test('every record is recognised as what its place says, and is skipped by nothing', () => {
    const wrong = objects.flatMap((object) => {
      const [, , expected] = placeOf(object.path);
      return object.records
        .filter((record) => logTypeOf(record) !== expected || logTypes.some((type) => type.skips?.(record)))
        .map((record) => `${object.path}: ${JSON.stringify(record)}`);
    });

    expect(wrong).toEqual([]);
  });

  test('every cloud has the events of every hour, and its attacks', () => {
    const counts = CLOUDS.map(
      (cloud) =>
        objects.filter(({ path }) => placeOf(path)[1] === cloud).flatMap((object) => object.records).length,
    );

    expect(counts).toEqual(
      CLOUDS.map(
        (cloud) =>
          options.hours * options.eventsPerHour +
          planted.filter(({ attack }) => attack.cloud === cloud).length,
      ),
    );
  });

  test('every record lies in its time, no id comes twice', () => {
    const [first, last] = [options.start.getTime(), options.start.getTime() + options.hours * 3_600_000];
    const ids = records.map((record) => record.eventID ?? record.insertId).filter((id) => id !== undefined);

    // A second has no decimals in CloudTrail, and what began in the last minute may be done in the next.
    expect(
      records.filter((record) => !(timeOf(record) >= first - 1000 && timeOf(record) < last + 60_000)),
    ).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(attacks)('holds every event of $name', (attack) => {
    const events = planted
      .filter((event) => event.attack === attack)
      .map(({ record }) => JSON.stringify(record));

    expect(events).not.toEqual([]);
    expect(events.filter((event) => !written.has(event))).toEqual([]);
  });
});

test('a digest lies among the log files, vouches for some of them, and is no log', () => {
  const files = [...sampleLogs(small)];
  const digests = files.filter(isDigest);
  const digest = JSON.parse(gunzipSync(digests[0]!.bytes).toString()) as JsonObject & {
    readonly logFiles: readonly { readonly s3Object: string }[];
  };

  expect(digests).toHaveLength(1);
  expect(digests[0]!.path).toMatch(
    /^AWSLogs\/(\d{12})\/CloudTrail-Digest\/eu-west-1\/2026\/03\/02\/\1_CloudTrail-Digest_eu-west-1_[\w-]+_eu-west-1_20260302T060000Z\.json\.gz$/,
  );
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(digest.logFiles.map((file) => file.s3Object)),
  );
  expect(logTypes.filter(({ skips }) => skips?.(digest)).map(({ id }) => id)).toContain('aws.cloudtrail');
});

test.each([{ hours: 0 }, { hours: 1.5 }, { hours: NaN }, { eventsPerHour: -1 }])('refuses %j', (odd) => {
  expect(() => [...sampleLogs({ ...small, ...odd })]).toThrow(RangeError);
});

const engine = createEngine(
  rules.map((rule) => ({ rule, reviewed: true })),
  logTypes,
);
const known = new Set(engine.rules.map(({ id }) => id));
const knownOf = (ids: readonly string[]): string[] => ids.filter((id) => known.has(id)).toSorted();

describe.each(attacks)('$name', (attack) => {
  const at = new Date('2026-03-02T22:30:00Z');
  const events = attack.events(createRandom(7, attack.name), at);

  test('takes place in the order of time, within the time an attack may take', () => {
    const times = events.map(timeOf);

    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(at.getTime());
    expect(times.at(-1)).toBeLessThan(at.getTime() + LONGEST_ATTACK_MINUTES * 60_000);
  });

  test('raises the alerts that it expects, and no others', () => {
    const raised = raisedBy(engine, events).filter(({ isSignal }) => !isSignal);

    expect([...new Set(raised.map(({ rule }) => rule))].toSorted()).toEqual(knownOf(attack.expects));
  });

  test('leaves the signals that it expects, and no others', () => {
    const raised = raisedBy(engine, events).filter(({ isSignal }) => isSignal);

    expect([...new Set(raised.map(({ rule }) => rule))].toSorted()).toEqual(knownOf(attack.signals ?? []));
  });
});

test('names of attacks are unique, and what they expect is of their cloud', () => {
  const names = attacks.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  for (const { cloud, expects, signals = [] } of attacks) {
    expect(expects).not.toEqual([]);
    expect([...expects, ...signals].filter((id) => !id.startsWith(`${cloud}.`))).toEqual([]);
  }
});

describe.each([7, 8, 9])('a day of everyday events, seed %d', (seed) => {
  test.each(CLOUDS)('in %s hardly ever raises an alert', (cloud) => {
    const records = [...everydayEvents(cloud, { ...day, seed })].flat();
    const alerts = raisedBy(engine, records).filter(({ isSignal }) => !isSignal);

    expect(records).toHaveLength(9600);
    expect(alerts.length).toBeLessThan(records.length / 1000);
  });
});
