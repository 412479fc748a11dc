import { describe, expect, test } from '@jest/globals';
import {
  dayOf,
  dayOfKey,
  deliveredAt,
  logFolderOf,
  mayHold,
  mayHoldLogs,
} from '../../../../../src/cloud/aws/backfill/layout.js';

const ACCOUNT = '111122223333';
const FOLDER = `AWSLogs/${ACCOUNT}/CloudTrail/us-east-2/`;
const NAME = `${ACCOUNT}_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz`;

describe('a folder of logs', () => {
  test.each([
    ['of an account', `${FOLDER}2015/08/01/${NAME}`, FOLDER],
    ['itself', FOLDER, FOLDER],
    [
      'of an organisation',
      `AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/CloudTrail/us-east-2/2015/`,
      `AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/CloudTrail/us-east-2/`,
    ],
    ['below a prefix of the trail', `a/b/${FOLDER}2015/`, `a/b/${FOLDER}`],
    [
      'of Control Tower',
      `o-a1b2c3d4e5/AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/CloudTrail/us-east-2/x`,
      `o-a1b2c3d4e5/AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/CloudTrail/us-east-2/`,
    ],
    [
      'of network activity',
      `AWSLogs/${ACCOUNT}/CloudTrail-NetworkActivity/us-east-2/2015/`,
      `AWSLogs/${ACCOUNT}/CloudTrail-NetworkActivity/us-east-2/`,
    ],
  ])('%s', (_, path, folder) => {
    expect(logFolderOf(path)).toEqual({ path: folder, account: ACCOUNT, region: 'us-east-2' });
  });

  test.each([
    `AWSLogs/${ACCOUNT}/CloudTrail-Digest/us-east-2/2015/08/01/x`,
    `AWSLogs/${ACCOUNT}/CloudTrail-Insight/us-east-2/2015/08/01/x`,
    `AWSLogs/${ACCOUNT}/CloudTrail/us-east-2`,
    `AWSLogs/${ACCOUNT}/CloudTrail/`,
    `AWSLogs/${ACCOUNT}/Config/us-east-2/2015/8/1/x`,
    `Logs/${ACCOUNT}/CloudTrail/us-east-2/`,
    '',
  ])('is not %j', (path) => {
    expect(logFolderOf(path)).toBeUndefined();
  });
});

describe('a folder that logs can be below', () => {
  test.each([
    '',
    'a/',
    'a/b/c/d/',
    'AWSLogs/',
    'AWSLogs/o-a1b2c3d4e5/',
    `AWSLogs/${ACCOUNT}/`,
    `AWSLogs/o-a1b2c3d4e5/${ACCOUNT}/`,
    `AWSLogs/${ACCOUNT}/CloudTrail/`,
    `a/AWSLogs/${ACCOUNT}/CloudTrail-NetworkActivity/`,
    FOLDER,
  ])('%j', (folder) => {
    expect(mayHoldLogs(folder)).toBe(true);
  });

  test.each([
    'a/b/c/d/e/',
    'AWSLogs/elsewhere/',
    `AWSLogs/${ACCOUNT}/Config/`,
    `AWSLogs/${ACCOUNT}/CloudTrail-Digest/`,
    `AWSLogs/${ACCOUNT}/elasticloadbalancing/`,
    `AWSLogs/o-a1b2c3d4e5/o-a1b2c3d4e5/`,
  ])('is not %j', (folder) => {
    expect(mayHoldLogs(folder)).toBe(false);
  });
});

test('the day of a key, and of a time', () => {
  const folder = { path: FOLDER, account: ACCOUNT, region: 'us-east-2' };

  expect(dayOfKey(folder, `${FOLDER}2015/08/01/${NAME}`)).toBe('2015/08/01');
  expect(dayOfKey(folder, `${FOLDER}2015/08/x`)).toBeUndefined();
  expect(dayOfKey(folder, `${FOLDER}notes.txt`)).toBeUndefined();
  expect(dayOf(Date.parse('2026-03-01T23:59:59Z'))).toBe('2026/03/01');
});

test('when a file was delivered is in its name', () => {
  expect(deliveredAt(`${FOLDER}2015/08/01/${NAME}`)).toBe(Date.parse('2015-08-01T02:10:00Z'));
  expect(deliveredAt(`${FOLDER}2015/08/01/x.json.gz`)).toBeUndefined();
  expect(deliveredAt('a_20150801T0210Z_b/c.json.gz')).toBeUndefined();
});

describe('whether a file can hold events of 08:00 to 10:00', () => {
  const span = { from: Date.parse('2026-03-01T08:00:00Z'), to: Date.parse('2026-03-01T10:00:00Z') };
  const key = (time: string): string => `x_${time}_y.json.gz`;

  test.each([
    ['delivered before', '20260301T0758Z', false],
    ['delivered in the minute before: its events are older', '20260301T0759Z', false],
    ['delivered in the first minute', '20260301T0800Z', true],
    ['delivered in between', '20260301T0930Z', true],
    ['delivered some minutes late', '20260301T1015Z', true],
    ['delivered a day late', '20260302T1000Z', true],
    ['delivered later than that', '20260302T1001Z', false],
    ['delivered at a time that its name does not tell', 'no-time', true],
  ])('%s', (_, time, expected) => {
    expect(mayHold(span, key(time))).toBe(expected);
  });

  test('from the middle of a minute on, the whole minute counts', () => {
    expect(mayHold({ ...span, from: span.from + 30_000 }, key('20260301T0800Z'))).toBe(true);
  });
});
