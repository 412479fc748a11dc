import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createDestination,
  createHttpClient,
  DESTINATION_OPTIONS,
} from '../../../detector/destinations/index.js';
import { failureOf, HIDDEN_IN_JSON, makeDestination } from './contract.js';
import { delivery, HOSTILE, MESSAGE, NOW } from './messages.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

describe('the file', () => {
  test('gets one line for each message, for the owner only', async () => {
    const path = join(folder, 'alerts.ndjson');
    const file = makeDestination({ type: 'file', path }, {});

    await file.deliver(delivery());
    await file.deliver(delivery({ kind: 'resolved' }));

    const kinds = linesOf(path).map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(['raised', 'resolved']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('many messages at once do not mix', async () => {
    const path = join(folder, 'alerts.ndjson');
    const file = makeDestination({ type: 'file', path }, {});

    await Promise.all(Array.from({ length: 40 }, () => file.deliver(delivery({ message: HOSTILE }))));

    const lines = linesOf(path);
    expect(lines).toHaveLength(40);
    for (const line of lines) {
      expect(line).not.toMatch(HIDDEN_IN_JSON);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });

  test('a line that was torn by a crash spoils no other', async () => {
    const path = join(folder, 'alerts.ndjson');
    appendFileSync(path, '{"torn":');

    await makeDestination({ type: 'file', path }, {}).deliver(delivery());

    expect(linesOf(path)).toEqual(['{"torn":', expect.stringContaining(MESSAGE.alertId)]);
  });

  test('can hold OCSF', async () => {
    const path = join(folder, 'alerts.ndjson');

    await makeDestination({ type: 'file', path, format: 'ocsf' }, {}).deliver(delivery());

    expect(JSON.parse(linesOf(path)[0] ?? '')).toMatchObject({ class_uid: 2004 });
  });

  test.each([
    ['a folder that is not there', 'no/such/file'],
    ['a folder', '.'],
    ['a link in a circle', 'circle'],
  ])('%s is a permanent failure that names the path', async (_name, relative) => {
    symlinkSync('circle', join(folder, 'circle'));
    const path = join(folder, relative);

    const error = await failureOf(makeDestination({ type: 'file', path }, {}).deliver(delivery()));

    expect(error.outcome).toBe('permanent');
    expect(error.message).toContain(path);
  });

  test('a device is refused', async () => {
    const error = await failureOf(
      makeDestination({ type: 'file', path: '/dev/null' }, {}).deliver(delivery()),
    );

    expect(error.message).toContain('no regular file');
  });
});

describe('standard output', () => {
  test('gets one line of JSON, inert for a terminal', async () => {
    const lines: string[] = [];

    await makeDestination({ type: 'stdout' }, {}, lines).deliver(delivery({ message: HOSTILE }));

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(HIDDEN_IN_JSON);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ schemaVersion: 1, kind: 'raised' });
  });

  test('that is closed is tried again', async () => {
    const stdout = createDestination('oncall', DESTINATION_OPTIONS.parse({ type: 'stdout' }), {
      http: createHttpClient(),
      now: () => NOW,
      secrets: {},
      print: () => Promise.reject(new Error('EPIPE')),
    });

    expect(await failureOf(stdout.deliver(delivery()))).toMatchObject({ outcome: 'retry' });
  });
});
