import { z } from 'zod';
import { outcomeOfSlackError, retryAfterMs } from './classify.js';
import { DeliveryError, type Delivery, type Destination } from './destination.js';
import { secretEndpoint } from './endpoint.js';
import { kindsOf } from './kinds.js';
import { policyOf, type DestinationDeps, type OptionsOf } from './options.js';
import { safeResponse } from './redact.js';
import { slackMessage, slackReply } from './slack-message.js';
import { jsonLine, oneLine } from './text.js';

/**
 * Posts to Slack, through an incoming webhook or as a bot. Neither has a documented way to repeat a call safely, so an
 * attempt whose answer was lost can leave a second post.
 * @throws DestinationSetupError for a webhook URL that cannot be used
 */
export const createSlack = (name: string, options: OptionsOf<'slack'>, deps: DestinationDeps): Destination =>
  options.webhookUrl === undefined ? bot(name, options, deps) : incomingWebhook(name, options, deps);

/** @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function incomingWebhook(name: string, options: OptionsOf<'slack'>, deps: DestinationDeps): Destination {
  const policy = policyOf(name, options, deps.secrets);
  const wanted = 'Put the URL of the incoming webhook there, https://hooks.slack.com/services/…';
  const about = { destination: name, option: 'webhookUrl', wanted };
  const url = secretEndpoint(deps.secrets.webhookUrl ?? '', about, options);
  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      const body = jsonLine(slackMessage(delivery));
      await deps.http.send({ method: 'POST', url, body, signal: delivery.signal }, policy);
      return undefined;
    },
  };
}

const ANSWER = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  channel: z.string().optional(),
  ts: z.string().optional(),
});
type Answer = z.infer<typeof ANSWER>;

/** Slack answered 200 and `ok: false`. */
class SlackError extends DeliveryError {
  constructor(
    destination: string,
    readonly slackCode: string,
    response: string,
    retryAfter: number | undefined,
  ) {
    super(
      `Destination "${destination}": Slack refused the message: ${oneLine(slackCode, 100)}.`,
      outcomeOfSlackError(slackCode),
      response,
      retryAfter,
    );
    this.name = 'SlackError';
  }
}

/** The message is there, but cannot be changed any more. */
const FIXED = new Set(['cant_update_message', 'edit_window_closed', 'update_failed']);

/**
 * The receipt is `channel:ts`. `updated` changes the post, `escalated` and `resolved` change it and reply in its
 * thread, an escalation to the channel too. Where the post is gone, they are posted anew.
 * @see https://docs.slack.dev/reference/methods/chat.postMessage
 * @see https://docs.slack.dev/reference/methods/chat.update
 */
function bot(name: string, options: OptionsOf<'slack'>, deps: DestinationDeps): Destination {
  const { http, now, secrets } = deps;
  const policy = policyOf(name, options, secrets);
  const headers = { authorization: `Bearer ${secrets.token ?? ''}` };

  async function call(method: string, content: object, signal: AbortSignal): Promise<Answer> {
    const url = new URL(`/api/${method}`, options.baseUrl).href;
    const body = jsonLine(content);
    const response = await http.send({ method: 'POST', url, headers, body, signal }, policy);
    const text = safeResponse(response.text, policy.secrets, response.truncated);
    const answer = ANSWER.safeParse(parsed(response.text)).data;
    if (answer === undefined) {
      throw new DeliveryError(`Destination "${name}": the answer is not one of Slack.`, 'retry', text);
    }
    if (answer.ok) return answer;
    const wait = retryAfterMs(response.headers['retry-after'], now());
    throw new SlackError(name, answer.error ?? 'unknown_error', text, wait);
  }

  async function post(delivery: Delivery): Promise<string | undefined> {
    const content = { channel: options.channel, ...slackMessage(delivery) };
    const { channel, ts } = await call('chat.postMessage', content, delivery.signal);
    const receipt = `${channel ?? ''}:${ts ?? ''}`;
    return postOf(receipt) === undefined ? undefined : receipt;
  }

  async function update(delivery: Delivery, shown: Post): Promise<'changed' | 'gone'> {
    try {
      await call('chat.update', { ...shown, ...slackMessage(delivery) }, delivery.signal);
    } catch (error) {
      if (error instanceof SlackError && error.slackCode === 'message_not_found') return 'gone';
      if (!(error instanceof SlackError && FIXED.has(error.slackCode))) throw error;
    }
    return 'changed';
  }

  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      const { kind, receipt, signal } = delivery;
      if (kind !== 'updated' && kind !== 'escalated' && kind !== 'resolved') return post(delivery);
      const shown = postOf(receipt);
      const state = shown === undefined ? 'gone' : await update(delivery, shown);
      if (kind === 'updated') return receipt;
      if (shown === undefined || state === 'gone') return post(delivery);
      await call(
        'chat.postMessage',
        {
          ...{ channel: shown.channel, thread_ts: shown.ts, reply_broadcast: kind === 'escalated' },
          ...{ text: slackReply(delivery), unfurl_links: false, unfurl_media: false },
        },
        signal,
      );
      return receipt;
    },
  };
}

interface Post {
  readonly channel: string;
  readonly ts: string;
}

function postOf(receipt: string | undefined): Post | undefined {
  const [, channel, ts] = /^([A-Z0-9]{1,50}):(\d{1,20}\.\d{1,20})$/.exec(receipt ?? '') ?? [];
  return channel === undefined || ts === undefined ? undefined : { channel, ts };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
