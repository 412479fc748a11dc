import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readNotification } from '../../../../../detector/feeds/s3/notification.js';
import {
  batchesOf,
  messagesOf,
  MOST_OBJECTS,
  MOST_REQUEST_BYTES,
} from '../../../../../src/cloud/aws/backfill/messages.js';

const bucket = { name: 'company-logs', region: 'eu-west-1' };
const objects = fc.array(
  fc.record(
    {
      // As long as S3 takes them, of letters that take the most room when they are encoded.
      key: fc
        .string({ unit: 'binary', minLength: 1, maxLength: 340 })
        .filter((key) => key.isWellFormed() && !key.endsWith('/')),
      size: fc.integer({ min: 1, max: 30 * 1024 ** 2 }),
      eTag: fc.stringMatching(/^[0-9a-f]{32}$/),
      day: fc.constant('2026/03/01'),
    },
    { requiredKeys: ['key', 'size', 'day'] },
  ),
  { maxLength: 150 },
);

describe('messages about objects', () => {
  test('name each object once, in order, as the detector reads it', () => {
    fc.assert(
      fc.property(objects, (all) => {
        const named = [...messagesOf(bucket, all)].flatMap(({ body }) => readNotification(body).objects);

        expect(named).toEqual(
          all.map(({ day: _, ...object }) => ({ ...object, bucket: bucket.name, region: bucket.region })),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('are of a size that is done within seconds', () => {
    fc.assert(
      fc.property(objects, (all) => {
        for (const { objects: part } of messagesOf(bucket, all)) {
          const bytes = part.reduce((sum, { size }) => sum + size, 0);

          expect(part.length).toBeLessThanOrEqual(MOST_OBJECTS);
          expect(part.length === 1 || bytes <= 16 * 1024 ** 2).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('requests', () => {
  test('hold all messages in order, and no more than SQS takes', () => {
    fc.assert(
      fc.property(objects, fc.integer({ min: 1, max: 200 }), (all, mostObjects) => {
        const messages = [...messagesOf(bucket, all)];
        const batches = [...batchesOf(messages, mostObjects)];

        expect(batches.flat()).toEqual(messages);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
          const count = batch.reduce((sum, { objects: part }) => sum + part.length, 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(bytes).toBeLessThanOrEqual(MOST_REQUEST_BYTES);
          expect(batch.length === 1 || count <= mostObjects).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
