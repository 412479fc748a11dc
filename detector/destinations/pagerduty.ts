import { createHash } from 'node:crypto';
import { limitContext } from '../alerts/context.js';
import type { Severity } from '../rule.js';
import type { Delivery, Destination } from './destination.js';
import { attackLinks, factsOf, headline, referenceLinks } from './facts.js';
import { kindsOf } from './kinds.js';
import { policyOf, type DestinationDeps, type OptionsOf } from './options.js';
import { jsonLine, oneLine, severalLines } from './text.js';

const SEVERITIES: Readonly<Record<Severity, string>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};
const LONGEST_KEY = 255;
const LONGEST_SUMMARY = 1024;

/**
 * Opens, escalates and resolves alerts through the Events API v2. `dedup_key` is the group, so that a long attack is
 * one incident, a repeated attempt changes nothing, and resolving an alert resolves the incident of its group.
 * `updated` is not sent: a trigger after somebody resolved the incident would open a new one and page again.
 *
 * The limits: dedup_key 255 characters, summary 1,024, the whole event 512 KB (ours stays below 60 KB).
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 * @see https://developer.pagerduty.com/docs/events-api-v2/overview/ (size limits, response codes)
 */
export function createPagerduty(
  name: string,
  options: OptionsOf<'pagerduty'>,
  deps: DestinationDeps,
): Destination {
  const { http, secrets } = deps;
  const policy = policyOf(name, options, secrets);
  const url = new URL('/v2/enqueue', options.baseUrl).href;
  const routingKey = secrets.routingKey ?? '';
  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      const event = delivery.kind === 'resolved' ? resolution(delivery) : trigger(delivery);
      const body = jsonLine({ routing_key: routingKey, ...event });
      await http.send({ method: 'POST', url, body, signal: delivery.signal }, policy);
      return undefined;
    },
  };
}

const resolution = ({ message }: Delivery) => ({
  event_action: 'resolve',
  dedup_key: dedupKey(message.groupId),
});

function trigger({ kind, message }: Delivery) {
  const { actor, account, region, source, operation, service } = factsOf(message);
  const { rule } = message;
  return {
    event_action: 'trigger',
    dedup_key: dedupKey(message.groupId),
    client: 'Tocsin',
    payload: {
      summary: headline(kind, message, LONGEST_SUMMARY),
      severity: SEVERITIES[message.severity],
      source: oneLine([message.logType, account].filter((part) => part !== undefined).join(' '), 255),
      timestamp: message.lastEventTime,
      component: service,
      group: message.logType,
      class: oneLine(rule.id, 255),
      custom_details: {
        ...{ alert: oneLine(message.alertId, 200), severity: message.severity, rule: oneLine(rule.id, 200) },
        description: severalLines(rule.description, 4000),
        runbook: severalLines(rule.runbook, 4000),
        ...{ actor, operation, account, region, source },
        ...{ first_event: message.firstEventTime, last_event: message.lastEventTime, events: message.events },
        ...{
          late: message.late,
          attack: rule.attack.slice(0, 50).map((reference) => oneLine(reference, 40)),
          context: limitContext(message.context),
        },
      },
    },
    links: [...attackLinks(message), ...referenceLinks(message)],
  };
}

const dedupKey = (groupId: string): string =>
  groupId.length <= LONGEST_KEY ? groupId : createHash('sha256').update(groupId).digest('hex');
