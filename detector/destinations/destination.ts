import type { AlertLogType, EventPointer } from '../alerts/group.js';
import type { JsonObject } from '../engine/json.js';
import type { Severity } from '../rule.js';

/** An alert as destinations see it: everything they may show, and nothing that must stay inside. */
export interface AlertMessage {
  /** The alert; the same in everything that is sent about it. */
  readonly alertId: string;
  /** The group: matches of one rule with one dedup key. PagerDuty's dedup_key, so that a long attack is one incident. */
  readonly groupId: string;
  readonly rule: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly runbook: string;
    readonly references: readonly string[];
    /** `tactic:technique`, such as `TA0007:T1201`. */
    readonly attack: readonly string[];
  };
  readonly logType: AlertLogType;
  readonly severity: Severity;
  readonly title: string;
  readonly dedup: string;
  /** ISO 8601, UTC. */
  readonly firstEventTime: string;
  readonly lastEventTime: string;
  /** Different events counted so far. */
  readonly events: number;
  /** At most 16 KiB of JSON; the configured `redact` paths are gone. Its values come out of logs: hostile. */
  readonly context: JsonObject;
  readonly pointers: readonly EventPointer[];
  /** Hash of the rules that raised it. */
  readonly ruleset: string;
  /** Old when it was raised: out of a backfill, or data that came late. */
  readonly late: boolean;
}

/**
 * Why a message is sent. `raised`: the first time. `escalated`: a match of higher severity joined. `updated`: more
 * events were counted (only for destinations that can change what they showed). `resolved`: somebody ended it.
 * `summary`: a runaway rule's alerts in one. `system`: the detector speaks of itself. `test`: a trial of the destination.
 */
export type MessageKind = 'raised' | 'escalated' | 'updated' | 'resolved' | 'summary' | 'system' | 'test';

export interface Delivery {
  readonly kind: MessageKind;
  readonly message: AlertMessage;
  /** What the destination returned when it delivered an earlier message of this alert; it may find its own post by it. */
  readonly receipt?: string;
  /** From 1. Above 1, an earlier attempt may have arrived without our knowing. */
  readonly attempt: number;
  /** Ends the attempt; a destination hands it to its client. */
  readonly signal: AbortSignal;
}

/** Where an alert is sent. Made by a factory that takes its options and its client. */
export interface Destination {
  /** The name in tocsin.yaml. */
  readonly name: string;
  /** Which kinds it can show; others are not handed to it. */
  readonly kinds: ReadonlySet<MessageKind>;
  /**
   * Sends one message.
   * @returns a receipt to be kept (at most 200 characters), or undefined
   * @throws DeliveryError; anything else counts as a failure to be retried
   */
  deliver(delivery: Delivery): Promise<string | undefined>;
}

/** A failed attempt. `retry`: it may succeed later. `permanent`: it never will, as it stands. */
export class DeliveryError extends Error {
  readonly code = 'DELIVERY_FAILED';
  constructor(
    message: string,
    readonly outcome: 'retry' | 'permanent',
    /** What the destination answered, cut and without secrets. */
    readonly response?: string,
    /** Not before this many milliseconds, where the destination said so. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DeliveryError';
  }
}
