import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Sender } from '../../../../src/cloud/aws/sender.js';
import { FauxAws, jsonError, REGION, TEST_KEYS, type Verdict } from '../../../support/fauxqs.js';
import { placeIn, rejection } from './support.js';

const bodies = ['one', 'two', 'three'];
const messages = bodies.map((body) => ({ body }));

interface Request {
  readonly Entries: readonly { readonly Id: string }[];
}

/** Takes some messages of a request only, as SQS does when a part of it fails. */
function takesOnly(body: Buffer, isTaken: (place: number) => boolean, isSendersFault: boolean): Verdict {
  const request = JSON.parse(body.toString()) as Request;
  const failed = request.Entries.filter((_, place) => !isTaken(place)).map(({ Id }) => ({
    ...{ Id, SenderFault: isSendersFault, Code: isSendersFault ? 'InvalidMessageContents' : 'InternalError' },
    Message: 'as the test wanted',
  }));
  return {
    sendOn: JSON.stringify({ ...request, Entries: request.Entries.filter((_, place) => isTaken(place)) }),
    change: (answer) => JSON.stringify({ ...(JSON.parse(answer.toString()) as object), Failed: failed }),
  };
}

describe('putting messages into a queue', () => {
  let aws: FauxAws;
  let sender: Sender;
  let count = 0;
  let name = '';
  beforeAll(async () => {
    aws = await FauxAws.start();
  });
  beforeEach(() => {
    name = `queue-${++count}`;
    aws.queue(name);
    sender = new Sender(
      { region: REGION, credentials: TEST_KEYS, endpoint: aws.proxy.url } as never,
      {
        ...{ name, arn: `arn:aws:sqs:${REGION}:000000000000:${name}`, stack: 'tocsin-acme-source-trail' },
        place: placeIn('000000000000'),
      },
      1,
    );
  });
  afterEach(() => {
    sender.close();
    aws.proxy.decide = () => 'pass';
    aws.proxy.calls.length = 0;
  });
  afterAll(() => aws.stop());

  test('all of them at once', async () => {
    await sender.send(await sender.url(), messages);

    expect(aws.messages(name).ready).toEqual(bodies);
    expect(aws.proxy.of('SendMessageBatch')).toHaveLength(1);
  });

  test('those of a request that failed are sent again, and those alone', async () => {
    aws.proxy.decide = ({ action, body }, index) =>
      action === 'SendMessageBatch' && index === 0 ? takesOnly(body, (place) => place === 1, false) : 'pass';

    await sender.send(await sender.url(), messages);

    expect([...aws.messages(name).ready].sort()).toEqual([...bodies].sort());
    expect(aws.proxy.of('SendMessageBatch')).toHaveLength(2);
  });

  test('what keeps failing may work later', async () => {
    aws.proxy.decide = ({ action, body }) =>
      action === 'SendMessageBatch' ? takesOnly(body, (place) => place === 0, false) : 'pass';

    const error = await rejection(
      sender
        .url()
        .then((url) =>
          sender.send(url, [
            ...messages,
            ...Array.from(messages, (one, i) => ({ ...one, body: `more-${i}` })),
            ...messages,
          ]),
        ),
    );

    expect(error).toMatchObject({
      ...{ problem: 'throttled', outcome: 'retry' },
      message: expect.stringContaining(
        'takes a part of the messages only (InternalError: as the test wanted)',
      ),
    });
  });

  test('what is our own fault is not tried again', async () => {
    aws.proxy.decide = ({ action, body }) =>
      action === 'SendMessageBatch' ? takesOnly(body, (place) => place < 2, true) : 'pass';

    const error = await rejection(sender.url().then((url) => sender.send(url, messages)));

    expect(error).toMatchObject({ problem: 'failed', outcome: 'permanent' });
    expect(aws.proxy.of('SendMessageBatch')).toHaveLength(1);
  });

  test('a queue that is not there: the stack that makes it', async () => {
    const other = new Sender(
      { region: REGION, credentials: TEST_KEYS, endpoint: aws.proxy.url } as never,
      { ...{ name: 'none', arn: 'arn:none', stack: 'the-stack' }, place: placeIn('000000000000') },
      1,
    );

    const error = await rejection(other.url());

    other.close();
    expect(error).toMatchObject({
      problem: 'missing',
      fix: 'Apply the stack the-stack first: it makes the queue.',
    });
  });

  test('a queue that may not be written to', async () => {
    aws.proxy.decide = ({ action }) =>
      action === 'SendMessageBatch'
        ? jsonError(403, 'AccessDeniedException', 'User: me is not authorized to perform: sqs:sendmessage')
        : 'pass';

    expect(await rejection(sender.url().then((url) => sender.send(url, messages)))).toMatchObject({
      problem: 'denied',
      fix: expect.stringContaining('Allow sqs:sendmessage'),
    });
  });
});
