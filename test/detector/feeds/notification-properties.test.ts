import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  notificationOf,
  NotificationError,
  readNotification,
} from '../../../detector/feeds/s3/notification.js';
import { leftOut } from '../../../detector/feeds/s3/left-out.js';
import { unitIdOf } from '../../../detector/feeds/s3/objects.js';
import { s3Event } from '../../support/fauxqs.js';

const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 200 })
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 1024);
const objectRef = fc.record(
  {
    ...{ bucket: fc.stringMatching(/^[a-z0-9.-]{3,63}$/), key },
    ...{ size: fc.nat(), eTag: fc.stringMatching(/^[0-9a-f]{32}$/) },
    ...{ versionId: fc.string(), region: fc.constantFrom('eu-west-1', 'us-gov-east-1', 'cn-north-1') },
  },
  { requiredKeys: ['bucket', 'key'] },
);

test('what is written is what is read', () => {
  fc.assert(
    fc.property(fc.array(objectRef, { minLength: 1, maxLength: 20 }), (refs) => {
      const { objects, skipped } = readNotification(notificationOf(refs));

      expect(objects).toEqual(refs.filter((ref) => leftOut(ref) === undefined));
      expect(objects.length + skipped.length).toBe(refs.length);
    }),
  );
});

test('what S3 encodes is decoded', () => {
  fc.assert(
    fc.property(
      key.filter((text) => leftOut({ key: text }) === undefined),
      (text) => {
        expect(readNotification(s3Event('bucket', text)).objects).toMatchObject([{ key: text }]);
      },
    ),
  );
});

test('whatever the body is, it is read or refused, and nothing of it is lost', () => {
  const json = fc.json({ maxDepth: 6 });
  const almost = fc
    .record({
      Records: fc.array(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            eventName: fc.oneof(fc.constant('ObjectCreated:Put'), fc.jsonValue()),
            s3: fc.jsonValue(),
          }),
          fc.constant((JSON.parse(s3Event('b', 'k')) as { Records: unknown[] }).Records[0]),
        ),
        { minLength: 1 },
      ),
    })
    .map((value) => ({ body: JSON.stringify(value), records: value.Records.length }));

  fc.assert(
    fc.property(fc.oneof(fc.string(), json), (body) => {
      try {
        readNotification(body);
      } catch (error) {
        expect(error).toBeInstanceOf(NotificationError);
      }
    }),
  );
  fc.assert(
    fc.property(almost, ({ body, records }) => {
      try {
        const { objects, skipped } = readNotification(body);
        expect(objects.length + skipped.length).toBe(records);
      } catch (error) {
        expect(error).toBeInstanceOf(NotificationError);
      }
    }),
  );
});

test('the id of a unit is the same for the same bucket, key and content, and for no other', () => {
  fc.assert(
    fc.property(objectRef, objectRef, (one, other) => {
      const isSame = one.bucket === other.bucket && one.key === other.key && one.eTag === other.eTag;

      expect(unitIdOf({ ...one, eTag: one.eTag ?? '' })).toBe(unitIdOf(one));
      expect(unitIdOf(one) === unitIdOf(other)).toBe(isSame);
    }),
  );
});

test('the id is the same by whatever way the object is announced, as far as the way tells the content', () => {
  const eTag = 'd41d8cd98f00b204e9800998ecf8427e';
  const bridged = JSON.stringify({
    ...{ 'detail-type': 'Object Created', source: 'aws.s3' },
    detail: { bucket: { name: 'bucket' }, object: { key: 'a b', size: 5, etag: eTag } },
  });
  const listed = notificationOf([{ bucket: 'bucket', key: 'a b', eTag: `"${eTag}"` }]);
  const own = JSON.stringify({ s3Bucket: 'bucket', s3ObjectKey: ['a b'] });

  const [fromS3, fromEventBridge, fromListing, fromCloudTrail] = [
    s3Event('bucket', 'a b', { eTag }),
    ...[bridged, listed, own],
  ].map((body) => readNotification(body).objects.map(unitIdOf)[0]);

  expect(new Set([fromS3, fromEventBridge, fromListing]).size).toBe(1);
  expect(fromCloudTrail).not.toBe(fromS3);
});
