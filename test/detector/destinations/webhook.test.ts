import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { messageId } from '../../../detector/destinations/body.js';
import { sign, signingKey } from '../../../detector/destinations/webhook.js';
import { closeServers, local, makeDestination, serve } from './contract.js';
import { WEBHOOK, WEBHOOK_KEYS } from './fixtures.js';
import { delivery, MESSAGE, NOW } from './messages.js';

afterEach(closeServers);

describe('signatures', () => {
  test('are those of the reference libraries of Standard Webhooks', () => {
    const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'oncall', 'signingSecrets[0]');

    expect(sign([key], 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('there is one for each key, over id, time and the body that was sent', async () => {
    const server = await serve(() => WEBHOOK.ok);

    await local(WEBHOOK, server).deliver(delivery());

    const { headers, body, path } = server.requests[0]!;
    const expected = WEBHOOK_KEYS.map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const content = `${String(headers['webhook-id'])}.${String(NOW / 1000)}.${body}`;
      return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    });
    expect(headers['webhook-signature']).toBe(expected.join(' '));
    expect(headers['webhook-timestamp']).toBe(String(NOW / 1000));
    expect(headers['webhook-id']).toBe(`${MESSAGE.alertId}-raised-high`);
    expect([headers['x-api-key'], headers['x-team']]).toEqual(['api-key-that-is-secret', 'blue']);
    expect(path).toBe('/alerts?team=a');
  });

  test('without keys nothing is signed, and the id is sent all the same', async () => {
    const server = await serve(() => WEBHOOK.ok);
    const options = { type: 'webhook', url: server.url, allowInsecure: true, allowPrivate: true };

    await makeDestination(options, {}).deliver(delivery());

    expect(server.requests[0]?.headers).not.toHaveProperty('webhook-signature');
    expect(server.requests[0]?.headers).toHaveProperty('webhook-id');
  });

  test.each(['whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_%%%', ''])(
    'the secret %j is refused without being shown',
    (secret) => {
      const read = () => signingKey(secret, 'oncall', 'signingSecrets[1]');

      expect(read).toThrow('Destination "oncall", option "signingSecrets[1]"');
      if (secret !== '') expect(read).not.toThrow(secret);
    },
  );
});

describe('the id of a message', () => {
  test('is kept by a retry, though events joined since', () => {
    expect(messageId({ kind: 'raised', message: { ...MESSAGE, events: 9 } })).toBe(
      messageId({ kind: 'raised', message: MESSAGE }),
    );
  });

  test('differs for all that says something new', () => {
    const critical = { ...MESSAGE, severity: 'critical' } as const;
    const ids = [
      messageId({ kind: 'raised', message: MESSAGE }),
      messageId({ kind: 'raised', message: critical }),
      messageId({ kind: 'escalated', message: critical }),
      messageId({ kind: 'updated', message: MESSAGE }),
      messageId({ kind: 'updated', message: { ...MESSAGE, events: 4 } }),
      messageId({ kind: 'resolved', message: MESSAGE }),
      messageId({ kind: 'resolved', message: critical }),
      messageId({ kind: 'raised', message: { ...MESSAGE, alertId: 'other' } }),
    ];

    expect(new Set(ids).size).toBe(ids.length);
  });

  test('holds no full stop and fits a header', () => {
    const id = messageId({ kind: 'system', message: { ...MESSAGE, alertId: `a.b\n${'ü'.repeat(500)}` } });

    expect(id).toMatch(/^[A-Za-z0-9_-]{1,200}$/);
  });
});

test('updates are sent on request only', () => {
  const options = { type: 'webhook', url: 'https://hooks.example/' };

  expect(makeDestination(options, {}).kinds.has('updated')).toBe(false);
  expect(makeDestination({ ...options, updates: true }, {}).kinds.has('updated')).toBe(true);
});

test.each([
  ['url', { type: 'webhook', url: 'env:URL' }, { url: 'this-is-secret' }],
  ['url', { type: 'webhook', url: 'env:URL' }, { url: 'https://user:this-is-secret@hooks.example/' }],
  ['webhookUrl', { type: 'slack', webhookUrl: 'env:URL' }, { webhookUrl: 'this-is-secret' }],
  [
    'headers.x-key',
    { type: 'webhook', url: 'https://hooks.example/', headers: { 'x-key': 'env:KEY' } },
    { 'headers.x-key': 'this-is-secret\nx: y' },
  ],
  ['url', { type: 'webhook', url: 'env:URL' }, {}],
  ['url', { type: 'webhook', url: 'env:URL' }, { url: 'http://hooks.example/this-is-secret' }],
  ['url', { type: 'webhook', url: 'env:URL' }, { url: ' ht\ntp://hooks.example/this-is-secret' }],
  ['webhookUrl', { type: 'slack', webhookUrl: 'env:URL' }, { webhookUrl: 'http://slack/this-is-secret' }],
])('a secret of no use is refused by the name of its option: %s', (option, options, secrets) => {
  const make = () => makeDestination(options, secrets);

  expect(make).toThrow(`Destination "oncall", option "${option}"`);
  expect(make).not.toThrow('this-is-secret');
});

test('a secret of plain http is refused with the option that allows it, and used with that', () => {
  const options = { type: 'webhook', url: 'env:URL' };
  const secrets = { url: 'http://hooks.example/this-is-secret' };

  expect(() => makeDestination(options, secrets)).toThrow(
    'the secret is a URL of plain http, which would send alerts unprotected.\n' +
      '  → Put an https URL there, or set allowInsecure: true for this destination.',
  );
  expect(makeDestination({ ...options, allowInsecure: true }, secrets).name).toBe('oncall');
});
