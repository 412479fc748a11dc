import { createHmac } from 'node:crypto';
import { messageId } from './body.js';
import type { Destination } from './destination.js';
import { secretEndpoint } from './endpoint.js';
import { formatted } from './format.js';
import { kindsOf } from './kinds.js';
import { policyOf, type DestinationDeps, type OptionsOf } from './options.js';
import { DestinationSetupError } from './setup-error.js';

/**
 * POSTs messages as JSON, signed by Standard Webhooks 1.0.0: `webhook-id` (see `messageId`; a retry keeps it),
 * `webhook-timestamp` (seconds, of the attempt) and `webhook-signature`.
 * @throws DestinationSetupError for a URL or a signing secret that cannot be used
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhook(
  name: string,
  options: OptionsOf<'webhook'>,
  deps: DestinationDeps,
): Destination {
  const { http, now, secrets } = deps;
  const policy = policyOf(name, options, secrets);
  const wanted = 'Put an https URL without user, password and fragment there.';
  const about = { destination: name, option: 'url', wanted };
  const url = secretEndpoint(secrets.url ?? options.url, about, options);
  const keys = (options.signingSecrets ?? []).map((_reference, i) => {
    const option = `signingSecrets[${String(i)}]`;
    return signingKey(secrets[option] ?? '', name, option);
  });
  const headers = Object.fromEntries(
    Object.entries(options.headers).map(([header, value]) => [
      header.toLowerCase(),
      headerValue(secrets[`headers.${header}`] ?? value, name, header),
    ]),
  );
  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      const body = formatted(options.format, delivery);
      const id = messageId(delivery);
      const timestamp = String(Math.floor(now() / 1000));
      const signature = sign(keys, id, timestamp, body);
      await http.send(
        {
          ...{ method: 'POST', url, body, signal: delivery.signal },
          headers: {
            ...headers,
            ...{ 'webhook-id': id, 'webhook-timestamp': timestamp },
            ...(signature === '' ? {} : { 'webhook-signature': signature }),
          },
        },
        policy,
      );
      return undefined;
    },
  };
}

/** One `v1` signature for each key, separated by spaces: HMAC-SHA256 over `id.timestamp.body`, base64. */
export const sign = (keys: readonly Buffer[], id: string, timestamp: string, body: string): string =>
  keys
    .map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ');

/** The key in a `whsec_` secret: 24 to 64 bytes, base64. */
export function signingKey(secret: string, destination: string, option: string): Buffer {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  throw new DestinationSetupError(
    destination,
    option,
    'the secret is no signing secret of Standard Webhooks.',
    'Put "whsec_" and the base64 of 24 to 64 random bytes there, for example whsec_$(openssl rand -base64 32).',
  );
}

function headerValue(value: string, destination: string, header: string): string {
  if (/^[\t\x20-\x7e]+$/.test(value)) return value;
  throw new DestinationSetupError(
    destination,
    `headers.${header}`,
    'the value holds characters that a header cannot carry, or none at all.',
    'Put printable ASCII there, in one line.',
  );
}
