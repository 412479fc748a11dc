import { appendFileSync, cpSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RetryLaterError } from '../../../detector/feeds/unit.js';
import { bytesOf, Driver, POLL_MS, QUIET_MS } from './driver.js';

let driver: Driver;
beforeEach(() => {
  driver = new Driver({ maxRangeBytes: 64 });
});
afterEach(() => driver.cleanup());

const envelope = JSON.stringify({ Records: Array.from({ length: 20 }, (_, n) => ({ eventID: `${n}` })) });
const packed = gzipSync(envelope);

describe.each<[string, Buffer]>([
  ['gzip', packed],
  ['zstd', zstdCompressSync(envelope)],
  ['an envelope over several lines', Buffer.from(envelope.replaceAll('},', '},\n'))],
  ['pretty-printed JSON', Buffer.from(JSON.stringify(JSON.parse(envelope), null, 2))],
  ['UTF-16', Buffer.from(`\ufeff{"n":1}\n{"n":2}\n`, 'utf16le')],
])('%s', (_what, content) => {
  test('that appears slowly is one unit when it is complete', async () => {
    for (let at = 0; at < content.length; at += Math.ceil(content.length / 5)) {
      appendFileSync(driver.path('a'), content.subarray(at, at + Math.ceil(content.length / 5)));
      expect(await driver.poll(QUIET_MS - POLL_MS)).toEqual([]);
    }

    const [unit, ...others] = await driver.quiet();

    expect(others).toEqual([]);
    expect(unit?.bytes.equals(content)).toBe(true);
    expect(unit?.end).toBeUndefined();
    expect(unit?.id).toMatch(/^[0-9a-f]{48}$/);
    expect((await unit!.unit.readAll!()).equals(content)).toBe(true);
    expect(await driver.quiet()).toEqual([]);
    driver.restart();
    expect(await driver.quiet()).toEqual([]);
  });

  test('that changes later is another unit', async () => {
    writeFileSync(driver.path('a'), content);
    const [first] = await driver.quiet();
    appendFileSync(driver.path('a'), content);
    const [second] = await driver.quiet();

    expect(second?.bytes.equals(Buffer.concat([content, content]))).toBe(true);
    expect(second?.id).not.toBe(first?.id);
    expect(driver.problems).toEqual([]);
    const expiring = [...driver.store.documents.values()].filter(({ expires }) => expires !== null);
    expect(expiring).toHaveLength(1);
  });
});

describe('a compressed file', () => {
  test('that is renamed into place from an excluded name is complete at once', async () => {
    writeFileSync(driver.path('a.gz.tmp'), packed);
    expect(await driver.poll()).toEqual([]);
    renameSync(driver.path('a.gz.tmp'), driver.path('a.gz'));

    const [unit] = await driver.poll();

    expect(gunzipSync(unit!.bytes).toString()).toBe(envelope);
  });

  test('that is renamed while it was never seen before waits to be quiet', async () => {
    writeFileSync(driver.path('a.gz.tmp'), packed);
    renameSync(driver.path('a.gz.tmp'), driver.path('a.gz'));
    expect(await driver.poll()).toEqual([]);
    expect(await driver.quiet()).toHaveLength(1);
  });

  test('keeps its identity under another name', async () => {
    writeFileSync(driver.path('a.gz'), packed);
    await driver.quiet();
    renameSync(driver.path('a.gz'), driver.path('b.gz'));
    expect(await driver.quiet()).toEqual([]);
    driver.restart();
    expect(await driver.quiet()).toEqual([]);
  });

  test('that is touched is another unit: its content may have changed in the middle', async () => {
    writeFileSync(driver.path('a.gz'), packed);
    const [first] = await driver.quiet();
    utimesSync(driver.path('a.gz'), 1_700_000_000, 1_700_000_000);
    const [second] = await driver.quiet();
    expect(second?.id).not.toBe(first?.id);
  });

  test('that is copied with its times is another unit', async () => {
    writeFileSync(driver.path('a.gz'), packed);
    await driver.quiet();
    cpSync(driver.path('a.gz'), driver.path('b.gz'), { preserveTimestamps: true });
    expect((await driver.quiet()).map(({ key }) => key)).toEqual(['b.gz']);
  });

  test('comes again under the same id after a crash, and when it is to be tried again', async () => {
    writeFileSync(driver.path('a.gz'), packed);
    driver.tick();
    await driver.drain();
    driver.tick(QUIET_MS);
    const first = await driver.take();
    driver.restart();
    driver.tick();
    await driver.drain();
    driver.tick(QUIET_MS);
    const second = await driver.take();
    await driver.settle(second!, { kind: 'retry', reason: 'test' });
    const [third] = await driver.quiet();

    expect(second?.id).toBe(first?.id);
    expect(third?.id).toBe(first?.id);
  });

  test.each(['open', 'readAll'] as const)(
    'that is written to while it is read (%s) is to be tried again, and is not judged as it was',
    async (how) => {
      writeFileSync(driver.path('a.gz'), packed.subarray(0, 50));
      await driver.poll();
      driver.tick(QUIET_MS);
      const unit = await driver.take();
      const read = how === 'open' ? () => bytesOf(unit!) : unit!.readAll!;
      appendFileSync(driver.path('a.gz'), packed.subarray(50));

      await expect(read()).rejects.toThrow(RetryLaterError);
      await driver.settle(unit!, { kind: 'retry', reason: 'test' });

      const [whole] = await driver.quiet();
      expect(whole?.bytes.equals(packed)).toBe(true);
      expect(whole?.id).not.toBe(unit?.id);
    },
  );

  test('that is written to behind what was read already is to be tried again as well', async () => {
    writeFileSync(driver.path('a.gz'), packed.subarray(0, 50));
    await driver.poll();
    driver.tick(QUIET_MS);
    const unit = await driver.take();
    const chunks = unit!.open()[Symbol.asyncIterator]();
    await chunks.next();
    appendFileSync(driver.path('a.gz'), packed.subarray(50));

    await expect(chunks.next()).rejects.toThrow('it was changed');
  });
});

test('a document that holds a line each once it is complete is followed from then on', async () => {
  driver.write('a.json', '{"Records":[{"n":1}');
  expect(await driver.quiet()).toHaveLength(1);
  appendFileSync(driver.path('a.json'), ']}\n');
  expect(await driver.texts()).toEqual(['a.json: {"Records":[{"n":1}]}\n']);
});
