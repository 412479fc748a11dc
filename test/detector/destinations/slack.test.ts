import { afterEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../detector/engine/json.js';
import { slackMessage } from '../../../detector/destinations/slack-message.js';
import { closeServers, failureOf, local, serve } from './contract.js';
import { SLACK_BOT, SLACK_POST, SLACK_WEBHOOK } from './fixtures.js';
import { delivery, HOSTILE, MESSAGE } from './messages.js';

afterEach(closeServers);

interface TextObject {
  readonly type: string;
  readonly text: string;
  readonly emoji?: boolean;
  readonly verbatim?: boolean;
}

/** Every text object of a message, wherever it stands. */
function textObjects(value: unknown): TextObject[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(textObjects);
  const { type, text } = value as Partial<TextObject>;
  return typeof text === 'string' && (type === 'plain_text' || type === 'mrkdwn')
    ? [value as TextObject, ...inner]
    : inner;
}

interface Block {
  readonly type: string;
  readonly text?: TextObject;
  readonly fields?: readonly TextObject[];
  readonly elements?: readonly TextObject[];
}

const blocksOf = (message: ReturnType<typeof slackMessage>): readonly Block[] =>
  [...message.blocks, ...message.attachments.flatMap(({ blocks }) => blocks)] as readonly Block[];

describe('a message', () => {
  test('shows what a responder needs', () => {
    const message = slackMessage({ kind: 'raised', message: MESSAGE });
    const text = textObjects(message)
      .map((object) => object.text)
      .join('\n');

    expect(message.text).toBe('[HIGH] Root signed in to 210987654321');
    expect(message.attachments[0]?.color).toBe('#e8702a');
    for (const wanted of [
      'Actor\nroot',
      'Account\n210987654321',
      'Region\neu-central-1',
      'Source\n203.0.113.20',
      'Time\n2026-03-02T11:20:31.000Z to 2026-03-02T11:45:00.000Z',
      'Events\n3',
      'Runbook\nAsk the owner',
      '<https://attack.mitre.org/techniques/T1078/004/|T1078.004>',
      '<https://attack.mitre.org/techniques/T1098/|T1098>',
      '<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html|docs.aws.amazon.com>',
      'Rule aws.cloudtrail.root-login',
      'Alert 5b1f0c8e2d7a4936b0c1d2e3f4a5b6c7',
    ]) {
      expect(text).toContain(wanted);
    }
  });

  test('a late one says so', () => {
    const text = JSON.stringify(slackMessage({ kind: 'raised', message: { ...MESSAGE, late: true } }));

    expect(text).toContain('(late data)');
  });

  test('hostile text mentions nobody, formats nothing and links nowhere', () => {
    const message = slackMessage({ kind: 'raised', message: HOSTILE });
    const all = textObjects(message);
    const markup = [message.text, message.attachments[0]?.fallback ?? ''];

    for (const text of markup) expect(text).not.toMatch(/[<>]/);
    for (const { type, text, emoji, verbatim } of all) {
      if (type === 'plain_text') expect(emoji).toBe(false);
      else {
        expect(verbatim).toBe(true);
        expect(text.split(' · ').every((link) => /^<https:\/\/[^|<>]+\|[\w.-]+>$/.test(link))).toBe(true);
        expect(text).not.toMatch(/<[!@#]/);
      }
    }
    expect([message.unfurl_links, message.unfurl_media]).toEqual([false, false]);
  });

  test('stays within the limits of Slack, whatever the alert holds', () => {
    const message = slackMessage({ kind: 'raised', message: HOSTILE });
    const blocks = blocksOf(message);

    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      expect(block.text?.text.length ?? 1).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3000);
      expect(block.text?.text.length ?? 1).toBeGreaterThan(0);
      expect(block.fields?.length ?? 1).toBeLessThanOrEqual(10);
      expect(block.elements?.length ?? 1).toBeLessThanOrEqual(10);
      for (const { text } of block.fields ?? []) expect(text.length).toBeLessThanOrEqual(2000);
      for (const { text } of block.elements ?? []) expect(text.length).toBeLessThanOrEqual(3000);
    }
    expect(JSON.stringify(blocks).length).toBeLessThan(13_000);
  });

  test('a rule without description and runbook makes no empty block, which Slack refuses', () => {
    const bare = {
      ...MESSAGE,
      rule: { ...MESSAGE.rule, description: '', runbook: ' ', references: [], attack: [] },
    };

    expect(
      textObjects(slackMessage({ kind: 'raised', message: bare })).every(({ text }) => text !== ''),
    ).toBe(true);
  });
});

test('the incoming webhook is posted to as it is', async () => {
  const server = await serve(() => SLACK_WEBHOOK.ok);

  await local(SLACK_WEBHOOK, server).deliver(delivery({ kind: 'resolved' }));

  expect(server.requests[0]?.path).toBe('/services/T00000000/B00000000/XyZsecretXyZsecretXyZ1');
  expect((JSON.parse(server.requests[0]?.body ?? '') as JsonObject).text).toMatch(/^\[RESOLVED\]/);
});

describe('the bot', () => {
  const ok = { status: 200, body: JSON.stringify(SLACK_POST) };
  const refuse = (error: string) => ({ status: 200, body: JSON.stringify({ ok: false, error }) });
  const receipt = 'C0123ABCD:1772452800.000100';
  const calls = (server: Awaited<ReturnType<typeof serve>>) =>
    server.requests.map(({ path, body }) => ({ path, ...(JSON.parse(body) as JsonObject) }));

  test('posts with its token and remembers the post', async () => {
    const server = await serve(() => ok);

    const made = await local(SLACK_BOT, server).deliver(delivery());

    expect(made).toBe(receipt);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer xoxb-not-a-real-token-123456');
    expect(calls(server)).toMatchObject([{ path: '/api/chat.postMessage', channel: 'C0123ABCD' }]);
  });

  test('an update changes the post and says nothing', async () => {
    const server = await serve(() => ok);

    const kept = await local(SLACK_BOT, server).deliver(delivery({ kind: 'updated', receipt }));

    expect(kept).toBe(receipt);
    expect(calls(server)).toMatchObject([
      { path: '/api/chat.update', channel: 'C0123ABCD', ts: '1772452800.000100' },
    ]);
  });

  test.each([
    ['escalated', true, 'Escalated to HIGH: 3 events so far.'],
    ['resolved', false, 'Resolved after 3 events.'],
  ] as const)('%s changes the post and replies in its thread', async (kind, broadcast, text) => {
    const server = await serve(() => ok);

    const kept = await local(SLACK_BOT, server).deliver(delivery({ kind, receipt }));

    expect(kept).toBe(receipt);
    expect(calls(server)).toMatchObject([
      { path: '/api/chat.update' },
      { path: '/api/chat.postMessage', thread_ts: '1772452800.000100', reply_broadcast: broadcast, text },
    ]);
  });

  test('without a receipt an escalation is posted, and an update is not', async () => {
    const server = await serve(() => ok);
    const bot = local(SLACK_BOT, server);

    expect(await bot.deliver(delivery({ kind: 'updated' }))).toBeUndefined();
    expect(await bot.deliver(delivery({ kind: 'escalated', receipt: '../evil' }))).toBe(receipt);
    expect(calls(server)).toMatchObject([{ path: '/api/chat.postMessage' }]);
  });

  test('a post that was deleted is posted anew', async () => {
    const server = await serve(({ path }) => (path.endsWith('update') ? refuse('message_not_found') : ok));

    await local(SLACK_BOT, server).deliver(delivery({ kind: 'escalated', receipt }));

    expect(calls(server)[1]).not.toHaveProperty('thread_ts');
  });

  test('a post that may not be changed still gets its reply', async () => {
    const server = await serve(({ path }) => (path.endsWith('update') ? refuse('edit_window_closed') : ok));

    await local(SLACK_BOT, server).deliver(delivery({ kind: 'resolved', receipt }));

    expect(calls(server)[1]).toHaveProperty('thread_ts');
  });

  test.each([
    ['ratelimited', 'retry'],
    ['internal_error', 'retry'],
    ['fatal_error', 'retry'],
    ['invalid_auth', 'permanent'],
    ['channel_not_found', 'permanent'],
    ['not_in_channel', 'permanent'],
    ['something_new', 'permanent'],
  ])('200 with ok: false and %s: %s', async (code, outcome) => {
    const server = await serve(() => ({ ...refuse(code), headers: { 'retry-after': '30' } }));

    const error = await failureOf(local(SLACK_BOT, server).deliver(delivery()));

    expect([error.outcome, error.retryAfterMs]).toEqual([outcome, 30_000]);
    expect(error.message).toContain(code);
  });

  test('200 with something else than an answer of Slack is tried again', async () => {
    const server = await serve(() => ({ status: 200, body: '<html>maintenance</html>' }));

    const error = await failureOf(local(SLACK_BOT, server).deliver(delivery()));

    expect([error.outcome, error.response]).toEqual(['retry', '<html>maintenance</html>']);
  });
});
