import { describe, expect, test } from '@jest/globals';
import { NotificationError, readNotification } from '../../../detector/feeds/s3/notification.js';
import { s3Event } from '../../support/fauxqs.js';

const BUCKET = 'org-trail';
const KEY =
  'AWSLogs/210987654321/CloudTrail/eu-west-1/2026/03/02/210987654321_CloudTrail_eu-west-1_20260302T1200Z_Mu0KsOhtH1ar15ZZ.json.gz';
const ETAG = 'd41d8cd98f00b204e9800998ecf8427e';
const uri = (key: string): string => `s3://${BUCKET}/${key}`;

/** The envelope of SNS (docs.aws.amazon.com, "HTTP/HTTPS notification JSON format"; SQS gets the same). */
const envelope = (Message: string, Type = 'Notification'): string =>
  JSON.stringify({
    ...{ Type, MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324', Message },
    ...{ TopicArn: 'arn:aws:sns:eu-west-1:210987654321:trail', Subject: 'Amazon S3 Notification' },
    ...{ Timestamp: '2026-03-02T12:00:01.000Z', SignatureVersion: '1', Signature: 'EXAMPLE' },
  });

const ofCloudTrail = (...s3ObjectKey: string[]): string => JSON.stringify({ s3Bucket: BUCKET, s3ObjectKey });

/** docs.aws.amazon.com, "EventBridge event message structure". */
const ofEventBridge = (key: string, type = 'Object Created'): string =>
  JSON.stringify({
    ...{ version: '0', id: '17793124-05d4-b198-2fde-7ededc63b103', 'detail-type': type, source: 'aws.s3' },
    ...{ account: '210987654321', time: '2026-03-02T12:00:00Z', region: 'eu-west-1' },
    resources: [`arn:aws:s3:::${BUCKET}`],
    detail: {
      ...{ version: '0', bucket: { name: BUCKET } },
      object: {
        key,
        size: 5,
        etag: ETAG,
        'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a',
        sequencer: '00617F08299329D189',
      },
      ...{ 'request-id': 'N4N7GDK58NMKJ12R', requester: 'cloudtrail.amazonaws.com', reason: 'PutObject' },
    },
  });

/** A notification of S3 with records that are given as they are. */
const records = (...texts: string[]): string =>
  JSON.stringify({ Records: texts.flatMap((text) => (JSON.parse(text) as { Records: unknown[] }).Records) });

describe('objects are found in what reaches a queue', () => {
  const event = s3Event(BUCKET, KEY, { size: 5, eTag: ETAG });
  const fromS3 = { bucket: BUCKET, key: KEY, size: 5, eTag: ETAG, region: 'us-east-1' };
  const fromEventBridge = { ...fromS3, region: 'eu-west-1', versionId: 'IYV3p45BT0ac8hjHg1houSdS1a' };

  test.each([
    ['regression 14: an event of S3 in an envelope of SNS', envelope(event), fromS3],
    ['regression 14: an event of S3 with raw delivery', event, fromS3],
    [
      'regression 15: a message of CloudTrail in an envelope',
      envelope(ofCloudTrail(KEY)),
      { bucket: BUCKET, key: KEY },
    ],
    [
      'regression 15: a message of CloudTrail with raw delivery',
      ofCloudTrail(KEY),
      { bucket: BUCKET, key: KEY },
    ],
    ['regression 15: an event through EventBridge', ofEventBridge(KEY), fromEventBridge],
    ['an event through EventBridge and SNS', envelope(ofEventBridge(KEY)), fromEventBridge],
    ['two envelopes', envelope(envelope(event)), fromS3],
  ])('%s', (_, body, expected) => {
    expect(readNotification(body)).toEqual({ objects: [expected], skipped: [] });
  });

  test.each([
    'ObjectCreated:Put',
    'ObjectCreated:Post',
    'ObjectCreated:Copy',
    'ObjectCreated:CompleteMultipartUpload',
  ])('whatever made the object: %s', (eventName) => {
    expect(readNotification(s3Event(BUCKET, KEY, { eventName })).objects).toMatchObject([{ key: KEY }]);
  });

  test('several of them', () => {
    expect(readNotification(ofCloudTrail('a', 'b', 'a')).objects.map(({ key }) => key)).toEqual([
      'a',
      'b',
      'a',
    ]);
    const two = records(s3Event(BUCKET, 'a'), s3Event('other', 'b'));
    expect(readNotification(two).objects).toMatchObject([{ bucket: BUCKET }, { bucket: 'other' }]);
  });
});

describe('regression 2: keys are decoded where they are encoded', () => {
  test.each([
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['100%25+of+%C3%A9t%C3%A9', '100% of été'],
    ['AWSLogs%2F1', 'AWSLogs/1'],
    ['a%252Bb', 'a%2Bb'],
  ])('S3 writes %s for %s', (encoded, key) => {
    const body = s3Event(BUCKET, 'KEY').replace('"KEY"', JSON.stringify(encoded));

    expect(readNotification(body).objects).toMatchObject([{ key }]);
  });

  test.each(['a+b', 'a%20b', 'a%zz', '100%'])('CloudTrail and EventBridge mean %s as it is', (key) => {
    expect(readNotification(ofCloudTrail(key)).objects).toMatchObject([{ key }]);
    expect(readNotification(ofEventBridge(key)).objects).toMatchObject([{ key }]);
  });
});

describe('what is known to be nothing to read is skipped, and told', () => {
  const test3 = JSON.stringify({
    ...{ Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-03-02T12:00:00.000Z', Bucket: BUCKET },
    ...{ RequestId: '5582815E1AEA5ADF', HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR' },
  });
  const member = 'AWSLogs/o-exampleorgid/210987654321';

  test.each([
    ['regression 1: the event that S3 sends as a test', test3, 'test-event', BUCKET],
    ['regression 1: the same in an envelope', envelope(test3), 'test-event', BUCKET],
    [
      'what CloudTrail sends as a test',
      envelope('CloudTrail validation message.'),
      'validation-message',
      'CloudTrail validation message.',
    ],
    [
      'the same with raw delivery',
      'CloudTrail validation message.',
      'validation-message',
      'CloudTrail validation message.',
    ],
    [
      'a topic that asks to send',
      envelope('You have chosen to subscribe', 'SubscriptionConfirmation'),
      'subscription-confirmation',
      'arn:aws:sns:eu-west-1:210987654321:trail',
    ],
    [
      'a topic that was told to send no more',
      envelope('', 'UnsubscribeConfirmation'),
      'subscription-confirmation',
      'arn:aws:sns:eu-west-1:210987654321:trail',
    ],
    [
      'an object that was deleted',
      s3Event(BUCKET, 'a', { eventName: 'ObjectRemoved:Delete' }),
      'other-event',
      'ObjectRemoved:Delete "a"',
    ],
    [
      'an object that was restored',
      s3Event(BUCKET, 'a', { eventName: 'ObjectRestore:Completed' }),
      'other-event',
      'ObjectRestore:Completed "a"',
    ],
    [
      'the same through EventBridge',
      ofEventBridge('a', 'Object Deleted'),
      'other-event',
      'Object Deleted "a"',
    ],
    ['regression 3: a folder', s3Event(BUCKET, 'AWSLogs/', { size: 0 }), 'folder', uri('AWSLogs/')],
    ['regression 3: a folder of unknown size', ofCloudTrail('AWSLogs/'), 'folder', uri('AWSLogs/')],
    ['regression 3: an object without a byte', s3Event(BUCKET, 'a', { size: 0 }), 'empty', uri('a')],
    [
      'regression 4: a digest',
      ofCloudTrail('AWSLogs/210987654321/CloudTrail-Digest/eu-west-1/2026/a.json.gz'),
      'digest',
      uri('AWSLogs/210987654321/CloudTrail-Digest/eu-west-1/2026/a.json.gz'),
    ],
    [
      'regression 4: a digest of an organisation',
      ofCloudTrail(`${member}/CloudTrail-Digest/a.json.gz`),
      'digest',
      uri(`${member}/CloudTrail-Digest/a.json.gz`),
    ],
    [
      'regression 4: a digest below a prefix',
      ofCloudTrail(`logs/prod/${member}/CloudTrail-Digest/a.json.gz`),
      'digest',
      uri(`logs/prod/${member}/CloudTrail-Digest/a.json.gz`),
    ],
    [
      'regression 4: an insight',
      ofCloudTrail('AWSLogs/210987654321/CloudTrail-Insight/a.json.gz'),
      'insight',
      uri('AWSLogs/210987654321/CloudTrail-Insight/a.json.gz'),
    ],
    [
      'regression 4: an insight of an organisation',
      ofCloudTrail(`${member}/CloudTrail-Insight/a.json.gz`),
      'insight',
      uri(`${member}/CloudTrail-Insight/a.json.gz`),
    ],
    [
      'summaries of data events',
      ofCloudTrail('AWSLogs/210987654321/CloudTrail-Aggregated/a.json.gz'),
      'aggregated',
      uri('AWSLogs/210987654321/CloudTrail-Aggregated/a.json.gz'),
    ],
  ])('%s', (_, body, reason, what) => {
    expect(readNotification(body)).toEqual({ objects: [], skipped: [{ reason, what }] });
  });

  test.each([
    ['events of network activity', 'AWSLogs/210987654321/CloudTrail-NetworkActivity/eu-west-1/a.json.gz'],
    ['a name that only looks like one', 'mine/CloudTrail-Digest/a.json.gz'],
    ['a prefix that only looks like one', 'CloudTrail-Digest/AWSLogs/210987654321/CloudTrail/a.json.gz'],
  ])('but not %s', (_, key) => {
    expect(readNotification(ofCloudTrail(key))).toEqual({ objects: [{ bucket: BUCKET, key }], skipped: [] });
  });
});

describe("what other services tell on the trail's topic is skipped, and told", () => {
  const ofConfig = (messageType: string, more: object = {}): string =>
    JSON.stringify({
      ...{ ...more, notificationCreationTime: '2026-03-02T12:00:00.000Z' },
      ...{ messageType, recordVersion: '1.3' },
    });
  /** Where Control Tower has AWS Config deliver, beside the trail. */
  const delivered = {
    s3ObjectKey: 'o-exampleorgid/AWSLogs/210987654321/Config/eu-west-1/2026/3/2/ConfigHistory/a.json.gz',
    s3Bucket: BUCKET,
  };
  const changed = { configurationItemDiff: { changeType: 'UPDATE' }, configurationItem: { version: '1.3' } };
  const event = (source: string, type: string): string => ofEventBridge('a', type).replace('aws.s3', source);

  test.each([
    ['an item of AWS Config', ofConfig('ConfigurationItemChangeNotification', changed)],
    ['an item without its text', ofConfig('OversizedConfigurationItemChangeNotification')],
    ['a rule of AWS Config', ofConfig('ComplianceChangeNotification', { configRuleName: 'x' })],
    ['a history, with an object', ofConfig('ConfigurationHistoryDeliveryCompleted', delivered)],
    ['a snapshot, with an object', ofConfig('ConfigurationSnapshotDeliveryCompleted', delivered)],
  ])('%s', (_, body) => {
    const { messageType } = JSON.parse(body) as { readonly messageType: string };
    const expected = { objects: [], skipped: [{ reason: 'other-event', what: messageType }] };

    expect(readNotification(body)).toEqual(expected);
    expect(readNotification(envelope(body))).toEqual(expected);
  });

  test('an event of EventBridge', () => {
    const what = 'Config Rules Compliance Change of aws.config';
    const body = event('aws.config', 'Config Rules Compliance Change');

    expect(readNotification(body)).toEqual({ objects: [], skipped: [{ reason: 'other-event', what }] });
    expect(readNotification(envelope(body)).skipped).toMatchObject([{ reason: 'other-event' }]);
  });

  test("but CloudTrail's list is read, whatever else the message says", () => {
    const body = ofConfig('ConfigurationHistoryDeliveryCompleted', { ...delivered, s3ObjectKey: [KEY] });

    expect(readNotification(body)).toEqual({ objects: [{ bucket: BUCKET, key: KEY }], skipped: [] });
  });

  test.each([
    ['no version', JSON.stringify({ messageType: 'ConfigurationItemChangeNotification' })],
    ['a version that is none', ofConfig('a').replace('1.3', '1.x')],
    ['a type that is none', ofConfig('Log file delivered')],
    ['a type that is no text', ofConfig('a').replace('"a"', '["a"]')],
    ['an event without a source', event('', 'Config Rules Compliance Change')],
    ['an event without a type', event('aws.config', '')],
    ['an event with half of a letter as its type', event('aws.config', '\ud800')],
    ['an event with a type at length', event('aws.config', 'x'.repeat(129))],
    ['an event without details', '{"source":"aws.config","detail-type":"x","detail":"x"}'],
  ])('regression 6: %s becomes a dead letter', (_, body) => {
    expect(() => readNotification(body)).toThrow(NotificationError);
  });
});

describe('regression 5: one record that is unusable takes no other with it', () => {
  const good = s3Event(BUCKET, KEY);

  test.each([
    ['no object', '{"Records":[{"eventName":"ObjectCreated:Put"}]}'],
    ['no bucket', '{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"a"}}}]}'],
    ['no event', '{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"a"}}}]}'],
    ['another type', '{"Records":[null,1,"x",[],true]}'],
    ['a key that nobody encoded', s3Event(BUCKET, 'KEY').replace('"KEY"', '"%zz"')],
    ['a key that is no UTF-8', s3Event(BUCKET, 'KEY').replace('"KEY"', '"%ff"')],
    ['a key that is too long', s3Event(BUCKET, 'é'.repeat(513))],
    ['a key that is empty', s3Event(BUCKET, '')],
    ['a nested key', s3Event(BUCKET, 'KEY').replace('"KEY"', '{"key":"a"}')],
  ])('%s', (_, bad) => {
    const { objects, skipped } = readNotification(records(good, bad, good));

    expect(objects.map(({ key }) => key)).toEqual([KEY, KEY]);
    expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['unusable']));
    expect(() => readNotification(records(bad))).toThrow(NotificationError);
  });

  test('keys of CloudTrail', () => {
    const body = JSON.stringify({ s3Bucket: BUCKET, s3ObjectKey: ['a', 7, null, '', 'b'] });

    const { objects, skipped } = readNotification(body);

    expect(objects.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(skipped).toHaveLength(3);
  });

  test('what is claimed beside bucket and key is taken only if it can be', () => {
    const claims = [
      { size: -1 },
      { size: '5' },
      { size: 1e300 },
      { eTag: 7 },
      { eTag: {} },
      { versionId: null },
    ];
    const body = JSON.stringify({
      Records: claims.map((claim) => ({
        ...{ eventName: 'ObjectCreated:Put', awsRegion: 7 },
        s3: { bucket: { name: BUCKET }, object: { key: 'a', ...claim } },
      })),
    });

    expect(readNotification(body).objects).toEqual(claims.map(() => ({ bucket: BUCKET, key: 'a' })));
  });
});

describe('regression 6: what is no notification is refused, so that it becomes a dead letter', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{"Records":'],
    ['text', 'hello'],
    ['another type', '[{"Records":[]}]'],
    ['no shape at all', '{}'],
    ['no records', '{"Records":[]}'],
    ['no keys', ofCloudTrail()],
    ['keys that are no list', '{"s3Bucket":"b","s3ObjectKey":"a"}'],
    ['an envelope around nothing', envelope('')],
    ['an envelope around something else', envelope('{"configurationItem":{}}')],
    ['an envelope without text', '{"Type":"Notification","Message":{"Records":[]}}'],
    ['too many envelopes', envelope(envelope(envelope(s3Event(BUCKET, KEY))))],
    ['an object that another service says was created', ofEventBridge(KEY).replace('aws.s3', 'aws.ec2')],
    ['records of CloudTrail itself', '{"Records":[{"eventName":"ConsoleLogin","eventSource":"signin"}]}'],
    ['keys of the prototype', '{"__proto__":{"Records":[]},"constructor":{"s3ObjectKey":["a"]}}'],
    ['deep nesting', '{"Records":['.repeat(20_000)],
    ['deep nesting that is closed', `{"Records":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`],
    ['256 KiB of nothing', 'x'.repeat(256 * 1024)],
  ])('%s', (_, body) => {
    expect(() => readNotification(body)).toThrow(NotificationError);
  });

  test('the error quotes it, without control characters and not at length', () => {
    const refused = () => readNotification(`\u001b[2J${'x'.repeat(10_000)}`);

    expect(refused).toThrow(
      /^The message "\\u001b\[2Jx+… \[cut\] is no notification: expected an event of S3/,
    );
    expect(refused).toThrow(expect.objectContaining({ code: 'NOTIFICATION_UNREADABLE' }));
  });

  test('a prototype is not polluted', () => {
    const body = `{"Records":[{"eventName":"ObjectCreated:Put","__proto__":{"x":1},"s3":{"__proto__":{"bucket":{"name":"b"},"object":{"key":"a"}}}}]}`;

    expect(() => readNotification(body)).toThrow(NotificationError);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

test('thousands of records are read', () => {
  const many = Array.from({ length: 5000 }, (_, i) => s3Event(BUCKET, `a/${i}`));

  expect(readNotification(records(...many)).objects).toHaveLength(5000);
});
