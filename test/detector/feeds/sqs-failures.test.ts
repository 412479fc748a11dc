import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sqsFeed, QueueProblem } from '../../../detector/feeds/sqs.js';
import { s3Clients } from '../../../detector/feeds/s3/clients.js';
import { FauxAws, jsonError, s3Event, until, type AwsCall, type Verdict } from '../../support/fauxqs.js';
import { fakeClock, pass, SqsDriver, VISIBILITY } from './sqs-driver.js';

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
const event = (name: string): string => s3Event('trail', `AWSLogs/${name}`);
const onReceive = (verdict: Verdict) => {
  aws.proxy.decide = ({ action }) => (action === 'ReceiveMessage' ? verdict : 'pass');
};

/** SQS does the others, and says of these entries that it could not. */
function failing(action: string, ids: readonly string[]): void {
  const code = { Code: 'InternalError', SenderFault: false, Message: 'as the test wanted' };
  aws.proxy.decide = (call: AwsCall): Verdict => {
    if (call.action !== action) return 'pass';
    const { Entries, ...rest } = JSON.parse(call.body.toString()) as { Entries: { Id: string }[] };
    const others = Entries.filter(({ Id }) => !ids.includes(Id));
    return {
      sendOn: JSON.stringify({ ...rest, Entries: others }),
      change: (answer) =>
        JSON.stringify({
          ...(JSON.parse(answer.toString()) as object),
          Failed: Entries.filter(({ Id }) => ids.includes(Id)).map(({ Id }) => ({ Id, ...code })),
        }),
    };
  };
}

describe('a queue that fails', () => {
  test.each<[string, Verdict, string]>([
    ['is missing', jsonError(400, 'QueueDoesNotExist'), 'QueueDoesNotExist'],
    ['denies', jsonError(403, 'AccessDeniedException'), 'AccessDeniedException'],
    ['has a key that denies', jsonError(400, 'KmsAccessDenied'), 'KmsAccessDenied'],
    ['throttles', jsonError(400, 'RequestThrottled'), 'RequestThrottled'],
    ['has a fault', jsonError(500, 'InternalFailure'), 'InternalFailure'],
  ])('since it %s is told once, and once when it is well', async (_, verdict, code) => {
    const driver = newDriver();
    onReceive(verdict);
    for (let n = 0; n < 3; n++) expect(await driver.next()).toBeUndefined();

    aws.proxy.decide = () => 'pass';
    driver.send(event('a'));
    expect(await driver.next()).toBeDefined();

    expect(driver.problems).toEqual([`sqs:ReceiveMessage: ${code}`, 'sqs:ReceiveMessage: well']);
    await driver.end();
  });

  test('is asked again after pauses that grow to a minute', async () => {
    const driver = newDriver();
    onReceive('cut');

    for (let n = 0; n < 8; n++) await driver.next();

    expect(driver.pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000));
    await driver.end();
  });

  test.each([
    ['AccessDeniedException', 'Allow sqs:ReceiveMessage on the queue to the detector.'],
    [
      'KmsAccessDenied',
      "Allow kms:Decrypt on the key of the queue to the detector, in its own policy and in the key's.",
    ],
    ['QueueDoesNotExist', 'Correct the address of the queue, or apply the stack that creates it.'],
  ])('by %s says what to do', async (code, fix) => {
    onReceive(jsonError(400, code, 'Access to the resource is denied.'));
    const told: Error[] = [];
    const stop = new AbortController();
    const feed = sqsFeed({
      source: { name: 'trail', queueUrl: aws.queue(`q${queues++}`), buckets: [] },
      ...{ client: aws.sqs, clients: s3Clients() },
      wait: async () => stop.abort(),
      onProblem: (_, problem) => problem !== undefined && told.push(problem),
    });

    for await (const _ of feed.units(stop.signal));

    expect(told).toEqual([expect.any(QueueProblem)]);
    expect(told[0]).toMatchObject({ code, fix, cause: { name: code } });
    expect(told[0]?.message).toBe(
      `sqs:ReceiveMessage failed: ${code}: Access to the resource is denied. → ${fix}`,
    );
  });

  test('to tell its depth hands out its messages all the same, and that is told', async () => {
    const driver = newDriver();
    aws.proxy.decide = ({ action }) =>
      action === 'GetQueueAttributes' ? jsonError(403, 'AccessDeniedException') : 'pass';
    driver.send(event('a'));

    expect(await driver.take()).toBeDefined();

    await until(() => driver.problems.length > 0);
    expect(driver.problems).toEqual(['sqs:GetQueueAttributes: AccessDeniedException']);
    await driver.end();
  });
});

describe('regression 13: a request of several messages that fails in part', () => {
  test('is done for the others, and what failed is delivered again', async () => {
    const driver = newDriver();
    for (const name of ['a', 'b', 'c']) driver.send(event(name));
    const units = await driver.takeAll();
    failing('DeleteMessageBatch', ['1']);

    const settled = await Promise.allSettled(units.map((unit) => driver.done(unit)));

    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({ reason: { code: 'InternalError' } });
    expect(aws.messages(driver.queue).held).toEqual([event('b')]);
    aws.proxy.decide = () => 'pass';
    pass(VISIBILITY + 1);
    const again = await driver.next();
    expect(again?.id).toBe(units[1]?.id);
    await driver.done(again);
    expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
    await driver.end();
  });

  test('of heart beats, is told', async () => {
    const driver = newDriver();
    for (const name of ['a', 'b']) driver.send(event(name));
    await driver.takeAll();
    failing('ChangeMessageVisibilityBatch', ['0']);
    await driver.beat();

    aws.proxy.decide = () => 'pass';
    await driver.beat();

    expect(driver.problems).toEqual([
      ...['sqs:ChangeMessageVisibility: InternalError', 'sqs:ChangeMessageVisibility: well'],
    ]);
    await driver.end();
  });
});

test('regression 8: when the acknowledgement fails, whoever settles is told, and the message comes back', async () => {
  const driver = newDriver();
  driver.send(event('a'));
  const unit = await driver.take();
  aws.proxy.decide = ({ action }) => (action === 'DeleteMessageBatch' ? 'cut' : 'pass');

  await expect(driver.done(unit)).rejects.toThrow(/^sqs:DeleteMessage failed: /);

  aws.proxy.decide = () => 'pass';
  pass(VISIBILITY + 1);
  expect((await driver.next())?.id).toBe(unit?.id);
  await driver.end();
});

test('when nobody settles it, that is told as a problem', async () => {
  const driver = newDriver();
  const testEvent = '{"Event":"s3:TestEvent","Bucket":"trail"}';
  aws.proxy.decide = ({ action }) =>
    action === 'DeleteMessageBatch' ? jsonError(403, 'AccessDenied') : 'pass';
  driver.send(testEvent);
  expect(await driver.take()).toBeUndefined();

  aws.proxy.decide = () => 'pass';
  driver.send(testEvent);
  expect(await driver.next()).toBeUndefined();

  expect(driver.problems).toEqual(['sqs:DeleteMessage: AccessDenied', 'sqs:DeleteMessage: well']);
  await driver.end();
});

test('many are acknowledged by few requests', async () => {
  const driver = newDriver();
  for (let n = 0; n < 30; n++) driver.send(event(String(n)));
  const units = await driver.takeAll();

  await Promise.all(units.map((unit) => driver.done(unit)));

  expect(units).toHaveLength(30);
  expect(aws.proxy.of('DeleteMessageBatch')).toHaveLength(3);
  expect(aws.messages(driver.queue)).toEqual({ ready: [], held: [] });
  await driver.end();
});
