import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { notificationOf } from '../../../detector/feeds/s3/notification.js';
import { FauxAws, s3Event, until } from '../../support/fauxqs.js';
import { fakeClock, pass, SqsDriver, VISIBILITY } from './sqs-driver.js';

const HOUR_SECONDS = 3600;

let aws: FauxAws;
let queues = 0;
beforeAll(async () => {
  aws = await FauxAws.start();
});
afterAll(() => aws.stop());
beforeEach(fakeClock);
afterEach(() => {
  jest.useRealTimers();
  aws.proxy.decide = () => 'pass';
  aws.proxy.calls.length = 0;
});

const newDriver = (): SqsDriver => new SqsDriver(aws, `q${queues++}`);
const key = (name: string): string => `AWSLogs/210987654321/${name}`;
const event = (name: string): string => s3Event('trail', key(name));

/** How many messages another detector on the queue gets. */
async function others({ url }: SqsDriver): Promise<number> {
  const { Messages = [] } = await aws.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  return Messages.length;
}

describe('while its units are out a message is kept from others', () => {
  test('by a heart that beats twice in its time', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    const unit = await driver.take();

    for (let beat = 0; beat < 5; beat++) {
      await driver.beat();
      expect(await others(driver)).toBe(0);
    }
    await driver.done(unit);

    await until(() => !driver.isHeartBeating);
    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('of several, all by one request', async () => {
    const driver = newDriver();
    for (let n = 0; n < 10; n++) driver.send(event(String(n)));
    await driver.take();

    await driver.beat();

    expect(aws.proxy.of('ChangeMessageVisibilityBatch')).toHaveLength(1);
    pass(VISIBILITY - 1);
    expect(await others(driver)).toBe(0);
    await driver.end();
  });

  test('for twelve hours, which is the most that SQS allows', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    await driver.take();
    pass(12 * HOUR_SECONDS - VISIBILITY / 2 - 50);

    await driver.beat();

    const [beat] = aws.proxy.of('ChangeMessageVisibilityBatch').slice(-1);
    expect(JSON.parse(beat?.body.toString() ?? '')).toMatchObject({ Entries: [{ VisibilityTimeout: 50 }] });
    await expect(driver.beat()).rejects.toThrow('No heart beats.');
    await driver.end();
  });

  test('what a process held that was killed comes back', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    await driver.take();

    driver.restart();
    expect(await driver.take()).toBeUndefined();
    pass(VISIBILITY + 1);

    expect(await driver.next()).toMatchObject({ key: key('a') });
    await driver.end();
  });
});

describe('when the heart cannot beat', () => {
  test('the message comes back, but its object is not handed out a second time', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    const unit = await driver.take();
    pass(VISIBILITY + 1);
    driver.send(event('b'));

    const next = await driver.take();
    expect(next).toMatchObject({ key: key('b') });
    expect(await driver.take()).toBeUndefined();
    await driver.done(unit);
    await driver.done(next);

    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('that is told, until it can', async () => {
    const driver = newDriver();
    driver.send(event('a'));
    await driver.take();
    aws.proxy.decide = ({ action }) => (action === 'ChangeMessageVisibilityBatch' ? 'cut' : 'pass');
    await driver.beat();
    await driver.beat();

    aws.proxy.decide = () => 'pass';
    await driver.beat();

    expect(driver.problems).toEqual([
      expect.stringMatching(/^sqs:ChangeMessageVisibility: \w+$/),
      'sqs:ChangeMessageVisibility: well',
    ]);
    await driver.end();
  });
});

describe('when the signal ends it', () => {
  test('what was not handed out goes back at once, and what was is kept until it is settled', async () => {
    const driver = newDriver();
    for (let n = 0; n < 4; n++) driver.send(event(String(n)));
    const [one, two] = [await driver.take(), await driver.take()];

    await driver.end();

    expect(aws.messages(driver.queue).ready).toHaveLength(2);
    await driver.beat();
    pass(VISIBILITY - 1);
    expect(aws.messages(driver.queue).held).toHaveLength(2);
    await driver.done(one);
    await driver.retry(two);
    expect(aws.messages(driver.queue).held).toHaveLength(1);
    await until(() => !driver.isHeartBeating);
  });

  test('a message of which a part was handed out goes back when that is settled', async () => {
    const driver = newDriver();
    driver.send(notificationOf([1, 2].map((n) => ({ bucket: 'trail', key: key(String(n)) }))));
    const one = await driver.take();

    await driver.end();
    expect(aws.messages(driver.queue).held).toHaveLength(1);
    await driver.done(one);

    expect(aws.messages(driver.queue).ready).toHaveLength(1);
  });

  test('it does not wait for messages that may come', async () => {
    const driver = new SqsDriver(aws, `q${queues++}`, { pollSeconds: 20 });
    const taking = driver.take();
    await until(() => aws.proxy.of('ReceiveMessage').length === 1);

    driver.stop.abort();

    expect(await taking).toBeUndefined();
    expect(driver.problems).toEqual([]);
    await until(() => aws.proxy.of('ReceiveMessage').length === 1 && aws.proxy.pending === 0);
  });

  test('nor in a pause', async () => {
    const driver = newDriver();
    expect(await driver.take()).toBeUndefined();

    await driver.end();

    expect(driver.pauses).toEqual([1000]);
  });
});
