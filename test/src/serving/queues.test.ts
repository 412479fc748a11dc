import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.js';
import type { OpenQueues } from '../../../src/serving/open-queues.js';
import { openQueues, servedQueues } from '../../../src/serving/queues.js';
import { FauxAws, jsonError, s3Event, TEST_KEYS } from '../../support/fauxqs.js';
import { folderOf, inAwsEnv, topologyFrom } from '../cloud/aws/support.js';

const BUCKET = 'company-logs';
const source = (name: string): object => ({
  name,
  aws: { account: 'main', existing: { bucket: BUCKET, notifications: { from: 'bucket' } } },
});
const CONFIG = {
  installation: 'test',
  aws: {
    accounts: { main: { id: '000000000000', region: 'us-east-1' } },
    detector: { account: 'main', runtime: 'serve' },
  },
  sources: [source('trail'), source('other')],
};

describe('the queues of serve', () => {
  const [trail, other] = topologyFrom(CONFIG).sources;
  let aws: FauxAws;
  let logged: string[];
  let problems: string[];
  let skipped: string[];
  beforeAll(async () => {
    aws = await FauxAws.start();
    for (const plan of [trail, other])
      for (const queue of [plan?.queue, plan?.deadLetters]) aws.emulator.createQueue(queue?.name ?? '');
  });
  afterAll(() => aws.stop());
  inAwsEnv(() => ({
    ...{ AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey },
    AWS_ENDPOINT_URL: aws.proxy.url,
  }));
  beforeEach(() => {
    [logged, problems, skipped] = [[], [], []];
  });
  afterEach(() => {
    aws.proxy.decide = () => 'pass';
  });

  const open = async (): Promise<OpenQueues> => {
    const config = await loadConfig(folderOf(CONFIG));
    return openQueues(servedQueues(config), config, {
      ...{ env: {}, now: Date.now, looked: () => undefined },
      log: (level, message) => logged.push(`${level} ${message}`),
      watch: { problem: (name, place, message) => problems.push(`${name}: ${message ?? 'well'}`) },
      skipped: (name, reason) => skipped.push(`${name} ${reason}`),
    });
  };

  test('tell what they gave up, and what keeps one from telling, until it does', async () => {
    aws.emulator.sendMessage(trail?.deadLetters.name ?? '', 'it went wrong');
    const { askDeadLetterQueues } = await open();
    aws.proxy.decide = ({ body }) =>
      body.includes(other?.deadLetters.name ?? '') ? jsonError(403, 'AccessDenied') : 'pass';
    const answers = async () =>
      (await askDeadLetterQueues()).map(({ source: name, answer }) => [name, answer]);

    const denied = { problem: expect.objectContaining({ code: 'AccessDenied' }) };
    expect(await answers()).toEqual([
      ['trail', { messages: 1 }],
      ['other', denied],
    ]);
    await answers();
    expect(problems).toEqual([
      expect.stringMatching(/^other: sqs:GetQueueAttributes failed: .* → Allow sqs:/),
    ]);
    expect(logged).toEqual([expect.stringMatching(/^warn .*GetQueueAttributes.*AccessDenied/)]);

    aws.proxy.decide = () => 'pass';
    expect((await answers())[1]).toEqual(['other', { messages: 0 }]);
    expect([problems[1], logged[1]]).toEqual(['other: well', expect.stringContaining('can be used again')]);
  });

  test('count what they leave out, and warn where it is not of the source', async () => {
    const bodies = [
      s3Event('others', 'AWSLogs/a'),
      s3Event(BUCKET, 'elsewhere/a'),
      s3Event(BUCKET, 'AWSLogs/a/'),
    ];
    for (const body of bodies) aws.emulator.sendMessage(trail?.queue.name ?? '', body);
    const stop = new AbortController();
    const [feed] = (await open()).feeds;
    aws.proxy.decide = ({ action }) => {
      if (action === 'ReceiveMessage' && skipped.length === 3) stop.abort();
      return 'pass';
    };

    for await (const unit of feed?.units(stop.signal) ?? []) throw new Error(`${unit.name} was handed out`);

    expect(skipped.toSorted()).toEqual(['trail folder', 'trail other-bucket', 'trail other-prefix']);
    expect(logged.toSorted()).toEqual([
      expect.stringMatching(/^info trail: left out \(folder\): /),
      expect.stringMatching(/^warn trail: left out \(other-bucket\): /),
      expect.stringMatching(/^warn trail: left out \(other-prefix\): /),
    ]);
  });
});
