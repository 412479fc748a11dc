import type { JsonObject } from '../engine/json.js';
import { hashOfParts } from '../hash.js';
import { SEVERITIES, type LogTypeId, type Severity } from '../rule.js';

/** The log type of an alert's events; the detector's alerts about itself have one of their own. */
export type AlertLogType = LogTypeId | 'tocsin.system';

/** Where an event can be read again. */
export interface EventPointer {
  /** The object it came in. */
  readonly unit: string;
  /** Its place among the object's records, from 0. */
  readonly index: number;
  readonly eventId: string;
}

/** What one match adds to its group. */
export interface Contribution {
  /** Event time in milliseconds since the epoch. */
  readonly time: number;
  /** The event's identity; the same event counts once however often it is delivered. */
  readonly id: string;
  /** For rules that count distinct values: those of this event. */
  readonly values?: readonly string[];
  readonly severity: Severity;
  readonly pointer: EventPointer;
  /** Title and context of an alert that this match raises; asked for only then. Never throws. */
  readonly present: () => { readonly title: string; readonly context: JsonObject };
}

/** Stands for an alert that its group does not know any more: its members are counted, and wait for nothing. */
export const FORGOTTEN = 'forgotten';

/** A match as its group remembers it. */
export interface Member {
  readonly time: number;
  readonly id: string;
  readonly values?: readonly string[];
  readonly pointer: EventPointer;
  readonly severity: Severity;
  /** The alert that counts it; undefined while it waits for a threshold to be reached. */
  readonly alert?: string;
}

/** Raised by a group that reached its rule's threshold within the rule's window. */
export interface Alert {
  /** Hash of rule, dedup key and start of the span; kept, never computed again. */
  readonly id: string;
  readonly rule: string;
  readonly logType: AlertLogType;
  readonly dedup: string;
  /** The highest of its matches. */
  readonly severity: Severity;
  readonly title: string;
  readonly context: JsonObject;
  /** The span that reached the threshold, in event time. */
  readonly start: number;
  readonly end: number;
  /** First and last event counted here, absorbed ones included. */
  readonly firstEventTime: number;
  readonly lastEventTime: number;
  /** Different events counted here. */
  readonly events: number;
  /** The first of them, at most 100. */
  readonly pointers: readonly EventPointer[];
}

/** The matches of one rule with one dedup key. */
export interface Group {
  readonly rule: string;
  readonly logType: AlertLogType;
  readonly dedup: string;
  /** By time, then id. */
  readonly members: readonly Member[];
  /** By start. Their spans never overlap. */
  readonly alerts: readonly Alert[];
  /** Members that the cap pushed out; above 0, an old event delivered again may be counted twice. */
  readonly forgotten: number;
}

export const emptyGroup = (rule: string, logType: AlertLogType, dedup: string): Group => ({
  rule,
  logType,
  dedup,
  members: [],
  alerts: [],
  forgotten: 0,
});

export const alertId = (rule: string, dedup: string, start: number): string =>
  hashOfParts([rule, dedup, String(start)]);

export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);
export const higher = (a: Severity, b: Severity): Severity => (severityRank(b) > severityRank(a) ? b : a);
