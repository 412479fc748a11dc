import type { AlertMessage } from '../destinations/destination.js';
import type { JsonObject } from '../engine/json.js';
import { cutText } from '../engine/text.js';
import type { Rule } from '../rule.js';
import { documentKey } from '../state/keys.js';
import { MOST_DOCUMENT_BYTES } from '../state/store.js';
import { FORGOTTEN, type EventPointer, type Group } from './group.js';
import type { StoredGroup } from './group-document.js';
import { shortHash } from './manifest.js';

/** What an alert shows, written before its group names it: a document that nobody names expires unseen. */
export interface AlertDocument {
  readonly v: 1;
  readonly id: string;
  readonly groupKey: string;
  readonly title: string;
  readonly context: JsonObject;
  readonly rule: AlertMessage['rule'];
  readonly ruleset: string;
  readonly late: boolean;
  /** When it was raised, in milliseconds since the epoch. */
  readonly raisedAt: number;
  /** The first events, at most 100. */
  readonly pointers: readonly EventPointer[];
}

const MOST_POINTERS = 100;
/** Texts of a rule, in characters: whole, then cut by and by until the document fits. */
const LONGEST_TEXT = 4000;
const SHORTEST_TEXT = 300;

export const alertKey = (alertId: string): string => `alert/${alertId}`;
/** @param part of the group, where it is kept in several documents */
export const groupKey = (rule: string, dedup: string, ...part: readonly string[]): string =>
  documentKey('group', rule, dedup, ...part);
export const groupIdOf = (key: string): string => key.slice(key.indexOf('/') + 1);

export const shownRule = (rule: Rule): AlertMessage['rule'] => ({
  ...{ id: rule.id, name: rule.name, description: rule.description, runbook: rule.runbook },
  references: rule.references ?? [],
  attack: rule.attack,
});

/** Adds events to those that an alert names. The same events change nothing. */
export function addPointers(document: AlertDocument, pointers: readonly EventPointer[]): AlertDocument {
  const known = new Set(document.pointers.map((pointer) => pointer.eventId));
  const added = pointers.filter(({ eventId }) => eventId !== '' && !known.has(eventId));
  const all = [...document.pointers, ...added].slice(0, MOST_POINTERS);
  return all.length === document.pointers.length ? document : { ...document, pointers: all };
}

/**
 * The events that an alert counts, of those that its document names: somebody who lost the race to write the group may
 * have named some that wait, or that the alert beside it counts.
 */
export function pointersOf({ id, pointers }: AlertDocument, { members }: Group): readonly EventPointer[] {
  const others = members.filter(({ alert }) => alert !== id && alert !== FORGOTTEN);
  const elsewhere = new Set(others.map((member) => member.id));
  return pointers.filter(({ eventId }) => !elsewhere.has(shortHash(eventId)));
}

/** Fits a store: texts of the rule are cut, then pointers give way, since their objects can have long names. */
export function encodeAlert(document: AlertDocument): string {
  let body = JSON.stringify(document);
  let { rule, pointers } = document;
  for (let most = LONGEST_TEXT; Buffer.byteLength(body) > MOST_DOCUMENT_BYTES; most /= 4) {
    if (most < SHORTEST_TEXT) {
      if (pointers.length === 0) break;
      pointers = pointers.slice(0, Math.floor(pointers.length / 2));
    }
    rule = cutRule(document.rule, Math.floor(most));
    body = JSON.stringify({ ...document, rule, pointers });
  }
  return body;
}

const cutRule = (rule: AlertDocument['rule'], most: number): AlertDocument['rule'] => ({
  ...{ id: rule.id, name: cutText(rule.name, most), attack: rule.attack.slice(0, most / 10) },
  ...{ description: cutText(rule.description, most), runbook: cutText(rule.runbook, most) },
  references: rule.references.slice(0, most / 100),
});

export const decodeAlert = (body: string): AlertDocument => JSON.parse(body) as AlertDocument;

/** The alert as destinations see it; undefined when the group no longer knows it. */
export function messageOf(document: AlertDocument, stored: StoredGroup): AlertMessage | undefined {
  const alert = stored.group.alerts.find(({ id }) => id === document.id);
  if (alert === undefined) return undefined;
  return {
    alertId: alert.id,
    groupId: groupIdOf(document.groupKey),
    rule: document.rule,
    logType: alert.logType,
    severity: alert.severity,
    title: document.title,
    dedup: alert.dedup,
    firstEventTime: new Date(alert.firstEventTime).toISOString(),
    lastEventTime: new Date(alert.lastEventTime).toISOString(),
    events: alert.events,
    context: document.context,
    pointers: pointersOf(document, stored.group),
    ruleset: document.ruleset,
    late: document.late,
  };
}
