import { afterEach, describe, expect, test } from '@jest/globals';
import { SEVERITIES } from '../../../detector/rule.js';
import { closeServers, local, serve } from './contract.js';
import { PAGERDUTY } from './fixtures.js';
import { delivery, HOSTILE, MESSAGE } from './messages.js';

afterEach(closeServers);

async function sent(change: Parameters<typeof delivery>[0]): Promise<Record<string, unknown>> {
  const server = await serve(() => PAGERDUTY.ok);
  await local(PAGERDUTY, server).deliver(delivery(change));
  expect(server.requests[0]?.path).toBe('/v2/enqueue');
  return JSON.parse(server.requests[0]?.body ?? '') as Record<string, unknown>;
}

describe('an event', () => {
  test('opens an incident for the group', async () => {
    const { payload, ...event } = await sent({});

    expect(event).toEqual({
      routing_key: '0123456789abcdef0123456789abcdef',
      event_action: 'trigger',
      dedup_key: 'aws.cloudtrail.root-login-1a2b3c4d',
      client: 'Tocsin',
      links: [
        { text: 'T1078.004', href: 'https://attack.mitre.org/techniques/T1078/004/' },
        { text: 'T1098', href: 'https://attack.mitre.org/techniques/T1098/' },
        {
          text: 'docs.aws.amazon.com',
          href: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html',
        },
      ],
    });
    expect(payload).toMatchObject({
      summary: '[HIGH] Root signed in to 210987654321',
      severity: 'error',
      source: 'aws.cloudtrail 210987654321',
      timestamp: '2026-03-02T11:45:00.000Z',
      class: 'aws.cloudtrail.root-login',
      custom_details: { actor: 'root', events: 3, context: MESSAGE.context },
    });
  });

  test('severities become those of PagerDuty', async () => {
    const severities = await Promise.all(
      SEVERITIES.map(async (severity) => {
        const { payload } = await sent({ message: { ...MESSAGE, severity } });
        return (payload as { severity: string }).severity;
      }),
    );

    expect(severities).toEqual(['info', 'info', 'warning', 'error', 'critical']);
  });

  test('resolves the incident of the group, and says no more', async () => {
    expect(await sent({ kind: 'resolved' })).toEqual({
      routing_key: '0123456789abcdef0123456789abcdef',
      event_action: 'resolve',
      dedup_key: 'aws.cloudtrail.root-login-1a2b3c4d',
    });
  });

  test('stays within the limits, with https links only', async () => {
    const event = await sent({ message: { ...HOSTILE, groupId: 'g'.repeat(300) } });
    const { summary } = event.payload as { summary: string };

    expect(summary.length).toBeLessThanOrEqual(1024);
    expect(event.dedup_key).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(60_000);
    expect((event.links as { href: string }[]).every(({ href }) => href.startsWith('https://'))).toBe(true);
  });
});

test('updates are not sent: they could open an incident that somebody resolved', async () => {
  const server = await serve(() => PAGERDUTY.ok);

  expect(local(PAGERDUTY, server).kinds.has('updated')).toBe(false);
});
