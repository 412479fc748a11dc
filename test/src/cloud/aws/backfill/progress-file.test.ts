import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ProgressFile } from '../../../../../src/cloud/aws/backfill/progress-file.js';
import { folderWith } from '../../../../support/cli.js';
import { rejection } from '../support.js';

const RUN = {
  ...{ installation: 'acme', source: 'trail', bucket: 'company-logs' },
  ...{ from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T23:59:59.999Z' },
};
const EU = { keyPrefix: 'AWSLogs/1/CloudTrail/eu-west-1/' };
const US = { keyPrefix: 'AWSLogs/1/CloudTrail/us-east-1/' };

describe('the progress of a backfill', () => {
  test('is kept from one run to the next, folder by folder', async () => {
    const path = join(folderWith({}), 'progress.json');
    const first = await ProgressFile.open(path, RUN);
    first.mark(EU, 'a', { objects: 10, bytes: 1000 });
    first.mark(EU, 'b', { objects: 5, bytes: 500 });
    first.mark(US, 'c', { objects: 1, bytes: 1 });
    await first.save();

    const second = await ProgressFile.open(path, RUN);

    expect(first.isOld).toBe(false);
    expect(second.isOld).toBe(true);
    expect(second.sent).toEqual({ objects: 16, bytes: 1501 });
    expect([EU, US, { keyPrefix: '__proto__' }].map((folder) => second.after(folder))).toEqual([
      ...['b', 'c', undefined],
    ]);
  });

  test('is written in one piece, once a second at most', async () => {
    const folder = folderWith({});
    const path = join(folder, 'progress.json');
    const progress = await ProgressFile.open(path, RUN);

    await progress.saveSometimes(1_000);
    progress.mark(EU, 'a', { objects: 1, bytes: 1 });
    await progress.saveSometimes(1_900);
    const early = readFileSync(path, 'utf8');
    await progress.saveSometimes(2_000);

    expect(early).not.toContain('"a"');
    expect(readFileSync(path, 'utf8')).toContain('"a"');
    expect(readdirSync(folder)).toEqual(['progress.json']);
  });

  test('is gone when it is no longer needed', async () => {
    const path = join(folderWith({}), 'progress.json');
    const progress = await ProgressFile.open(path, RUN);
    await progress.save();
    await progress.remove();
    await progress.remove();

    expect(existsSync(path)).toBe(false);
  });
});

describe('a file that cannot be gone on with', () => {
  test.each([
    ['of another span', { ...RUN, to: '2026-03-09T00:00:00.000Z' }],
    ['of another source', { ...RUN, source: 'other' }],
    ['of a part of the keys', { ...RUN, prefix: 'AWSLogs/1/' }],
    ['of another installation', { ...RUN, installation: 'test' }],
  ])('%s', async (_, run) => {
    const path = join(folderWith({}), 'progress.json');
    await (await ProgressFile.open(path, RUN)).save();

    expect(await rejection(ProgressFile.open(path, run))).toMatchObject({
      code: 'OTHER_BACKFILL',
      message: expect.stringContaining('of trail (company-logs) from 2026-03-01'),
    });
  });

  test.each(['', 'no json', '{}', '[]', '{"version":2}'])('that is none: %j', async (text) => {
    const path = join(folderWith({ 'progress.json': text }), 'progress.json');

    expect(await rejection(ProgressFile.open(path, RUN))).toMatchObject({ code: 'NO_PROGRESS_FILE' });
  });

  test('that is a folder', async () => {
    expect(await rejection(ProgressFile.open(folderWith({}), RUN))).toMatchObject({
      code: 'PROGRESS_UNREADABLE',
    });
  });

  test('in a folder that is not there', async () => {
    const progress = await ProgressFile.open(join(folderWith({}), 'none', 'progress.json'), RUN);

    expect(await rejection(progress.save())).toMatchObject({ code: 'PROGRESS_NOT_SAVED' });
  });
});
