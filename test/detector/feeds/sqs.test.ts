import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { notificationOf } from '../../../detector/feeds/s3/notification.js';
import { unitIdOf } from '../../../detector/feeds/s3/objects.js';
import { FauxAws, s3Event } from '../../support/fauxqs.js';
import { fakeClock, pass, SqsDriver, textOf } from './sqs-driver.js';

let aws: FauxAws;
let queues = 0;
beforeAll(async () => {
  aws = await FauxAws.start();
  aws.emulator.createBucket('trail');
  aws.emulator.createBucket('secrets');
});
afterAll(() => aws.stop());
beforeEach(fakeClock);
afterEach(() => {
  jest.useRealTimers();
  aws.proxy.calls.length = 0;
});

const newDriver = (): SqsDriver => new SqsDriver(aws, `q${queues++}`);
const key = (name: string): string => `AWSLogs/210987654321/${name}`;
const event = (name: string): string => s3Event('trail', key(name), { size: 5 });
const namesOf = (units: readonly { key: string }[]): string[] =>
  units.map((unit) => unit.key.split('/').at(-1) ?? '');

describe('from S3 over SNS and SQS to the detector and back', () => {
  test.each([
    ['regression 14: in an envelope', false],
    ['regression 14: with raw delivery', true],
  ])('%s', async (title, isRaw) => {
    const driver = newDriver();
    const TopicArn = aws.topic(`topic-${String(isRaw)}`, driver.queue, isRaw);
    const eTag = await aws.put('trail', key('a b+c.json.gz'), `content ${title}`);
    const Message = s3Event('trail', key('a b+c.json.gz'), { size: 5, eTag });
    await aws.sns.send(new PublishCommand({ TopicArn, Message }));
    pass(7);

    const unit = await driver.take();

    expect(unit).toMatchObject({
      id: unitIdOf({ bucket: 'trail', key: key('a b+c.json.gz'), eTag }),
      ...{ key: key('a b+c.json.gz'), name: `s3://trail/${key('a b+c.json.gz')}`, size: 5 },
      arrival: Date.parse('2026-03-02T12:00:00Z'),
    });
    expect(await textOf(unit)).toBe(`content ${title}`);
    expect(aws.messages(driver.queue)).toMatchObject({ ready: [], held: [expect.any(String)] });
    await driver.done(unit);
    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });
});

describe('a message is acknowledged', () => {
  test('when all of its objects are done', async () => {
    const driver = newDriver();
    driver.send(notificationOf([1, 2, 3].map((n) => ({ bucket: 'trail', key: key(String(n)) }))));
    const [one, two, three] = await driver.takeAll();

    await driver.done(three);
    await driver.done(one);
    expect(aws.messages(driver.queue).held).toHaveLength(1);
    await driver.done(two);

    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('regression 8: not when one of them is to be tried again; then it comes back after a while', async () => {
    const driver = newDriver();
    driver.send(notificationOf([1, 2].map((n) => ({ bucket: 'trail', key: key(String(n)) }))));
    const [one, two] = await driver.takeAll();
    await driver.retry(one);
    await driver.done(two);

    pass(29);
    expect(await driver.next()).toBeUndefined();
    pass(2);

    expect(namesOf([(await driver.next())!, (await driver.take())!])).toEqual(['1', '2']);
    await driver.end();
  });

  test('and waits twice as long each time', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    await driver.retry(await driver.take());
    pass(31);
    await driver.retry(await driver.next());

    pass(58);
    expect(await driver.next()).toBeUndefined();
    pass(3);
    expect(await driver.next()).toBeDefined();
    await driver.end();
  });

  test('together with others that announce the same object, which is handed out once', async () => {
    const driver = newDriver();
    for (const _ of [1, 2, 3]) driver.send(event('a'));
    const units = await driver.takeAll();
    expect(units).toHaveLength(1);
    driver.send(event('a'));
    expect(await driver.next()).toBeUndefined();

    await driver.done(units[0]);

    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('at once when it names nothing to read, and that is told', async () => {
    const driver = newDriver();
    driver.send('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trail"}');
    driver.send(s3Event('trail', key('folder/'), { size: 0 }));
    driver.send(s3Event('trail', key('a'), { eventName: 'ObjectRemoved:Delete' }));

    expect(await driver.take()).toBeUndefined();

    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    expect(driver.skipped.map(({ reason }) => reason)).toEqual(['test-event', 'folder', 'other-event']);
    expect(driver.isHeartBeating).toBe(false);
    await driver.end();
  });

  test('and settling what is not out does nothing', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    const unit = await driver.take();
    await driver.done(unit);
    aws.proxy.calls.length = 0;

    await driver.done(unit);

    expect(aws.proxy.calls).toEqual([]);
    await driver.end();
  });
});

describe('regression 6: a message that is no notification', () => {
  test('becomes a dead letter, is told once, and blocks no other', async () => {
    const driver = newDriver();
    const id = driver.send('{"hello":"world"}');
    driver.send(event('a'));

    const unit = await driver.take();
    await driver.done(unit);
    expect(aws.messages(driver.queue).held).toEqual(['{"hello":"world"}']);
    for (const seconds of [31, 61, 121]) {
      pass(seconds);
      expect(await driver.next()).toBeUndefined();
    }

    expect(namesOf([unit!])).toEqual(['a']);
    expect(driver.unreadable).toEqual([`${id}: NOTIFICATION_UNREADABLE`]);
    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    expect(aws.messages(`${driver.queue}-dead`).ready).toEqual(['{"hello":"world"}']);
    await driver.end();
  });

  test('regression 5: in one of its parts has the other parts done, and becomes a dead letter then', async () => {
    const driver = newDriver();
    const { Records } = JSON.parse(event('a')) as { Records: unknown[] };
    driver.send(JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put' }, ...Records] }));

    await driver.done(await driver.take());
    for (const seconds of [31, 61]) {
      pass(seconds);
      await driver.done(await driver.next());
    }
    pass(121);
    expect(await driver.next()).toBeUndefined();

    expect(aws.messages(`${driver.queue}-dead`).ready).toHaveLength(1);
    expect(driver.skipped[0]).toMatchObject({ reason: 'unusable' });
    await driver.end();
  });
});

describe('who may send to the queue does not say what is read', () => {
  test.each([
    ['another bucket', s3Event('secrets', 'AWSLogs/key'), 'other-bucket', 's3://secrets/AWSLogs/key'],
    ['another prefix', s3Event('trail', 'private/key'), 'other-prefix', 's3://trail/private/key'],
    [
      'a prefix that only begins alike',
      s3Event('trail', 'AWSLogs-private/key'),
      'other-prefix',
      's3://trail/AWSLogs-private/key',
    ],
    ['a bucket in other letters', s3Event('TRAIL', 'AWSLogs/key'), 'other-bucket', 's3://TRAIL/AWSLogs/key'],
  ])('%s is not read', async (_, body, reason, what) => {
    const driver = newDriver();
    driver.send(body);

    expect(await driver.take()).toBeUndefined();

    expect(driver.skipped).toEqual([{ reason, what }]);
    expect(aws.proxy.of('GetObject')).toEqual([]);
    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('and what is named beside it is', async () => {
    const driver = newDriver();
    driver.send(
      notificationOf([
        { bucket: 'secrets', key: key('a') },
        { bucket: 'trail', key: key('b') },
      ]),
    );

    expect(namesOf(await driver.takeAll())).toEqual(['b']);
    await driver.end();
  });
});

describe('messages are taken as units are asked for', () => {
  test('ten at a time, and none before somebody asks', async () => {
    const driver = newDriver();
    for (let n = 0; n < 25; n++) driver.send(event(String(n)));

    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(aws.proxy.of('ReceiveMessage')).toEqual([]);
    for (let n = 0; n < 10; n++) await driver.take();

    expect(aws.proxy.of('ReceiveMessage')).toHaveLength(1);
    expect(aws.messages(driver.queue).ready).toHaveLength(15);
    await driver.take();
    expect(aws.messages(driver.queue).ready).toHaveLength(5);
    await driver.end();
  });

  test('one at a time while the consumer is slow, so that others get theirs', async () => {
    const driver = newDriver();
    for (let n = 0; n < 25; n++) driver.send(event(String(n)));
    for (let n = 0; n < 10; n++) await driver.take();
    await driver.beat();
    pass(1);

    await driver.take();
    expect(aws.messages(driver.queue).ready).toHaveLength(14);
    await driver.take();

    expect(aws.messages(driver.queue).ready).toHaveLength(4);
    await driver.end();
  });
});

test('what waits is told as of a minute ago at most', async () => {
  const driver = newDriver();
  for (let n = 0; n < 25; n++) driver.send(event(String(n)));
  pass(5);
  await driver.take();
  await new Promise((resolve) => setTimeout(resolve, 20));

  const first = driver.feed.backlog();
  for (let n = 1; n < 25; n++) await driver.done(await driver.take());
  pass(11);
  await driver.beat();
  await new Promise((resolve) => setTimeout(resolve, 20));

  // The queue was asked before or after its first ten messages were taken.
  expect([25 + 9, 15 + 9]).toContain(first.units);
  expect(first).toMatchObject({ bytes: 9 * 5, oldest: Date.parse('2026-03-02T12:00:00Z') });
  expect(driver.feed.backlog()).toMatchObject({ units: 0, bytes: 0 });
  expect(aws.proxy.of('GetQueueAttributes')).toHaveLength(2);
  await driver.end();
});
