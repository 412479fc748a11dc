import { z } from 'zod';
import { limitContext } from '../alerts/context.js';
import type { Json } from '../engine/json.js';
import { cutText } from '../engine/text.js';
import { LOG_TYPES, SEVERITIES } from '../rule.js';
import type { Delivery, MessageKind } from './destination.js';
import { oneLine, severalLines } from './text.js';

const json: z.ZodType<Json> = z.json();
const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC.' });

/**
 * The JSON that webhooks, files and standard output get. `docs/schema/alert.schema.json` is made from it, and a test
 * fails when that is stale. A field is added without a new version; one that changes or goes raises `schemaVersion`.
 */
export const ALERT_BODY = z
  .strictObject({
    schemaVersion: z.literal(1),
    messageId: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9_-]+$/)
      .meta({ description: 'This message. A retry repeats it; every other message has another.' }),
    kind: z.enum(['raised', 'escalated', 'updated', 'resolved', 'summary', 'system', 'test']).meta({
      description:
        'Why it is sent. raised: the first time. escalated: a match of higher severity joined. updated: more events ' +
        'were counted. resolved: somebody ended it. summary: several alerts of one rule in one. system: the detector ' +
        'speaks of itself. test: a trial.',
    }),
    alertId: z.string().max(200).meta({ description: 'The alert; the same in all messages about it.' }),
    groupId: z.string().max(200).meta({ description: 'Alerts of one rule with one dedup key share it.' }),
    severity: z.enum(SEVERITIES),
    title: z.string().max(1000),
    rule: z.strictObject({
      id: z.string().max(200),
      name: z.string().max(300),
      description: z.string().max(5000),
      runbook: z.string().max(5000),
      references: z.array(z.string().max(2000)).max(50),
      attack: z
        .array(z.string().max(40))
        .max(50)
        .meta({ description: 'MITRE ATT&CK, tactic:technique, such as TA0007:T1201.' }),
    }),
    logType: z.enum([...LOG_TYPES, 'tocsin.system']).meta({
      description: 'The log of its events; tocsin.system for what the detector says about itself.',
    }),
    dedup: z.string().max(1000).meta({ description: 'What groups matches of the rule.' }),
    firstEventTime: time,
    lastEventTime: time,
    events: z.int().min(0).meta({ description: 'Different events counted so far.' }),
    late: z.boolean().meta({ description: 'The data was old when the alert was raised.' }),
    ruleset: z.string().max(200).meta({ description: 'Hash of the rules that raised it.' }),
    context: z
      .record(z.string(), json)
      .meta({ description: 'At most 16 KiB. Its values come out of logs: treat them as hostile.' }),
    pointers: z
      .array(
        z.strictObject({
          unit: z.string().max(2000).meta({ description: 'The object that the event came in.' }),
          index: z.int().min(0).meta({ description: 'Its place among the records there, from 0.' }),
          eventId: z.string().max(300),
        }),
      )
      .max(100)
      .meta({ description: 'Where the first events are found.' }),
  })
  .meta({ title: 'Tocsin alert message' });

export type AlertBody = z.infer<typeof ALERT_BODY>;

/** The same for every attempt at the same message, byte for byte, while the alert stands still. */
export function alertBody({ kind, message }: Pick<Delivery, 'kind' | 'message'>): AlertBody {
  const { rule } = message;
  return {
    schemaVersion: 1,
    messageId: messageId({ kind, message }),
    kind,
    alertId: cutText(message.alertId, 200),
    groupId: cutText(message.groupId, 200),
    severity: message.severity,
    title: oneLine(message.title, 1000),
    rule: {
      id: oneLine(rule.id, 200),
      name: oneLine(rule.name, 300),
      description: severalLines(rule.description, 5000),
      runbook: severalLines(rule.runbook, 5000),
      references: rule.references.slice(0, 50).map((reference) => oneLine(reference, 2000)),
      attack: rule.attack.slice(0, 50).map((reference) => oneLine(reference, 40)),
    },
    logType: message.logType,
    dedup: cutText(message.dedup, 1000),
    firstEventTime: message.firstEventTime,
    lastEventTime: message.lastEventTime,
    events: message.events,
    late: message.late,
    ruleset: oneLine(message.ruleset, 200),
    context: limitContext(message.context),
    pointers: message.pointers.slice(0, 100).map(({ unit, index, eventId }) => ({
      unit: cutText(unit, 2000),
      index,
      eventId: cutText(eventId, 300),
    })),
  };
}

/**
 * The id of a message, by which receivers drop duplicates: the alert, the kind, and what a message of that kind says that
 * an earlier one did not. So a retry keeps the id although events may have joined since, while an escalation is no
 * duplicate, not even where it happened between two attempts at the first message. It holds no full stop, as Standard
 * Webhooks asks.
 */
export function messageId({ kind, message }: Pick<Delivery, 'kind' | 'message'>): string {
  const news: Readonly<Record<MessageKind, readonly (string | number)[]>> = {
    raised: [message.severity],
    escalated: [message.severity],
    updated: [message.events],
    summary: [message.events],
    // Only a rise of severity opens an alert again.
    resolved: [message.severity],
    system: [],
    test: [],
  };
  return [message.alertId.slice(0, 150), kind, ...news[kind]].join('-').replace(/[^A-Za-z0-9_-]/g, '_');
}
