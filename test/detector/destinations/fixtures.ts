import type { HttpFixture } from './contract.js';

export const WEBHOOK_KEYS = [
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
] as const;

export const SLACK_WEBHOOK: HttpFixture = {
  name: 'slack, incoming webhook',
  options: () => ({ type: 'slack', webhookUrl: 'env:SLACK_URL' }),
  secrets: (url) => ({ webhookUrl: `${url}/services/T00000000/B00000000/XyZsecretXyZsecretXyZ1` }),
  ok: { status: 200, body: 'ok' },
};

export const SLACK_POST = { ok: true, channel: 'C0123ABCD', ts: '1772452800.000100' };

export const SLACK_BOT: HttpFixture = {
  name: 'slack, bot',
  options: (url) => ({ type: 'slack', token: 'env:SLACK_TOKEN', channel: 'C0123ABCD', baseUrl: url }),
  secrets: () => ({ token: 'xoxb-not-a-real-token-123456' }),
  ok: { status: 200, body: JSON.stringify(SLACK_POST) },
  needsBody: true,
};

export const PAGERDUTY: HttpFixture = {
  name: 'pagerduty',
  options: (url) => ({ type: 'pagerduty', routingKey: 'env:PAGERDUTY_KEY', baseUrl: url }),
  secrets: () => ({ routingKey: '0123456789abcdef0123456789abcdef' }),
  ok: { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"x"}' },
};

export const ASANA: HttpFixture = {
  name: 'asana',
  options: (url) => ({
    type: 'asana',
    token: 'env:ASANA_TOKEN',
    project: '1201',
    section: '1202',
    baseUrl: url,
  }),
  secrets: () => ({ token: '2/1234567890/not-a-real-token' }),
  ok: { status: 201, body: '{"data":{"gid":"1209"}}' },
};

export const WEBHOOK: HttpFixture = {
  name: 'webhook',
  options: (url) => ({
    type: 'webhook',
    url: `${url}/alerts?team=a`,
    signingSecrets: ['env:KEY_NEW', 'env:KEY_OLD'],
    headers: { 'X-Api-Key': 'env:API_KEY', 'x-team': 'blue' },
  }),
  secrets: () => ({
    'signingSecrets[0]': WEBHOOK_KEYS[0],
    'signingSecrets[1]': WEBHOOK_KEYS[1],
    'headers.X-Api-Key': 'api-key-that-is-secret',
  }),
  ok: { status: 204 },
};

export const WEBHOOK_OCSF: HttpFixture = {
  ...WEBHOOK,
  name: 'webhook, secret URL, OCSF',
  options: () => ({ type: 'webhook', url: 'env:HOOK_URL', format: 'ocsf' }),
  secrets: (url) => ({ url: `${url}/hook?token=secret-in-the-query-123` }),
};

export const HTTP_FIXTURES: readonly HttpFixture[] = [
  SLACK_WEBHOOK,
  SLACK_BOT,
  PAGERDUTY,
  ASANA,
  WEBHOOK,
  WEBHOOK_OCSF,
];
